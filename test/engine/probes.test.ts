import assert from 'node:assert/strict'
import type { Schedule } from '../../src/domain/schedule.ts'
import type { Probe, ProbeAnswer, ProbeTarget } from '../../src/probes/probe.ts'
import { Stage } from './stage.ts'

class Check implements Probe {
  readonly name = 'check'
  interval = 5_000
  passes = 1
  readonly asked: ProbeTarget[] = []
  answer: (target: ProbeTarget) => ProbeAnswer['result'] | Error = () => 'passed'

  async check(target: ProbeTarget): Promise<ProbeAnswer> {
    this.asked.push(target)
    const result = this.answer(target)
    if (result instanceof Error) throw result
    return { result, detail: `it ${result}` }
  }

  of(kind: 'victim' | 'successor'): number {
    return this.asked.filter(({ id }) => id.startsWith('i-new') === (kind === 'successor')).length
  }
}

describe('probes', () => {
  let stage: Stage
  let check: Check

  beforeEach(async () => {
    await open()
  })
  afterEach(() => stage.ledger.close())

  async function open(changes: Partial<Schedule> = {}) {
    if (stage !== undefined) await stage.ledger.close()
    stage = await Stage.open({ probes: [{ kind: 'check', settings: {} }], ...changes })
    stage.probed = new Map()
    check = new Check()
    stage.probes = { check }
  }

  async function struck() {
    stage.platform.add('web')
    const [plan] = await stage.plan()
    assert.ok(plan)
    assert.deepEqual(await stage.attempt([plan]), ['struck'])
    return plan.id
  }

  const successorOnly = (result: (asked: number) => ProbeAnswer['result'] | Error) => (target: ProbeTarget) =>
    target.id.startsWith('i-new') ? result(check.of('successor')) : 'passed'

  it('vouch for a successor, at the address that was read once, in the soak too', async () => {
    const id = await struck()
    await stage.watchToTheEnd()
    const { judgement } = await stage.concluded(id)
    assert.deepEqual([judgement.verdict, judgement.findings], ['phoenix', []])
    assert.ok(check.of('successor') > 5, `${check.of('successor')}`)
    assert.equal(stage.probed?.size, 0, 'nothing is kept of a drill that is over')
  })

  it('S10 refuse a strike where they do not pass on the victim: they could not vouch for its successor', async () => {
    check.answer = () => 'failed'
    stage.platform.add('web')
    const [plan] = await stage.plan()
    assert.ok(plan)
    assert.deepEqual(await stage.attempt([plan]), ['refused'])
    const drill = await stage.drill(plan.id)
    assert.match(drill.state === 'refused' ? drill.refusal.reason : '', /does not pass on i-web-.*check: it failed/)
    assert.equal(stage.platform.strikes.length, 0)
  })

  it('delay recovery until they have passed so often in a row', async () => {
    check.passes = 3
    const id = await struck()
    check.answer = successorOnly(asked => (asked === 2 ? 'failed' : 'passed'))
    await stage.watchToTheEnd()
    const { tracking, judgement } = await stage.concluded(id)
    const [candidate] = tracking?.candidates ?? []
    assert.ok(candidate?.healthyAt && candidate.recoveredAt)
    const waited = candidate.recoveredAt.since(candidate.healthyAt).total('seconds')
    assert.ok(waited >= 20, `passed, failed, then three passes at five seconds each: ${waited}`)
    assert.equal(judgement.verdict, 'phoenix')
  })

  it('are not asked more often than their interval', async () => {
    check.interval = 60_000
    const id = await struck()
    await stage.watchToTheEnd()
    const { tracking } = await stage.concluded(id)
    const seconds = (stage.schedule.recovery.soak + 30_000) / 1000
    assert.ok(check.of('successor') <= seconds / 60 + 2, `${check.of('successor')} in ${seconds} s`)
    assert.ok(tracking)
  })

  it('make a successor that keeps failing them unhealthy', async () => {
    const id = await struck()
    check.answer = successorOnly(() => 'failed')
    await stage.watchToTheEnd()
    const { judgement } = await stage.concluded(id)
    assert.deepEqual([judgement.verdict, judgement.findings[0]?.kind], ['snowflake', 'unhealthy'])
    assert.match(judgement.findings[0]?.summary ?? '', /kept failing a probe: it failed/)
  })

  it('make a successor that fails them twice in the soak one that died young, and forgive once', async () => {
    let id = await struck()
    check.answer = successorOnly(asked => (asked === 4 ? 'failed' : 'passed'))
    await stage.watchToTheEnd()
    assert.equal((await stage.concluded(id)).judgement.verdict, 'phoenix')
    await open()
    id = await struck()
    check.answer = successorOnly(asked => (asked === 4 || asked === 5 ? 'failed' : 'passed'))
    await stage.watchToTheEnd()
    const { judgement } = await stage.concluded(id)
    assert.deepEqual([judgement.verdict, judgement.findings[0]?.kind], ['snowflake', 'died-young'])
  })

  it('S10 leave undecided what they could not ask, at the deadline and in the soak', async () => {
    let id = await struck()
    check.answer = successorOnly(() => new Error('consul cannot be reached'))
    await stage.watchToTheEnd()
    const first = (await stage.concluded(id)).judgement
    assert.deepEqual([first.verdict, first.findings[0]?.kind], ['inconclusive', 'unobservable'])
    assert.match(first.findings[0]?.summary ?? '', /consul cannot be reached/)
    await open()
    id = await struck()
    check.answer = successorOnly(asked => (asked < 4 ? 'passed' : new Error('consul cannot be reached')))
    await stage.watchToTheEnd()
    const second = (await stage.concluded(id)).judgement
    assert.deepEqual([second.verdict, second.findings[0]?.kind], ['inconclusive', 'unobservable'])
  })

  it('take a short outage of what they ask for what it is', async () => {
    const id = await struck()
    check.answer = successorOnly(asked => (asked === 3 || asked === 4 ? new Error('consul cannot be reached') : 'passed'))
    await stage.watchToTheEnd()
    assert.equal((await stage.concluded(id)).judgement.verdict, 'phoenix')
  })

  it('S10 of a kind that is gone leave the drill undecided, never a phoenix', async () => {
    const id = await struck()
    stage.probes = {}
    await stage.watchToTheEnd()
    assert.equal((await stage.concluded(id)).judgement.verdict, 'inconclusive')
  })
})
