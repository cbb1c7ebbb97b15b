import type { Part } from '../../src/simulator/world/history.ts'
import type { Random } from '../../src/simulator/world/random.ts'
import type { World } from '../../src/simulator/world/world.ts'
import type { Carried, Disturbance, Subject } from './cloud.ts'

/** What others do to one group, in its cloud's own way. */
export interface Hands {
  readonly id: string
  readonly part: Part
  /** By so many members; never to none. */
  resize(by: 1 | -1): void
  deploy(): void
  /** A deployment that is rolled out over the members. */
  refresh(): void
  crash(): void
  optOut(): void
  /** A sentence on what was under way or had changed between these moments, or null. */
  unsteady(between: { readonly from: number; readonly to: number }): string | null
}

/** What a read may lag behind: what changed later than this before a strike could not be known. */
const unseen = 60_000
const settle = 10 * 60_000
/** Others act within this time of the start; strikes come in its first minutes. */
const span = 15 * 60_000

/** Sets the others going, and watches every strike that the cloud carries out. */
export function release(
  world: World,
  given: { readonly subjects: readonly Subject[]; readonly chance: Random; readonly handsOn: (subject: Subject) => Hands },
): { readonly carried: readonly Carried[] } {
  const carried: Carried[] = []
  for (const subject of given.subjects) {
    const hands = given.handsOn(subject)
    const left = disturb(world, hands, { disturbance: subject.disturbance, chance: given.chance })
    world.onStrike(hands.id, victims => {
      for (const victim of victims)
        carried.push({ at: world.time, group: hands.id, victim, against: againstWhat(world, { hands, subject, victim, ...left }) })
    })
  }
  return { carried }
}

function disturb(world: World, hands: Hands, { disturbance, chance }: { disturbance: Disturbance; chance: Random }) {
  const state: { optedOutAt: number | null } = { optedOutAt: null }
  // More of them early: most drills are decided within some minutes.
  const delay = Math.round(chance.next() ** 2 * span)
  if (disturbance !== 'none')
    world.after(hands.part, delay, () => {
      deeds[disturbance](hands)
      if (disturbance === 'opt-out') state.optedOutAt = world.time
    })
  const back = 2 * 60_000 + Math.round(chance.next() * span)
  if (disturbance === 'scale-out') world.after(hands.part, delay + back, () => hands.resize(-1))
  return state
}

const deeds: Readonly<Record<Exclude<Disturbance, 'none'>, (hands: Hands) => void>> = {
  'scale-out': hands => hands.resize(1),
  'scale-in': hands => hands.resize(-1),
  deployment: hands => hands.deploy(),
  refresh: hands => hands.refresh(),
  crash: hands => hands.crash(),
  'opt-out': hands => hands.optOut(),
}

interface Struck {
  readonly hands: Hands
  readonly subject: Subject
  readonly victim: string
  readonly optedOutAt: number | null
}

/** Judged by the cloud's own state and by nothing that Firedrill says; what was not to be seen yet is held against nobody. */
function againstWhat(world: World, { hands, subject, victim, optedOutAt }: Struck): string | null {
  const known = world.time - unseen
  const strikeDrifted = subject.name.endsWith('-drifted')
  const { refusals } = world.truth(hands.id, { victim, fingerprints: true, strikeDrifted })
  // A change of members is over some time: what the world itself shows below decides.
  const refusal = refusals.find(({ why }) => why !== 'membership changed within the settling time')
  if (refusal !== undefined) return `${refusal.rule}: ${refusal.why}`
  if (optedOutAt !== null && optedOutAt < known) return 'S1: the group had been opted out'
  const unsteady = hands.unsteady({ from: world.time - settle, to: known })
  return unsteady === null ? null : `S5: ${unsteady}`
}
