import type { z } from 'zod'
import type { TraitDescription } from '../description.ts'
import type { World } from '../world.ts'
import { type gcpSchema, zonesOf } from './description.ts'
import { makeMachine, replicasOf } from './machines.ts'
import { newSlot } from './manager.ts'
import type { Image, Manager, Project, Properties, Template, Timing } from './model.ts'
import { numericId, type Place } from './operations.ts'

type Described = z.infer<ReturnType<typeof gcpSchema>>['groups'][number]
export type ManagerDescription = Omit<Described, 'traits' | 'times' | 'age' | 'initialDelay'> & {
  readonly traits: readonly TraitDescription[]
  readonly times: Timing
  readonly age: number
  readonly initialDelay: number
  /** Set by traits. */
  readonly owner?: string | null
}

const DAY = 86_400_000

export function buildProject(world: World, name: string): Project {
  const number = String(BigInt(`0x${world.random.hex(9)}`) + 100_000_000_000n).slice(0, 12)
  return {
    id: `gcp:${name}`,
    name,
    number,
    version: 0,
    changedAt: world.time,
    groups: new Map(),
    instances: new Map(),
    disks: new Map(),
    images: new Map(),
    templates: new Map(),
    operations: [],
    defaultServiceAccount: `${number}-compute@developer.gserviceaccount.com`,
  }
}

export function addImage(world: World, project: Project, image: { name: string; family?: string | null; ageDays: number }): Image {
  const made: Image = {
    id: numericId(world),
    name: image.name,
    family: image.family ?? null,
    createdAt: world.time - image.ageDays * DAY,
    diskSizeGb: 10,
    state: 'ACTIVE',
    gone: false,
    content: { 'os:name': 'Linux', 'package:openssl': '3.0.15', 'package:app': '1.4.2', 'file:/etc/app.conf': 'baked' },
  }
  project.images.set(made.name, made)
  return made
}

/** Templates cannot be changed: what is new is another template. */
export function addTemplate(
  world: World,
  project: Project,
  template: { name: string; region: string | null; at: number; properties: Properties },
): Template {
  const { name, region, at, properties } = template
  const key = region === null ? `global/instanceTemplates/${name}` : `regions/${region}/instanceTemplates/${name}`
  const made: Template = { key, id: numericId(world), name, region, createdAt: at, properties }
  project.templates.set(key, made)
  return made
}

/** Builds a group as it stands after a quiet month: whole, healthy, stable. Traits come on top. */
export function buildManager(world: World, project: Project, description: ManagerDescription): Manager {
  const { name, region } = description
  const zones = zonesOf(description)
  const location = region ?? (zones[0] as string)
  const family = description.image === 'family' ? `${name}-family` : null
  const image = addImage(world, project, { name: `${name}-image-1`, family, ageDays: 60 })
  const home = description.templates === 'regional' ? location.replace(/-[a-z]$/, '') : null
  const at = world.time - 60 * DAY
  const properties = propertiesOf(description, family === null ? `global/images/${image.name}` : `global/images/family/${family}`)
  const template = addTemplate(world, project, { name: `${name}-template-1`, region: home, at, properties })
  const canary = description.canary
    ? addTemplate(world, project, {
        name: `${name}-template-canary`,
        region: home,
        at,
        properties: { ...properties, machineType: 'e2-medium' },
      })
    : null
  const manager: Manager = {
    id: numericId(world),
    name,
    location,
    regional: region !== undefined,
    zones,
    createdAt: at,
    targetSize: description.size,
    versions: [
      { name: 'main', template: template.key, fixed: null },
      ...(canary === null ? [] : [{ name: 'canary', template: canary.key, fixed: 1 }]),
    ],
    updateType: 'PROACTIVE',
    healthCheck: description.healthCheck ? `${name}-alive` : null,
    initialDelay: description.initialDelay,
    repairs: true,
    forceUpdateOnRepair: description.forceUpdateOnRepair,
    stateful: false,
    rolling: false,
    deleting: false,
    allInstancesRevision: 0,
    allInstances: description.optInBy === 'all-instances-config' ? optInLabels(description) : {},
    owner: description.owner ?? null,
    autoscaler: description.autoscaler ?? null,
    slots: [],
    errors: [],
    timing: description.times,
    behaviour: { launchError: null, silent: false, imageInstead: null, health: 'HEALTHY', edits: [], fate: null, boot: null },
  }
  project.groups.set(`${location}/${name}`, manager)
  const place: Place = { world, project, manager }
  for (let index = 0; index < description.size; index++)
    seedMember(place, { age: description.age, template: index === 0 ? (canary ?? template) : template, image })
  return manager
}

function optInLabels({ optIn }: ManagerDescription): Record<string, string> {
  if (optIn === false) return {}
  return { firedrill: optIn === true ? 'enabled' : optIn }
}

function propertiesOf(description: ManagerDescription, sourceImage: string): Properties {
  const { name } = description
  const moved = description.traits.some(trait => trait.trait === 'environment-changed')
  return {
    machineType: description.machineType,
    sourceImage,
    bootDiskGb: 20,
    bootDiskType: 'pd-balanced',
    bootDisk: description.bootDisk,
    replicaZones: description.bootDisk === 'zonal' ? [] : replicasOf(zonesOf(description)[0] as string),
    labels: { app: name, ...description.labels, ...(description.optInBy === 'template' ? optInLabels(description) : {}) },
    metadata: { 'startup-script': `#!/bin/sh\nexec /opt/${name}/start\n`, 'enable-oslogin': 'TRUE' },
    networkTags: [name],
    // A group whose template leaves the account open follows the project's default.
    serviceAccount: moved ? 'default' : `${name}@simulated.iam.gserviceaccount.com`,
    scopes: ['https://www.googleapis.com/auth/cloud-platform'],
    canIpForward: false,
    spot: false,
  }
}

/** A member that has long been there. */
export function seedMember(place: Place, { age, template, image }: { age: number; template: Template; image: Image }): void {
  const { world, project, manager } = place
  const slot = newSlot(place)
  slot.template = template.key
  const machine = makeMachine(world, project, { template, image, slot, manager, at: world.time - age })
  machine.status = 'RUNNING'
  slot.machine = machine.id
  slot.health = manager.healthCheck === null ? 'UNKNOWN' : 'HEALTHY'
}
