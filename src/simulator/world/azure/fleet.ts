import type { AzureDescription } from '../description.ts'
import type { World } from '../world.ts'
import { galleryKey } from './images.ts'
import type { ImageChoice, ImageVersion, Model, ScaleSet, Subscription } from './model.ts'
import { addMachine, setKey } from './scale-sets.ts'

type AzureGroup = AzureDescription['groups'][number]

const DAY = 86_400_000

export function buildSubscription(world: World, description: AzureDescription['subscriptions'][number]): Subscription {
  return {
    id: `azure:${description.id}`,
    subscription: description.id,
    location: description.location,
    version: 0,
    changedAt: world.time,
    scaleSets: new Map(),
    galleryImages: new Map(),
    marketplace: new Map(),
    published: new Map(),
    managedImages: new Map(),
    locks: [],
    operations: new Map(),
    defaultSecurityType: 'Standard',
  }
}

export function imageVersion(name: string, publishedAt: number): ImageVersion {
  return {
    name,
    publishedAt,
    excludeFromLatest: false,
    endOfLifeAt: null,
    provisioningState: 'Succeeded',
    deprecation: 'Active',
    gone: false,
    // A group's images differ in number, not in what they hold: only what hands did makes a difference in state.
    content: { 'os:name': 'Linux', 'package:openssl': '3.0.15', 'package:app': '1.4.2', 'file:/etc/app.conf': 'baked' },
  }
}

/** Builds a scale set as it stands after a quiet month: whole, healthy, in service. Traits come on top. */
export function buildScaleSet(world: World, subscription: Subscription, description: AzureGroup): ScaleSet {
  const { name, resourceGroup, mode } = description
  const image = addImage(world, subscription, description)
  const optIn = description.optIn === true ? { firedrill: 'enabled' } : description.optIn === false ? {} : { firedrill: description.optIn }
  const set: ScaleSet = {
    name,
    resourceGroup,
    mode,
    uniqueId: world.random.uuid(),
    createdAt: world.time - 60 * DAY,
    tags: { ...optIn, ...description.tags, team: 'shop' },
    size: description.type,
    capacity: description.size,
    etag: world.random.hex(8),
    zones: ['1', '2', '3'],
    model: modelOf(world, subscription, { description, image }),
    modelVersion: 1,
    health: description.health,
    upgradeMode: description.upgrade,
    repairs: description.repairs ? { enabled: true, state: 'Running' } : null,
    atWork: null,
    rollingUpgrade: null,
    deleting: false,
    busy: 0,
    failure: null,
    changedAt: world.time - 60 * DAY,
    machines: new Map(),
    timing: description.times,
    ways: {
      capacityOnDelete: {
        set: description.capacityOnDelete.set ?? 'falls',
        machine: description.capacityOnDelete.machine ?? (mode === 'uniform' ? 'falls' : 'stays'),
      },
      scaling: description.scaling ?? (mode === 'uniform' ? 'absolute' : 'difference'),
      failedStays: description.failedStays,
    },
    behaviour: { createError: null, silent: false, imageInstead: null, health: 'healthy', edits: [], fate: null, boot: null },
  }
  subscription.scaleSets.set(setKey(resourceGroup, name), set)
  for (let count = 0; count < description.size; count++) seedMachine({ world, subscription, set }, description.age)
  if (!description.profile) set.model = null
  return set
}

/** A member that has long been there. */
export function seedMachine(site: Parameters<typeof addMachine>[0], age: number): void {
  const machine = addMachine(site, { at: site.world.time - age })
  machine.provisioning = 'Succeeded'
  machine.power = 'running'
  machine.health = site.set.health === 'none' ? null : 'healthy'
}

function addImage(world: World, subscription: Subscription, description: AzureGroup): ImageChoice {
  const { name, resourceGroup } = description
  const version = imageVersion('1.0.1', world.time - 60 * DAY)
  const versions = new Map([[version.name, version]])
  if (description.image === 'marketplace') {
    const place = { publisher: 'canonical', offer: `ubuntu-${name}`, sku: 'server' }
    subscription.marketplace.set(`${place.publisher}/${place.offer}/${place.sku}`.toLowerCase(), versions)
    return { kind: 'marketplace', ...place, version: description.version === 'latest' ? 'latest' : version.name }
  }
  if (description.image === 'managed') {
    subscription.managedImages.set(`${resourceGroup}/${name}`.toLowerCase(), versions)
    return { kind: 'managed', subscription: subscription.subscription, resourceGroup, image: name, version: null }
  }
  const fixed = description.version === 'latest' ? null : version.name
  if (description.image !== 'gallery') {
    const place = { kind: description.image, gallery: 'images-of-others', image: name }
    subscription.published.set(`${place.kind}/${place.gallery}/${place.image}`.toLowerCase(), versions)
    return { ...place, version: fixed }
  }
  const home = description.gallerySubscription ?? subscription.subscription
  const place = { subscription: home, resourceGroup, gallery: 'images', image: name }
  for (const each of [subscription, world.subscriptions.get(home)]) each?.galleryImages.set(galleryKey(place), versions)
  return { kind: 'gallery', ...place, version: fixed }
}

function modelOf(world: World, subscription: Subscription, made: { description: AzureGroup; image: ImageChoice }): Model {
  const { description, image } = made
  const { name, resourceGroup, health } = description
  const network = `/subscriptions/${subscription.subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.Network`
  const checks =
    health === 'extension' || health === 'rich'
      ? [
          {
            name: 'health',
            publisher: 'Microsoft.ManagedServices',
            type: 'ApplicationHealthLinux',
            version: health === 'rich' ? '2.0' : '1.0',
          },
        ]
      : []
  const open = description.traits.some(trait => trait.trait === 'environment-changed')
  return {
    createdAt: world.time - 60 * DAY,
    image,
    osDisk: { size: 30, type: 'Premium_LRS', caching: 'ReadWrite' },
    dataDisks: [{ lun: 0, size: 16, type: 'Premium_LRS' }],
    interfaces: [
      {
        name: `${name}-nic`,
        subnet: `${network}/virtualNetworks/shop/subnets/servers`,
        securityGroup: `${network}/networkSecurityGroups/${name}-nsg`,
        accelerated: true,
      },
    ],
    extensions: [...checks, { name: 'start', publisher: 'Microsoft.Azure.Extensions', type: 'CustomScript', version: '2.1' }],
    // A set whose model leaves it open follows the platform's default.
    securityType: open ? null : 'TrustedLaunch',
    encryptionAtHost: true,
    priority: description.priority,
    adminUsername: 'operator',
    computerNamePrefix: name.slice(0, 9),
    userData: Buffer.from(`#!/bin/sh\nexec /opt/${name}/start\n`).toString('base64'),
  }
}
