import type { WorldInput } from '../../simulator/index.ts'
import { type Rehearsed, shortLife } from './fleet.ts'

type ManagedGroup = NonNullable<NonNullable<WorldInput['gcp']>['groups']>[number]

export const project = 'rehearsed-project'

const times = { detect: 200, boot: 900, health: 400, drain: 100, terminate: 200, retry: 800 }
const wellFor = times.health + shortLife
const regional = { region: 'europe-west1' } as const

/** The Google part of the rehearsal's fleet: zonal and regional groups, and what looks different there. */
export const gcpFleet: readonly Rehearsed<ManagedGroup>[] = [
  drilled('gce-checkout', 'phoenix'),
  drilled('gce-catalogue', 'phoenix', { ...regional, image: 'family', templates: 'regional' }),
  drilled('gce-accounts', 'phoenix', { ...regional, optInBy: 'all-instances-config', autoscaler: { minimum: 2, maximum: 6 } }),
  drilled('gce-images', 'phoenix', { canary: true, forceUpdateOnRepair: true }),
  drilled('gce-orders', 'outdated', regional),
  drilled('gce-batch', 'health-unproven'),
  drilled('gce-archive', 'environment-changed'),
  drilled('gce-ledger', 'state-drift', regional),
  drilled('gce-mail', 'successor-drift'),
  drilled('gce-reports', 'not-replaced'),
  drilled('gce-pricing', 'unhealthy', regional),
  drilled('gce-exports', 'wrong-image'),
  drilled('gce-stock', 'stale-image', regional),
  drilled('gce-sessions', { trait: 'died-young', after: wellFor }),
  drilled('gce-render', 'no-capacity', regional),
  drilled('gce-crawler', { trait: 'interrupted', after: wellFor }),
  drilled('gce-gateway', 'group-changed'),
  drilled('gce-intranet', 'cannot-rebuild', regional),
  drilled('gce-gallery', 'config-drift'),
  drilled('gce-search', 'refreshing', regional),
  drilled('gce-push', 'below-desired'),
  drilled('gce-audit', 'suspended', regional),
  drilled('gce-quorum', 'protected'),
  drilled('gce-workers', 'owned', regional),
  drilled('gce-vault', 'unreadable'),
]

function drilled(
  name: string,
  trait: NonNullable<ManagedGroup['traits']>[number],
  more: Partial<ManagedGroup> = {},
): Rehearsed<ManagedGroup> {
  return { group: { name, times, traits: [trait], ...more }, expected: { kind: 'truth' } }
}
