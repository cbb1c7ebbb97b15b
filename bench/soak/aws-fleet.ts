import type { WorldInput } from '../../src/simulator/index.ts'
import type { Random } from '../../src/simulator/world/random.ts'
import type { SoakFleet } from './cloud.ts'
import { type Drawn, drawGroups } from './draw.ts'
import { needsCheck, oneOf, plain, traitsOf } from './traits.ts'

type Group = NonNullable<WorldInput['groups']>[number]

const traits = traitsOf({
  notReplaced: ['kms', 'image-deregistered', 'launch-suspended', 'template-deleted', 'silent'],
  interrupted: ['spot', 'scale-in', 'rebalance'],
  cannotRebuild: ['image-deregistered', 'image-disabled', 'template-deleted', 'version-deleted', 'security-group', 'key-pair', 'profile'],
  lone: [chance => ({ trait: 'pre-built', state: oneOf(chance, ['Stopped', 'Running']) })],
  mixable: plain('outdated'),
  refusing: [
    chance => ({ trait: 'suspended', processes: [oneOf(chance, ['Launch', 'Terminate', 'HealthCheck', 'ReplaceUnhealthy'])] }),
    chance => ({ trait: 'owned', by: oneOf(chance, ['eks', 'ecs']) }),
  ],
})

export function awsFleet(chance: Random, size: number): SoakFleet {
  const { groups, subjects } = drawGroups(chance, size, { traits, make: drawGroup })
  return { world: { groups, faults: [] }, subjects }
}

function drawGroup(chance: Random, drawn: Drawn): Group {
  const group: Group = {
    ...drawn,
    traits: [...drawn.traits],
    ...drawSource(chance),
    ...drawHooks(chance),
    loadBalancer: chance.next() < 0.85,
    grace: oneOf(chance, [0, 30_000, 120_000]),
  }
  return fitting(group, drawn)
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
function fitting(group: Group, { traits: drawn }: Drawn): Group {
  const { version: _version, image: _image, ...plainly } = group
  const fitted = group.source === 'configuration' ? plainly : group
  return needsCheck(drawn) ? { ...fitted, loadBalancer: true } : fitted
}
