import { imageNamed } from '../world/gcp/machines.ts'
import { machineOf } from '../world/gcp/manager.ts'
import type { AttachedDisk, Disk, Image, Machine, Manager, ManagerError, Operation, Project, Slot, Template } from '../world/gcp/model.ts'

const BASE = 'https://www.googleapis.com/compute/v1'

export function link(project: Project, path: string): string {
  return `${BASE}/projects/${project.name}/${path}`
}

function time(at: number): string {
  return new Date(at).toISOString().replace('Z', '-00:00')
}

export function placeOf(manager: Manager): string {
  return manager.regional ? `regions/${manager.location}` : `zones/${manager.location}`
}

export function showManager(project: Project, manager: Manager): Record<string, unknown> {
  const counts = new Map<string, number>()
  for (const { action } of manager.slots) counts.set(action, (counts.get(action) ?? 0) + 1)
  const count = (action: string): number => counts.get(action) ?? 0
  const actions = { none: count('NONE'), creating: count('CREATING'), recreating: count('RECREATING'), deleting: count('DELETING') }
  const settled = actions.none === manager.slots.filter(slot => slot.machine !== null || !manager.repairs).length
  const reached = manager.slots.every(slot => manager.versions.some(version => version.template === slot.template))
  const self = link(project, `${placeOf(manager)}/instanceGroupManagers/${manager.name}`)
  return {
    kind: 'compute#instanceGroupManager',
    id: manager.id,
    name: manager.name,
    baseInstanceName: manager.name,
    creationTimestamp: time(manager.createdAt),
    selfLink: self,
    ...(manager.regional
      ? {
          region: link(project, `regions/${manager.location}`),
          distributionPolicy: { zones: manager.zones.map(zone => ({ zone: link(project, `zones/${zone}`) })), targetShape: 'EVEN' },
        }
      : { zone: link(project, `zones/${manager.location}`) }),
    instanceGroup: self.replace('instanceGroupManagers', 'instanceGroups'),
    instanceTemplate: link(project, manager.versions.find(version => version.fixed === null)?.template ?? ''),
    versions: manager.versions.map(({ name, template, fixed }) => ({
      name,
      instanceTemplate: link(project, template),
      targetSize: fixed === null ? { calculated: manager.targetSize - fixedSize(manager) } : { fixed, calculated: fixed },
    })),
    targetSize: manager.targetSize,
    targetStoppedSize: manager.slots.filter(slot => slot.stopped).length,
    targetSuspendedSize: 0,
    currentActions: {
      ...actions,
      verifying: count('VERIFYING'),
      abandoning: 0,
      creatingWithoutRetries: 0,
      refreshing: 0,
      restarting: 0,
      resuming: 0,
      starting: 0,
      stopping: 0,
      suspending: 0,
    },
    updatePolicy: {
      type: manager.updateType,
      instanceRedistributionType: manager.regional ? 'PROACTIVE' : undefined,
      minimalAction: 'REPLACE',
      mostDisruptiveAllowedAction: 'REPLACE',
      replacementMethod: 'SUBSTITUTE',
      maxSurge: { fixed: 1, calculated: 1 },
      maxUnavailable: { fixed: 1, calculated: 1 },
    },
    ...(manager.healthCheck === null
      ? {}
      : {
          autoHealingPolicies: [
            {
              healthCheck: link(project, `global/healthChecks/${manager.healthCheck}`),
              initialDelaySec: Math.round(manager.initialDelay / 1000),
            },
          ],
        }),
    instanceLifecyclePolicy: {
      defaultActionOnFailure: manager.repairs ? 'REPAIR' : 'DO_NOTHING',
      forceUpdateOnRepair: manager.forceUpdateOnRepair ? 'YES' : 'NO',
    },
    ...(Object.keys(manager.allInstances).length === 0 ? {} : { allInstancesConfig: { properties: { labels: manager.allInstances } } }),
    ...(manager.stateful ? { statefulPolicy: { preservedState: { disks: { data: { autoDelete: 'NEVER' } } } } } : {}),
    listManagedInstancesResults: 'PAGELESS',
    fingerprint: Buffer.from(manager.id).toString('base64').slice(0, 12),
    status: {
      isStable:
        settled && !manager.rolling && manager.slots.length === manager.targetSize + manager.slots.filter(slot => slot.stopped).length,
      versionTarget: { isReached: reached && !manager.rolling },
      allInstancesConfig: { effective: isApplied(project, manager), currentRevision: String(manager.allInstancesRevision) },
      stateful: { hasStatefulConfig: manager.stateful, perInstanceConfigs: { allEffective: true } },
      ...(manager.autoscaler === null ? {} : { autoscaler: link(project, `${placeOf(manager)}/autoscalers/${manager.name}`) }),
    },
  }
}

