import assert from 'node:assert/strict'
import type { Schedule } from '../../src/domain/schedule.ts'
import type { Guard, GuardAnswer, GuardQuestion } from '../../src/guards/guard.ts'
import { Stage } from './stage.ts'

const limits = {
  concurrent: 10,
  concurrentPerScope: 10,
  strikesPerDay: 100,
  strikesPerGroupPerDay: 1,
  strikesPerRun: 100,
  spacing: 0,
  maxCapacityLoss: 0.5,
  maxUnsteadyGroups: 1,
  woundedPerScope: 10,
  breaker: null,
}

/** A guard whose light a test switches, and which counts how often it was asked. */
class Light implements Guard {
  readonly name = 'light'
  readonly asked: GuardQuestion[] = []
  red: (question: GuardQuestion) => string | Error | null = () => null
  concerns: (question: GuardQuestion) => string = () => ''

  async ask(question: GuardQuestion): Promise<GuardAnswer> {
    this.asked.push(question)
    const reason = this.red(question)
    if (reason instanceof Error) throw reason
    return { proceed: reason === null, reason: reason ?? 'all is well', evidence: { light: reason === null ? 'green' : 'red' } }
  }
}

describe('guards', () => {
  let stage: Stage
  let light: Light

  beforeEach(async () => {
    await open()
  })
  afterEach(() => stage.ledger.close())

  async function open(changes: Partial<Schedule> = {}) {
    if (stage !== undefined) await stage.ledger.close()
    stage = await Stage.open({ guards: [{ kind: 'light', settings: { timeout: 1000 } }], limits, ...changes })
    light = new Light()
    stage.guards = { light }
  }

  async function planned(...names: string[]) {
    for (const name of names) stage.platform.add(name)
    return stage.plan()
  }

  it('are asked before the platform is looked at, and what they said is kept with the intent', async () => {
    const plans = await planned('web')
    let observedWhenAsked = -1
    light.red = () => {
      observedWhenAsked = stage.platform.calls.declare ?? 0
      return null
    }
    assert.deepEqual(await stage.attempt(plans), ['struck'])
    assert.equal(observedWhenAsked, 0)
    const before = await stage.ledger.before(plans[0]?.id ?? '')
    assert.deepEqual(before?.guards, [{ guard: 'light', proceed: true, reason: 'all is well', evidence: { light: 'green' } }])
  })

  it('refuse by their own name while red, without a call to the platform, and their evidence is kept', async () => {
    const plans = await planned('web')
    const calls = { ...stage.platform.calls }
    light.red = () => 'errors are at 7 %'
    assert.deepEqual(await stage.attempt(plans), ['refused'])
    assert.deepEqual(stage.platform.calls, calls)
    const drill = await stage.drill(plans[0]?.id ?? '')
    assert.deepEqual(drill.state === 'refused' && drill.refusal, { rule: 'light', reason: 'errors are at 7 %' })
    const [event] = (await stage.ledger.events(drill.id)).filter(({ kind }) => kind === 'refused')
    assert.deepEqual(event?.data.evidence, { light: 'red' })
  })

  it('S10 refuse where they cannot be asked or opened', async () => {
    const plans = await planned('web', 'api')
    light.red = () => new Error('no answer within 10 s')
    assert.deepEqual(await stage.attempt(plans.slice(0, 1)), ['refused'])
    stage.guards = {}
    assert.deepEqual(await stage.attempt(plans.slice(1)), ['refused'])
    const reasons = await Promise.all(plans.map(async ({ id }) => stage.drill(id)))
    for (const drill of reasons) assert.match(drill.state === 'refused' ? drill.refusal.reason : '', /the guard could not be asked/)
    assert.equal(stage.platform.strikes.length, 0)
  })

  it('are told how long the drill may take, and in whose time zone', async () => {
    await stage.attempt(await planned('web'))
    const [{ lasts, schedule, timezone, group } = assert.fail('not asked')] = light.asked
    const { deadline, soak } = stage.schedule.recovery
    assert.deepEqual([lasts, schedule, timezone, group.name], [deadline + soak, stage.schedule.name, stage.schedule.timezone, 'web'])
  })

  it('are asked once in a turn where the answer cannot differ, and for each group where it can', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    await stage.attempt(await planned(...names))
    assert.equal(stage.platform.strikes.length, names.length)
    assert.equal(light.asked.length, 1)
    await open()
    light.concerns = ({ group }) => group.id
    await stage.attempt(await planned(...names))
    assert.equal(light.asked.length, names.length)
  })

  it('are asked anew in the next turn', async () => {
    const [first, second] = await planned('web', 'api')
    assert.ok(first && second)
    assert.deepEqual(await stage.attempt([first]), ['struck'])
    assert.deepEqual(await stage.attempt([second]), ['struck'])
    assert.equal(new Set(light.asked.map(({ group }) => group.id)).size, 2)
  })

  it('stop the further strikes of a schedule while red for a group that it has under way, and never the watching', async () => {
    const [first, second, third] = await planned('web', 'api', 'db')
    assert.ok(first && second && third)
    light.concerns = ({ group }) => group.id
    assert.deepEqual(await stage.attempt([first]), ['struck'])
    light.red = ({ group }) => (group.id === first.group ? 'the group under way is burning' : null)
    assert.deepEqual(await stage.attempt([second]), ['refused'])
    const drill = await stage.drill(second.id)
    assert.match(drill.state === 'refused' ? drill.refusal.reason : '', /burning; a drill of .* is under way/)
    await stage.watchToTheEnd()
    assert.equal((await stage.concluded(first.id)).judgement.verdict, 'phoenix')
    assert.deepEqual(await stage.attempt([third]), ['struck'], 'nothing is under way any more')
  })

  it('S9 stop a lost strike from being sent again while red', async () => {
    const [plan] = await planned('web')
    assert.ok(plan)
    stage.platform.next = ['silent']
    await stage.attempt([plan])
    light.red = () => 'an incident began'
    await stage.watchToTheEnd()
    assert.equal(stage.platform.strikes.length, 1)
    const { judgement } = await stage.concluded(plan.id)
    assert.deepEqual([judgement.verdict, judgement.findings[0]?.kind], ['inconclusive', 'not-struck'])
    assert.match(judgement.findings[0]?.summary ?? '', /an incident began/)
  })

  describe('S9 and strikes that were left by a crash', () => {
    async function left(...names: string[]) {
      light.concerns = ({ group }) => group.id
      const plans = await planned(...names)
      const { advance } = stage.ledger
      stage.ledger.advance = async () => Promise.reject(new Error('the process dies before it sends'))
      await assert.rejects(stage.attempt(plans), /the process dies/)
      stage.ledger.advance = advance
      assert.deepEqual(await Promise.all(plans.map(async ({ id }) => (await stage.drill(id)).state)), ['striking', 'striking'])
      return plans
    }

    it('stop all of a schedule from being sent again while red for one, whichever is looked at first', async () => {
      for (const index of [0, 1]) {
        await open()
        const plans = await left('web', 'api')
        light.red = ({ group }) => (group.id === plans[index]?.group ? 'the group is burning' : null)
        await stage.watchToTheEnd()
        assert.deepEqual(stage.platform.strikes, [])
        for (const { id } of plans) {
          const { judgement } = await stage.concluded(id)
          assert.match(judgement.findings[0]?.summary ?? '', /not repeated: the group is burning/)
        }
      }
    })

    it('let them be sent again while green: none stands in its own way', async () => {
      const plans = await left('web', 'api')
      await stage.watchToTheEnd()
      assert.equal(stage.platform.strikes.length, plans.length)
      for (const { id } of plans) assert.equal((await stage.concluded(id)).judgement.verdict, 'phoenix')
    })
  })

  it('are asked on a leash as well', async () => {
    await open({ leashed: true })
    light.red = () => 'errors'
    assert.deepEqual(await stage.attempt(await planned('web')), ['refused'])
  })
})
