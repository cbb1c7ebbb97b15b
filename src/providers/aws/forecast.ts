import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling'
import type { Image, Subnet } from '@aws-sdk/client-ec2'
import type { Finding } from '../../domain/finding.ts'
import type { GroupId } from '../../domain/group.ts'
import { ProviderError } from '../provider-error.ts'
import { distinct } from '../shared/batches.ts'
import { launchSources, listGroups, subnetIdsOf } from './declare.ts'
import { cannotRebuild, imageFindings, launchFindings, type Standing, subnetFindings } from './forecast-findings.ts'
import { readLatestLaunches } from './latest-launches.ts'
import type { LaunchData } from './launch-data.ts'
import type { ScopeContext } from './observe.ts'
import { readProfiles } from './profiles.ts'
import { imagesById, keyPairsNamed, securityGroups, subnetsById } from './reads.ts'
import { launchOptions } from './sources.ts'
import { type Launches, readLaunches } from './templates.ts'
import { knownByAlias } from './versions.ts'

/** The contract's forecast(): everything a launch needs, looked up once for all groups. */
export async function forecast(
  context: ScopeContext,
  groups: readonly GroupId[],
  signal: AbortSignal,
): Promise<Map<GroupId, readonly Finding[]>> {
  const listed = await listGroups(context, groups, signal)
  const sources = launchSources(listed.values())
  const launches = await readLaunches(context.shared, sources, { known: await knownByAlias(context, sources, signal), signal })
  const needs = new Map([...listed].map(([id, group]) => [id, needsOf(group, launches)]))
  const [account, events] = await Promise.all([
    readAccount(context, [...needs.values()], signal),
    readLatestLaunches(context, listed, signal),
  ])
  return new Map(
    [...listed].map(([id, group]) => {
      const own = needs.get(id) ?? needsOf(group, launches)
      const failed = events.get(id)
      const latest = typeof failed === 'string' ? [unchecked('recent launches', failed)] : launchFindings(failed ?? [], context.clock.now())
      return [
        id,
        distinctFindings([
          ...templateFindings(group, launches),
          ...accountFindings(own, account, context.clock.now()),
          ...suspended(group),
          ...latest,
        ]),
      ]
    }),
  )
}

interface Needs {
  readonly images: readonly string[]
  readonly subnets: readonly string[]
  /** Ids and names. */
  readonly securityGroups: readonly string[]
  readonly keys: readonly string[]
  readonly profiles: readonly string[]
}

function needsOf(group: AutoScalingGroup, launches: Launches): Needs {
  const options = launchOptions(group)
  const data: LaunchData[] = []
  const images: string[] = []
  for (const option of options) {
    const launch = launches.get(option.launch)
    if (launch.kind === 'read') data.push(launch.data)
    const image = option.image ?? (launch.kind === 'read' ? launch.data.image : null)
    if (image !== null) images.push(image)
  }
  const own = subnetIdsOf(group)
  return {
    images: distinct(images),
    subnets: own.length > 0 ? own : distinct(data.flatMap(one => one.interfaceSubnets)),
    securityGroups: distinct(
      data.flatMap(one => [...(one.securityGroups ?? []), ...one.interfaces.flatMap(another => another.groups ?? [])]),
    ),
    keys: distinct(data.map(one => one.keyName)),
    profiles: distinct(data.map(one => one.profile)),
  }
}

/** What exists. A string is why a kind of thing could not be looked up. */
interface Account {
  readonly images: ReadonlyMap<string, Image> | string
  readonly subnets: ReadonlyMap<string, Subnet> | string
  readonly securityGroups: ReadonlySet<string> | string
  readonly keys: ReadonlySet<string> | string
  readonly profiles: ReadonlyMap<string, Standing>
}

