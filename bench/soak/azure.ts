import { azureFleet } from './azure-fleet.ts'
import { handsOnAzure, siteOf } from './azure-others.ts'
import type { Cloud } from './cloud.ts'

export const azure: Cloud = {
  provider: 'azure',
  title: 'Azure scale sets (uniform and flexible)',
  strikes: ['virtualMachineScaleSets.deleteInstances'],
  fleet: azureFleet,
  settings: ({ azure: { endpoint } }) => ({ endpoint }),
  env: simulator => simulator.azure.env,
  handsOn: ({ world }, { name }) => handsOnAzure(siteOf(world, name)),
}
