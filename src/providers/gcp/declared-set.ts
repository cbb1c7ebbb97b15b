import type { DeclaredSet, NotCompared, Path } from '../../domain/declaration.ts'
import type { Value } from '../../domain/finding.ts'
import { distinct } from '../shared/batches.ts'
import { lastPart } from './ids.ts'
import { cardOf, cardSettings, commonSettings, DEFAULTED, deviceOf, digest, keyOf } from './settings-of.ts'
import { bootDisk, createdAt, declaredImage, type ReadImage } from './templates.ts'
import type { AttachedDisk, Manager, Properties, Template } from './wire.ts'

/** What one template says, before several are put together. */
interface Part {
  readonly source: string
  readonly images: readonly string[]
  readonly values: Map<Path, readonly Value[]>
  readonly open: Path[]
  readonly environment: Path[]
  readonly unread: NotCompared[]
  readonly since: Temporal.Instant | null
}

export interface Declaring {
  readonly project: string
  readonly version: string
  readonly images: ReadonlyMap<string, ReadImage>
}

/** The union over templates: what any of them would make is right. */
export function declaredSet(manager: Manager, templates: readonly Template[], by: Declaring): DeclaredSet {
  const parts = templates.map(template => partOf(manager, template, by))
  const open = distinct(parts.flatMap(part => part.open))
  return {
    version: by.version,
    source: distinct(parts.map(part => part.source)).join(' and '),
    images: distinct(parts.flatMap(part => part.images)).sort(),
    values: mergedValues(parts, new Set(open)),
    open,
    environment: distinct(parts.flatMap(part => part.environment)),
    unread: parts.flatMap(part => part.unread),
    since: parts.some(part => part.since === null) ? null : (parts.map(part => part.since).reduce(later, null) ?? null),
  }
}

function later(a: Temporal.Instant | null, b: Temporal.Instant | null): Temporal.Instant | null {
  if (a === null || b === null) return a ?? b
  return Temporal.Instant.compare(a, b) > 0 ? a : b
}

/** A path that only some templates declare may also be absent (null); one that some leave open is open for all. */
function mergedValues(parts: readonly Part[], open: ReadonlySet<Path>): Record<Path, readonly Value[]> {
  const merged: Record<Path, readonly Value[]> = {}
  for (const path of distinct(parts.flatMap(part => [...part.values.keys()]))) {
    if (open.has(path)) continue
    const values = parts.flatMap(part => part.values.get(path) ?? [null])
    const seen = new Map(values.map(value => [JSON.stringify(value), value]))
    Object.defineProperty(merged, path, { value: [...seen.values()], enumerable: true })
  }
  return merged
}

function partOf(manager: Manager, template: Template, by: Declaring): Part {
  const properties = overlaid(template.properties ?? {}, manager)
  const source = declaredImage(template, by.project)
  const image = source === null ? undefined : by.images.get(source)
  const part: Part = {
    source: `instance template ${template.name ?? 'without a name'}`,
    images: image?.kind === 'read' ? [image.id, ...image.elsewhere] : [],
    values: new Map([...commonSettings(properties)].map(([path, value]) => [path, [value]])),
    open: ['resourcePolicies'].filter(() => (properties.resourcePolicies ?? []).length === 0),
    environment: [],
    unread: imageUnread(template, source, image),
    since: later(createdAt(template), image?.kind === 'read' ? createdAt(image.image) : null),
  }
  addOverlay(part, manager)
  addMachineType(part, properties, manager)
  addDefaults(part, properties)
  for (const card of properties.networkInterfaces ?? [])
    addCard(part, card, { cards: properties.networkInterfaces ?? [], project: by.project })
  const boot = bootDisk(template)
  for (const disk of properties.disks ?? []) {
    const size = disk === boot && image?.kind === 'read' ? Number(image.image.diskSizeGb ?? 0) : 0
    addDisk(part, disk, { disks: properties.disks ?? [], imageSize: size })
  }
  return part
}

