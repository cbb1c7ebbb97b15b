/** Each with what it is for; a custom role lists permissions one by one. */
const READS = [
  'compute.autoscalers.get',
  'compute.disks.list',
  'compute.images.get',
  'compute.images.getFromFamily',
  'compute.instanceGroupManagers.get',
  'compute.instanceGroupManagers.list',
  'compute.instanceTemplates.get',
  'compute.instances.get',
  'compute.instances.list',
  'compute.zoneOperations.list',
]

/** The strike, and its operation's outcome. */
const STRIKES = [
  'compute.instanceGroupManagers.update',
  'compute.instances.delete',
  'compute.regionOperations.get',
  'compute.zoneOperations.get',
]

/**
 * The smallest custom role for a mode, as YAML for `gcloud iam roles create --file`. A leashed drill reads what a real one reads.
 * Labels are no attribute of IAM conditions, so the opt-in is enforced by Firedrill alone.
 */
export function permissions(mode: 'forecast' | 'leashed' | 'live'): string {
  const included = mode === 'live' ? [...READS, ...STRIKES] : READS
  const does = {
    forecast: 'Reads managed instance groups and what they are made from.',
    leashed: 'Reads managed instance groups and what they are made from.',
    live: 'Reads managed instance groups, and terminates one instance at a time.',
  }[mode]
  return [
    `title: Firedrill (${mode})`,
    `description: ${does}`,
    'stage: GA',
    'includedPermissions:',
    ...included.sort().map(permission => `- ${permission}`),
    '',
  ].join('\n')
}
