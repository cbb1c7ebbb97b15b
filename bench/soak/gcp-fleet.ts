import type { WorldInput } from '../../src/simulator/index.ts'
import type { Random } from '../../src/simulator/world/random.ts'
import type { SoakFleet } from './cloud.ts'
import { type Drawn, drawGroups } from './draw.ts'
import { needsCheck, oneOf, plain, traitsOf } from './traits.ts'

type Group = NonNullable<NonNullable<WorldInput['gcp']>['groups']>[number]

const minute = 60_000

const traits = traitsOf({
  notReplaced: ['kms', 'image-deregistered', 'launch-suspended', 'template-deleted', 'silent'],
  interrupted: ['spot', 'scale-in'],
  cannotRebuild: ['image-deregistered', 'image-disabled', 'template-deleted'],
  mixable: plain('outdated'),
  refusing: plain('suspended', 'owned'),
})

/** Zonal and regional groups side by side in one project. */
export function gcpFleet(chance: Random, size: number): SoakFleet {
  const { groups, subjects } = drawGroups(chance, size, { traits, make: drawGroup })
  return { world: { gcp: { groups }, faults: [] }, subjects }
}

function drawGroup(chance: Random, { tags, ...drawn }: Drawn): Group {
  const group: Group = {
    ...drawn,
    traits: [...drawn.traits],
    labels: tags,
    ...(chance.next() < 0.5 ? { zone: 'europe-west1-b' } : { region: 'europe-west1' }),
    image: oneOf(chance, ['image', 'image', 'family']),
    templates: oneOf(chance, ['global', 'regional']),
    optInBy: oneOf(chance, ['template', 'all-instances-config']),
    canary: chance.next() < 0.15,
    forceUpdateOnRepair: chance.next() < 0.5,
    initialDelay: oneOf(chance, [minute, 5 * minute]),
    healthCheck: chance.next() < 0.85,
  }
  return fitting(group, drawn)
}

/** A verdict of health needs a health check; and an image that a canary still declares is not stale. */
function fitting(group: Group, { traits: drawn }: Pick<Drawn, 'traits'>): Group {
  const isStale = drawn.some(({ trait }) => trait === 'stale-image')
  return { ...group, ...(needsCheck(drawn) && { healthCheck: true }), ...(isStale && { canary: false }) }
}
