import type { WorldInput } from '../../src/simulator/index.ts'
import type { Random } from '../../src/simulator/world/random.ts'
import type { SoakFleet, Subject } from './cloud.ts'
import { drawDisturbance, drawName, drawTimes, drawTraits, inTime, type Make, oneOf, subjectOf } from './draw.ts'

type Group = NonNullable<WorldInput['groups']>[number]
const day = 24 * 60 * 60_000
const minute = 60_000

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

export function awsFleet(chance: Random, size: number): SoakFleet {
  const drawn = Array.from({ length: size }, (_, index) => drawGroup(chance, drawName(chance, index)))
  return { world: { groups: drawn.map(({ group }) => group), faults: [] }, subjects: drawn.map(({ subject }) => subject) }
}

function drawGroup(chance: Random, name: string): { group: Group; subject: Subject } {
  const traits = drawTraits(chance, { lone, mixable, refusing })
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
  return { group: fitting(group, names), subject: subjectOf(name, names, disturbance) }
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
