import type { WorldInput } from '../../src/simulator/index.ts'
import type { Random } from '../../src/simulator/world/random.ts'
import type { SoakFleet, Subject } from './cloud.ts'
import { drawDisturbance, drawName, drawTimes, drawTraits, inTime, type Make, oneOf, subjectOf } from './draw.ts'

type Group = NonNullable<NonNullable<WorldInput['azure']>['groups']>[number]

const minute = 60_000
const day = 24 * 60 * minute

const lone: readonly Make[] = [
  chance => ({ trait: 'not-replaced', cause: oneOf(chance, ['kms', 'image-deregistered', 'silent']) }),
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
  () => ({ trait: 'environment-changed' }),
  () => ({ trait: 'health-unproven' }),
  chance => ({ trait: 'stale-image', age: oneOf(chance, [3 * day, 40 * day]) }),
  chance => ({ trait: 'config-drift', members: oneOf(chance, ['all', 1]) }),
  chance => ({ trait: 'state-drift', members: oneOf(chance, ['all', 1]) }),
]

const refusing: readonly Make[] = [
  () => ({ trait: 'not-opted-in' }),
  () => ({ trait: 'near-miss' }),
  () => ({ trait: 'outdated' }),
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
  chance => ({ trait: 'cannot-rebuild', cause: oneOf(chance, ['image-deregistered', 'image-disabled']) }),
  () => ({ trait: 'unreadable' }),
]

/** Uniform and flexible scale sets side by side, with both ways of everything that the documentation leaves open. */
export function azureFleet(chance: Random, size: number): SoakFleet {
  const drawn = Array.from({ length: size }, (_, index) => drawGroup(chance, drawName(chance, index)))
  return { world: { azure: { groups: drawn.map(({ group }) => group) }, faults: [] }, subjects: drawn.map(({ subject }) => subject) }
}

function drawGroup(chance: Random, name: string): { group: Group; subject: Subject } {
  const traits = drawTraits(chance, { lone, mixable, refusing })
  const names = traits.map(({ trait }) => trait)
  const { retry: _retry, ...times } = drawTimes(chance)
  const disturbance = drawDisturbance(chance, names)
  const mode = oneOf(chance, ['uniform', 'flexible'])
  const group: Group = {
    name,
    mode,
    times,
    size: 2 + Math.floor(chance.next() * 4),
    image: oneOf(chance, ['gallery', 'marketplace']),
    version: oneOf(chance, ['latest', 'fixed']),
    health: oneOf(chance, ['extension', 'rich']),
    tags: chance.next() < 0.5 ? { 'firedrill-method': 'retire' } : {},
    capacityOnDelete: { set: oneOf(chance, ['falls', 'stays']), machine: oneOf(chance, ['falls', 'stays']) },
    scaling: mode === 'uniform' ? 'absolute' : oneOf(chance, ['absolute', 'difference']),
    failedStays: chance.next() < 0.5,
    traits: traits.map(trait => inTime(chance, trait, times)),
  }
  return { group, subject: subjectOf(name, names, disturbance) }
}
