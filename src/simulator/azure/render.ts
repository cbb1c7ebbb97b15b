import { imageId } from '../world/azure/images.ts'
import type { ImageChoice, ImageVersion, Machine, Model, NetworkInterface, ScaleSet, Subscription } from '../world/azure/model.ts'
import { provisioningState, scaleSetId } from '../world/azure/scale-sets.ts'

/* The world's things as the Resource Manager's JSON shows them. */

type Json = Record<string, unknown>

const iso = (moment: number): string => new Date(moment).toISOString().replace('Z', '0000+00:00')

export function scaleSetJson(subscription: Subscription, set: ScaleSet, options: { userData: boolean }): Json {
  const { model } = set
  return {
    name: set.name,
    id: scaleSetId(subscription, set),
    type: 'Microsoft.Compute/virtualMachineScaleSets',
    location: subscription.location,
    tags: set.tags,
    sku: { name: set.size, tier: 'Standard', capacity: set.capacity },
    identity: {
      type: 'UserAssigned',
      userAssignedIdentities: identitiesJson([`${subscription.subscription}/${set.resourceGroup}/${set.name}-identity`]),
    },
    zones: set.zones,
    etag: `"${set.etag}"`,
    properties: {
      orchestrationMode: set.mode === 'uniform' ? 'Uniform' : 'Flexible',
      ...(set.mode === 'uniform' || set.upgradeMode !== 'Manual' ? { upgradePolicy: { mode: set.upgradeMode } } : {}),
      ...(set.repairs === null
        ? {}
        : { automaticRepairsPolicy: { enabled: set.repairs.enabled, gracePeriod: 'PT10M', repairAction: 'Replace' } }),
      provisioningState: provisioningState(set),
      overprovision: false,
      singlePlacementGroup: false,
      platformFaultDomainCount: 1,
      uniqueId: set.uniqueId,
      timeCreated: iso(set.createdAt),
      ...(model === null ? {} : { virtualMachineProfile: profileJson(subscription, { set, model, userData: options.userData }) }),
    },
  }
}

function profileJson(subscription: Subscription, { set, model, userData }: { set: ScaleSet; model: Model; userData: boolean }): Json {
  const balancer = `/subscriptions/${subscription.subscription}/resourceGroups/${set.resourceGroup}/providers/Microsoft.Network/loadBalancers/front`
  return {
    timeCreated: iso(model.createdAt),
    osProfile: {
      computerNamePrefix: model.computerNamePrefix,
      adminUsername: model.adminUsername,
      linuxConfiguration: { disablePasswordAuthentication: true, provisionVMAgent: true },
      allowExtensionOperations: true,
    },
    storageProfile: {
      imageReference: imageJson(model.image),
      osDisk: {
        createOption: 'FromImage',
        osType: 'Linux',
        caching: model.osDisk.caching,
        diskSizeGB: model.osDisk.size,
        managedDisk: { storageAccountType: model.osDisk.type },
        deleteOption: 'Delete',
      },
      dataDisks: model.dataDisks.map(disk => ({
        lun: disk.lun,
        createOption: 'Empty',
        caching: 'None',
        diskSizeGB: disk.size,
        managedDisk: { storageAccountType: disk.type },
        deleteOption: 'Delete',
      })),
    },
    networkProfile: {
      ...(set.health === 'probe' ? { healthProbe: { id: `${balancer}/probes/alive` } } : {}),
      networkInterfaceConfigurations: model.interfaces.map((each, index) => interfaceJson(each, index === 0)),
    },
    ...(model.securityType === null && model.encryptionAtHost === null ? {} : { securityProfile: securityJson(model) }),
    extensionProfile: {
      extensions: model.extensions.map(each => ({
        name: each.name,
        properties: {
          publisher: each.publisher,
          type: each.type,
          typeHandlerVersion: each.version,
          autoUpgradeMinorVersion: true,
          settings: {},
        },
      })),
    },
    priority: model.priority,
    ...(model.priority === 'Spot' ? { evictionPolicy: 'Delete' } : {}),
    ...(userData && model.userData !== null ? { userData: model.userData } : {}),
  }
}

