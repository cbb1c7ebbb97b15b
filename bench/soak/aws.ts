import { awsFleet } from './aws-fleet.ts'
import { handsOnAws } from './aws-others.ts'
import type { Cloud } from './cloud.ts'

export const aws: Cloud = {
  provider: 'aws',
  title: 'AWS Auto Scaling groups',
  strikes: ['TerminateInstanceInAutoScalingGroup', 'TerminateInstances'],
  fleet: awsFleet,
  settings: ({ aws: { endpoint, region } }) => ({ endpoint, regions: [region] }),
  env: simulator => simulator.aws.env,
  handsOn: ({ world }, { name }) => handsOnAws({ world, ...world.findGroup(name) }),
}