/** Whether every member has what the configuration for all instances gives it. */
function isApplied(project: Project, manager: Manager): boolean {
  const labels = Object.entries(manager.allInstances)
  return manager.slots.every(slot => {
    const machine = machineOf(project, slot)
    return machine === null || labels.every(([key, value]) => machine.labels[key] === value)
  })
}

/** The group of instances that a manager manages; clients read its size. */
export function showMembers(project: Project, manager: Manager): Record<string, unknown> {
  return {
    kind: 'compute#instanceGroup',
    id: manager.id,
    name: manager.name,
    size: manager.slots.filter(slot => slot.machine !== null).length,
    selfLink: link(project, `${placeOf(manager)}/instanceGroups/${manager.name}`),
    ...(manager.regional ? { region: link(project, `regions/${manager.location}`) } : { zone: link(project, `zones/${manager.location}`) }),
  }
}

function fixedSize(manager: Manager): number {
  return manager.versions.reduce((sum, version) => sum + (version.fixed ?? 0), 0)
}

export function showManaged(project: Project, manager: Manager, slot: Slot): Record<string, unknown> {
  const machine = machineOf(project, slot)
  const health = link(project, `global/healthChecks/${manager.healthCheck}`)
  return {
    instance: link(project, `zones/${slot.zone}/instances/${slot.name}`),
    name: slot.name,
    ...(machine === null ? {} : { id: machine.id, instanceStatus: machine.status }),
    currentAction: slot.action,
    targetStatus: slot.stopped ? 'STOPPED' : 'RUNNING',
    ...(slot.action === 'DELETING' ? {} : { version: { instanceTemplate: link(project, slot.template) } }),
    ...(manager.healthCheck === null || machine === null
      ? {}
      : { instanceHealth: [{ healthCheck: health, detailedHealthState: slot.health }] }),
    lastAttempt: slot.lastErrors.length === 0 ? {} : { errors: { errors: slot.lastErrors } },
    ...(manager.stateful ? { preservedStateFromPolicy: { disks: { data: { autoDelete: 'NEVER', mode: 'READ_WRITE' } } } } : {}),
  }
}

export function showError(project: Project, error: ManagerError): Record<string, unknown> {
  return {
    error: { code: error.code, message: error.message },
    instanceActionDetails: {
      instance: `${BASE}/${error.instance}`,
      action: error.action,
      version: { instanceTemplate: link(project, error.template) },
    },
    timestamp: time(error.at),
  }
}