function interfaceJson(each: NetworkInterface, primary: boolean): Json {
  return {
    name: each.name,
    properties: {
      primary,
      deleteOption: 'Delete',
      enableAcceleratedNetworking: each.accelerated,
      enableIPForwarding: false,
      ...(each.securityGroup === null ? {} : { networkSecurityGroup: { id: each.securityGroup } }),
      ipConfigurations: [{ name: 'internal', properties: { primary: true, subnet: { id: each.subnet }, privateIPAddressVersion: 'IPv4' } }],
    },
  }
}

function securityJson(from: Pick<Machine, 'securityType' | 'encryptionAtHost'>): Json {
  return {
    ...(from.securityType === null
      ? {}
      : { securityType: from.securityType, uefiSettings: { secureBootEnabled: true, vTpmEnabled: true } }),
    ...(from.encryptionAtHost === null ? {} : { encryptionAtHost: from.encryptionAtHost }),
  }
}

function imageJson(image: ImageChoice): Json {
  if (image.kind === 'marketplace') return { publisher: image.publisher, offer: image.offer, sku: image.sku, version: image.version }
  const id = imageId(image, image.version)
  return image.kind === 'gallery' || image.kind === 'managed' ? { id } : { [`${image.kind}GalleryImageId`]: id }
}

function identitiesJson(identities: readonly string[]): Json {
  const entries = identities.map(each => {
    const [subscription, group, name] = each.includes('/') ? each.split('/') : ['0', 'shop', each]
    const id = `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`
    return [id, { principalId: '00000000-0000-4000-8000-000000000001', clientId: '00000000-0000-4000-8000-000000000002' }]
  })
  return Object.fromEntries(entries)
}

/** One member: as a machine of a uniform set, or as a virtual machine of its own. */
export function machineJson(subscription: Subscription, set: ScaleSet, of: { machine: Machine; view: boolean; userData: boolean }): Json {
  const { machine } = of
  const id = machineId(subscription, set, machine)
  const interfaces = machine.interfaces.map((each, index) => interfaceJson(each, index === 0))
  const nics = machine.interfaces.map((each, index) => ({
    id: interfaceId(subscription, set, { machine, name: each.name }),
    properties: { primary: index === 0, deleteOption: 'Delete' },
  }))
  return {
    name: machine.name,
    id,
    ...(set.mode === 'uniform' ? { instanceId: machine.instanceId, sku: { name: machine.size, tier: 'Standard' } } : {}),
    type: set.mode === 'uniform' ? 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines' : 'Microsoft.Compute/virtualMachines',
    location: subscription.location,
    tags: machine.tags,
    identity: { type: 'UserAssigned', userAssignedIdentities: identitiesJson(machine.identities) },
    ...(machine.zone === null ? {} : { zones: [machine.zone] }),
    resources: machine.extensions.map(each => extensionJson(id, subscription, each)),
    properties: {
      vmId: machine.vmId,
      timeCreated: iso(machine.createdAt),
      provisioningState: machine.provisioning,
      hardwareProfile: { vmSize: machine.size },
      storageProfile: storageJson(machine),
      osProfile: {
        computerName: machine.name,
        adminUsername: machine.adminUsername,
        linuxConfiguration: { disablePasswordAuthentication: true, provisionVMAgent: true },
        allowExtensionOperations: true,
      },
      ...(machine.securityType === null && machine.encryptionAtHost === null ? {} : { securityProfile: securityJson(machine) }),
      networkProfile: { networkInterfaces: nics },
      ...(set.mode === 'uniform'
        ? {
            latestModelApplied: machine.modelVersion === set.modelVersion,
            modelDefinitionApplied: 'VirtualMachineScaleSet',
            networkProfileConfiguration: { networkInterfaceConfigurations: interfaces },
            ...(machine.protectFromScaleIn || machine.protectFromScaleSetActions
              ? {
                  protectionPolicy: {
                    protectFromScaleIn: machine.protectFromScaleIn,
                    protectFromScaleSetActions: machine.protectFromScaleSetActions,
                  },
                }
              : {}),
          }
        : {
            virtualMachineScaleSet: { id: scaleSetId(subscription, set) },
            ...(machine.priority === 'Spot' ? { priority: 'Spot', evictionPolicy: 'Delete' } : {}),
          }),
      ...(of.userData && machine.userData !== null ? { userData: machine.userData } : {}),
      ...(of.view ? { instanceView: viewJson(machine) } : {}),
    },
  }
}

