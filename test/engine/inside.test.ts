import assert from 'node:assert/strict'
import type { ConcludedDrill, Inside } from '../../src/domain/drill.ts'
import type { InstanceRef } from '../../src/providers/provider.ts'
import { ProviderError, type ProviderErrorCode } from '../../src/providers/provider-error.ts'
import { schedule } from '../domain/calendars.ts'
import { Stage } from './stage.ts'

type Look = (instance: InstanceRef, ignore: readonly string[]) => Promise<Inside>

/** A platform that looks inside: what it answers is told by the test. */
async function staged(look: Look, changes: Parameters<typeof Stage.open>[0] = {}): Promise<Stage> {
  const stage = await Stage.open(changes)
  stage.platform.capabilities = { ...stage.platform.capabilities, looksInside: true, driftIgnore: ['state/by-design/**'] }
  Object.assign(stage.platform, {
    fingerprint: (_scope: unknown, instance: InstanceRef, options: { ignore: readonly string[] }) => look(instance, options.ignore),
  })
  return stage
}

async function drilled(stage: Stage) {
  stage.platform.add('web')
  const [plan] = await stage.plan()
  assert.ok(plan)
  assert.deepEqual(await stage.attempt([plan]), ['struck'])
  await stage.watchToTheEnd()
  return { concluded: await stage.concluded(plan.id), before: await stage.ledger.before(plan.id), after: await stage.ledger.after(plan.id) }
}

const whyStateIsOpen = ({ judgement }: ConcludedDrill) => judgement.notCompared.filter(({ what }) => what === 'state').map(({ why }) => why)
const failure = (code: ProviderErrorCode, message: string) => new ProviderError(message, { code, operation: 'Look', mayHaveActed: false })
const inside = (fingerprint: Record<string, string>): Inside => ({ fingerprint, shows: 'changes', unread: [] })

