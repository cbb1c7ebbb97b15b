import type { Cloud } from './cloud.ts'
import { gcpFleet } from './gcp-fleet.ts'
import { handsOnGcp, placeOf } from './gcp-others.ts'

export const gcp: Cloud = {
  provider: 'gcp',
  title: 'Google Cloud instance groups (zonal and regional)',
  strikes: ['instances.delete', 'instanceGroupManagers.recreateInstances', 'regionInstanceGroupManagers.recreateInstances'],
  fleet: gcpFleet,
  settings: ({ gcp: { endpoint, project } }) => ({ endpoint, projects: [project] }),
  env: () => ({}),
  handsOn: ({ world }, { name }) => handsOnGcp(placeOf(world, name)),
}
