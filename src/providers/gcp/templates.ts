import { ProviderError } from '../provider-error.ts'
import { distinct, mapLimited } from '../shared/batches.ts'
import type { GcpApi } from './api.ts'
import { after, pathOf } from './ids.ts'
import { type Image, idOf, instantOf, type Manager, type Template } from './wire.ts'

export const WIDTH = 6

/** One of the things that a group says it is made from; a canary is a second one. */
export interface Version {
  /** As `bornFrom` says it: `global/instanceTemplates/web-7`, with its project where that is another. */
  readonly key: string
  readonly name: string
  /** Null: it takes the rest. */
  readonly share: string | null
}

/** A template's short name, the same wherever it is told. */
export function templateKey(url: string, project: string): string {
  const path = pathOf(url, project)
  const own = `projects/${project}/`
  return path.startsWith(own) ? path.slice(own.length) : path
}

export function versionsOf(manager: Manager, project: string): Version[] {
  const versions = (manager.versions ?? []).flatMap(({ instanceTemplate, name, targetSize }) => {
    if (!instanceTemplate) return []
    const { fixed, percent } = targetSize ?? {}
    const share = typeof fixed === 'number' ? String(fixed) : typeof percent === 'number' ? `${percent}%` : null
    return [{ key: templateKey(instanceTemplate, project), name: name ?? '', share }]
  })
  if (versions.length > 0 || !manager.instanceTemplate) return versions
  return [{ key: templateKey(manager.instanceTemplate, project), name: '', share: null }]
}

/**
 * Names the declaration in force. A template cannot be changed, nor deleted while a group names it, so its name says what is in it;
 * the configuration for all instances has a revision of its own.
 */
export function declarationVersion(manager: Manager, project: string): string {
  const versions = versionsOf(manager, project).map(({ key, share }) => (share === null ? key : `${key}=${share}`))
  const revision = manager.allInstancesConfig?.properties ? (manager.status?.allInstancesConfig?.currentRevision ?? 'unknown') : null
  return [...versions, ...(revision === null || revision === '' ? [] : [`all-instances:${revision}`])].join(' ') || 'none'
}

export type ReadTemplate =
  | { readonly kind: 'read'; readonly key: string; readonly template: Template }
  | { readonly kind: 'missing'; readonly why: string }
  | { readonly kind: 'unreadable'; readonly why: string }

export type ReadImage =
  | {
      readonly kind: 'read'
      readonly id: string
      readonly image: Image
      /** What a family means in zones that its newest image has not reached yet. */
      readonly elsewhere: readonly string[]
    }
  | { readonly kind: 'missing'; readonly why: string }
  | { readonly kind: 'unreadable'; readonly why: string }

/** Reads templates, each once. */
export async function readTemplates(api: GcpApi, keys: Iterable<string>, signal: AbortSignal): Promise<Map<string, ReadTemplate>> {
  const read = await mapLimited(distinct(keys), WIDTH, async key => [key, await readTemplate(api, key, signal)] as const)
  return new Map(read)
}

async function readTemplate(api: GcpApi, key: string, signal: AbortSignal): Promise<ReadTemplate> {
  const path = pathOf(key, api.project)
  const name = after(path, 'instanceTemplates')
  if (name === null) return { kind: 'unreadable', why: `${key} is no instance template` }
  try {
    const at = { project: after(path, 'projects') ?? api.project, region: after(path, 'regions'), name }
    return { kind: 'read', key, template: await api.template(at, signal) }
  } catch (error) {
    return failureOf(error, `instance template ${name} does not exist: create it again, or name another in the group`, signal)
  }
}

/** The disk that a template's instances boot from. */
export function bootDisk(template: Template) {
  const disks = template.properties?.disks ?? []
  return disks.find(disk => disk.boot === true) ?? disks[0]
}

/** `projects/p/global/images/i` or `…/images/family/f`; null where the disk is made from something else. */
export function declaredImage(template: Template, project: string): string | null {
  const source = bootDisk(template)?.initializeParams?.sourceImage
  return source ? pathOf(source, project) : null
}

/** The images of all disks, without which none could be made. */
export function imagesNeeded(template: Template, project: string): string[] {
  const sources = (template.properties?.disks ?? []).flatMap(disk => disk.initializeParams?.sourceImage || [])
  return distinct(sources.map(source => pathOf(source, project)))
}

/** Reads images, each once; a family is what it means now, in these zones as well. */
export async function readImages(
  api: GcpApi,
  wanted: ReadonlyMap<string, readonly string[]>,
  signal: AbortSignal,
): Promise<Map<string, ReadImage>> {
  const read = await mapLimited([...wanted], WIDTH, async ([path, zones]) => [path, await readImage(api, { path, zones }, signal)] as const)
  return new Map(read)
}

async function readImage(
  api: GcpApi,
  { path, zones }: { path: string; zones: readonly string[] },
  signal: AbortSignal,
): Promise<ReadImage> {
  const project = after(path, 'projects') ?? api.project
  const family = /images\/family\/([^/]+)$/.exec(path)?.[1]
  const name = /images\/([^/]+)$/.exec(path)?.[1]
  try {
    const image = family !== undefined ? await api.imageFromFamily(project, family, signal) : await api.image(project, name ?? '', signal)
    const id = idOf(image.id)
    if (id === null) return { kind: 'unreadable', why: `image ${path} shows no id` }
    const views = family === undefined ? [] : await mapLimited(zones, WIDTH, zone => viewOf(api, project, { family, zone }, signal))
    return { kind: 'read', id, image, elsewhere: distinct(views).filter(other => other !== id) }
  } catch (error) {
    const gone =
      family === undefined
        ? `image ${name} of project ${project} is deleted: build it anew and name it in the template`
        : `image family ${family} of project ${project} has no image that may be used: publish one`
    return failureOf(error, gone, signal)
  }
}

/** The image's id; null where a zone does not tell: then the family's newest image stands alone. */
async function viewOf(api: GcpApi, project: string, of: { family: string; zone: string }, signal: AbortSignal): Promise<string | null> {
  try {
    return idOf((await api.imageInZone(project, of, signal)).id)
  } catch (error) {
    if (signal.aborted || !(error instanceof ProviderError)) throw error
    return null
  }
}

function failureOf(error: unknown, missing: string, signal: AbortSignal): { kind: 'missing' | 'unreadable'; why: string } {
  if (signal.aborted || !(error instanceof ProviderError)) throw error
  return error.code === 'not-found' ? { kind: 'missing', why: missing } : { kind: 'unreadable', why: error.message }
}

/** A template is as old as its making; a family's image may be newer. */
export function createdAt(of: { creationTimestamp?: string | null }): Temporal.Instant | null {
  return instantOf(of.creationTimestamp)
}