describe('looking inside by the platform itself', () => {
  let stage: Stage
  afterEach(() => stage.ledger.close())

  it('takes the victim before the strike and the successor after the soak, and keeps both as evidence', async () => {
    const seen: string[] = []
    stage = await staged(async ({ id }) => {
      seen.push(`${id} after ${stage.platform.strikes.length} strikes`)
      return inside(id.startsWith('i-new') ? {} : { 'opt/fix': 'a' })
    })
    const { concluded, before, after } = await drilled(stage)
    assert.deepEqual(seen, [`${concluded.order.victim.id} after 0 strikes`, 'i-new-1 after 1 strikes'])
    assert.equal(concluded.judgement.verdict, 'snowflake')
    assert.deepEqual(
      concluded.judgement.findings.map(({ kind, path }) => `${kind} ${path}`),
      ['state-drift state/opt/fix'],
    )
    assert.deepEqual([before?.fingerprint, before?.fingerprintShows], [{ 'opt/fix': 'a' }, 'changes'])
    assert.deepEqual(after?.fingerprints, { 'i-new-1': {} })
  })

  it('tells the platform what need not be read: what differs by design, and what the schedule ignores', async () => {
    const told: (readonly string[])[] = []
    const { drift } = schedule()
    stage = await staged(
      async (_, ignore) => {
        told.push(ignore)
        return inside({})
      },
      { drift: { ...drift, ignore: ['state/srv/**'] } },
    )
    const { concluded } = await drilled(stage)
    assert.deepEqual(told, [
      ['state/by-design/**', 'state/srv/**'],
      ['state/by-design/**', 'state/srv/**'],
    ])
    assert.ok(concluded.judgement.proven.includes('state'))
  })

  it('S10 strikes where it can never look, says so, and calls no state proven', async () => {
    stage = await staged(async () => Promise.reject(failure('invalid', 'too many paths')))
    const { concluded } = await drilled(stage)
    assert.equal(concluded.judgement.verdict, 'phoenix')
    assert.ok(!concluded.judgement.proven.includes('state'))
    assert.deepEqual(whyStateIsOpen(concluded), ['too many paths'])
  })

  for (const code of ['unavailable', 'throttled'] as const) {
    it(`S10 waits with a strike while the platform cannot look inside the victim (${code}): afterwards nobody could`, async () => {
      let isBusy = true
      stage = await staged(async () => (isBusy ? Promise.reject(failure(code, 'the engine is busy')) : inside({ 'opt/fix': 'a' })))
      stage.platform.add('web')
      const [plan] = await stage.plan()
      assert.ok(plan)
      assert.deepEqual(await stage.attempt([plan]), ['waiting'])
      assert.deepEqual(stage.platform.strikes, [])
      isBusy = false
      assert.deepEqual(await stage.attempt([plan]), ['struck'])
      assert.deepEqual((await stage.ledger.before(plan.id))?.fingerprint, { 'opt/fix': 'a' })
    })
  }

  it('looks inside a successor again that did not answer, before it is called a phoenix', async () => {
    let failures = 3
    stage = await staged(async ({ id }) => {
      if (id.startsWith('i-new') && failures-- > 0) throw failure('unavailable', 'the engine is busy')
      return inside(id.startsWith('i-new') ? {} : { 'opt/fix': 'a' })
    })
    const { concluded } = await drilled(stage)
    assert.deepEqual([concluded.judgement.verdict, failures], ['snowflake', -1])
  })

  it('does not look again and again into a successor that nobody can look into', async () => {
    let asked = 0
    stage = await staged(async ({ id }) => {
      if (!id.startsWith('i-new')) return inside({})
      asked++
      throw failure('invalid', 'too many paths')
    })
    const { concluded } = await drilled(stage)
    assert.deepEqual([concluded.judgement.verdict, asked], ['phoenix', 1])
    assert.deepEqual(whyStateIsOpen(concluded), ['too many paths'])
  })

  it('gives its verdict in time where a successor is never seen inside, and says what was not compared', async () => {
    stage = await staged(async ({ id }) =>
      id.startsWith('i-new') ? Promise.reject(failure('unavailable', 'the engine is busy')) : inside({ 'opt/fix': 'a' }),
    )
    const { concluded } = await drilled(stage)
    assert.equal(concluded.judgement.verdict, 'phoenix')
    assert.ok(!concluded.judgement.proven.includes('state'))
    assert.deepEqual(whyStateIsOpen(concluded), ['the engine is busy'])
  })

  it('does not wait for what is inside a successor that is late: nothing in there would change the verdict', async () => {
    const { recovery } = schedule()
    stage = await staged(async () => assert.fail('the platform was asked'), { fingerprint: { kind: 'files', settings: {} } })
    const engine = stage.engine.bind(stage)
    const take = async (target: { id: string }) =>
      target.id.startsWith('i-new') ? Promise.reject(new Error('it does not answer yet')) : { a: '1' }
    Object.assign(stage, { engine: () => ({ ...engine(), openFingerprinter: () => ({ take }) }) })
    stage.platform.replacementTime = 24 * 3_600_000
    const { concluded } = await drilled(stage)
    assert.deepEqual(
      concluded.judgement.findings.map(({ kind }) => kind),
      ['late'],
    )
    const due = concluded.tracking?.struckAt.add({ milliseconds: recovery.deadline })
    assert.ok(due !== undefined)
    assert.ok(concluded.concludedAt.since(due).total('milliseconds') <= 5_000, 'judged by the first look after the deadline')
  })

  it('asks the fingerprint that the schedule names, and not the platform', async () => {
    stage = await staged(async () => assert.fail('the platform was asked'), { fingerprint: { kind: 'files', settings: {} } })
    const engine = stage.engine.bind(stage)
    Object.assign(stage, { engine: () => ({ ...engine(), openFingerprinter: () => ({ take: async () => ({ a: '1' }) }) }) })
    const { before, concluded } = await drilled(stage)
    assert.deepEqual([before?.fingerprint, before?.fingerprintShows], [{ a: '1' }, 'everything'])
    assert.ok(concluded.judgement.proven.includes('state'))
  })
})