export function showMachine(project: Project, machine: Machine): Record<string, unknown> {
  const region = machine.zone.replace(/-[a-z]$/, '')
  return {
    kind: 'compute#instance',
    id: machine.id,
    name: machine.name,
    zone: link(project, `zones/${machine.zone}`),
    selfLink: link(project, `zones/${machine.zone}/instances/${machine.name}`),
    creationTimestamp: time(machine.createdAt),
    lastStartTimestamp: time(machine.createdAt),
    status: machine.status,
    machineType: link(project, `zones/${machine.zone}/machineTypes/${machine.machineType}`),
    cpuPlatform: 'Intel Broadwell',
    canIpForward: machine.canIpForward,
    deletionProtection: machine.deletionProtection,
    labels: machine.labels,
    labelFingerprint: '42WmSpB8rSM=',
    tags: { items: machine.networkTags, fingerprint: '42WmSpB8rSM=' },
    metadata: {
      kind: 'compute#metadata',
      fingerprint: '42WmSpB8rSM=',
      items: Object.entries(machine.metadata).map(([key, value]) => ({ key, value })),
    },
    serviceAccounts: [{ email: machine.serviceAccount, scopes: machine.scopes }],
    networkInterfaces: [
      {
        kind: 'compute#networkInterface',
        name: 'nic0',
        network: link(project, 'global/networks/default'),
        subnetwork: link(project, `regions/${region}/subnetworks/default`),
        networkIP: machine.address,
        stackType: 'IPV4_ONLY',
        fingerprint: '42WmSpB8rSM=',
      },
    ],
    disks: machine.disks.map((disk, index) => showAttached(project, disk, index)),
    scheduling: {
      automaticRestart: !machine.spot,
      onHostMaintenance: machine.spot ? 'TERMINATE' : 'MIGRATE',
      preemptible: machine.spot,
      provisioningModel: machine.spot ? 'SPOT' : 'STANDARD',
      ...(machine.spot ? { instanceTerminationAction: 'STOP' } : {}),
    },
    shieldedInstanceConfig: { enableSecureBoot: false, enableVtpm: true, enableIntegrityMonitoring: true },
  }
}

/** A zone's name is a region's and a letter. */
export function placeOfDisk({ place }: { readonly place: string }): string {
  return /-[a-z]$/.test(place) ? `zones/${place}` : `regions/${place}`
}

function showAttached(project: Project, disk: AttachedDisk, index: number): Record<string, unknown> {
  const resource = project.disks.get(`${disk.place}/${disk.disk}`)
  return {
    kind: 'compute#attachedDisk',
    type: 'PERSISTENT',
    mode: 'READ_WRITE',
    source: link(project, `${placeOfDisk(disk)}/disks/${disk.disk}`),
    deviceName: disk.deviceName,
    index,
    boot: disk.boot,
    autoDelete: disk.autoDelete,
    interface: 'SCSI',
    diskSizeGb: String(resource?.sizeGb ?? 10),
  }
}

export function showDisk(project: Project, disk: Disk): Record<string, unknown> {
  const image = disk.sourceImage
  return {
    kind: 'compute#disk',
    id: disk.id,
    name: disk.name,
    creationTimestamp: time(disk.createdAt),
    sizeGb: String(disk.sizeGb),
    ...(disk.replicaZones.length === 0
      ? { zone: link(project, placeOfDisk(disk)) }
      : { region: link(project, placeOfDisk(disk)), replicaZones: disk.replicaZones.map(zone => link(project, `zones/${zone}`)) }),
    status: 'READY',
    selfLink: link(project, `${placeOfDisk(disk)}/disks/${disk.name}`),
    type: link(project, `${placeOfDisk(disk)}/diskTypes/${disk.type}`),
    // The URL goes with the image; the id stays.
    ...(image === null
      ? {}
      : { sourceImageId: image.id, ...(image.gone ? {} : { sourceImage: link(project, `global/images/${image.name}`) }) }),
  }
}

export function showImage(project: Project, image: Image): Record<string, unknown> {
  return {
    kind: 'compute#image',
    id: image.id,
    name: image.name,
    ...(image.family === null ? {} : { family: image.family }),
    creationTimestamp: time(image.createdAt),
    status: 'READY',
    diskSizeGb: String(image.diskSizeGb),
    sourceType: 'RAW',
    selfLink: link(project, `global/images/${image.name}`),
    ...(image.state === 'ACTIVE' ? {} : { deprecated: { state: image.state } }),
  }
}

