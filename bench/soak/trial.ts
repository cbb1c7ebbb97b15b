import type { Drill, DrillEvent } from '../../src/domain/drill.ts'
import type { Schedule } from '../../src/domain/schedule.ts'
import { runCampaign } from '../../src/engine/campaign.ts'
import type { Engine } from '../../src/engine/context.ts'
import { openLedger } from '../../src/ledger/open.ts'
import { providers } from '../../src/providers/registry.ts'
import { createWorld, type Simulator, startSimulator, type Truth } from '../../src/simulator/index.ts'
import { Random } from '../../src/simulator/world/random.ts'
import type { SimulatedTime } from '../../test/support/simulated-time.ts'
import type { Carried, Cloud, Subject } from './cloud.ts'
import { lastingFaults, type Weather, weatherOf } from './faults.ts'
import { quietLog, type Said } from './log.ts'
import { release } from './others.ts'
import { soakSchedules } from './schedules.ts'

/** One group of one world after its drill: what is true of it, and what Firedrill said. */
export interface Trial {
  readonly seed: number
  readonly provider: string
  readonly subject: Subject
  readonly truth: Truth
  /** Null: no drill was planned for it, since it is not opted in. */
  readonly drill: Drill | null
  /** How often its victim's termination was carried out, and against which rule. */
  readonly carried: readonly Carried[]
}

export interface WorldRun {
  readonly seed: number
  readonly trials: readonly Trial[]
  readonly calls: number
  readonly said: readonly Said[]
  readonly events: ReadonlyMap<string, readonly DrillEvent[]>
}

const rounds = 3
const stormAfter = 4_000
const never = new AbortController().signal

/** One world of a cloud, drawn from the seed, and one campaign over it, in simulated time. The same seed gives the same run. */
export async function runWorld(
  time: SimulatedTime,
  { cloud, seed, size }: { cloud: Cloud; seed: number; size: number },
): Promise<WorldRun> {
  time.startAgain()
  const chance = new Random(seed * 7919 + 13)
  // Libraries draw how long they wait before a repeated call; that chance is the seed's as well.
  Math.random = () => chance.next()
  const fleet = cloud.fleet(chance, size)
  const world = createWorld({ ...fleet.world, seed, faults: lastingFaults(chance) }, { clock: { now: () => time.now().epochMilliseconds } })
  const simulator = await startSimulator({ world })
  try {
    const { carried } = release(world, { subjects: fleet.subjects, chance, handsOn: subject => cloud.handsOn(simulator, subject) })
    const schedules = soakSchedules(cloud.provider, chance)
    const { drills, said, calls, events } = await campaign(time, { cloud, simulator, schedules, seed, chance })
    const trials = fleet.subjects.map(subject => trialOf({ seed, cloud, simulator, subject, drills, carried }))
    return { seed, trials, calls, said, events }
  } finally {
    await simulator.close()
  }
}

interface Setting {
  readonly cloud: Cloud
  readonly simulator: Simulator
  readonly schedules: readonly Schedule[]
  readonly seed: number
  readonly chance: Random
}

interface Campaigned extends Pick<WorldRun, 'said' | 'calls' | 'events'> {
  readonly drills: readonly Drill[]
}

