import type { ImageReference } from '@azure/arm-compute'
import type { GalleryImage, Machine, ManagedImage, MarketplaceImage, PublishedImage } from './api.ts'
import { partOf } from './ids.ts'

/** What an image reference names, before "the newest" is resolved. `version` null: the newest. */
export type ImageSource =
  | { readonly kind: 'gallery'; readonly image: GalleryImage; readonly base: string; readonly version: string | null }
  | { readonly kind: 'community'; readonly image: PublishedImage; readonly base: string; readonly version: string | null }
  | { readonly kind: 'shared'; readonly image: PublishedImage; readonly base: string; readonly version: string | null }
  | { readonly kind: 'marketplace'; readonly image: MarketplaceImage; readonly base: string; readonly version: string | null }
  | { readonly kind: 'managed'; readonly image: ManagedImage; readonly base: string; readonly version: null }
  /** Something that this adapter does not know: it is what its id says. */
  | { readonly kind: 'fixed'; readonly base: string; readonly version: null }

/** Null: no image is named at all (a machine made from a disk). Ids are the same in any case, so all are in lower case. */
export function imageSource(reference: ImageReference | undefined, location: string): ImageSource | null {
  if (reference === undefined) return null
  const { publisher, offer, sku } = reference
  const published = reference.communityGalleryImageId ?? reference.sharedGalleryImageId
  if (published !== undefined)
    return publishedSource(published, { location, kind: reference.communityGalleryImageId === undefined ? 'shared' : 'community' })
  if (reference.id !== undefined) return ownSource(reference.id)
  if (publisher === undefined || offer === undefined || sku === undefined) return null
  const base = `${publisher}:${offer}:${sku}`.toLowerCase()
  return { kind: 'marketplace', image: { location, publisher, offer, sku }, base, version: newestOr(reference.version) }
}

function publishedSource(id: string, how: { location: string; kind: 'community' | 'shared' }): ImageSource {
  const gallery = partOf(id, how.kind === 'community' ? 'communityGalleries' : 'sharedGalleries')
  const image = partOf(id, 'images')
  if (gallery === null || image === null) return { kind: 'fixed', base: id.toLowerCase(), version: null }
  return { kind: how.kind, image: { location: how.location, gallery, image }, base: withoutVersion(id), version: versionIn(id) }
}

function ownSource(id: string): ImageSource {
  const [subscription, resourceGroup] = [partOf(id, 'subscriptions'), partOf(id, 'resourceGroups')]
  const [gallery, image] = [partOf(id, 'galleries'), partOf(id, 'images')]
  if (subscription === null || resourceGroup === null || image === null) return { kind: 'fixed', base: id.toLowerCase(), version: null }
  if (gallery === null)
    return { kind: 'managed', image: { subscription, resourceGroup, name: image }, base: id.toLowerCase(), version: null }
  return { kind: 'gallery', image: { subscription, resourceGroup, gallery, image }, base: withoutVersion(id), version: versionIn(id) }
}

function withoutVersion(id: string): string {
  return id.toLowerCase().replace(/\/versions\/[^/]*$/, '')
}

function versionIn(id: string): string | null {
  return newestOr(partOf(id, 'versions') ?? undefined)
}

function newestOr(version: string | undefined): string | null {
  return version === undefined || /^latest$/i.test(version) ? null : version
}

/** One version of an image, as reports name it. */
export function imageName(source: Pick<ImageSource, 'kind' | 'base'>, version: string): string {
  return source.kind === 'marketplace' ? `${source.base}:${version}` : `${source.base}/versions/${version}`
}

/**
 * What a machine runs: its reference with the version that was resolved when it was made. Null where Azure does not show
 * that version: then nobody can say what it runs.
 */
export function runningImage(machine: Machine): string | null {
  const reference = machine.storageProfile?.imageReference
  const source = imageSource(reference, '')
  if (source === null) return null
  if (source.kind === 'fixed' || source.kind === 'managed') return source.base
  const version = reference?.exactVersion ?? source.version
  return version === null || version === '' ? null : imageName(source, version)
}
