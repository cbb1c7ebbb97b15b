import type { WorldInput } from '../../src/simulator/index.ts'
import type { Random } from '../../src/simulator/world/random.ts'
import type { SoakFleet, Subject } from './cloud.ts'
import { drawDisturbance, drawName, drawTimes, drawTraits, inTime, type Make, oneOf, subjectOf, type Trait } from './draw.ts'

type Group = NonNullable<NonNullable<WorldInput['gcp']>['groups']>[number]

const minute = 60_000
const day = 24 * 60 * minute

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
  chance => ({ trait: 'interrupted', how: oneOf(chance, ['spot', 'scale-in']) }),
  () => ({ trait: 'group-changed' }),
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
  () => ({ trait: 'suspended' }),
  () => ({ trait: 'deleting' }),
  () => ({ trait: 'protected' }),
  () => ({ trait: 'too-small' }),
  () => ({ trait: 'young' }),
  () => ({ trait: 'owned' }),
  chance => ({ trait: 'cannot-rebuild', cause: oneOf(chance, ['image-deregistered', 'image-disabled', 'template-deleted']) }),
  () => ({ trait: 'unreadable' }),
]

/** Zonal and regional groups side by side in one project. */
export function gcpFleet(chance: Random, size: number): SoakFleet {
  const drawn = Array.from({ length: size }, (_, index) => drawGroup(chance, drawName(chance, index)))
  return { world: { gcp: { groups: drawn.map(({ group }) => group) }, faults: [] }, subjects: drawn.map(({ subject }) => subject) }
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
    ...(chance.next() < 0.5 ? { zone: 'europe-west1-b' } : { region: 'europe-west1' }),
    image: oneOf(chance, ['image', 'image', 'family']),
    templates: oneOf(chance, ['global', 'regional']),
    optInBy: oneOf(chance, ['template', 'all-instances-config']),
    canary: chance.next() < 0.15,
    forceUpdateOnRepair: chance.next() < 0.5,
    initialDelay: oneOf(chance, [minute, 5 * minute]),
    healthCheck: chance.next() < 0.85,
    labels: chance.next() < 0.5 ? { 'firedrill-method': 'retire' } : {},
    traits: traits.map(trait => inTime(chance, trait, times)),
  }
  return { group: fitting(group, traits), subject: subjectOf(name, names, disturbance) }
}

/** A verdict of health needs a health check; and an image that a canary still declares is not stale. */
function fitting(group: Group, traits: readonly Trait[]): Group {
  const names = traits.map(({ trait }) => trait)
  const needsCheck = names.some(name => ['unhealthy', 'died-young', 'unhealthy-member'].includes(name))
  return { ...group, ...(needsCheck && { healthCheck: true }), ...(names.includes('stale-image') && { canary: false }) }
}
