import type { WorldInput } from '../../src/simulator/index.ts'
import type { Random } from '../../src/simulator/world/random.ts'
import type { Disturbance, SoakFleet, Subject } from './cloud.ts'

type Group = NonNullable<WorldInput['groups']>[number]
type Trait = Exclude<NonNullable<Group['traits']>[number], string>

const minute = 60_000
const day = 24 * 60 * minute

type Make = (chance: Random) => Trait

/** Verdict-bearing traits, with the details drawn. Those of the second list may come together. */
const lone: readonly Make[] = [
  chance => ({
    trait: 'not-replaced',
    cause: oneOf(chance, ['kms', 'image-deregistered', 'launch-suspended', 'template-deleted', 'silent']),
  }),
  () => ({ trait: 'no-capacity' }),
  () => ({ trait: 'quota' }),
  () => ({ trait: 'unhealthy' }),
  () => ({ trait: 'late' }),
  () => ({ trait: 'wrong-image' }),
  () => ({ trait: 'successor-drift' }),
  chance => ({ trait: 'died-young', how: oneOf(chance, ['crash', 'unhealthy']) }),
  chance => ({ trait: 'interrupted', how: oneOf(chance, ['spot', 'scale-in', 'rebalance']) }),
  () => ({ trait: 'group-changed' }),
  chance => ({ trait: 'pre-built', state: oneOf(chance, ['Stopped', 'Running']) }),
]

const mixable: readonly Make[] = [
  () => ({ trait: 'slow' }),
  () => ({ trait: 'outdated' }),
  () => ({ trait: 'environment-changed' }),
  () => ({ trait: 'health-unproven' }),
  chance => ({ trait: 'stale-image', age: oneOf(chance, [3 * day, 40 * day]) }),
  chance => ({ trait: 'config-drift', members: oneOf(chance, ['all', 1]) }),
  chance => ({ trait: 'state-drift', members: oneOf(chance, ['all', 1]) }),
]

const refusing: readonly Make[] = [
  () => ({ trait: 'not-opted-in' }),
  () => ({ trait: 'near-miss' }),
  () => ({ trait: 'refreshing' }),
  () => ({ trait: 'scaling' }),
  () => ({ trait: 'recently-changed' }),
  () => ({ trait: 'below-desired' }),
  () => ({ trait: 'unhealthy-member' }),
  () => ({ trait: 'standby' }),
  chance => ({ trait: 'suspended', processes: [oneOf(chance, ['Launch', 'Terminate', 'HealthCheck', 'ReplaceUnhealthy'])] }),
  () => ({ trait: 'deleting' }),
  () => ({ trait: 'protected' }),
  () => ({ trait: 'too-small' }),
  () => ({ trait: 'young' }),
  chance => ({ trait: 'owned', by: oneOf(chance, ['eks', 'ecs']) }),
  chance => ({
    trait: 'cannot-rebuild',
    cause: oneOf(chance, [
      'image-deregistered',
      'image-disabled',
      'template-deleted',
      'version-deleted',
      'security-group',
      'key-pair',
      'profile',
    ]),
  }),
  () => ({ trait: 'unreadable' }),
]

/** The share of groups that must never be struck, and of those that others meddle with. */
const refusingShare = 0.12
const disturbedShare = 0.3

export function awsFleet(chance: Random, size: number): SoakFleet {
  const drawn = Array.from({ length: size }, (_, index) =>
    drawGroup(chance, `group-${String(index + 1).padStart(2, '0')}-${oneOf(chance, ['plain', 'drifted', 'drifted'])}`),
  )
  return { world: { groups: drawn.map(({ group }) => group), faults: [] }, subjects: drawn.map(({ subject }) => subject) }
}

function drawGroup(chance: Random, name: string): { group: Group; subject: Subject } {
  const traits = drawTraits(chance)
  const names = traits.map(({ trait }) => trait)
  const times = drawTimes(chance)
  const disturbance = drawDisturbance(chance, names)
  const group: Group = {
    name,
    times,
    size: 2 + Math.floor(chance.next() * 4),
    ...drawSource(chance),
    ...drawHooks(chance),
    loadBalancer: chance.next() < 0.85,
    grace: oneOf(chance, [0, 30_000, 2 * minute]),
    tags: chance.next() < 0.5 ? { 'firedrill-method': 'retire' } : {},
    traits: traits.map(trait => inTime(chance, trait, times)),
  }
  return { group: fitting(group, names), subject: { name, traits: names.join('+') || 'phoenix', disturbance } }
}

function drawTraits(chance: Random): Trait[] {
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

function drawSource(chance: Random): Partial<Group> {
  const source = oneOf(chance, ['template', 'template', 'mixed', 'configuration'] as const)
  const version = oneOf(chance, ['$Latest', '$Default', '1'] as const)
  return {
    source,
    version,
    image: chance.next() < 0.25 ? 'ssm' : 'ami',
    ...(source === 'mixed' ? { spotPercentage: oneOf(chance, [0, 50]) } : {}),
  }
}

function drawHooks(chance: Random): Partial<Group> {
  const hooks = (['launch', 'terminate'] as const).filter(() => chance.next() < 0.15)
  return { hooks: hooks.map(on => ({ on, takes: Math.round(chance.next() * 40_000) })) }
}

/** Combinations that the platform does not have: a load balancer's verdict without one, an image's parameter in an old configuration. */
function fitting(group: Group, traits: readonly string[]): Group {
  const needsBalancer = ['unhealthy', 'died-young', 'unhealthy-member'].some(trait => traits.includes(trait))
  const { version: _version, image: _image, ...plain } = group
  const fitted = group.source === 'configuration' ? plain : group
  return needsBalancer ? { ...fitted, loadBalancer: true } : fitted
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

function oneOf<const Item>(chance: Random, items: readonly Item[]): Item {
  return items[Math.floor(chance.next() * items.length)] as Item
}
