import { awsFleet } from './aws-fleet.ts'
import { release } from './aws-others.ts'
import type { Cloud } from './cloud.ts'

export const aws: Cloud = {
  provider: 'aws',
  strikes: ['TerminateInstanceInAutoScalingGroup', 'TerminateInstances'],
  fleet: awsFleet,
  settings: ({ aws: { endpoint, region } }) => ({ endpoint, regions: [region] }),
  env: simulator => simulator.aws.env,
  release,
  inside(simulator, id) {
    const found = simulator.world.findInstance(id)
    return found?.instance.state === 'running' ? found.instance.content : null
  },
}
