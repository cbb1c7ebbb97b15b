import type { WorldInput } from '../../src/simulator/index.ts'
import type { Random } from '../../src/simulator/world/random.ts'
import type { SoakFleet } from './cloud.ts'
import { type Drawn, drawGroups } from './draw.ts'
import { oneOf, plain, traitsOf } from './traits.ts'

type Group = NonNullable<NonNullable<WorldInput['azure']>['groups']>[number]

const traits = traitsOf({
  notReplaced: ['kms', 'image-deregistered', 'silent'],
  interrupted: ['spot', 'scale-in'],
  cannotRebuild: ['image-deregistered', 'image-disabled'],
  refusing: plain('outdated', 'suspended', 'owned'),
})

/** Uniform and flexible scale sets side by side, with both ways of everything that the documentation leaves open. */
export function azureFleet(chance: Random, size: number): SoakFleet {
  const { groups, subjects } = drawGroups(chance, size, { traits, make: drawGroup })
  return { world: { azure: { groups }, faults: [] }, subjects }
}

function drawGroup(chance: Random, drawn: Drawn): Group {
  const mode = oneOf(chance, ['uniform', 'flexible'])
  const { retry: _retry, ...times } = drawn.times
  return {
    ...drawn,
    traits: [...drawn.traits],
    times,
    mode,
    image: oneOf(chance, ['gallery', 'marketplace']),
    version: oneOf(chance, ['latest', 'fixed']),
    health: oneOf(chance, ['extension', 'rich']),
    capacityOnDelete: { set: oneOf(chance, ['falls', 'stays']), machine: oneOf(chance, ['falls', 'stays']) },
    scaling: mode === 'uniform' ? 'absolute' : oneOf(chance, ['absolute', 'difference']),
    failedStays: chance.next() < 0.5,
  }
}
