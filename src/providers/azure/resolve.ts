import type { GalleryImageVersion } from '@azure/arm-compute'
import type { NotCompared } from '../../domain/declaration.ts'
import { ProviderError } from '../provider-error.ts'
import type { AzureApi } from './api.ts'
import { type ImageSource, imageName } from './images.ts'

/** What an image reference of a model comes to now. */
export interface ResolvedImage {
  /** Several where what "the newest" means can be read in two ways: any of them is right. */
  readonly images: readonly string[]
  /** Since when it has come to this; null where Azure does not say, undefined where the reference itself decides. */
  readonly since: Temporal.Instant | null | undefined
  /** Disks that the image itself brings along. */
  readonly dataDisks: readonly number[]
  readonly unread: readonly NotCompared[]
}

interface Version {
  readonly name: string
  readonly publishedAt: Date | null
  readonly dataDisks: readonly number[]
}

/** Resolves "the newest" as a launch would now. What cannot be read is unread, and never taken for absent. */
export async function resolveImage(
  api: AzureApi,
  source: ImageSource | null,
  options: { location: string; signal: AbortSignal },
): Promise<ResolvedImage> {
  if (source === null) return unread('the model names no image')
  if (source.kind === 'fixed') return { images: [source.base], since: undefined, dataDisks: [], unread: [] }
  if (source.version !== null && source.kind !== 'gallery')
    return { images: [imageName(source, source.version)], since: undefined, dataDisks: [], unread: [] }
  try {
    const versions = await launchable(api, source, options)
    const chosen = source.version === null ? newest(versions) : versions.filter(version => version.name === source.version)
    // A version that is not there any more is a matter for the forecast; its name is what is declared all the same.
    const names = source.version === null ? chosen.map(version => version.name) : [source.version]
    if (names.length === 0) return unread(`${source.base} has no version that the newest could be`)
    return {
      images: names.map(name => imageName(source, name)),
      since: source.version === null ? publishedSince(chosen) : undefined,
      dataDisks: [...new Set(chosen.flatMap(version => version.dataDisks))],
      unread: [],
    }
  } catch (error) {
    if (options.signal.aborted || !(error instanceof ProviderError)) throw error
    if (source.version === null) return unread(error.message)
    return { images: [imageName(source, source.version)], since: undefined, dataDisks: [], unread: [] }
  }
}

async function launchable(
  api: AzureApi,
  source: Exclude<ImageSource, { kind: 'fixed' }>,
  { location, signal }: { location: string; signal: AbortSignal },
): Promise<Version[]> {
  switch (source.kind) {
    case 'gallery': {
      const versions = await api.listGalleryVersions(source.image, signal)
      return versions.filter(version => source.version !== null || mayBeNewest(version, location)).map(galleryVersion)
    }
    case 'community': {
      const versions = await api.listCommunityVersions(source.image, signal)
      return versions.filter(version => version.excludeFromLatest !== true).map(publishedVersion)
    }
    case 'shared': {
      const versions = await api.listSharedVersions(source.image, signal)
      return versions.filter(version => version.excludeFromLatest !== true).map(publishedVersion)
    }
    case 'marketplace': {
      const versions = await api.listMarketplaceVersions(source.image, signal)
      return versions.flatMap(({ name }) => (name === undefined ? [] : [{ name, publishedAt: null, dataDisks: [] }]))
    }
  }
}

/** Excluded altogether or for this region, not finished, or not sent to this region: then it is not the newest here. */
export function mayBeNewest(version: GalleryImageVersion, location: string): boolean {
  const profile = version.publishingProfile
  const here = profile?.targetRegions?.find(region => sameLocation(region.name, location))
  const elsewhere = profile?.targetRegions !== undefined && here === undefined
  return (
    profile?.excludeFromLatest !== true &&
    here?.excludeFromLatest !== true &&
    !elsewhere &&
    /^succeeded$/i.test(version.provisioningState ?? 'Succeeded')
  )
}

/** `West Europe` and `westeurope` are the same place. */
export function sameLocation(a: string, b: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replaceAll(' ', '')
  return plain(a) === plain(b)
}

function galleryVersion(version: GalleryImageVersion): Version {
  const luns = (version.storageProfile?.dataDiskImages ?? []).map(disk => disk.lun)
  return { name: version.name ?? '', publishedAt: version.publishingProfile?.publishedDate ?? null, dataDisks: luns }
}

function publishedVersion(version: { readonly name?: string | undefined; readonly publishedDate?: Date | undefined }): Version {
  return { name: version.name ?? '', publishedAt: version.publishedDate ?? null, dataDisks: [] }
}

/** By number, and by date where that is another: no source was read that says which of the two Azure goes by. */
function newest(versions: readonly Version[]): Version[] {
  const byNumber = versions.toSorted((a, b) => compareVersions(a.name, b.name)).at(-1)
  const dated = versions.filter(version => version.publishedAt !== null)
  const byDate = dated.toSorted((a, b) => (a.publishedAt?.getTime() ?? 0) - (b.publishedAt?.getTime() ?? 0)).at(-1)
  return [...new Set([byNumber, byDate].filter(version => version !== undefined))]
}

export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map(text => text.split('.').map(Number))
  for (let index = 0; index < Math.max(left?.length ?? 0, right?.length ?? 0); index++) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0)
    if (difference !== 0 && !Number.isNaN(difference)) return difference
  }
  return 0
}

function publishedSince(versions: readonly Version[]): Temporal.Instant | null {
  const times = versions.map(version => version.publishedAt?.getTime() ?? null)
  if (times.length === 0 || times.includes(null)) return null
  return Temporal.Instant.fromEpochMilliseconds(Math.max(...times.map(Number)))
}

function unread(why: string): ResolvedImage {
  return { images: [], since: null, dataDisks: [], unread: [{ what: 'image', why }] }
}
