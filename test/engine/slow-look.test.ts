import assert from 'node:assert/strict'
import type { PlannedDrill } from '../../src/domain/drill.ts'
import type { Engine } from '../../src/engine/context.ts'
import { attemptStrikes } from '../../src/engine/strike.ts'
import { watchScope } from '../../src/engine/watch.ts'
import type { Guard } from '../../src/guards/guard.ts'
import { schedule } from '../domain/calendars.ts'
import { Stage } from './stage.ts'

const fresh = 5_000
const never = new AbortController().signal
const limits = { ...schedule().limits, concurrent: 9, concurrentPerScope: 9, spacing: 0 }

/** Green until it is told otherwise; notes when it was asked, and keeps that as evidence. */
class Light implements Guard {
  readonly name = 'light'
  readonly asked: number[] = []
  red = false
  takes = 0
  readonly #stage: Stage

  constructor(stage: Stage) {
    this.#stage = stage
  }

  concerns() {
    return ''
  }

  async ask() {
    this.asked.push(this.#stage.clock.monotonic())
    await this.#stage.clock.sleep(this.takes)
    const at = this.#stage.clock.monotonic()
    return { proceed: !this.red, reason: this.red ? 'critical' : 'none', evidence: { at } }
  }
}

describe('a look at a victim that takes longer than a look counts', () => {
  let stage: Stage
  let light: Light
  /** How long it takes to look into a member, and what happens a quarter of the way. */
  let inside: { takes: number; meanwhile: () => void }
  let struckAt: number[]

  beforeEach(async () => {
    stage = await Stage.open({
      limits,
      guards: [{ kind: 'light', settings: { timeout: 1_000 } }],
      fingerprint: { kind: 'command', settings: {} },
    })
    light = new Light(stage)
    stage.guards = { light }
    inside = { takes: 20_000, meanwhile: () => {} }
    struckAt = []
    stage.platform.beforeStrike = () => {
      struckAt.push(stage.clock.monotonic())
    }
  })
  afterEach(() => stage.ledger.close())

  function engine(): Engine {
    const take = async () => {
      await stage.clock.sleep(inside.takes / 4)
      inside.meanwhile()
      await stage.clock.sleep((inside.takes * 3) / 4)
      return { 'opt/app': 'a' }
    }
    return { ...stage.engine(), openFingerprinter: () => ({ take }) }
  }

  async function ended<T>(work: Promise<T>): Promise<T> {
    let isOver = false
    const over = work.finally(() => {
      isOver = true
    })
    await stage.clock.runUntil(() => isOver)
    return over
  }

  async function planned(...names: string[]): Promise<PlannedDrill[]> {
    for (const name of names) stage.platform.add(name)
    return stage.plan()
  }

  async function attempt(plans: readonly PlannedDrill[]) {
    const outcomes = await ended(attemptStrikes(engine(), plans, { run: null, victim: null }, never))
    return plans.map(({ id }) => outcomes.get(id))
  }

  async function refusalOf(plan: PlannedDrill | undefined) {
    const drill = await stage.drill(plan?.id ?? '')
    assert.equal(drill.state, 'refused')
    assert.equal(stage.platform.strikes.length, 0)
    return drill.refusal
  }

  it('is no way past a guard that turns red meanwhile: the strike is refused by its name, with what it said then', async () => {
    const [plan] = await planned('web')
    inside.meanwhile = () => {
      light.red = true
    }
    assert.deepEqual(await attempt([plan ?? assert.fail()]), ['refused'])
    assert.deepEqual(await refusalOf(plan), { rule: 'light', reason: 'critical' })
    const [event] = (await stage.ledger.events(plan?.id ?? '')).filter(({ kind }) => kind === 'refused')
    assert.deepEqual(event?.data.evidence, { at: light.asked.at(-1) })
    assert.ok((light.asked.at(-1) ?? 0) >= inside.takes)
  })

  it('asks guards again before the members are looked at, once for all of a turn, and keeps the newest answer', async () => {
    const plans = await planned('web', 'api', 'shop')
    const looks: number[] = []
    const observe = stage.platform.observe.bind(stage.platform)
    stage.platform.observe = async (...about) => {
      looks.push(light.asked.length)
      return observe(...about)
    }
    assert.deepEqual(await attempt(plans), ['struck', 'struck', 'struck'])
    assert.equal(light.asked.length, 2)
    assert.deepEqual(looks, [1, 2])
    for (const at of struckAt) assert.ok(at - (light.asked.at(-1) ?? 0) <= fresh)
    for (const { id } of plans)
      assert.deepEqual(
        (await stage.ledger.before(id))?.guards?.map(({ evidence }) => evidence),
        [{ at: light.asked.at(-1) }],
      )
  })

  it('asks about what another process has struck meanwhile as well: it is under way', async () => {
    const [first, second] = await planned('web', 'api')
    assert.ok(first && second)
    const about: string[] = []
    light.concerns = (({ group }: { group: { name: string } }) => group.name) as () => string
    const ask = light.ask.bind(light)
    light.ask = (async ({ group }: { group: { name: string } }) => {
      about.push(group.name)
      return ask()
    }) as Light['ask']
    let other: Promise<unknown> | null = null
    inside.meanwhile = () => {
      inside.meanwhile = () => {}
      const quick = { ...stage.engine(), openFingerprinter: () => ({ take: async () => ({ 'opt/app': 'a' }) }) }
      other = attemptStrikes(quick, [second], { run: null, victim: null }, never)
    }
    assert.deepEqual(await attempt([first]), ['struck'])
    await other
    assert.deepEqual(about, [first.groupName, second.groupName, first.groupName, second.groupName])
  })

  it('costs no question to a guard and no call to the platform where it is quick', async () => {
    inside.takes = 1_000
    const plans = await planned('web', 'api')
    const before = { ...stage.platform.calls }
    assert.deepEqual(await attempt(plans), ['struck', 'struck'])
    const made = (call: string) => (stage.platform.calls[call] ?? 0) - (before[call] ?? 0)
    assert.deepEqual(['declare', 'forecast', 'observe', 'describe'].map(made), [1, 1, 1, 1])
    assert.equal(light.asked.length, 1)
  })

  it('asks a quick guard again that answered long before a slow one, and the slow one only once', async () => {
    inside.takes = 0
    const slow = new Light(stage)
    slow.takes = 8_000
    stage.guards = { light, slow }
    Object.assign(stage.schedule, { guards: ['light', 'slow'].map(kind => ({ kind, settings: { timeout: 1_000 } })) })
    const plans = await planned('web')
    assert.deepEqual(await attempt(plans), ['struck'])
    assert.deepEqual([light.asked.length, slow.asked.length], [2, 1])
  })

  it('S10 refuses where guards answer so far apart that one of them is always outdated', async () => {
    const slow = new Light(stage)
    light.takes = 6_000
    slow.takes = 12_000
    stage.guards = { light, slow }
    Object.assign(stage.schedule, { guards: ['light', 'slow'].map(kind => ({ kind, settings: { timeout: 1_000 } })) })
    const [plan] = await planned('web')
    assert.deepEqual(await attempt([plan ?? assert.fail()]), ['refused'])
    assert.match((await refusalOf(plan)).reason, /asking the guards and looking at the group took longer than 5 s/)
  })

  it('S13 refuses where the declared image is gone by then', async () => {
    const [plan] = await planned('web')
    inside.meanwhile = () => {
      const summary = 'the declared image image-1 is gone'
      const finding = { kind: 'not-replaced', level: 'fail', path: 'image', expected: 'image-1', actual: null, summary } as const
      stage.platform.forecast = async (_scope, groups) => new Map(groups.map(group => [group, [finding]]))
    }
    await attempt([plan ?? assert.fail()])
    assert.deepEqual(await refusalOf(plan), { rule: 'S13', reason: 'a rebuild would fail: the declared image image-1 is gone' })
  })

  it('S10 refuses where what a rebuild is made from cannot be read by then', async () => {
    const [plan] = await planned('web')
    inside.meanwhile = () => {
      stage.platform.declare = async () => assert.fail('throttled')
    }
    await attempt([plan ?? assert.fail()])
    assert.equal((await refusalOf(plan)).rule, 'S10')
  })

  it('S7 refuses a victim that was protected meanwhile', async () => {
    const [plan] = await planned('web')
    inside.meanwhile = () => {
      stage.platform.protection = 'termination protection is on'
    }
    await attempt([plan ?? assert.fail()])
    assert.equal((await refusalOf(plan)).rule, 'S7')
  })

  it('S13 compares the victim anew, and keeps the declaration that it was compared with', async () => {
    const [first, second] = await planned('web', 'api')
    assert.ok(first && second)
    inside.meanwhile = () => stage.platform.deploy(first.group)
    assert.deepEqual(await attempt([first]), ['struck'])
    assert.equal((await stage.ledger.before(first.id))?.declaration.current.version, 'template:2')
    assert.equal(stage.platform.strikes[0]?.declarationVersion, 'template:2')
    inside.meanwhile = () => {
      stage.platform.byHand = { securityGroups: ['sg-1', 'sg-2', 'sg-9'] }
    }
    assert.deepEqual(await attempt([second]), ['refused'])
    const drill = await stage.drill(second.id)
    assert.equal(drill.state === 'refused' && drill.refusal.rule, 'S13')
  })

  it('S9 is no way past a guard for a strike that is sent again', async () => {
    const [plan] = await planned('web')
    stage.platform.next = ['silent']
    await attempt([plan ?? assert.fail()])
    inside.meanwhile = () => {
      light.red = true
    }
    for (let look = 0; look < 60 && (await stage.drill(plan?.id ?? '')).state !== 'concluded'; look++) {
      await ended(watchScope(engine(), { scope: stage.platform.scope, provider: stage.platform }, never))
      await stage.clock.advance(5_000)
    }
    assert.equal(stage.platform.strikes.length, 1)
    const { judgement } = await stage.concluded(plan?.id ?? '')
    assert.match(judgement.findings[0]?.summary ?? '', /not repeated: critical/)
  })
})
