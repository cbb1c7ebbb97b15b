import type { GalleryImageVersion, Image, VirtualMachineScaleSet, VirtualMachineScaleSetInstanceView } from '@azure/arm-compute'
import type { Finding } from '../../domain/finding.ts'
import { noCapacityAhead } from '../../domain/findings.ts'
import type { GroupId } from '../../domain/group.ts'
import { ProviderError } from '../provider-error.ts'
import { distinct } from '../shared/batches.ts'
import type { AzureApi } from './api.ts'
import { setFor } from './declare.ts'
import { failureOf, provisioningFailure } from './failures.ts'
import { scaleSetRef } from './ids.ts'
import { type ImageSource, imageSource } from './images.ts'
import { forEachGroup, type ScopeContext } from './observe.ts'
import { compareVersions, mayBeNewest, sameLocation } from './resolve.ts'

/** The contract's forecast(): would a new machine come? A set that could not be read in full is missing from the answer. */
export async function forecast(
  context: ScopeContext,
  groups: readonly GroupId[],
  signal: AbortSignal,
): Promise<Map<GroupId, readonly Finding[]>> {
  const foresee = async (id: GroupId): Promise<[GroupId, Finding[]][]> => {
    const ref = scaleSetRef(context.scope, id)
    const set = ref === null ? null : await setFor(context, id, signal)
    if (ref === null || set === null) return []
    const [images, view] = await Promise.all([imageFindings(context, set, signal), context.api.getSetView(ref, signal)])
    return [[id, [...modelFindings(set), ...images, ...sizeFindings(set), ...changeFindings(view, context.clock.now())]]]
  }
  return new Map((await forEachGroup(distinct(groups), foresee, signal)).flat())
}

function cannotRebuild(level: Finding['level'], path: string, actual: string | null, summary: string): Finding {
  return { kind: 'cannot-rebuild', level, path, expected: null, actual, summary }
}

function modelFindings(set: VirtualMachineScaleSet): Finding[] {
  if (set.virtualMachineProfile !== undefined) return []
  const summary =
    'the scale set has no machine profile, so it cannot make a machine: machines were only ever attached to it. Give it a profile'
  return [cannotRebuild('fail', 'model', null, summary)]
}

/** The platform's own limits; a set that stands at them cannot grow beyond where it is. */
function sizeFindings(set: VirtualMachineScaleSet): Finding[] {
  const [capacity, limit] = [set.sku?.capacity ?? 0, set.singlePlacementGroup === true ? 100 : 1000]
  if (capacity < limit) return []
  const summary = `the scale set has ${capacity} machines, and ${limit} are the most that it can have: split it before it must grow`
  return [cannotRebuild(capacity > limit ? 'fail' : 'warn', 'capacity', String(capacity), summary)]
}

const HOUR = 3_600_000

/** How the set's latest change went. */
function changeFindings(view: VirtualMachineScaleSetInstanceView, now: Temporal.Instant): Finding[] {
  const failed = provisioningFailure(view.statuses)
  if (failed === null) return []
  const { category, message } = failureOf(failed.text)
  if (category === 'broken')
    return [
      cannotRebuild(
        'fail',
        'launches',
        null,
        `the latest change of the scale set failed: ${message} Repair what it names; the next one would fail too.`,
      ),
    ]
  const age = failed.at === null ? 0 : now.epochMilliseconds - failed.at.getTime()
  const what = category === 'quota' ? 'a quota is used up: have it raised' : 'Azure has no capacity: allow more sizes or zones'
  return [noCapacityAhead(age <= HOUR ? 'fail' : 'warn', `the latest change of the scale set failed because ${what} (${message})`)]
}

async function imageFindings({ api, clock }: ScopeContext, set: VirtualMachineScaleSet, signal: AbortSignal): Promise<Finding[]> {
  const location = set.location ?? ''
  const source = imageSource(set.virtualMachineProfile?.storageProfile?.imageReference, location)
  const about = { location, now: clock.now(), signal }
  switch (source?.kind) {
    case undefined:
    case 'fixed':
      return []
    case 'managed':
      return managedFindings(source, await orNull(api.getManagedImage(source.image, signal)))
    case 'gallery':
      return galleryFindings(api, source, about)
    case 'marketplace':
      return marketplaceFindings(api, source, about)
    case 'community':
      return publishedFindings(source, about, () => api.listCommunityVersions(source.image, signal))
    case 'shared':
      return publishedFindings(source, about, () => api.listSharedVersions(source.image, signal))
  }
}

interface About {
  readonly location: string
  readonly now: Temporal.Instant
  readonly signal: AbortSignal
}

const BUILD_ANEW = 'build it anew and name it in the model of the scale set'

function managedFindings({ base }: ImageSource, image: Image | null): Finding[] {
  if (image === null) return [cannotRebuild('fail', 'image', base, `image ${base} does not exist (any more): ${BUILD_ANEW}`)]
  if (!/^failed$/i.test(image.provisioningState ?? '')) return []
  return [cannotRebuild('fail', 'image', base, `image ${base} was never finished (provisioning state Failed): ${BUILD_ANEW}`)]
}