async function readAccount(context: ScopeContext, needs: readonly Needs[], signal: AbortSignal): Promise<Account> {
  const { shared: api } = context
  const every = (pick: (need: Needs) => readonly string[]): string[] => distinct(needs.flatMap(pick))
  const groups = every(need => need.securityGroups)
  const [images, subnets, byId, byName, keys, profiles] = await Promise.all([
    orWhy(
      imagesById(
        api,
        every(need => need.images).filter(id => id.startsWith('ami-')),
        signal,
      ),
      signal,
    ),
    orWhy(
      subnetsById(
        api,
        every(need => need.subnets),
        signal,
      ),
      signal,
    ),
    orWhy(securityGroups(api, { filter: 'group-id', values: groups.filter(id => id.startsWith('sg-')) }, signal), signal),
    orWhy(securityGroups(api, { filter: 'group-name', values: groups.filter(id => !id.startsWith('sg-')) }, signal), signal),
    orWhy(
      keyPairsNamed(
        api,
        every(need => need.keys),
        signal,
      ),
      signal,
    ),
    readProfiles(
      context.shared,
      every(need => need.profiles),
      signal,
    ),
  ])
  const found =
    typeof byId === 'string'
      ? byId
      : typeof byName === 'string'
        ? byName
        : new Set([...byId, ...byName].flatMap(one => [one.GroupId ?? '', one.GroupName ?? '']))
  return { images, subnets, securityGroups: found, keys, profiles }
}

async function orWhy<Result>(reading: Promise<Result>, signal: AbortSignal): Promise<Result | string> {
  try {
    return await reading
  } catch (error) {
    if (signal.aborted || !(error instanceof ProviderError)) throw error
    return error.message
  }
}

function templateFindings(group: AutoScalingGroup, launches: Launches): Finding[] {
  const options = launchOptions(group)
  if (options.length === 0)
    return [cannotRebuild('fail', 'image', null, 'the group names no launch template and no launch configuration: give it one')]
  return options.flatMap(option => {
    const launch = launches.get(option.launch)
    if (launch.kind === 'read') return imageNamed(option.image ?? launch.data.image, launch.data.source)
    if (launch.kind === 'missing') return [cannotRebuild('fail', 'launchTemplate', null, launch.why)]
    return [unchecked('the launch template', launch.why)]
  })
}

function imageNamed(image: string | null, source: string): Finding[] {
  if (image === null) return [cannotRebuild('fail', 'image', null, `${source} names no image: write one into it`)]
  if (!image.startsWith('resolve:')) return []
  return [unchecked(`the image behind ${image}`, 'it could not be resolved; create the parameter, and allow ssm:GetParameters')]
}

function accountFindings(needs: Needs, account: Account, now: Temporal.Instant): Finding[] {
  const images = needs.images.filter(id => id.startsWith('ami-'))
  const profiles = needs.profiles.flatMap(name => {
    const standing = account.profiles.get(name) ?? { unchecked: 'it was not looked up' }
    if (standing === 'there') return []
    if (standing !== 'missing') return [unchecked(`instance profile ${name}`, standing.unchecked)]
    return [
      cannotRebuild(
        'fail',
        'instanceProfile',
        name,
        `instance profile ${name} does not exist: create it again, or name another in the launch template`,
      ),
    ]
  })
  return [
    ...(typeof account.images === 'string' ? [unchecked('the images', account.images)] : imageFindings(images, account.images, now)),
    ...(typeof account.subnets === 'string' ? [unchecked('the subnets', account.subnets)] : subnetFindings(needs.subnets, account.subnets)),
    ...absent(needs.securityGroups, account.securityGroups, { path: 'securityGroups', what: 'security group' }),
    ...absent(needs.keys, account.keys, { path: 'keyName', what: 'key pair' }),
    ...profiles,
  ]
}

function absent(names: readonly string[], there: ReadonlySet<string> | string, about: { path: string; what: string }): Finding[] {
  if (names.length === 0) return []
  if (typeof there === 'string') return [unchecked(`the ${about.what}s`, there)]
  return names
    .filter(name => !there.has(name))
    .map(name =>
      cannotRebuild(
        'fail',
        about.path,
        name,
        `${about.what} ${name} does not exist: create it again, or take it out of the launch template`,
      ),
    )
}

function suspended(group: AutoScalingGroup): Finding[] {
  const launch = (group.SuspendedProcesses ?? []).find(process => process.ProcessName === 'Launch')
  if (launch === undefined) return []
  const why = launch.SuspensionReason ? ` (${launch.SuspensionReason})` : ''
  return [cannotRebuild('fail', 'suspendedProcesses', 'Launch', `process Launch is suspended${why}, so nothing can be launched: resume it`)]
}

/** Not able to look is not a reason to fail, and not a good forecast either. */
function unchecked(what: string, why: string): Finding {
  return {
    kind: 'cannot-rebuild',
    level: 'warn',
    path: null,
    expected: null,
    actual: null,
    summary: `${what} could not be checked: ${why}`,
  }
}

function distinctFindings(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map(finding => [finding.summary, finding])).values()]
}