async function campaign(time: SimulatedTime, setting: Setting): Promise<Campaigned> {
  const { cloud, simulator, seed } = setting
  let ids = 0
  const newId = () => `00000000-0000-4000-8000-${String(seed).padStart(6, '0')}${String(++ids).padStart(6, '0')}`
  const ledger = await openLedger({ kind: 'embedded', file: ':memory:' }, { clock: time, create: true, newId })
  const { log, said } = quietLog(time)
  const weather = weatherOf(simulator, cloud.strikes, setting.chance)
  let calls = 0
  const registered = providers[cloud.provider]
  if (registered === undefined) throw new Error(`there is no provider ${cloud.provider}`)
  const { openProvider } = await registered.load()
  const onCall = () => {
    calls++
  }
  const settings = (await registered.loadSettings()).parse(cloud.settings(simulator))
  const open = () => openProvider(settings, { clock: time, log, env: cloud.env(simulator), onCall })
  const provider = await patiently(time, open)
  const engine: Engine = {
    clock: time,
    ledger,
    providers: [provider],
    schedules: setting.schedules,
    never: [],
    openGuard: nothing,
    openProbe: nothing,
    openFingerprinter: () => ({ take: async ({ id }) => inside(setting, id) }),
    haltFileExists: () => false,
    newId,
    nextLooks: new Map(),
    recoveries: new Map(),
    probed: new Map(),
    log,
    changed: drill => {
      // A little later, so that the other strikes of this round are made on looks that were quick enough.
      if (drill.state === 'striking') time.sleep(stormAfter, never).then(weather.storm)
    },
  }
  try {
    await campaigns(engine, { newId, weather })
    const drills = await ledger.drills({ limit: 10_000 })
    const events = new Map<string, readonly DrillEvent[]>()
    for (const { id } of drills) events.set(id, await ledger.events(id))
    return { drills, said, calls, events }
  } finally {
    await provider.close()
    await ledger.close()
  }
}

/**
 * Under such faults most looks grow too old before they are complete, and are refused (S10). As a scheduled task would, the
 * campaign is tried again until every group has had its drill, or a refusal of its own.
 */
async function campaigns(engine: Engine, { newId, weather }: { newId: () => string; weather: Weather }): Promise<void> {
  weather.calm()
  await runCampaign(engine, { run: newId(), all: true, group: null, victim: null, max: null }, never)
  for (let round = 1; round < rounds; round++) {
    const drills = await engine.ledger.drills({ limit: 10_000 })
    const left = (await engine.ledger.groups())
      .map(group => group.summary.id)
      .filter(id => isLeft(drills.filter(drill => drill.group === id)))
    for (const group of left) {
      weather.calm()
      await runCampaign(engine, { run: newId(), all: false, group, victim: null, max: null }, never)
    }
  }
}

function isLeft(drills: readonly Drill[]): boolean {
  return drills.length > 0 && drills.every(isUnlucky)
}

/** Refused for nothing but what could not be read. */
function isUnlucky(drill: Drill): boolean {
  return drill.state === 'refused' && drill.refusal.rule === 'S10'
}

/** As `serve` does: a platform that cannot be reached at the start is tried again. */
async function patiently<Result>(time: SimulatedTime, work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt === 20) throw error
      await time.sleep(3_000)
    }
  }
}

function nothing(): never {
  throw new Error('the soak configures no guards and no probes')
}

function inside({ simulator: { world }, chance }: Setting, id: string): Readonly<Record<string, string>> {
  world.catchUp()
  const found = world.inside(id)
  if (found?.state !== 'running' || chance.next() < 0.005) throw new Error('the instance does not answer')
  return { ...found.content }
}

/** Of several drills of a group the one that struck; else one that was refused by a rule; else any. */
function mostTelling(drills: readonly Drill[]): Drill | null {
  return drills.find(drill => 'order' in drill) ?? drills.find(drill => !isUnlucky(drill)) ?? drills[0] ?? null
}

function trialOf(about: {
  seed: number
  cloud: Cloud
  simulator: Simulator
  subject: Subject
  drills: readonly Drill[]
  carried: readonly Carried[]
}): Trial {
  const { simulator, subject } = about
  const id = simulator.world.groupId(subject.name)
  const drill = mostTelling(about.drills.filter(each => each.group === id))
  const victim = drill !== null && 'order' in drill ? { victim: drill.order.victim.id, method: drill.order.method } : {}
  const strikeDrifted = drill?.schedule === 'drifted'
  const truth = simulator.world.truth(id, { ...victim, fingerprints: true, strikeDrifted })
  return { seed: about.seed, provider: about.cloud.provider, subject, truth, drill, carried: about.carried.filter(one => one.group === id) }
}