async function galleryFindings(api: AzureApi, source: ImageSource & { kind: 'gallery' }, about: About): Promise<Finding[]> {
  const name = source.version === null ? source.base : `${source.base}/versions/${source.version}`
  if (source.version !== null) {
    const version = await orNull(api.getGalleryVersion(source.image, source.version, about.signal))
    if (version === null) return [cannotRebuild('fail', 'image', name, `image version ${name} does not exist (any more): ${BUILD_ANEW}`)]
    return versionFindings(version, { name, pinned: true, ...about })
  }
  const versions = await orNull(api.listGalleryVersions(source.image, about.signal))
  if (versions === null) return [cannotRebuild('fail', 'image', name, `image ${name} does not exist (any more): ${BUILD_ANEW}`)]
  const newest = versions
    .filter(version => mayBeNewest(version, about.location))
    .toSorted((a, b) => compareVersions(a.name ?? '', b.name ?? ''))
    .at(-1)
  if (newest?.name === undefined) {
    const summary = `image ${name} has no version that a launch in ${about.location} could take: all are missing, excluded from the newest, unfinished or in other regions`
    return [cannotRebuild('fail', 'image', name, summary)]
  }
  // The listing leaves out how copies to regions went.
  const version = (await orNull(api.getGalleryVersion(source.image, newest.name, about.signal))) ?? newest
  return versionFindings(version, { name: `${name}/versions/${newest.name}`, pinned: false, ...about })
}

function versionFindings(version: GalleryImageVersion, of: About & { name: string; pinned: boolean }): Finding[] {
  const { name, location } = of
  const profile = version.publishingProfile
  const findings: Finding[] = []
  const add = (level: Finding['level'], text: string): void =>
    void findings.push(cannotRebuild(level, 'image', name, `image version ${name} ${text}`))
  if (/^failed$/i.test(version.provisioningState ?? ''))
    add('fail', `was never finished (provisioning state ${version.provisioningState}): ${BUILD_ANEW}`)
  if (version.safetyProfile?.reportedForPolicyViolation === true)
    add('fail', 'is reported for a violation of policy, so nothing can be made from it')
  const copy = version.replicationStatus?.summary?.find(region => sameLocation(region.region ?? '', location))
  if (/^failed$/i.test(copy?.state ?? '')) add('fail', `could not be copied to ${location}${copy?.details ? ` (${copy.details})` : ''}`)
  else if (/^replicating$/i.test(copy?.state ?? '')) add('warn', `is still being copied to ${location}`)
  if (of.pinned && profile?.targetRegions !== undefined && !profile.targetRegions.some(region => sameLocation(region.name, location)))
    add('fail', `is not there in ${location}: add the region to the version`)
  if (of.pinned && profile?.excludeFromLatest === true) add('warn', 'is excluded from the newest: its owners may be about to withdraw it')
  if (isPast(profile?.endOfLifeDate, of.now))
    add('warn', `is past its end of life (${profile?.endOfLifeDate?.toISOString()}): it can still be used, but build a newer one soon`)
  return findings
}

async function marketplaceFindings(api: AzureApi, source: ImageSource & { kind: 'marketplace' }, { signal }: About): Promise<Finding[]> {
  const gone = (name: string): Finding[] => [
    cannotRebuild('fail', 'image', name, `image ${name} is not offered (any more): name another in the model of the scale set`),
  ]
  const versions = source.version === null ? await orNull(api.listMarketplaceVersions(source.image, signal)) : []
  const newest = (versions ?? [])
    .flatMap(({ name }) => name ?? [])
    .sort(compareVersions)
    .at(-1)
  const version = source.version ?? newest
  if (version === undefined) return gone(source.base)
  const name = `${source.base}:${version}`
  const image = await orNull(api.getMarketplaceVersion(source.image, version, signal))
  if (image === null) return gone(name)
  const status = image.imageDeprecationStatus
  if (/^deprecated$/i.test(status?.imageState ?? ''))
    return [
      cannotRebuild(
        'fail',
        'image',
        name,
        `image ${name} is deprecated, so no machine can be made from it any more: name another in the model of the scale set`,
      ),
    ]
  if (!/^scheduledfordeprecation$/i.test(status?.imageState ?? '')) return []
  const when = status?.scheduledDeprecationTime === undefined ? 'soon' : `on ${status.scheduledDeprecationTime.toISOString().slice(0, 10)}`
  return [
    cannotRebuild('warn', 'image', name, `image ${name} will be deprecated ${when}: name another in the model of the scale set before`),
  ]
}

interface Published {
  readonly name?: string | undefined
  readonly endOfLifeDate?: Date | undefined
  readonly excludeFromLatest?: boolean | undefined
}

async function publishedFindings(
  source: ImageSource & { kind: 'community' | 'shared' },
  about: About,
  list: () => Promise<Published[]>,
): Promise<Finding[]> {
  const versions = (await orNull(list())) ?? []
  const wanted = source.version
  const chosen =
    wanted === null
      ? versions
          .filter(version => version.excludeFromLatest !== true)
          .toSorted((a, b) => compareVersions(a.name ?? '', b.name ?? ''))
          .at(-1)
      : versions.find(version => version.name === wanted)
  const name = wanted === null ? source.base : `${source.base}/versions/${wanted}`
  if (chosen === undefined)
    return [
      cannotRebuild(
        'fail',
        'image',
        name,
        `image ${name} has no version that a launch in ${about.location} could take: its owner may have withdrawn it`,
      ),
    ]
  if (!isPast(chosen.endOfLifeDate, about.now)) return []
  return [
    cannotRebuild('warn', 'image', name, `image ${name} is past its end of life: it can still be used, but ask its owner for a newer one`),
  ]
}

function isPast(date: Date | undefined, now: Temporal.Instant): boolean {
  return date !== undefined && date.getTime() <= now.epochMilliseconds
}

/** Null: it does not exist. Whatever else goes wrong is thrown, and leaves the set without a forecast (S10). */
async function orNull<Result>(reading: Promise<Result>): Promise<Result | null> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof ProviderError && error.code === 'not-found') return null
    throw error
  }
}
