import type { Random } from '../../src/simulator/world/random.ts'
import type { Disturbance, SoakFleet, Subject } from './cloud.ts'
import { oneOf, type Trait, type Traits } from './traits.ts'

const minute = 60_000
/** The share of groups that must never be struck, and of those that others meddle with. */
const refusingShare = 0.12
const disturbedShare = 0.3

/** What every cloud's groups have. */
export interface Drawn {
  readonly name: string
  readonly traits: readonly Trait[]
  readonly size: number
  readonly times: ReturnType<typeof drawTimes>
  /** Tags or labels beside the opt-in. */
  readonly tags: Readonly<Record<string, string>>
}

interface Cloudy<Group> {
  readonly traits: Traits
  /** The group as this cloud has it, with what only this cloud leaves open. */
  make(chance: Random, drawn: Drawn): Group
}

/** So many groups of a cloud, and what each was given. */
export function drawGroups<Group>(
  chance: Random,
  size: number,
  { traits, make }: Cloudy<Group>,
): { readonly groups: Group[]; readonly subjects: SoakFleet['subjects'] } {
  const drawn = Array.from({ length: size }, (_, index) => {
    const one = drawGroup(chance, drawName(chance, index), traits)
    const names = one.traits.map(({ trait }) => trait)
    return { group: make(chance, one), subject: subjectOf(one.name, names, drawDisturbance(chance, names)) }
  })
  return { groups: drawn.map(({ group }) => group), subjects: drawn.map(({ subject }) => subject) }
}

function drawGroup(chance: Random, name: string, traits: Traits): Drawn {
  const drawn = drawTraits(chance, traits)
  const times = drawTimes(chance)
  return {
    name,
    traits: drawn.map(trait => inTime(chance, trait, times)),
    size: 2 + Math.floor(chance.next() * 4),
    times,
    tags: chance.next() < 0.5 ? { 'firedrill-method': 'retire' } : {},
  }
}

/** A group's name tells its schedule: one of them strikes drifted victims. */
function drawName(chance: Random, index: number): string {
  return `group-${String(index + 1).padStart(2, '0')}-${oneOf(chance, ['plain', 'drifted', 'drifted'])}`
}

function drawTraits(chance: Random, { lone, mixable, refusing }: Traits): Trait[] {
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
function inTime(chance: Random, trait: Trait, times: { readonly health: number }): Trait {
  if (trait.trait !== 'died-young' && trait.trait !== 'interrupted') return trait
  return { ...trait, after: times.health + 1_000 + Math.floor(chance.next() * 3 * minute) }
}

function drawTimes(chance: Random) {
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
function drawDisturbance(chance: Random, traits: readonly string[]): Disturbance {
  if (chance.next() >= disturbedShare) return 'none'
  const fated = traits.includes('died-young') || traits.includes('interrupted')
  return oneOf(
    chance,
    fated ? ['deployment', 'refresh', 'opt-out'] : ['scale-out', 'scale-in', 'deployment', 'refresh', 'crash', 'opt-out'],
  )
}

function subjectOf(name: string, traits: readonly string[], disturbance: Disturbance): Subject {
  return { name, traits: traits.join('+') || 'phoenix', disturbance }
}
