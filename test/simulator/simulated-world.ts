import { SimulatedClock } from '../../src/simulator/clock.ts'
import type { Place } from '../../src/simulator/world/auto-scaling.ts'
import { type CreatedWorld, createWorld } from '../../src/simulator/world/create.ts'
import type { WorldInput } from '../../src/simulator/world/description.ts'
import type { Instance, Member } from '../../src/simulator/world/model.ts'

export const START = Date.parse('2026-03-02T09:00:00Z')

export interface SimulatedGroup {
  readonly world: CreatedWorld
  readonly clock: SimulatedClock
  readonly place: Place
  /** Lets this much time pass. */
  pass(milliseconds: number): void
  member(index: number): Member
  instance(id: string): Instance
  /** Members that were not there at the start. */
  newcomers(): Member[]
  /** Health of an instance's target, or null where it has none. */
  target(id: string): string | null
}

/** A world with one group, in simulated time. */
export function simulateGroup(group: Partial<NonNullable<WorldInput['groups']>[number]> = {}): SimulatedGroup {
  const clock = new SimulatedClock(START)
  const world = createWorld({ groups: [{ name: 'web', ...group }] }, { clock })
  const place: Place = { world, ...world.findGroup('web') }
  const original = new Set(place.group.members.map(member => member.instance))
  return {
    world,
    clock,
    place,
    pass(milliseconds) {
      clock.advance(milliseconds)
      world.catchUp()
    },
    member(index) {
      const member = place.group.members[index]
      if (member === undefined) throw new Error(`no member ${index}`)
      return member
    },
    instance(id) {
      const instance = place.region.instances.get(id)
      if (instance === undefined) throw new Error(`no instance ${id}`)
      return instance
    },
    newcomers: () => place.group.members.filter(member => !original.has(member.instance)),
    target(id) {
      const [arn = ''] = place.group.targetGroups
      return place.region.targetGroups.get(arn)?.targets.get(id)?.state ?? null
    },
  }
}
