import assert from 'node:assert/strict'
import { coverage, coverageDays, proofSince } from '../../src/domain/coverage.ts'
import type { OpenDrill, PlannedDrill, RefusedDrill } from '../../src/domain/drill.ts'
import type { Finding, Verdict } from '../../src/domain/finding.ts'
import { noCapacityAhead } from '../../src/domain/findings.ts'
import { shownOfCount } from '../../src/domain/standing.ts'
import { transition } from '../../src/domain/transition.ts'
import type { FleetFilter, Ledger, NewPlan } from '../../src/ledger/ledger.ts'
import { at, concluded, intent, plan, scope, seen, summary } from './examples.ts'
import { kinds, open, type Places, places } from './places.ts'

const everything: FleetFilter = { proofSince: at('2026-10-03T00:00:00Z'), limit: 100, offset: 0 }
const missing: Finding = { kind: 'cannot-rebuild', level: 'fail', path: 'image', expected: null, actual: 'ami-0', summary: 'no image' }

for (const kind of kinds) {
  describe(`what the dashboard asks the ledger (${kind})`, () => {
    let where: Places
    let ledger: Ledger

    before(async function () {
      where = await places(kind, this)
    })
    after(() => where?.stop())
    beforeEach(async () => {
      ledger = await open(await where.fresh())
    })
    afterEach(() => ledger?.close())

    async function discovered(...groups: Parameters<typeof seen>[]): Promise<void> {
      await ledger.recordDiscovery({ scope, at: at('09:00:00'), unreadable: null, groups: groups.map(words => seen(...words)) })
    }

    async function planned(name: string, rest: Partial<NewPlan> = {}): Promise<PlannedDrill> {
      const [drill] = await ledger.addPlans([plan(name, rest)])
      assert(drill)
      return drill
    }

    async function judged(name: string, verdict: Verdict, when: string): Promise<void> {
      const result = await ledger.intend(intent(await planned(name, { planKey: when })))
      assert(result.kind === 'permitted', JSON.stringify(result))
      const { drill }: { drill: OpenDrill } = result
      assert(await ledger.advance({ drill: concluded(drill, { verdict, at: at(when) }), events: [] }))
    }

    async function refused(name: string, rule: string, rest: { when?: string; findings?: readonly Finding[] } = {}): Promise<RefusedDrill> {
      const { when = '10:00:00', findings = [] } = rest
      const stored = await planned(name, { planKey: `${rule} ${when}`, plannedFor: at(when) })
      const drill = transition(stored, { kind: 'refuse', refusal: { rule, reason: 'because' }, findings, at: at(when) })
      assert(await ledger.advance({ drill, events: [] }))
      assert(drill.state === 'refused')
      return drill
    }

    async function standingOf(name: string): Promise<string> {
      const { groups } = await ledger.fleet({ ...everything, text: name })
      const [group] = groups
      return `${group?.standing} at ${group?.at?.toString()} since ${group?.since?.toString()}`
    }

    it('lists the opted-in groups that are there, in pages, by scope and name', async () => {
      await discovered(['b'], ['a'], ['c'], ['off', { optedIn: false }])
      const first = await ledger.fleet({ ...everything, limit: 2 })
      assert.deepEqual([first.total, first.groups.map(group => group.name)], [3, ['a', 'b']])
      const second = await ledger.fleet({ ...everything, limit: 2, offset: 2 })
      assert.deepEqual([second.total, second.groups.map(group => group.name)], [3, ['c']])
    })

    it('finds a part of a name, id, service or owner in any case, and takes wildcards for letters', async () => {
      const tags = { firedrill: 'enabled', 'firedrill-owner': 'payments' }
      await discovered(['Billing', { summary: summary('Billing', { tags }) }], ['web', { service: 'shop' }], ['a%b_c'])
      const found = async (text: string) => (await ledger.fleet({ ...everything, text })).groups.map(group => group.name)
      assert.deepEqual(await found('bILL'), ['Billing'])
      assert.deepEqual(await found('SHOP'), ['web'])
      assert.deepEqual(await found('payments'), ['Billing'])
      assert.deepEqual(await found('%'), ['a%b_c'])
      assert.deepEqual(await found('a_'), [])
      assert.deepEqual(await found("'; drop table groups; --"), [])
    })

    it('knows how each group stands, and since when without a break', async () => {
      await discovered(['web'], ['never'])
      assert.equal(await standingOf('web'), 'null at undefined since undefined')
      await judged('web', 'inconclusive', '11:00:00')
      assert.equal(await standingOf('web'), 'inconclusive at 2026-11-02T11:00:00Z since 2026-11-02T11:00:00Z')
      await judged('web', 'snowflake', '12:00:00')
      await judged('web', 'snowflake', '13:00:00')
      assert.equal(await standingOf('web'), 'snowflake at 2026-11-02T13:00:00Z since 2026-11-02T12:00:00Z')
      await judged('web', 'inconclusive', '14:00:00')
      assert.equal(await standingOf('web'), 'snowflake at 2026-11-02T13:00:00Z since 2026-11-02T12:00:00Z')
      await judged('web', 'phoenix', '15:00:00')
      assert.equal(await standingOf('web'), 'phoenix at 2026-11-02T15:00:00Z since 2026-11-02T15:00:00Z')
    })

    it('S13 a failing forecast is news about a group, until a drill gets past it', async () => {
      await discovered(['web'])
      await judged('web', 'phoenix', '09:30:00')
      await refused('web', 'S5', { when: '09:40:00' })
      await refused('web', 'S13', { when: '09:50:00', findings: [{ ...missing, level: 'warn' }] })
      assert.match(await standingOf('web'), /^phoenix at 2026-11-02T09:30/)
      await refused('web', 'S13', { when: '09:55:00', findings: [noCapacityAhead('fail', 'the platform is full')] })
      assert.match(await standingOf('web'), /^phoenix at 2026-11-02T09:30/)
      await refused('web', 'S13', { when: '10:00:00', findings: [missing] })
      assert.match(await standingOf('web'), /^forecast at 2026-11-02T10:00/)
      const victim = { id: 'i-1', name: 'i-1', zone: null, image: null, bornFrom: null }
      const leashed = transition(await planned('web', { planKey: 'later' }), { kind: 'leash', victim, findings: [], at: at('11:00:00') })
      assert(await ledger.advance({ drill: leashed, events: [] }))
      assert.match(await standingOf('web'), /^phoenix at 2026-11-02T09:30/)
    })

    it('S13 tells reports and pages the same share that is proven', async () => {
      await discovered(['good'], ['doubted'], ['bad'], ['blank'], ['unsure'], ['cleared'])
      for (const name of ['good', 'doubted', 'cleared']) await judged(name, 'phoenix', '09:30:00')
      await judged('bad', 'snowflake', '09:30:00')
      await judged('unsure', 'inconclusive', '09:30:00')
      for (const name of ['doubted', 'bad', 'blank', 'cleared']) await refused(name, 'S13', { when: '10:00:00', findings: [missing] })
      await judged('cleared', 'phoenix', '11:00:00')
      const now = at('12:00:00')
      const groups = await ledger.groups()
      const ofPages = (await ledger.fleetCounts(proofSince(now))).filter(count => shownOfCount(count) === 'phoenix')
      assert.deepEqual(coverage(groups, now, coverageDays), { provenGroups: 2, optedInGroups: 6, days: 30 })
      assert.equal(
        ofPages.reduce((sum, count) => sum + count.groups, 0),
        2,
      )
      const forecasts = groups.filter(group => group.forecastSince !== null).map(group => `${group.summary.name} ${group.forecastSince}`)
      assert.deepEqual(
        forecasts,
        ['bad', 'blank', 'doubted'].map(name => `${name} ${at('10:00:00')}`),
      )
    })

    it('a group made anew under an old name starts with nothing known', async () => {
      await discovered(['web'])
      await judged('web', 'snowflake', '10:00:00')
      const again = seen('web', { summary: summary('web', { incarnation: 'second' }) })
      await ledger.recordDiscovery({ scope, at: at('12:00:00'), unreadable: null, groups: [again] })
      assert.equal(await standingOf('web'), 'null at undefined since undefined')
    })

    it('filters by standing; a phoenix from before the limit is one that expired', async () => {
      await discovered(['old'], ['new'], ['bad'], ['blank'])
      await judged('old', 'phoenix', '2026-09-01T10:00:00Z')
      await judged('new', 'phoenix', '10:00:00')
      await judged('bad', 'snowflake', '10:30:00')
      const names = async (filter: Partial<FleetFilter>) =>
        (await ledger.fleet({ ...everything, ...filter })).groups.map(({ name }) => name)
      assert.deepEqual(await names({ standing: 'phoenix' }), ['new'])
      assert.deepEqual(await names({ standing: 'expired' }), ['old'])
      assert.deepEqual(await names({ standing: 'snowflake' }), ['bad'])
      assert.deepEqual(await names({ standing: 'unproven' }), ['blank'])
      assert.deepEqual(await names({ worstFirst: true }), ['bad'])
      const counts = await ledger.fleetCounts(everything.proofSince)
      const told = counts.map(({ standing, fresh, groups }) => `${standing} ${fresh ? 'fresh' : 'old'} ${groups}`).sort()
      assert.deepEqual(told, ['null old 1', 'phoenix fresh 1', 'phoenix old 1', 'snowflake fresh 1'])
    })

    it('gives one group, and null for one that it does not know', async () => {
      await discovered(['web'])
      assert.equal((await ledger.group(`${scope}/asg/web`))?.summary.name, 'web')
      assert.equal(await ledger.group('nothing'), null)
    })

    it('feeds conclusions from a cursor on, each once, also those of one moment', async () => {
      await discovered(['a'], ['b'], ['c'])
      for (const name of ['a', 'b', 'c']) await judged(name, 'phoenix', '10:00:00')
      const start = { at: at('2026-01-01T00:00:00Z'), drill: '' }
      const first = await ledger.conclusions(start, 2)
      assert.equal(first.length, 2)
      const rest = await ledger.conclusions(first.at(-1) ?? start, 2)
      assert.equal(new Set([...first, ...rest].map(one => one.drill)).size, 3)
      assert.deepEqual(await ledger.conclusions(rest.at(-1) ?? start, 2), [])
    })

    it('counts refusals by rule, and lists those of one rule', async () => {
      await refused('a', 'S5')
      await refused('b', 'S5')
      await refused('c', 'alarm')
      await refused('d', 'S5', { when: '2026-10-01T10:00:00Z' })
      assert.deepEqual(await ledger.refusalCounts(at('2026-11-01T00:00:00Z')), [
        { rule: 'S5', drills: 2 },
        { rule: 'alarm', drills: 1 },
      ])
      const drills = await ledger.drills({ rule: 'S5', limit: 2 })
      assert.deepEqual(drills.map(drill => drill.groupName).sort(), ['a', 'b'])
    })

    it('writes down who halted, resumed and cleared, and nothing where nothing was changed', async () => {
      const target = { kind: 'service', name: 'web' } as const
      await ledger.halt({ target, reason: 'incident', by: 'ana', until: null })
      await ledger.resume(target, 'ben')
      assert.equal(await ledger.clearQuarantine('web', 'nothing there', 'cem'), false)
      const told = (await ledger.audit(10)).map(({ by, action, subject, note }) => `${by} ${action} ${subject}: ${note}`)
      assert.deepEqual(told.sort(), ['ana halt service web: incident', 'ben resume service web: service web: incident'])
    })

    it('has another pulse after a plan, a look with news, a verdict, a halt and a quarantine', async () => {
      const pulses = [await ledger.pulse()]
      assert.equal(await ledger.pulse(), pulses[0])
      const drill = await planned('web')
      pulses.push(await ledger.pulse())
      const result = await ledger.intend(intent(drill))
      assert(result.kind === 'permitted')
      pulses.push(await ledger.pulse())
      await ledger.advance({ drill: concluded(result.drill, { verdict: 'snowflake' }), events: [], quarantine: 'why' })
      pulses.push(await ledger.pulse())
      await ledger.halt({ target: { kind: 'installation' }, reason: '', by: 'ana', until: null })
      pulses.push(await ledger.pulse())
      await ledger.clearQuarantine('web', 'done', 'ana')
      pulses.push(await ledger.pulse())
      assert.equal(new Set(pulses).size, pulses.length, pulses.join('\n'))
    })
  })
}