interface OwnInterface {
  readonly machine: Machine
  readonly name: string
}

/** Scale sets name interfaces after the model's, not after the machine. */
function interfaceId(subscription: Subscription, set: ScaleSet, { machine, name }: OwnInterface): string {
  const group = `/subscriptions/${subscription.subscription}/resourceGroups/${set.resourceGroup}`
  return `${group}/providers/Microsoft.Network/networkInterfaces/${name}-${machine.vmId.slice(0, 8)}`
}

/** The interfaces of a flexible machine, which are resources of their own. */
export function interfaceResources(subscription: Subscription, set: ScaleSet, machine: Machine): Json[] {
  return machine.interfaces.map((each, index) => {
    const id = interfaceId(subscription, set, { machine, name: each.name })
    const { properties } = interfaceJson(each, index === 0)
    return {
      name: id.split('/').at(-1),
      id,
      type: 'Microsoft.Network/networkInterfaces',
      location: subscription.location,
      properties: {
        ...(properties as Json),
        provisioningState: 'Succeeded',
        dnsSettings: { dnsServers: [], appliedDnsServers: [] },
        virtualMachine: { id: machineId(subscription, set, machine) },
      },
    }
  })
}

export function machineId(subscription: Subscription, set: ScaleSet, machine: Machine): string {
  if (set.mode === 'uniform') return `${scaleSetId(subscription, set)}/virtualMachines/${machine.instanceId}`
  return `/subscriptions/${subscription.subscription}/resourceGroups/${set.resourceGroup}/providers/Microsoft.Compute/virtualMachines/${machine.name}`
}

function extensionJson(machine: string, subscription: Subscription, each: Machine['extensions'][number]): Json {
  return {
    name: each.name,
    id: `${machine}/extensions/${each.name}`,
    type: 'Microsoft.Compute/virtualMachines/extensions',
    location: subscription.location,
    properties: {
      autoUpgradeMinorVersion: true,
      provisioningState: 'Succeeded',
      publisher: each.publisher,
      type: each.type,
      typeHandlerVersion: each.version,
      settings: {},
    },
  }
}

function storageJson(machine: Machine): Json {
  return {
    imageReference: { ...imageJson(machine.image), ...(machine.image.kind === 'managed' ? {} : { exactVersion: machine.exactVersion }) },
    osDisk: {
      osType: 'Linux',
      name: `${machine.name}_OsDisk`,
      createOption: 'FromImage',
      caching: machine.osDisk.caching,
      diskSizeGB: machine.osDisk.size,
      managedDisk: { storageAccountType: machine.osDisk.type, id: `/disks/${machine.name}` },
      deleteOption: 'Delete',
    },
    dataDisks: machine.dataDisks.map(disk => ({
      lun: disk.lun,
      name: `${machine.name}_${disk.lun}`,
      createOption: 'Empty',
      caching: 'None',
      diskSizeGB: disk.size,
      managedDisk: { storageAccountType: disk.type, id: `/disks/${machine.name}-${disk.lun}` },
      deleteOption: 'Delete',
      toBeDetached: false,
    })),
  }
}

function viewJson(machine: Machine): Json {
  const { failure, power, health } = machine
  const state = machine.provisioning.toLowerCase()
  const provisioning =
    failure === null
      ? { code: `ProvisioningState/${state}`, level: 'Info', displayStatus: `Provisioning ${state}`, time: iso(machine.createdAt) }
      : { code: `ProvisioningState/failed/${failure.code}`, level: 'Error', displayStatus: 'Provisioning failed', message: failure.message }
  return {
    statuses: [provisioning, ...(power === null ? [] : [{ code: `PowerState/${power}`, level: 'Info', displayStatus: `VM ${power}` }])],
    ...(health === null || power !== 'running'
      ? {}
      : {
          vmHealth: {
            status: {
              code: `HealthState/${health}`,
              level: health === 'healthy' ? 'Info' : 'Warning',
              displayStatus: `The VM is ${health}`,
            },
          },
        }),
  }
}

