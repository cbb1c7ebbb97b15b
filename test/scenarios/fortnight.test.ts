import assert from 'node:assert/strict'
import type { Drill } from '../../src/domain/drill.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { providers } from '../../src/providers/registry.ts'
import { createWorld, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import type { Place } from '../../src/simulator/world/auto-scaling.ts'
import { changeGroup } from '../../src/simulator/world/traits.ts'
import { groupId } from '../../src/simulator/world/world.ts'
import { hours, schedule } from '../domain/calendars.ts'
import { MemoryWire } from '../support/memory-wire.ts'
import { TestClock } from '../support/test-clock.ts'
import { Referee } from './referee.ts'
import { Services } from './services.ts'

const timezone = 'Europe/Berlin'
const holiday = '2026-10-23'
const minute = 60_000
const times = { detect: 5_000, boot: 40_000, health: 20_000, drain: 10_000, terminate: 10_000, retry: 20_000 }

/** Two services share a ledger for a fortnight in which the clocks go back, on a simulated AWS that others work on, too. */
describe('a fortnight of the service', () => {
  const wire = { current: null as MemoryWire | null }
  let simulator: Simulator
  let clock: TestClock
  let referee: Referee
  let services: Services
  let opened: Provider[]

  const usual = {
    timezone,
    groups: { providers: ['aws'], include: ['*'], exclude: ['leashed-*'] },
    // Short, since every minute of it is ticked through.
    hours: hours('09:30', '11:00'),
    meanDaysBetweenDrills: 2,
    maxDaysBetweenDrills: 3,
    leashed: false,
    closedOn: [holiday],
    limits: { ...schedule().limits, concurrent: 3, concurrentPerScope: 2, breaker: null },
  }
  const weekdays = schedule(usual)
  const leashed = schedule({
    ...usual,
    name: 'leashed',
    groups: { providers: ['aws'], include: ['leashed-*'], exclude: [] },
    leashed: true,
  })

  beforeEach(async () => {
    wire.current = new MemoryWire()
    clock = new TestClock(at('2026-10-18', '20:00'))
    const names = ['cart', 'feed', 'mail', 'shop-blue', 'shop-green', 'stock', 'leashed-1']
    const groups = names.map(name => ({ name, times, tags: tagsOf(name) }))
    const world = createWorld({ groups, seed: 7 }, { clock: { now: () => clock.now().epochMilliseconds } })
    simulator = await startSimulator({ world })
    const schedules = [weekdays, leashed]
    referee = new Referee(schedules, [holiday])
    services = await Services.open(clock, { schedules, referee })
    for (const name of names) watchStrikes(name)
    opened = [await openAws(), await openAws()]
  })

  afterEach(async () => {
    for (const provider of opened) await provider.close()
    await services.ledger.close()
    await simulator.close()
    wire.current?.close()
  })

  it('S1–S12 hold through halts, lost and doubled wake-ups, restarts, an opt-out, a deployment, a holiday and the end of summer time', async () => {
    // Opting in starts the count; the first day is nobody's.
    await serve(at('2026-10-18', '20:02'))
    await day('2026-10-19')
    await day('2026-10-20', () => meanwhile('recovering', () => services.forget()))
    await day('2026-10-21', async () => {
      await clock.advance(until('2026-10-21', '09:50'))
      await halt('2026-10-22', '09:50')
    })
    await day('2026-10-22')
    await day(holiday)
    await day('2026-10-24')
    await day('2026-10-25')
    await day('2026-10-26', () => meanwhile('soaking', restart))
    let changed = ''
    await day('2026-10-27', async () => {
      changed = await meanwhile('recovering', deploy)
    })
    await day('2026-10-28', async () => {
      await clock.advance(until('2026-10-28', '09:40'))
      optOut('mail')
    })
    for (const date of ['2026-10-29', '2026-10-30']) await day(date)
    await referee.close(services.ledger)

    assert.deepEqual(referee.violations, [])
    assert.deepEqual(services.troubles, [])
    const drills = await services.ledger.drills({ limit: 1000 })
    const concluded = drills.filter(drill => drill.state === 'concluded')
    assert.equal(concluded.length, referee.strikes.length, 'S11 every strike has its drill, and every drill its strike')
    assert.ok(concluded.length >= 15, `only ${concluded.length} strikes in a fortnight`)
    const others = concluded.filter(drill => drill.judgement.verdict !== 'phoenix')
    assert.deepEqual(
      others.map(drill => [drill.id, drill.judgement.findings[0]?.kind]),
      [[changed, 'group-changed']],
    )
    const gaps = referee.gapsOf(weekdays)
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
    assert.ok(mean >= 1 && mean <= 3.5, `the mean gap was ${mean} days`)
    assert.ok(drills.some(drill => drill.state === 'leashed'))
    assert.ok(drills.some(drill => drill.state === 'refused' && drill.refusal.rule === 'S2'))
    assert.equal(drills.filter(drill => drill.state !== 'planned' && drill.planKey === holiday).length, 0)
  }).timeout(300_000)

  /** One working day of both services. */
  async function day(date: string, meanwhileDo: () => Promise<unknown> = async () => []): Promise<void> {
    await clock.advance(until(date, '09:27'))
    services.start(opened, ['drill', 'watch'])
    await meanwhileDo()
    await clock.advance(Math.max(0, until(date, '11:15')))
    await services.stop()
  }

  async function serve(end: Temporal.Instant): Promise<void> {
    services.start(opened, ['drill', 'watch'])
    await clock.advance(end.since(clock.now()).total('milliseconds'))
    await services.stop()
  }

  /** Waits until a drill is in this state, and does something to it. */
  async function meanwhile(state: Drill['state'], act: (drill: Drill) => void | Promise<void>): Promise<string> {
    const seen: { drill: Drill | null } = { drill: null }
    services.onChange = drill => {
      if (drill.state === state) seen.drill ??= drill
    }
    await clock.runUntil(() => seen.drill !== null, 100 * minute)
    if (seen.drill === null) assert.fail(`no drill was ${state}`)
    await act(seen.drill)
    return seen.drill.id
  }

  async function halt(date: string, time: string): Promise<void> {
    const target = { kind: 'installation' } as const
    await services.ledger.halt({ target, reason: 'an incident', by: 'on-call', until: at(date, time) })
    const lift = referee.forbid('S2', clock.now(), () => true)
    lift(at(date, time))
  }

  async function restart(): Promise<void> {
    await services.stop()
    await clock.advance(90_000)
    services.start(opened, ['drill', 'watch'])
  }

  function deploy(drill: Drill): void {
    changeGroup(placeOf(drill.groupName))
  }

  function optOut(name: string): void {
    const { region, group } = placeOf(name)
    simulator.world.touch(region)
    group.tags.splice(0, group.tags.length)
    const id = groupId(region, group)
    referee.forbid('S1', clock.now(), candidate => candidate === id)
  }

  function watchStrikes(name: string): void {
    const { world, region, group } = placeOf(name)
    world.onStrike(groupId(region, group), () => {
      const last = group.activities.at(-1)
      const victim = last?.description.replace('Terminating EC2 instance: ', '') ?? ''
      const moved = group.activities.find(each => each !== last && each.start > world.time - weekdays.settle)
      const away = group.members.find(member => member.instance !== victim && member.state !== 'InService')
      const ill = group.targetGroups.some(arn =>
        [...(region.targetGroups.get(arn)?.targets.values() ?? [])].some(target => target.state === 'unhealthy'),
      )
      const against = [
        ...(moved === undefined ? [] : [`S5 changed: ${moved.description}`]),
        ...(away === undefined ? [] : [`S5 ${away.instance} was ${away.state}`]),
        ...(ill ? ['S5 a member was unhealthy'] : []),
        ...(group.members.length < weekdays.victim.minGroupSize ? ['S7 too small'] : []),
        ...((region.instances.get(victim)?.launchedAt ?? 0) > world.time - weekdays.victim.minAge ? ['S7 too young'] : []),
      ]
      referee.struck({ at: Temporal.Instant.fromEpochMilliseconds(world.time), group: groupId(region, group), victim, against })
    })
  }

  function placeOf(name: string): Place {
    return { world: simulator.world, ...simulator.world.findGroup(name) }
  }

  async function openAws(): Promise<Provider> {
    const quiet = () => {}
    const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
    assert.ok(providers.aws)
    const { openProvider } = await providers.aws.load()
    const settings = (await providers.aws.loadSettings()).parse({ endpoint: simulator.aws.endpoint, regions: [simulator.aws.region] })
    return openProvider(settings, { clock, log, env: simulator.aws.env })
  }

  function until(date: string, time: string): number {
    return at(date, time).since(clock.now()).total('milliseconds')
  }
})

function tagsOf(name: string): Record<string, string> {
  return name.startsWith('shop-') ? { 'firedrill-service': 'shop' } : {}
}

function at(date: string, time: string): Temporal.Instant {
  return Temporal.PlainDate.from(date).toZonedDateTime({ timeZone: timezone, plainTime: time }).toInstant()
}
