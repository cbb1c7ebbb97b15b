/** Sets and their members, what their images come to, and what would stand in the way: health, upgrades, locks. */
const READS = [
  'Microsoft.Compute/virtualMachineScaleSets/read',
  'Microsoft.Compute/virtualMachineScaleSets/instanceView/read',
  'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read',
  'Microsoft.Compute/virtualMachines/read',
  'Microsoft.Compute/images/read',
  'Microsoft.Compute/galleries/images/versions/read',
  'Microsoft.Compute/locations/communityGalleries/images/versions/read',
  'Microsoft.Compute/locations/sharedGalleries/images/versions/read',
  'Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions/read',
  'Microsoft.Compute/virtualMachineScaleSets/rollingUpgrades/read',
  'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/instanceView/read',
  'Microsoft.Compute/virtualMachines/instanceView/read',
  // What flexible machines have on their network.
  'Microsoft.Network/networkInterfaces/read',
  'Microsoft.Authorization/locks/read',
] as const

/** `delete/action` deletes members; `delete` without it would delete whole sets, and is not among these. */
const STRIKES = [
  'Microsoft.Compute/virtualMachineScaleSets/delete/action',
  'Microsoft.Compute/virtualMachineScaleSets/write',
  'Microsoft.Compute/locations/operations/read',
] as const

/** The smallest custom role for a mode, as `az role definition create --role-definition` takes it. A forecast reads what a drill reads. */
export function permissions(mode: 'forecast' | 'leashed' | 'live'): string {
  const role = {
    Name: `Firedrill (${mode})`,
    IsCustom: true,
    Description:
      mode === 'live'
        ? 'Deletes single members of scale sets that are opted in, and restores their size.'
        : 'Looks at scale sets; changes nothing.',
    Actions: [...READS, ...(mode === 'live' ? STRIKES : [])],
    NotActions: [],
    DataActions: [],
    NotDataActions: [],
    // A role of resource groups is narrower: `/subscriptions/<subscription>/resourceGroups/<group>`.
    AssignableScopes: ['/subscriptions/<subscription>'],
  }
  return `${JSON.stringify(role, null, 2)}\n`
}