export function setViewJson(set: ScaleSet): Json {
  const state = provisioningState(set).toLowerCase()
  const { failure } = set
  return {
    statuses: [
      failure === null || state !== 'failed'
        ? { code: `ProvisioningState/${state}`, level: 'Info', displayStatus: `Provisioning ${state}`, time: iso(set.changedAt) }
        : {
            code: `ProvisioningState/failed/${failure.code}`,
            level: 'Error',
            displayStatus: 'Provisioning failed',
            message: failure.message,
            time: iso(failure.at),
          },
    ],
    ...orchestrationJson(set),
  }
}

function orchestrationJson({ repairs, atWork }: ScaleSet): Json {
  const services = [
    ...(repairs === null ? [] : [{ serviceName: 'AutomaticRepairs', serviceState: repairs.state as string }]),
    ...(atWork === null || atWork === 'AutomaticRepairs' ? [] : [{ serviceName: atWork, serviceState: 'Running' }]),
  ]
  const told = services.map(each => ({ ...each, ...(each.serviceName === atWork ? { latestOperationStatus: 'InProgress' } : {}) }))
  return told.length === 0 ? {} : { orchestrationServices: told }
}

export function galleryVersionJson(subscription: Subscription, image: string, version: ImageVersion): Json {
  return {
    name: version.name,
    id: `${image}/versions/${version.name}`,
    location: subscription.location,
    type: 'Microsoft.Compute/galleries/images/versions',
    properties: {
      publishingProfile: {
        targetRegions: [{ name: subscription.location, regionalReplicaCount: 1 }],
        excludeFromLatest: version.excludeFromLatest,
        publishedDate: iso(version.publishedAt),
        ...(version.endOfLifeAt === null ? {} : { endOfLifeDate: iso(version.endOfLifeAt) }),
      },
      provisioningState: version.provisioningState,
      safetyProfile: { reportedForPolicyViolation: version.reported === true, allowDeletionOfReplicatedLocations: true },
      replicationStatus: {
        aggregatedState: version.replication ?? 'Completed',
        summary: [{ region: subscription.location, state: version.replication ?? 'Completed', details: '', progress: 100 }],
      },
    },
  }
}

export function managedImageJson(subscription: Subscription, id: string, version: ImageVersion): Json {
  return {
    name: id.split('/').at(-1),
    id,
    location: subscription.location,
    type: 'Microsoft.Compute/images',
    properties: {
      provisioningState: version.provisioningState,
      hyperVGeneration: 'V2',
      storageProfile: { osDisk: { osType: 'Linux', osState: 'Generalized', diskSizeGB: 30 }, dataDisks: [] },
    },
  }
}

/** A version as the owner of its gallery lets others see it. */
export function publishedVersionJson(subscription: Subscription, uniqueId: string, version: ImageVersion): Json {
  return {
    name: version.name,
    location: subscription.location,
    type: 'Microsoft.Compute/galleries/images/versions',
    identifier: { uniqueId: `${uniqueId}/versions/${version.name}` },
    properties: {
      publishedDate: iso(version.publishedAt),
      ...(version.endOfLifeAt === null ? {} : { endOfLifeDate: iso(version.endOfLifeAt) }),
      excludeFromLatest: version.excludeFromLatest,
      storageProfile: { osDiskImage: { diskSizeGB: 30, hostCaching: 'ReadWrite' } },
    },
  }
}

export function marketplaceVersionJson(subscription: Subscription, sku: string, version: ImageVersion): Json {
  return {
    location: subscription.location,
    name: version.name,
    id: `${sku}/Versions/${version.name}`,
    properties: { hyperVGeneration: 'V2', architecture: 'x64', imageDeprecationStatus: { imageState: version.deprecation } },
  }
}
