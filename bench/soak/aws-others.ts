import type { Simulator } from '../../src/simulator/index.ts'
import { causeTime } from '../../src/simulator/world/activities.ts'
import { killInstance, type Place, refreshOn, setDesired } from '../../src/simulator/world/auto-scaling.ts'
import type { Random } from '../../src/simulator/world/random.ts'
import { changeGroup } from '../../src/simulator/world/traits.ts'
import { groupId } from '../../src/simulator/world/world.ts'
import type { Carried, Subject } from './cloud.ts'

/** What a read may lag behind: what changed later than this before a strike could not be known. */
const unseen = 60_000
const settle = 10 * 60_000
/** Others act within this time of the start; strikes come in its first minutes. */
const span = 15 * 60_000

/** Sets the others going, and watches every strike that the cloud carries out. */
export function release({ world }: Simulator, subjects: readonly Subject[], chance: Random): { readonly carried: readonly Carried[] } {
  const carried: Carried[] = []
  for (const subject of subjects) {
    const place: Place = { world, ...world.findGroup(subject.name) }
    const id = groupId(place.region, place.group)
    const left = disturb(place, subject, chance)
    const taken = new Set<string>()
    world.onStrike(id, () => {
      const victim = victimOf(place, taken)
      taken.add(victim)
      carried.push({ at: world.time, group: id, victim, against: againstWhat(place, { id, victim, optedOutAt: left.optedOutAt }) })
    })
  }
  return { carried }
}

function disturb(place: Place, { disturbance }: Subject, chance: Random): { optedOutAt: number | null } {
  const { world, region, group } = place
  const state: { optedOutAt: number | null } = { optedOutAt: null }
  // More of them early: most drills are decided within some minutes.
  const delay = Math.round(chance.next() ** 2 * span)
  if (disturbance !== 'none') world.after(region, delay, () => act(place, disturbance, state))
  const back = 2 * 60_000 + Math.round(chance.next() * span)
  if (disturbance === 'scale-out') world.after(region, delay + back, () => resize(place, group.desired - 1))
  return state
}

function act(place: Place, disturbance: Subject['disturbance'], state: { optedOutAt: number | null }): void {
  const { world, region, group } = place
  switch (disturbance) {
    case 'none':
      return
    case 'scale-out':
      resize(place, group.desired + 1)
      return
    case 'scale-in':
      resize(place, group.desired - 1)
      return
    case 'deployment':
      changeGroup(place)
      return
    case 'refresh':
      changeGroup(place)
      startRefresh(place)
      return
    case 'crash': {
      const member = group.members.find(each => each.state === 'InService')
      const instance = member === undefined ? undefined : region.instances.get(member.instance)
      if (instance?.state === 'running') killInstance(place, instance)
      return
    }
    case 'opt-out':
      state.optedOutAt = world.time
      group.tags.splice(0, group.tags.length, ...group.tags.filter(tag => tag.key !== 'firedrill'))
      return
  }
}

function resize(place: Place, desired: number): void {
  const { world, group } = place
  const wanted = Math.min(group.maximum, Math.max(group.minimum, 1, desired))
  const at = causeTime(world.time)
  setDesired(
    place,
    wanted,
    `At ${at} a monitor alarm ${group.name}-load in state ALARM triggered policy ${group.name}-load changing the desired capacity from {from} to {to}.  `,
  )
}

function startRefresh(place: Place): void {
  const { world, region, group } = place
  group.refreshes.push({
    id: world.random.uuid(),
    status: 'Pending',
    reason: null,
    start: world.time,
    end: null,
    percentage: 0,
    total: group.members.length,
    pending: group.members.map(member => member.instance),
    replacing: null,
    frozen: false,
  })
  world.after(region, group.timing.detect, () => refreshOn(place))
}

function victimOf({ world, region, group }: Place, taken: ReadonlySet<string>): string {
  const last = group.activities.at(-1)
  const named = /^Terminating EC2 instance: (\S+)$/.exec(last?.description ?? '')?.[1]
  if (named !== undefined && last?.start === world.time && last.cause.includes('user request')) return named
  const instances = [...region.instances.values()].filter(each => each.group === group.name && each.state === 'shutting-down')
  return instances.find(each => each.stateReason?.code === 'Client.UserInitiatedShutdown' && !taken.has(each.id))?.id ?? 'unknown'
}

/** Judged by the cloud's own state and by nothing that Firedrill says; what was not to be seen yet is held against nobody. */
function againstWhat(place: Place, what: { id: string; victim: string; optedOutAt: number | null }): string | null {
  const { world, group } = place
  const known = world.time - unseen
  const drifted = group.name.endsWith('-drifted')
  const { refusals } = world.truth(what.id, { victim: what.victim, fingerprints: true, strikeDrifted: drifted })
  // A change of members is over some time: what the world itself shows below decides.
  const refusal = refusals.find(({ why }) => why !== 'membership changed within the settling time')
  if (refusal !== undefined) return `${refusal.rule}: ${refusal.why}`
  if (what.optedOutAt !== null && what.optedOutAt < known) return 'S1: the group had been opted out'
  if (group.refreshes.some(each => each.start < known && ['Pending', 'InProgress'].includes(each.status)))
    return 'S5: an instance refresh was under way'
  const moved = group.activities.find(each => each.start < known && each.start > world.time - settle)
  return moved === undefined ? null : `S5: its members had changed: ${moved.description}`
}
