import type { HandEdit } from '../model.ts'
import type { World } from '../world.ts'
import type { Disk, Image, LaunchError, Machine, Manager, Project, Slot, Template } from './model.ts'
import { numericId } from './operations.ts'

export type Resolved = { readonly template: Template; readonly image: Image } | { readonly error: LaunchError }

/** What a machine would be made from now. */
export function resolve(project: Project, key: string): Resolved {
  const template = project.templates.get(key)
  if (template === undefined)
    return { error: { code: 'RESOURCE_NOT_FOUND', message: `The resource 'projects/${project.name}/${key}' was not found` } }
  const image = imageNamed(project, template.properties.sourceImage)
  if (image === null)
    return {
      error: {
        code: 'RESOURCE_NOT_FOUND',
        message: `The resource 'projects/${project.name}/${template.properties.sourceImage}' was not found`,
      },
    }
  if (image.state === 'OBSOLETE' || image.state === 'DELETED')
    return {
      error: {
        code: 'INVALID_USAGE',
        message: `Invalid value for field 'sourceImage': image ${image.name} is ${image.state} and cannot be used`,
      },
    }
  return { template, image }
}

/** `global/images/<name>`, or the newest image of `global/images/family/<family>` that is not deprecated. */
export function imageNamed(project: Project, source: string): Image | null {
  const family = /^global\/images\/family\/(.+)$/.exec(source)?.[1]
  if (family === undefined) {
    const image = project.images.get(source.replace('global/images/', ''))
    return image === undefined || image.gone ? null : image
  }
  const members = [...project.images.values()].filter(image => image.family === family && !image.gone && image.state === 'ACTIVE')
  return members.sort((a, b) => b.createdAt - a.createdAt)[0] ?? null
}

/** Two zones, of which one is the instance's own: more or less is refused. */
export function replicasOf(zone: string): string[] {
  return [zone, `${zone.slice(0, -1)}${zone.endsWith('c') ? 'd' : 'c'}`]
}

interface Made {
  readonly template: Template
  readonly image: Image
  readonly slot: Slot
  readonly manager: Manager
  readonly at: number
}

/** Puts a machine with its boot disk into the project, in the slot's name. */
export function makeMachine(world: World, project: Project, { template, image, slot, manager, at }: Made): Machine {
  const { properties } = template
  const regional = properties.bootDisk !== 'zonal'
  const boot: Disk = {
    name: slot.name,
    id: numericId(world),
    place: regional ? slot.zone.replace(/-[a-z]$/, '') : slot.zone,
    replicaZones: properties.replicaZones,
    type: properties.bootDiskType,
    sizeGb: properties.bootDiskGb,
    createdAt: at,
    sourceImage: image,
  }
  const kept = project.disks.get(`${boot.place}/${boot.name}`)
  if (kept === undefined) project.disks.set(`${boot.place}/${boot.name}`, boot)
  const place = manager.regional ? `regions/${manager.location}` : `zones/${manager.location}`
  const machine: Machine = {
    id: numericId(world),
    name: slot.name,
    zone: slot.zone,
    createdAt: at,
    template: template.key,
    status: 'PROVISIONING',
    machineType: properties.machineType,
    labels: { ...properties.labels, ...manager.allInstances },
    metadata: {
      ...properties.metadata,
      'instance-template': `projects/${project.number}/${template.key}`,
      'created-by': `projects/${project.number}/${place}/instanceGroupManagers/${manager.name}`,
    },
    networkTags: [...properties.networkTags],
    serviceAccount: properties.serviceAccount === 'default' ? project.defaultServiceAccount : properties.serviceAccount,
    scopes: properties.scopes,
    address: `10.132.${Math.floor(world.random.next() * 250)}.${Math.floor(world.random.next() * 250) + 2}`,
    canIpForward: properties.canIpForward,
    deletionProtection: false,
    spot: properties.spot,
    disks: [{ disk: boot.name, place: boot.place, deviceName: 'persistent-disk-0', boot: true, autoDelete: true }],
    content: { ...image.content, 'file:/etc/startup': properties.metadata['startup-script'] ?? '', 'service:app': 'running' },
  }
  project.instances.set(`${slot.zone}/${slot.name}`, machine)
  return machine
}

export function removeMachine(project: Project, machine: Machine): void {
  project.instances.delete(`${machine.zone}/${machine.name}`)
  const kept = project.templates.get(machine.template)?.properties.bootDisk === 'regional-attached-again'
  for (const { disk, place, boot, autoDelete } of machine.disks) if (autoDelete && !(boot && kept)) project.disks.delete(`${place}/${disk}`)
}

/** Does to a machine what nobody should do by hand, in this cloud's own way. */
export function editByHand(world: World, project: Project, machine: Machine, edit: HandEdit): void {
  switch (edit.kind) {
    case 'security-group':
      machine.networkTags = [...machine.networkTags, edit.name]
      return
    case 'volume': {
      const name = `${machine.name}-${edit.device.replace(/\W+/g, '-').replace(/^-/, '')}`
      const disk = {
        name,
        id: numericId(world),
        place: machine.zone,
        replicaZones: [],
        type: 'pd-ssd',
        sizeGb: edit.size,
        createdAt: world.time,
      }
      project.disks.set(`${machine.zone}/${name}`, { ...disk, sourceImage: null })
      machine.disks = [...machine.disks, { disk: name, place: machine.zone, deviceName: edit.device, boot: false, autoDelete: false }]
      return
    }
    case 'role':
      machine.serviceAccount = `${edit.profile}@${project.name}.iam.gserviceaccount.com`
      return
    case 'metadata':
      machine.metadata = { ...machine.metadata, 'enable-oslogin': edit.tokens === 'required' ? 'TRUE' : 'FALSE' }
      return
    case 'tag':
      machine.labels = { ...machine.labels, [edit.key.toLowerCase()]: edit.value.toLowerCase() }
      return
    case 'source-dest-check':
      machine.canIpForward = !edit.enabled
      return
    case 'type':
      machine.machineType = edit.type
      return
    case 'user-data':
      machine.metadata = { ...machine.metadata, 'startup-script': edit.text }
      return
    case 'termination-protection':
      machine.deletionProtection = edit.enabled
      return
    case 'content':
      machine.content[edit.path] = edit.value
  }
}
