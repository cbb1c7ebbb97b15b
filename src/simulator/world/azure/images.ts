import type { ImageChoice, ImageVersion, Subscription } from './model.ts'

export type Resolved =
  | { readonly ok: true; readonly version: ImageVersion }
  | { readonly ok: false; readonly code: string; readonly message: string }

/** The versions that a choice is made among; undefined: there is no such image. */
export function versionsOf(subscription: Subscription, choice: ImageChoice): Map<string, ImageVersion> | undefined {
  switch (choice.kind) {
    case 'gallery':
      return subscription.galleryImages.get(galleryKey(choice))
    case 'managed':
      return subscription.managedImages.get(`${choice.resourceGroup}/${choice.image}`.toLowerCase())
    case 'marketplace':
      return subscription.marketplace.get(`${choice.publisher}/${choice.offer}/${choice.sku}`.toLowerCase())
    default:
      return subscription.published.get(`${choice.kind}/${choice.gallery}/${choice.image}`.toLowerCase())
  }
}

export function galleryKey(of: { subscription: string; resourceGroup: string; gallery: string; image: string }): string {
  return `${of.subscription}/${of.resourceGroup}/${of.gallery}/${of.image}`.toLowerCase()
}

/** What a launch would be made from now, or the platform's own words on why it cannot be. */
export function resolveImage(subscription: Subscription, choice: ImageChoice): Resolved {
  const all = [...(versionsOf(subscription, choice)?.values() ?? [])]
  const versions = all.filter(version => !version.gone && version.provisioningState === 'Succeeded')
  const wanted = choice.kind === 'marketplace' && choice.version === 'latest' ? null : choice.version
  const version =
    wanted === null
      ? versions
          .filter(each => !each.excludeFromLatest)
          .toSorted(byNumber)
          .at(-1)
      : versions.find(each => each.name === wanted)
  if (version !== undefined && version.deprecation !== 'Deprecated') return { ok: true, version }
  if (choice.kind !== 'marketplace') {
    const message = `The gallery image ${imageId(choice, wanted)} is not available in ${subscription.location} region. Please contact image owner to replicate to this region, or change your requested region.`
    return { ok: false, code: 'GalleryImageNotFound', message }
  }
  const message = `The platform image '${choice.publisher}:${choice.offer}:${choice.sku}:${choice.version}' is not available. Verify that all fields in the storage profile are correct.`
  return { ok: false, code: 'PlatformImageNotFound', message }
}

type InGallery = Exclude<ImageChoice, { readonly kind: 'marketplace' }>

export function imageId(choice: InGallery, version: string | null): string {
  const base = galleryPath(choice)
  return version === null ? base : `${base}/versions/${version}`
}

function galleryPath(choice: InGallery): string {
  if (choice.kind === 'gallery')
    return `/subscriptions/${choice.subscription}/resourceGroups/${choice.resourceGroup}/providers/Microsoft.Compute/galleries/${choice.gallery}/images/${choice.image}`
  if (choice.kind === 'managed')
    return `/subscriptions/${choice.subscription}/resourceGroups/${choice.resourceGroup}/providers/Microsoft.Compute/images/${choice.image}`
  return `/${choice.kind}Galleries/${choice.gallery}/images/${choice.image}`
}

export function byNumber(a: { readonly name: string }, b: { readonly name: string }): number {
  const [left, right] = [a, b].map(each => each.name.split('.').map(Number))
  for (let index = 0; index < 3; index++) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