export function showTemplate(project: Project, template: Template): Record<string, unknown> {
  const { properties } = template
  const source = properties.sourceImage
  return {
    kind: 'compute#instanceTemplate',
    id: template.id,
    name: template.name,
    creationTimestamp: time(template.createdAt),
    selfLink: link(project, template.key),
    ...(template.region === null ? {} : { region: link(project, `regions/${template.region}`) }),
    properties: {
      machineType: properties.machineType,
      canIpForward: properties.canIpForward,
      labels: properties.labels,
      tags: { items: properties.networkTags },
      metadata: { items: Object.entries(properties.metadata).map(([key, value]) => ({ key, value })) },
      serviceAccounts: [{ email: properties.serviceAccount, scopes: properties.scopes }],
      networkInterfaces: [{ name: 'nic0', network: link(project, 'global/networks/default') }],
      disks: [
        {
          type: 'PERSISTENT',
          mode: 'READ_WRITE',
          boot: true,
          autoDelete: true,
          deviceName: 'persistent-disk-0',
          initializeParams: {
            sourceImage: link(project, source),
            diskSizeGb: String(properties.bootDiskGb),
            diskType: properties.bootDiskType,
            ...(properties.bootDisk === 'zonal' ? {} : { replicaZones: properties.replicaZones }),
          },
        },
      ],
      scheduling: properties.spot
        ? { preemptible: true, automaticRestart: false, provisioningModel: 'SPOT' }
        : { automaticRestart: true, onHostMaintenance: 'MIGRATE', preemptible: false, provisioningModel: 'STANDARD' },
    },
  }
}

export function showAutoscaler(project: Project, manager: Manager): Record<string, unknown> {
  const self = `${placeOf(manager)}/autoscalers/${manager.name}`
  return {
    kind: 'compute#autoscaler',
    id: manager.id,
    name: manager.name,
    selfLink: link(project, self),
    target: link(project, `${placeOf(manager)}/instanceGroupManagers/${manager.name}`),
    ...(manager.regional ? { region: link(project, `regions/${manager.location}`) } : { zone: link(project, `zones/${manager.location}`) }),
    autoscalingPolicy: {
      minNumReplicas: manager.autoscaler?.minimum,
      maxNumReplicas: manager.autoscaler?.maximum,
      mode: 'ON',
      coolDownPeriodSec: 60,
    },
    recommendedSize: manager.targetSize,
    status: 'ACTIVE',
  }
}

export function showOperation(project: Project, operation: Operation): Record<string, unknown> {
  const place = operation.zone !== null ? `zones/${operation.zone}` : operation.region !== null ? `regions/${operation.region}` : 'global'
  return {
    kind: 'compute#operation',
    id: operation.id,
    name: operation.name,
    operationType: operation.type,
    targetLink: link(project, operation.target),
    targetId: operation.targetId,
    status: operation.status,
    user: operation.user,
    progress: operation.status === 'DONE' ? 100 : 0,
    insertTime: time(operation.insertedAt),
    startTime: time(operation.insertedAt),
    ...(operation.endedAt === null ? {} : { endTime: time(operation.endedAt) }),
    ...(operation.zone === null ? {} : { zone: link(project, `zones/${operation.zone}`) }),
    ...(operation.region === null ? {} : { region: link(project, `regions/${operation.region}`) }),
    selfLink: link(project, `${place}/operations/${operation.name}`),
    ...(operation.errors.length === 0
      ? {}
      : { error: { errors: operation.errors }, httpErrorStatusCode: 400, httpErrorMessage: 'BAD REQUEST' }),
  }
}

export function showFamily(project: Project, family: string): Record<string, unknown> | null {
  const image = imageNamed(project, `global/images/family/${family}`)
  return image === null ? null : showImage(project, image)
}
