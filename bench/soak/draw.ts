import type { WorldInput } from '../../src/simulator/index.ts'
import type { Random } from '../../src/simulator/world/random.ts'
import type { Disturbance, Subject } from './cloud.ts'

type Group = NonNullable<WorldInput['groups']>[number]
export type Trait = Exclude<NonNullable<Group['traits']>[number], string>
export type Make = (chance: Random) => Trait

/** The traits that a cloud knows, with the details drawn. */
export interface Traits {
  /** Decide the verdict, each by itself. */
  readonly lone: readonly Make[]
  /** Of these two may come together. */
  readonly mixable: readonly Make[]
  /** Of groups that must not be struck. */
  readonly refusing: readonly Make[]
}

const minute = 60_000
/** The share of groups that must never be struck, and of those that others meddle with. */
const refusingShare = 0.12
const disturbedShare = 0.3

/** A group's name tells its schedule: one of them strikes drifted victims. */
export function drawName(chance: Random, index: number): string {
  return `group-${String(index + 1).padStart(2, '0')}-${oneOf(chance, ['plain', 'drifted', 'drifted'])}`
}

export function drawTraits(chance: Random, { lone, mixable, refusing }: Traits): Trait[] {
  const draw = chance.next()
  if (draw < refusingShare) return [oneOf(chance, refusing)(chance)]
  if (draw < 0.35) return []
  if (draw < 0.7) return [oneOf(chance, lone)(chance)]
  const first = oneOf(chance, mixable)(chance)
  const second = oneOf(chance, mixable)(chance)
  return chance.next() < 0.4 && fitTogether(first.trait, second.trait) ? [first, second] : [first]
}

/** A newer declaration of the same image hides since when the image is declared: docs/reliability.md names it as a limit. */
function fitTogether(one: string, other: string): boolean {
  const versions = ['stale-image', 'outdated']
  return one !== other && !(versions.includes(one) && versions.includes(other))
}

/** Fates are told to the first that comes into service: they set in while the soak still lasts. */
export function inTime(chance: Random, trait: Trait, times: { readonly health: number }): Trait {
  if (trait.trait !== 'died-young' && trait.trait !== 'interrupted') return trait
  return { ...trait, after: times.health + 1_000 + Math.floor(chance.next() * 3 * minute) }
}

export function drawTimes(chance: Random) {
  const between = (least: number, most: number) => Math.round(least + chance.next() * (most - least))
  return {
    detect: between(1_000, 45_000),
    boot: between(5_000, 2 * minute),
    health: between(5_000, minute),
    drain: between(0, minute),
    terminate: between(1_000, 45_000),
    retry: between(5_000, 30_000),
  }
}

/** Whoever scales out or crashes brings further new members: those would share a fate that is meant for the successor. */
export function drawDisturbance(chance: Random, traits: readonly string[]): Disturbance {
  if (chance.next() >= disturbedShare) return 'none'
  const fated = traits.includes('died-young') || traits.includes('interrupted')
  return oneOf(
    chance,
    fated ? ['deployment', 'refresh', 'opt-out'] : ['scale-out', 'scale-in', 'deployment', 'refresh', 'crash', 'opt-out'],
  )
}

export function subjectOf(name: string, traits: readonly string[], disturbance: Disturbance): Subject {
  return { name, traits: traits.join('+') || 'phoenix', disturbance }
}

export function oneOf<const Item>(chance: Random, items: readonly Item[]): Item {
  return items[Math.floor(chance.next() * items.length)] as Item
}