function imageUnread(template: Template, source: string | null, image: ReadImage | undefined): NotCompared[] {
  if (image?.kind === 'read') return []
  if (image !== undefined) return [{ what: 'image', why: image.why }]
  const boot = bootDisk(template)
  const from = boot?.initializeParams?.sourceSnapshot ? 'a snapshot' : boot?.source ? 'an existing disk' : 'nothing that is named'
  return [{ what: 'image', why: source ?? `the boot disk is made from ${from}, not from an image, and cannot be compared` }]
}

/** The configuration for all instances wins over every template. */
function overlaid(properties: Properties, manager: Manager): Properties {
  const labels = manager.allInstancesConfig?.properties?.labels ?? {}
  return { ...properties, labels: { ...properties.labels, ...labels } }
}

function addOverlay(part: Part, manager: Manager): void {
  for (const [key, value] of Object.entries(manager.allInstancesConfig?.properties?.metadata ?? {}))
    part.values.set(`metadata/${key}`, [digest(value)])
}

/** A flexible group picks the type at each launch. */
function addMachineType(part: Part, properties: Properties, manager: Manager): void {
  const selections = Object.values(manager.instanceFlexibilityPolicy?.instanceSelections ?? {})
  const flexible = distinct(selections.flatMap(selection => selection.machineTypes ?? [])).map(lastPart)
  const types = flexible.length > 0 ? flexible : [lastPart(properties.machineType)].filter(type => type !== '')
  if (types.length === 0) part.unread.push({ what: 'machineType', why: 'the template names no type' })
  else part.values.set('machineType', types.sort())
}

/** What a template does not say comes from the project, the image or the type. */
function addDefaults(part: Part, properties: Properties): void {
  for (const path of DEFAULTED) if (!part.values.has(path)) leaveOpen(part, path)
  // `default` is a word for whatever account the project has; older groups may run with another.
  if (properties.serviceAccounts?.[0]?.email !== 'default') return
  part.values.delete('serviceAccount')
  leaveOpen(part, 'serviceAccount')
}

function leaveOpen(part: Part, path: Path): void {
  part.open.push(path)
  part.environment.push(path)
}

type Cards = NonNullable<Properties['networkInterfaces']>

function addCard(part: Part, card: Cards[number], { cards, project }: { cards: Cards; project: string }): void {
  const at = (name: string): Path => `interfaces/${cardOf(card, cards)}/${name}`
  const said = cardSettings(card, project)
  for (const [name, value] of said) part.values.set(at(name), [value])
  for (const name of ['network', 'subnetwork', 'nicType', 'stackType', 'networkTier']) if (!said.has(name)) leaveOpen(part, at(name))
}

function addDisk(part: Part, disk: AttachedDisk, { disks, imageSize }: { disks: readonly AttachedDisk[]; imageSize: number }): void {
  const at = (name: string): Path => `disks/${deviceOf(disk, disks)}/${name}`
  const { initializeParams: made } = disk
  const say = (name: string, value: Value | undefined) => {
    if (value === undefined || value === null) leaveOpen(part, at(name))
    else part.values.set(at(name), [value])
  }
  const size = Number(made?.diskSizeGb ?? disk.diskSizeGb ?? 0) || imageSize
  say('sizeGb', size > 0 ? size : undefined)
  say('type', disk.type === 'SCRATCH' ? 'local-ssd' : made?.diskType ? lastPart(made.diskType) : undefined)
  say('autoDelete', disk.autoDelete ?? undefined)
  part.values.set(at('mode'), [String(disk.mode || 'READ_WRITE')])
  // A disk that is there already stands where it stands, and is as old as it is.
  if (disk.source) part.open.push(at('replicaZones'), at('madeAnew'))
  const replicas = (made?.replicaZones ?? []).map(lastPart).sort()
  if (replicas.length > 0) {
    part.values.set(at('replicaZones'), [replicas])
    part.values.set(at('madeAnew'), [true])
  }
  say('kmsKey', keyOf(disk.diskEncryptionKey))
  if (made?.provisionedIops) say('iops', Number(made.provisionedIops))
  else leaveOpen(part, at('iops'))
  if (made?.provisionedThroughput) say('throughput', Number(made.provisionedThroughput))
  else leaveOpen(part, at('throughput'))
}
