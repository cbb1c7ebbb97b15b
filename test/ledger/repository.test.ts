import assert from 'node:assert/strict'
import type { ConcludedDrill, OpenDrill, PlannedDrill } from '../../src/domain/drill.ts'
import type { Verdict } from '../../src/domain/finding.ts'
import type { LedgerState, StrikeRecord } from '../../src/domain/ledger-state.ts'
import { type Intent, type Ledger, LedgerError, type NewPlan } from '../../src/ledger/ledger.ts'
import { at, concluded, evidenceAfter, evidenceBefore, intent, order, plan, recovering, scope, seen, summary } from './examples.ts'
import { kinds, open, type Places, places } from './places.ts'

for (const kind of kinds) {
  describe(`the ledger (${kind})`, () => {
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

    async function planned(name: string, rest: Partial<NewPlan> = {}): Promise<PlannedDrill> {
      const [drill] = await ledger.addPlans([plan(name, rest)])
      assert(drill)
      return drill
    }

    async function struck(drill: PlannedDrill, rest: Partial<Intent> = {}): Promise<OpenDrill> {
      const result = await ledger.intend(intent(drill, rest))
      assert(result.kind === 'permitted', JSON.stringify(result))
      return result.drill
    }

    async function conclude(
      drill: OpenDrill,
      verdict: Verdict,
      rest: { at?: Temporal.Instant; wounded?: boolean } = {},
    ): Promise<ConcludedDrill> {
      const end = concluded(drill, { verdict, ...rest })
      assert(await ledger.advance({ drill: end, events: [] }))
      return end
    }

    function byDrill(strikes: readonly StrikeRecord[]): string[] {
      return strikes.map(strike => JSON.stringify(strike)).toSorted()
    }

    /** Waits until the permits given with no time at all are over. */
    async function permitsRunOut(): Promise<void> {
      while ((await ledger.strikesInFlight()).length > 0);
    }

    it('tells its own time and keeps one salt', async () => {
      const [now, salt] = [await ledger.now(), await ledger.salt()]
      assert(Math.abs(now.epochMilliseconds - Temporal.Now.instant().epochMilliseconds) < 5_000)
      assert.match(salt, /^[0-9a-f]{64}$/)
      assert.equal(await ledger.salt(), salt)
    })

    it('refuses everything with a clear error once it is closed', async () => {
      await ledger.close()
      await ledger.close()
      await assert.rejects(ledger.groups(), (error: unknown) => error instanceof LedgerError && /has been closed/.test(error.message))
    })

    describe('plans', () => {
      it('are kept whole, to the nanosecond', async () => {
        const drill = await planned('web', { plannedFor: at('10:00:00.123456789') })
        assert.equal(drill.state, 'planned')
        assert.equal(drill.revision, 1)
        assert.deepEqual(await ledger.drill(drill.id), drill)
        assert.equal(await ledger.drill('nobody'), null)
      })

      it('are unique by schedule, group and key, and never redrawn', async () => {
        const first = await planned('web')
        const again = await ledger.addPlans([
          plan('web', { plannedFor: at('12:00:00') }),
          plan('web', { planKey: '2026-11-03' }),
          plan('api'),
        ])
        assert.deepEqual(again.map(drill => [drill.groupName, drill.planKey]).sort(), [
          ['api', '2026-11-02'],
          ['web', '2026-11-03'],
        ])
        assert.deepEqual(await ledger.drill(first.id), first)
        assert.deepEqual(await ledger.addPlans([]), [])
      })

      it('can be added by the thousand, even twice in one call', async () => {
        const plans = Array.from({ length: 1_200 }, (_, index) => plan(`g${index}`))
        assert.equal((await ledger.addPlans([...plans, ...plans])).length, 1_200)
        assert.equal((await ledger.drills({})).length, 1_200)
      })
    })

    describe('what is looked at', () => {
      it('finds what is due, earliest first, and nothing that has ended', async () => {
        const late = await planned('late', { wakeAt: at('11:00:00') })
        const soon = await planned('soon', { wakeAt: at('09:00:00') })
        await planned('later', { wakeAt: at('12:00:00') })
        await planned('never', { wakeAt: null })
        const refused = await planned('refused')
        const refusal = { rule: 'S5', reason: 'a refresh is in progress' }
        const end = { ...refused, state: 'refused', revision: 2, refusal, refusedAt: at('09:00:00'), findings: [] } as const
        assert(await ledger.advance({ drill: end, events: [] }))
        const due = await ledger.due(at('11:00:00'), 10)
        assert.deepEqual(due, [
          { id: soon.id, state: 'planned', scope, wakeAt: at('09:00:00') },
          { id: late.id, state: 'planned', scope, wakeAt: at('11:00:00') },
        ])
        assert.deepEqual(
          (await ledger.due(at('11:00:00'), 1)).map(drill => drill.id),
          [soon.id],
        )
      })

      it('never wakes a drill before its moment, however short the wait', async () => {
        await planned('web', { wakeAt: at('10:00:00.0005') })
        assert.equal((await ledger.due(at('10:00:00.0004'), 1)).length, 0)
        assert.equal((await ledger.due(at('10:00:00.001'), 1)).length, 1)
      })

      it('watches open and wounded drills of one scope, until the group is whole', async () => {
        const open = await struck(await planned('open'))
        const hurt = await conclude(await struck(await planned('hurt')), 'snowflake', { wounded: true })
        await conclude(await struck(await planned('well')), 'phoenix')
        await struck(await planned('elsewhere', { scope: 'aws:123456789012/eu-west-2' }))
        await planned('planned')
        const ids = async () => (await ledger.watched(scope)).map(drill => drill.id).sort()
        assert.deepEqual(await ids(), [open.id, hurt.id].sort())
        assert.deepEqual((await ledger.due(at('10:21:00'), 10)).map(drill => drill.id).includes(hurt.id), true)
        const whole = concluded(hurt, { verdict: 'snowflake', at: hurt.concludedAt })
        assert(await ledger.advance({ drill: whole, events: [] }))
        assert.deepEqual(await ids(), [open.id])
      })

      it('lists open drills first, then the newest, by every filter', async () => {
        const old = await planned('a', { plannedFor: at('08:00:00') })
        const open = await struck(await planned('b', { plannedFor: at('07:00:00'), schedule: 'nightly' }))
        const recent = await planned('c', { plannedFor: at('09:00:00'), service: 'shop' })
        const list = async (filter: Parameters<Ledger['drills']>[0]) => (await ledger.drills(filter)).map(drill => drill.id)
        assert.deepEqual(await list({}), [open.id, recent.id, old.id])
        assert.deepEqual(await list({ limit: 2 }), [open.id, recent.id])
        assert.deepEqual(await list({ limit: 1 }), [open.id])
        assert.deepEqual(await list({ states: ['planned'] }), [recent.id, old.id])
        assert.deepEqual(await list({ states: [] }), [])
        assert.deepEqual(await list({ since: at('08:00:00') }), [recent.id, old.id])
        assert.deepEqual(await list({ since: at('08:00:00'), until: at('09:00:00') }), [old.id])
        assert.deepEqual(await list({ group: recent.group }), [recent.id])
        assert.deepEqual(await list({ service: 'shop' }), [recent.id])
        assert.deepEqual(await list({ schedule: 'nightly' }), [open.id])
      })
    })

    describe('a step', () => {
      it('is written only upon the revision it was made from, with all that belongs to it', async () => {
        const striking = await struck(await planned('web'))
        const step = recovering(striking)
        const event = { at: at('10:00:07.000000001'), kind: 'struck', data: { victim: 'i-web', gone: at('10:00:08') } }
        assert.equal(await ledger.advance({ drill: step, events: [event], after: evidenceAfter() }), true)
        const stale = { ...step, wakeAt: at('23:00:00') }
        assert.equal(await ledger.advance({ drill: stale, events: [event], quarantine: 'never written' }), false)
        assert.deepEqual(await ledger.drill(step.id), step)
        const events = await ledger.events(step.id)
        assert.deepEqual(
          events.map(({ seq, kind }) => [seq, kind]),
          [
            [1, 'intended'],
            [2, 'struck'],
          ],
        )
        assert.deepEqual(events[1], { drill: step.id, seq: 2, ...event })
        assert.deepEqual(await ledger.after(step.id), evidenceAfter())
        assert.deepEqual(await ledger.quarantines(), [])
      })

      it('of a drill that nobody knows changes nothing', async () => {
        const drill = { ...(await planned('web')), id: 'unknown', revision: 2 }
        assert.equal(await ledger.advance({ drill, events: [] }), false)
      })

      it('remembers the strike and the verdicts of its group, of this incarnation only', async () => {
        await ledger.recordDiscovery({ scope, at: at('09:00:00'), unreadable: null, groups: [seen('web')] })
        const striking = await struck(await planned('web'))
        assert.equal((await ledger.groups())[0]?.lastStrikeAt, null)
        const step = recovering(striking)
        await ledger.advance({ drill: step, events: [] })
        assert.deepEqual((await ledger.groups())[0]?.lastStrikeAt, at('10:00:06'))
        await conclude(step, 'phoenix', { at: at('10:20:00') })
        const second = await struck(await planned('web', { planKey: '2026-11-03' }))
        await conclude(second, 'snowflake', { at: at('11:20:00') })
        const third = await struck(await planned('web', { planKey: '2026-11-04' }))
        await conclude(third, 'inconclusive', { at: at('12:20:00') })
        const fourth = await struck(await planned('web', { planKey: '2026-11-05', incarnation: 'second' }))
        await conclude(fourth, 'phoenix', { at: at('13:20:00') })
        const [group] = await ledger.groups()
        assert.deepEqual(group?.lastVerdict, { verdict: 'snowflake', at: at('11:20:00') })
        assert.deepEqual(group?.lastPhoenixAt, at('10:20:00'))
      })
    })

    describe('an intent', () => {
      it('stores the striking drill, the evidence, the run and a permit in ledger time', async () => {
        const drill = await planned('web')
        const asked = await ledger.now()
        const result = await ledger.intend(intent(drill, { run: 'run-1' }))
        assert(result.kind === 'permitted')
        assert.equal(result.drill.state, 'striking')
        assert.equal(result.drill.revision, 2)
        assert.equal(result.permitFor, 10_000)
        const { intendedAt, ...rest } = result.drill.order
        const { intendedAt: _caller, ...asIntended } = order(drill)
        assert.deepEqual(rest, asIntended)
        assert.ok(Temporal.Instant.compare(intendedAt, asked) >= 0, 'it is the moment under the lock')
        assert.deepEqual(await ledger.drill(drill.id), result.drill)
        assert.deepEqual(await ledger.before(drill.id), evidenceBefore('web'))
        const [flight, ...others] = await ledger.strikesInFlight()
        assert.equal(others.length, 0)
        assert.equal(flight?.victim, 'i-web')
        assert(flight.permitEnds.since(asked).total('milliseconds') >= 10_000)
        const [strike] = (await ledger.state()).strikes
        assert.equal(strike?.run, 'run-1')
        assert(strike.at.since(asked).total('milliseconds') < 5_000)
      })

      it('is refused with the reason that was decided, and then leaves no trace', async () => {
        const drill = await planned('web')
        const refusal = { rule: 'S2', reason: 'halted' }
        assert.deepEqual(await ledger.intend(intent(drill, { decide: () => refusal })), { kind: 'refused', refusal })
        assert.deepEqual(await ledger.drill(drill.id), drill)
        assert.deepEqual([await ledger.strikesInFlight(), await ledger.before(drill.id), await ledger.events(drill.id)], [[], null, []])
      })

      it('S3 is decided on all that was written before it, also by others of the same moment', async () => {
        const open = await struck(await planned('old'), { run: 'earlier' })
        const [one, two, three, four] = [await planned('one'), await planned('two'), await planned('three'), await planned('four')]
        const twin = await planned('twin', { service: 'one' })
        const seenBy: LedgerState[] = []
        const decide = (state: LedgerState) => {
          seenBy.push(state)
          return null
        }
        const no = () => ({ rule: 'S3', reason: 'enough' })
        const asked = [
          ledger.intend(intent(one, { run: 'run-1', decide })),
          ledger.intend(intent(two, { decide: no })),
          ledger.intend(intent(two, { run: 'run-1', decide })),
          ledger.advance({ drill: concluded(open, { verdict: 'phoenix' }), events: [] }),
          ledger.intend(intent(three, { run: 'run-1', decide })),
          // The database itself refuses it, and undoes what it wrote by then.
          ledger.intend(intent(twin)),
          ledger.intend(intent(four, { decide })),
        ]
        await Promise.all(asked)
        const told = seenBy.map(({ strikes, conclusions }) => [strikes.length, conclusions.length])
        // On PostgreSQL a conclusion does not wait for the lock.
        assert.deepEqual(
          told.map(([strikes]) => strikes),
          [1, 2, 3, 4],
        )
        assert.equal(told.at(-1)?.[1], 1)
        const [last] = seenBy.slice(-1)
        const { strikes } = await ledger.state()
        assert.deepEqual(byDrill(strikes.filter(({ drill }) => drill !== four.id)), byDrill(last?.strikes ?? []))
      })

      it('S10 leaves no trace where deciding fails', async () => {
        const drill = await planned('web')
        const decide = () => {
          throw new RangeError('cannot be evaluated')
        }
        await assert.rejects(ledger.intend(intent(drill, { decide })), RangeError)
        assert.deepEqual(await ledger.drill(drill.id), drill)
        assert.deepEqual((await ledger.state()).strikes, [])
      })

      it('S9 is lost where the plan has moved on', async () => {
        const drill = await planned('web')
        await struck(drill)
        assert.deepEqual(await ledger.intend(intent(drill)), { kind: 'lost' })
        const moved = await planned('api')
        assert(await ledger.advance({ drill: { ...moved, revision: 2 }, events: [] }))
        assert.deepEqual(await ledger.intend(intent(moved)), { kind: 'lost' })
        assert.deepEqual(await ledger.intend(intent({ ...moved, id: 'unknown' })), { kind: 'lost' })
      })

      it('S9 is an error where the order is for another drill', async () => {
        const [web, api] = [await planned('web'), await planned('api')]
        await assert.rejects(ledger.intend(intent(web, { order: order(api) })), LedgerError)
        assert.deepEqual((await ledger.state()).strikes, [])
      })

      it('S6 is refused by the database itself for a second open drill on a service or a group', async () => {
        await struck(await planned('blue', { service: 'shop' }))
        const green = await ledger.intend(intent(await planned('green', { service: 'shop' })))
        assert.deepEqual(green, { kind: 'refused', refusal: { rule: 'S6', reason: 'another drill is open on this service' } })
        const again = await ledger.intend(intent(await planned('blue', { planKey: 'another', service: 'renamed' })))
        assert.deepEqual(again, { kind: 'refused', refusal: { rule: 'S6', reason: 'another drill is open on this group' } })
      })

      it('S9 is refused by the database itself for a second strike of one drill', async () => {
        const drill = await planned('web')
        const striking = await struck(drill)
        assert(await ledger.advance({ drill: { ...drill, revision: striking.revision + 1 }, events: [] }))
        const result = await ledger.intend(intent({ ...drill, revision: striking.revision + 1 }))
        assert.deepEqual(result, {
          kind: 'refused',
          refusal: { rule: 'S9', reason: 'this drill has struck before, and a drill strikes once' },
        })
      })
    })

    describe('a permit', () => {
      it('is over when its call has ended', async () => {
        const striking = await struck(await planned('web'))
        await ledger.endPermit(striking.id)
        await ledger.endPermit(striking.id)
        await ledger.endPermit('unknown')
        assert.deepEqual(await ledger.strikesInFlight(), [])
      })

      it('runs out by itself', async () => {
        await struck(await planned('web'), { permitFor: 1_500 })
        assert.equal((await ledger.strikesInFlight()).length, 1)
        await permitsRunOut()
      })

      it('S9 is not given to a second worker while the first may be sending', async () => {
        const drill = await struck(await planned('web'))
        const renewal = { drill, permitFor: 10_000, decide: () => null }
        assert.deepEqual(await ledger.renewPermit(renewal), { kind: 'lost' })
        await ledger.endPermit(drill.id)
        assert.deepEqual(await ledger.renewPermit(renewal), { kind: 'permitted', drill, permitFor: 10_000 })
        assert.deepEqual(await ledger.renewPermit(renewal), { kind: 'lost' })
        assert.equal((await ledger.strikesInFlight()).length, 1)
      })

      it('S2 of a later call outlives the late end of an earlier one', async () => {
        const drill = await struck(await planned('web'), { permitFor: 0 })
        await permitsRunOut()
        assert.equal((await ledger.renewPermit({ drill, permitFor: 10_000, decide: () => null })).kind, 'permitted')
        await ledger.endPermit(drill.id)
        assert.equal((await ledger.strikesInFlight()).length, 1)
      })

      it('is renewed only after the rules agreed again, and only while the drill is striking', async () => {
        const drill = await struck(await planned('web'), { permitFor: 0 })
        await permitsRunOut()
        const refusal = { rule: 'S2', reason: 'halted' }
        let asked: LedgerState | null = null
        const decide = (state: LedgerState) => {
          asked = state
          return refusal
        }
        assert.deepEqual(await ledger.renewPermit({ drill, permitFor: 1, decide }), { kind: 'refused', refusal })
        assert.equal((asked as LedgerState | null)?.busy[0]?.drill, drill.id)
        const next = recovering(drill)
        assert(await ledger.advance({ drill: next, events: [] }))
        assert.deepEqual(await ledger.renewPermit({ drill, permitFor: 1, decide: () => null }), { kind: 'lost' })
        const over = await ledger.renewPermit({ drill: next, permitFor: 1, decide: () => null })
        assert(over.kind === 'refused' && over.refusal.rule === 'S9')
      })
    })

    describe('halts', () => {
      const wish = { reason: 'a deployment goes wrong', by: 'ops', until: null }

      it('S2 are seen by every decision until they are resumed, and are kept', async () => {
        const all = await ledger.halt({ ...wish, target: { kind: 'installation' } })
        const one = await ledger.halt({ ...wish, target: { kind: 'group', name: 'aws:g' } })
        assert.deepEqual((await ledger.state()).halts, [all, one])
        assert.deepEqual(await ledger.resume({ kind: 'group', name: 'aws:other' }, 'ops'), [])
        assert.deepEqual(await ledger.resume({ kind: 'service', name: 'aws:g' }, 'ops'), [])
        assert.deepEqual(await ledger.resume({ kind: 'group', name: 'aws:g' }, 'ops'), [one])
        assert.deepEqual((await ledger.state()).halts, [all])
        assert.deepEqual(await ledger.resume(null, 'ops'), [all])
        assert.deepEqual((await ledger.state()).halts, [])
      })

      it('end by themselves when their time has come', async () => {
        const now = await ledger.now()
        await ledger.halt({ ...wish, target: { kind: 'installation' }, until: now.subtract({ seconds: 1 }) })
        const later = await ledger.halt({ ...wish, target: { kind: 'scope', name: scope }, until: now.add({ hours: 1 }) })
        assert.deepEqual((await ledger.state()).halts, [later])
        assert.deepEqual(await ledger.resume(null, 'ops'), [later])
      })

      it('S3 that a schedule resumes from make its breaker count anew', async () => {
        const finish = async (name: string, schedule: string) =>
          conclude(await struck(await planned(name, { schedule })), 'snowflake', { at: await ledger.now() })
        await finish('a', 'weekdays')
        await finish('b', 'nightly')
        const counted = async () => (await ledger.state()).conclusions.map(conclusion => conclusion.schedule).sort()
        assert.deepEqual(await counted(), ['nightly', 'weekdays'])
        await ledger.resume({ kind: 'installation' }, 'ops')
        assert.deepEqual(await counted(), ['nightly', 'weekdays'])
        await ledger.resume({ kind: 'schedule', name: 'nightly' }, 'ops')
        assert.deepEqual(await counted(), ['weekdays'])
        await ledger.resume(null, 'ops')
        assert.deepEqual(await counted(), [])
      })
    })

    describe('quarantines', () => {
      it('S6 begin with a conclusion, in the same step, and end with a note', async () => {
        const striking = await struck(await planned('web', { service: 'shop' }))
        assert(await ledger.advance({ drill: concluded(striking, { verdict: 'snowflake' }), events: [], quarantine: 'config-drift' }))
        const [quarantine, ...others] = (await ledger.state()).quarantines
        assert.equal(others.length, 0)
        assert.deepEqual({ ...quarantine, since: null }, { service: 'shop', drill: striking.id, reason: 'config-drift', since: null })
        assert.deepEqual(await ledger.quarantines(), [quarantine])
        assert.equal(await ledger.clearQuarantine('web', 'not this one', 'ops'), false)
        assert.equal(await ledger.clearQuarantine('shop', 'fixed the template', 'ops'), true)
        assert.equal(await ledger.clearQuarantine('shop', 'again', 'ops'), false)
        assert.deepEqual(await ledger.quarantines(), [])
      })

      it('S6 keep their first reason, and can begin again after they were cleared', async () => {
        const first = concluded(await struck(await planned('web')), { verdict: 'snowflake', wounded: true })
        await ledger.advance({ drill: first, events: [], quarantine: 'first' })
        const second = concluded(first, { verdict: 'snowflake', wounded: true })
        await ledger.advance({ drill: second, events: [], quarantine: 'second' })
        assert.deepEqual(
          (await ledger.quarantines()).map(({ reason }) => reason),
          ['first'],
        )
        await ledger.clearQuarantine('web', 'fixed', 'ops')
        await ledger.advance({ drill: concluded(second, { verdict: 'snowflake' }), events: [], quarantine: 'third' })
        assert.deepEqual(
          (await ledger.quarantines()).map(({ reason }) => reason),
          ['third'],
        )
      })
    })

    describe('an accepted difference', () => {
      it('is in force until its end, for its group, and replaced where the same difference is accepted again', async () => {
        const drill = await planned('web')
        const now = await ledger.now()
        const wish = {
          drill: drill.id,
          group: drill.group,
          kind: 'config-drift',
          path: 'type',
          expected: ['a'],
          actual: null,
          note: 'n',
          by: 'me',
        } as const
        const first = await ledger.accept({ ...wish, until: now.add({ hours: 1 }) })
        assert.deepEqual(await ledger.accepted(drill.group), [first])
        assert.deepEqual(await ledger.accepted('another'), [])
        const second = await ledger.accept({ ...wish, note: 'again', until: now.add({ hours: 2 }) })
        const beside = await ledger.accept({ ...wish, path: 'image', until: now.add({ hours: 2 }) })
        assert.deepEqual(
          (await ledger.accepted()).map(one => one.note + one.path).sort(),
          [second, beside].map(one => one.note + one.path).sort(),
        )
        await ledger.accept({ ...wish, until: now })
        assert.deepEqual(await ledger.accepted(drill.group), [beside])
      })

      it('stands beside another one at the same place, and ends without it', async () => {
        const drill = await planned('web')
        const until = (await ledger.now()).add({ hours: 1 })
        const at = { drill: drill.id, group: drill.group, path: 'securityGroups', expected: ['a'], note: 'n', by: 'me' }
        const ofVictim = { ...at, kind: 'config-drift', actual: ['a', 'b'] } as const
        const ofSuccessor = { ...at, kind: 'config-drift', actual: ['a', 'c'] } as const
        await ledger.accept({ ...ofVictim, until })
        const successors = await ledger.accept({ ...ofSuccessor, until })
        assert.deepEqual((await ledger.accepted(drill.group)).map(({ actual }) => actual).sort(), [ofVictim.actual, ofSuccessor.actual])
        await ledger.accept({ ...ofVictim, until: await ledger.now() })
        assert.deepEqual(await ledger.accepted(drill.group), [successors])
      })
    })

    describe('what limits strikes', () => {
      it('S3 names what is open, what is wounded, and whose rebuild failed', async () => {
        const open = await struck(await planned('open'))
        const hurt = await conclude(await struck(await planned('hurt')), 'phoenix', { wounded: true })
        const failed = await conclude(await struck(await planned('failed')), 'inconclusive', { wounded: true })
        await conclude(await struck(await planned('well')), 'phoenix')
        const { busy } = await ledger.state()
        const found = busy.map(drill => [drill.drill, drill.wounded, drill.failedRebuild]).sort()
        assert.deepEqual(
          found,
          [
            [open.id, false, false],
            [hurt.id, true, false],
            [failed.id, true, true],
          ].sort(),
        )
        assert.deepEqual(
          busy.find(drill => drill.drill === open.id),
          {
            drill: open.id,
            schedule: 'weekdays',
            scope,
            service: 'open',
            group: open.group,
            wounded: false,
            failedRebuild: false,
          },
        )
      })

      it('S3 shows a decision no more busy drills than it can tell apart, and all of its own service', async () => {
        for (let index = 0; index < 6; index++) await struck(await planned(`elsewhere-${index}`, { scope: 'aws:1/us', schedule: 'other' }))
        for (let index = 0; index < 6; index++) await struck(await planned(`beside-${index}`))
        const hurt = await conclude(await struck(await planned('hurt')), 'snowflake', { wounded: true })
        const seen: LedgerState['busy'][] = []
        const decide = (state: LedgerState) => {
          seen.push(state.busy)
          return { rule: 'S3', reason: 'only asked' }
        }
        await ledger.intend(intent(await planned('web', { service: 'hurt' }), { busyAtMost: 3, decide }))
        await ledger.intend(intent(await planned('api'), { decide }))
        const [few = [], all = []] = seen
        assert.equal(all.length, 13)
        assert.ok(few.length < 10, String(few.length))
        const ofScope = few.filter(drill => drill.scope === scope)
        assert.ok(ofScope.length >= 3)
        assert.ok(few.some(drill => drill.drill === hurt.id && drill.failedRebuild))
      })

      it('S3 keeps the newest ten conclusions of each schedule however old, newest first, and all of the last day', async () => {
        const now = await ledger.now()
        const finish = async (index: number, schedule: string, ago: Temporal.DurationLike) =>
          conclude(await struck(await planned(`${schedule}-${index}`, { schedule })), index % 2 === 0 ? 'phoenix' : 'snowflake', {
            at: now.subtract(ago),
          })
        for (let index = 0; index < 12; index++) await finish(index, 'rare', { hours: 24 * 30 + index })
        for (let index = 0; index < 12; index++) await finish(index, 'busy', { minutes: 1 + index })
        await finish(99, 'busy', { hours: 48 })
        const { conclusions } = await ledger.state()
        assert.deepEqual(
          conclusions.map(conclusion => conclusion.schedule),
          [...Array(12).fill('busy'), ...Array(10).fill('rare')],
        )
        const times = conclusions.map(conclusion => conclusion.at.epochMilliseconds)
        assert.deepEqual(
          times,
          times.toSorted((a, b) => b - a),
        )
        assert.deepEqual(
          conclusions.slice(12).map(({ verdict }) => verdict),
          Array(5).fill(['phoenix', 'snowflake']).flat(),
        )
      })
    })

    describe('groups seen', () => {
      const look = (when: string, groups: Parameters<Ledger['recordDiscovery']>[0]['groups'], unreadable: string | null = null) =>
        ledger.recordDiscovery({ scope, at: at(when), unreadable, groups })

      it('are remembered with first and last sight', async () => {
        const barred = [{ rule: 'S7', reason: 'the group belongs to a cluster' }]
        await look('09:00:00', [seen('web')])
        await look('10:00:00', [seen('web', { unsteady: 'scaling', barred }), seen('web', { unsteady: 'scaling', barred })])
        assert.deepEqual(await ledger.groups(), [
          {
            ...seen('web', { unsteady: 'scaling', barred }),
            firstSeen: at('09:00:00'),
            lastSeen: at('10:00:00'),
            optedInSince: at('09:00:00'),
            lastStrikeAt: null,
            lastVerdict: null,
            forecastSince: null,
            lastPhoenixAt: null,
            present: true,
          },
        ])
      })

      it('count from the latest opt-in', async () => {
        const since = async () => (await ledger.groups())[0]?.optedInSince?.toString() ?? null
        await look('09:00:00', [seen('web', { optedIn: false })])
        assert.equal(await since(), null)
        await look('10:00:00', [seen('web')])
        await look('11:00:00', [seen('web')])
        assert.equal(await since(), at('10:00:00').toString())
        await look('12:00:00', [seen('web', { optedIn: false })])
        assert.equal(await since(), null)
        await look('13:00:00', [seen('web')])
        assert.equal(await since(), at('13:00:00').toString())
      })

      it('of another incarnation start with an empty record', async () => {
        await look('09:00:00', [seen('web')])
        await conclude(await struck(await planned('web')), 'phoenix')
        assert((await ledger.groups())[0]?.lastPhoenixAt)
        await look('11:00:00', [seen('web', { summary: summary('web', { incarnation: 'second' }) })])
        const [group] = await ledger.groups()
        assert.deepEqual(
          [group?.lastPhoenixAt, group?.lastVerdict, group?.lastStrikeAt, group?.optedInSince, group?.firstSeen],
          [null, null, null, at('11:00:00'), at('11:00:00')],
        )
      })

      it('that a complete look no longer finds are not present; an incomplete look forgets nothing', async () => {
        await look('09:00:00', [seen('web'), seen('api', { unsteady: 'scaling' })])
        await look('10:00:00', [seen('web')], 'denied')
        const present = async () => (await ledger.groups()).map(group => [group.summary.name, group.present])
        assert.deepEqual(await present(), [
          ['api', true],
          ['web', true],
        ])
        assert.deepEqual((await ledger.state()).scopes, [{ scope, at: at('10:00:00'), optedIn: 2, unsteady: 1, unreadable: 'denied' }])
        await look('11:00:00', [seen('web')])
        assert.deepEqual(await present(), [
          ['api', false],
          ['web', true],
        ])
        assert.deepEqual((await ledger.state()).scopes, [{ scope, at: at('11:00:00'), optedIn: 1, unsteady: 0, unreadable: null }])
        await look('12:00:00', [seen('api')])
        assert.deepEqual(await present(), [
          ['api', true],
          ['web', false],
        ])
      })

      it('keep what a newer look said when an older one arrives late', async () => {
        await look('10:00:00', [seen('web')])
        await look('09:00:00', [seen('web', { unsteady: 'old news' })], 'old trouble')
        assert.equal((await ledger.groups())[0]?.unsteady, null)
        assert.equal((await ledger.state()).scopes[0]?.unreadable, null)
      })

      it('may be five thousand in one scope', async () => {
        const groups = Array.from({ length: 5_000 }, (_, index) => seen(`g${index}`, { optedIn: index % 2 === 0 }))
        await look('09:00:00', groups)
        await look('10:00:00', groups.slice(0, 4_000))
        assert.equal((await ledger.groups()).filter(group => group.present).length, 4_000)
        assert.equal((await ledger.state()).scopes[0]?.optedIn, 2_000)
      })
    })
  })
}
