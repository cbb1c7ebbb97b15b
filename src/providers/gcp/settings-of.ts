import { createHash } from 'node:crypto'
import type { Path } from '../../domain/declaration.ts'
import type { Value } from '../../domain/finding.ts'
import { lastPart, pathOf } from './ids.ts'
import type { AttachedDisk, Machine, NetworkInterface, Properties } from './wire.ts'

/*
 * What templates and instances call alike, under the same flat names. Labels are `tags/…` as on every platform; network tags are
 * `networkTags`. Values of metadata are digests, for secrets hide in them.
 */

type Common = Pick<
  Properties & Machine,
  | 'advancedMachineFeatures'
  | 'canIpForward'
  | 'confidentialInstanceConfig'
  | 'guestAccelerators'
  | 'labels'
  | 'metadata'
  | 'minCpuPlatform'
  | 'resourcePolicies'
  | 'scheduling'
  | 'serviceAccounts'
  | 'shieldedInstanceConfig'
  | 'tags'
>

/** Written by the group itself into each of its instances. */
const GROUPS_OWN_METADATA = new Set(['instance-template', 'created-by'])
const SCHEDULING = ['automaticRestart', 'onHostMaintenance', 'preemptible', 'provisioningModel', 'instanceTerminationAction'] as const
const SHIELDED = ['enableSecureBoot', 'enableVtpm', 'enableIntegrityMonitoring'] as const
const ADVANCED = ['enableNestedVirtualization', 'threadsPerCore', 'visibleCoreCount', 'turboMode', 'performanceMonitoringUnit'] as const

/** Paths that follow a default of the project, the image or the machine type where a template does not say. */
export const DEFAULTED: readonly Path[] = [
  ...SCHEDULING.map(name => `scheduling/${name}`),
  ...SHIELDED.map(name => `shielded/${name}`),
  ...ADVANCED.map(name => `advanced/${name}`),
]

/** What both kinds say directly. A name that is missing is not said. */
export function commonSettings(of: Common): Map<Path, Value> {
  const values = new Map<Path, Value>([
    ['canIpForward', of.canIpForward ?? false],
    ['networkTags', [...(of.tags?.items ?? [])].sort()],
    ['confidential', confidentialOf(of)],
    ['accelerators', (of.guestAccelerators ?? []).map(one => `${lastPart(one.acceleratorType)} x${one.acceleratorCount ?? 1}`).sort()],
  ])
  const say = (path: Path, value: Value | undefined) => void (value === undefined || value === null ? null : values.set(path, value))
  if (of.minCpuPlatform && !/^automatic$/i.test(of.minCpuPlatform)) values.set('minCpuPlatform', of.minCpuPlatform)
  const policies = (of.resourcePolicies ?? []).map(lastPart).sort()
  if (policies.length > 0) values.set('resourcePolicies', policies)
  const [account] = of.serviceAccounts ?? []
  say('serviceAccount', account?.email)
  if (account !== undefined) values.set('serviceAccountScopes', [...(account.scopes ?? [])].sort())
  for (const name of SCHEDULING) say(`scheduling/${name}`, wordOf(of.scheduling?.[name]))
  const hosts = (of.scheduling?.nodeAffinities ?? []).map(one => `${one.key} ${one.operator} ${(one.values ?? []).toSorted().join(',')}`)
  if (hosts.length > 0) values.set('scheduling/nodeAffinities', hosts.sort())
  for (const name of SHIELDED) say(`shielded/${name}`, of.shieldedInstanceConfig?.[name])
  for (const name of ADVANCED) say(`advanced/${name}`, wordOf(of.advancedMachineFeatures?.[name]))
  for (const [key, value] of Object.entries(of.labels ?? {})) if (!isPlatforms(key)) values.set(`tags/${key}`, value)
  for (const { key, value } of of.metadata?.items ?? [])
    if (key && !GROUPS_OWN_METADATA.has(key)) values.set(`metadata/${key}`, digest(value ?? ''))
  return values
}

/** Labels that Google's own products set; people cannot. */
function isPlatforms(key: string): boolean {
  return key.startsWith('goog-')
}

function wordOf(value: unknown): Value | undefined {
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number' ? value : undefined
}

function confidentialOf({ confidentialInstanceConfig: config }: Common): Value {
  const type = config?.confidentialInstanceType
  if (type && type !== 'CONFIDENTIAL_INSTANCE_TYPE_UNSPECIFIED') return String(type)
  return config?.enableConfidentialCompute === true
}

/** The key that encrypts a disk, without the version, which is the newest at each launch. */
export function keyOf(key: { readonly kmsKeyName?: string | null } | null | undefined): string | undefined {
  return key?.kmsKeyName?.replace(/\/cryptoKeyVersions\/[^/]+$/, '') || undefined
}

export function digest(text: string): string {
  return text === '' ? '' : `sha256:${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
}

/** Nobody has to name a disk or a card; the platform then counts. */
export function deviceOf(disk: AttachedDisk, disks: readonly AttachedDisk[]): string {
  if (disk.deviceName) return disk.deviceName
  const scratch = disk.type === 'SCRATCH'
  const before = disks.slice(0, disks.indexOf(disk)).filter(each => (each.type === 'SCRATCH') === scratch)
  return `${scratch ? 'local-ssd' : 'persistent-disk'}-${scratch ? before.length : disks.indexOf(disk)}`
}

export function cardOf(card: NetworkInterface, cards: readonly NetworkInterface[]): string {
  return card.name || `nic${cards.indexOf(card)}`
}

/** What an interface says of itself; a subnetwork, kind or stack that is not said is left out. */
export function cardSettings(card: NetworkInterface, project: string): Map<string, Value> {
  const values = new Map<string, Value>()
  if (card.network) values.set('network', pathOf(card.network, project))
  if (card.subnetwork) values.set('subnetwork', pathOf(card.subnetwork, project))
  if (card.nicType && card.nicType !== 'UNSPECIFIED_NIC_TYPE') values.set('nicType', String(card.nicType))
  if (card.stackType) values.set('stackType', String(card.stackType))
  const tier = card.accessConfigs?.[0]?.networkTier
  if (tier) values.set('networkTier', String(tier))
  values.set('externalAddress', (card.accessConfigs ?? []).length > 0)
  values.set('aliasRanges', aliasRangesOf(card))
  return values
}

/** `pods /24 x2`: which addresses a range gets is the platform's choice; how large it is, and how many there are, is not. */
function aliasRangesOf({ aliasIpRanges }: NetworkInterface): string[] {
  const ranges = (aliasIpRanges ?? []).map(({ subnetworkRangeName: name, ipCidrRange: range }) => {
    const [, mask = '32'] = (range ?? '').split('/')
    return `${name || 'primary'} /${mask}`
  })
  const counted = [...Map.groupBy(ranges, range => range)]
  return counted.map(([range, { length }]) => (length === 1 ? range : `${range} x${length}`)).sort()
}

/** What the group wrote into an instance when it made it: the template, as `global/instanceTemplates/<name>`. */
export function templateInMetadata(machine: Machine): string | null {
  const written = machine.metadata?.items?.find(item => item.key === 'instance-template')?.value ?? ''
  return /((?:global|regions\/[^/]+)\/instanceTemplates\/[^/]+)$/.exec(written)?.[1] ?? null
}
