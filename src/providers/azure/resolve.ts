import type { CommunityGalleryImageVersion, GalleryImageVersion, SharedGalleryImageVersion } from '@azure/arm-compute'
import type { NotCompared } from '../../domain/declaration.ts'
import { ProviderError } from '../provider-error.ts'
import type { AzureApi, ManagedImage } from './api.ts'
import { type ImageSource, imageName } from './images.ts'

/** What an image reference of a model comes to now. */
export interface ResolvedImage {
  /** Several where what "the newest" means can be read in two ways: any of them is right. */
  readonly images: readonly string[]
  /** Since when it has come to this; null where Azure does not say, undefined where the reference itself decides. */
  readonly since: Temporal.Instant | null | undefined
  /** Disks that the image itself brings along; null: which these are could not be read. */
  readonly dataDisks: readonly number[] | null
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
  if (source.kind === 'fixed') return { images: [source.base], since: undefined, dataDisks: null, unread: [] }
  if (source.kind === 'managed')
    return { images: [source.base], since: undefined, dataDisks: await dataDisksIn(api, source.image, options.signal), unread: [] }
  try {
    const versions = await launchable(api, source, options)
    const chosen = source.version === null ? newest(versions) : versions.filter(version => version.name === source.version)
    const dataDisks = await dataDisksOf(api, source, { chosen, signal: options.signal })
    // A version that is not there any more is a matter for the forecast; its name is what is declared all the same.
    const names = source.version === null ? chosen.map(version => version.name) : [source.version]
    if (names.length === 0) return unread(`${source.base} has no version that the newest could be`)
    return {
      images: names.map(name => imageName(source, name)),
      since: source.version === null ? publishedSince(chosen) : undefined,
      dataDisks,
      unread: [],
    }
  } catch (error) {
    if (options.signal.aborted || !(error instanceof ProviderError)) throw error
    if (source.version === null) return unread(error.message)
    return { images: [imageName(source, source.version)], since: undefined, dataDisks: null, unread: [] }
  }
}

async function launchable(
  api: AzureApi,
  source: Exclude<ImageSource, { kind: 'fixed' | 'managed' }>,
  { location, signal }: { location: string; signal: AbortSignal },
): Promise<Version[]> {
  switch (source.kind) {
    case 'gallery': {
      const versions = await api.listGalleryVersions(source.image, signal)
      return versions.filter(version => source.version !== null || mayBeNewest(version, location)).map(galleryVersion)
    }
    case 'community': {
      const versions = await api.listCommunityVersions(source.image, signal)
      return versions.filter(version => source.version !== null || version.excludeFromLatest !== true).map(publishedVersion)
    }
    case 'shared': {
      const versions = await api.listSharedVersions(source.image, signal)
      return versions.filter(version => source.version !== null || version.excludeFromLatest !== true).map(publishedVersion)
    }
    case 'marketplace': {
      if (source.version !== null) return [{ name: source.version, publishedAt: null, dataDisks: [] }]
      const versions = await api.listMarketplaceVersions(source.image, signal)
      return versions.flatMap(({ name }) => (name === undefined ? [] : [{ name, publishedAt: null, dataDisks: [] }]))
    }
  }
}

/** The list of the marketplace leaves them out. An image that is not there (any more) is a matter for the forecast. */
async function dataDisksOf(
  api: AzureApi,
  source: ImageSource,
  { chosen, signal }: { chosen: readonly Version[]; signal: AbortSignal },
): Promise<readonly number[] | null> {
  if (source.kind !== 'marketplace') return chosen.length === 0 ? null : [...new Set(chosen.flatMap(version => version.dataDisks))]
  try {
    const images = await Promise.all(chosen.map(({ name }) => api.getMarketplaceVersion(source.image, name, signal)))
    return [...new Set(images.flatMap(image => lunsOf(image.dataDiskImages)))]
  } catch (error) {
    if (signal.aborted || !(error instanceof ProviderError)) throw error
    return null
  }
}

async function dataDisksIn(api: AzureApi, image: ManagedImage, signal: AbortSignal): Promise<readonly number[] | null> {
  try {
    return lunsOf((await api.getManagedImage(image, signal)).storageProfile?.dataDisks)
  } catch (error) {
    if (signal.aborted || !(error instanceof ProviderError)) throw error
    return null
  }
}

function lunsOf(disks: readonly { readonly lun?: number | undefined }[] | undefined): number[] {
  return (disks ?? []).flatMap(({ lun }) => lun ?? [])
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
  const dataDisks = lunsOf(version.storageProfile?.dataDiskImages)
  return { name: version.name ?? '', publishedAt: version.publishingProfile?.publishedDate ?? null, dataDisks }
}

function publishedVersion(version: CommunityGalleryImageVersion | SharedGalleryImageVersion): Version {
  const dataDisks = lunsOf(version.storageProfile?.dataDiskImages)
  return { name: version.name ?? '', publishedAt: version.publishedDate ?? null, dataDisks }
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
