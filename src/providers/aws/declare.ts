import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling'
import type { Image } from '@aws-sdk/client-ec2'
import type { Declaration, DeclaredSet } from '../../domain/declaration.ts'
import type { GroupId } from '../../domain/group.ts'
import { ProviderError } from '../provider-error.ts'
import { batches, distinct, mapLimited } from '../shared/batches.ts'
import { type DeclaredLaunch, declaredSet, type Surroundings } from './declared-set.ts'
import { groupId, groupName } from './ids.ts'
import type { LaunchData } from './launch-data.ts'
import { membersOf, phaseOf } from './members.ts'
import type { ScopeContext } from './observe.ts'
import { defaultSecurityGroups, GROUPS_PER_CALL, groupsNamed, imagesById, securityGroups, subnetsById, WIDTH } from './reads.ts'
import {
  bornFrom,
  declarationVersion,
  type LaunchOption,
  type LaunchSource,
  launchesOf,
  launchOptions,
  sourceOfBirth,
  templateVersions,
} from './sources.ts'
import { type Launches, readLaunches } from './templates.ts'
import { knownVersions } from './versions.ts'

/** The contract's declare(): templates, images and surroundings of many groups, each read once. */
export async function declare(context: ScopeContext, groups: readonly GroupId[], signal: AbortSignal): Promise<Map<GroupId, Declaration>> {
  const listed = await listGroups(context, groups, signal)
  const births = new Map([...listed].map(([id, group]) => [id, birthsOf(group)]))
  const wanted = [...launchSources(listed.values()), ...sources(births.values())]
  const launches = await readLaunches(context.shared, wanted, { known: await knownVersions(context, wanted, signal), signal })
  const around = await readSurroundings(context, [...listed.values()], { launches, births: [...births.values()].flat(), signal })
  const answer = new Map<GroupId, Declaration>()
  for (const [id, group] of listed) {
    const declaration = declarationOf(group, { launches, births: births.get(id) ?? [], around })
    if (declaration === null) continue
    answer.set(id, declaration)
    const declared = [declaration.current, ...Object.values(declaration.born)]
    context.memory.declaresProtection.set(
      id,
      declared.some(set => set.values.terminationProtection !== undefined),
    )
    const data = dataOf([...launchSources([group]), ...sources([births.get(id) ?? []])], launches)
    context.memory.declaresCredits.set(
      id,
      data.some(one => one.credits !== null),
    )
  }
  return answer
}

/** The groups of this scope that exist, by id. */
export async function listGroups(
  context: ScopeContext,
  groups: readonly GroupId[],
  signal: AbortSignal,
): Promise<Map<GroupId, AutoScalingGroup>> {
  const names = distinct(groups.map(id => groupName(context.scope, id)))
  const found = await mapLimited(batches(names.sort(), GROUPS_PER_CALL), WIDTH, part => groupsNamed(context.shared, part, signal))
  return new Map(found.flatMap(part => [...part].map(([name, group]) => [groupId(context.scope, name), group] as const)))
}

export function launchSources(groups: Iterable<AutoScalingGroup>): LaunchSource[] {
  return [...groups].flatMap(launchesOf)
}

function birthsOf(group: AutoScalingGroup): string[] {
  return distinct(membersOf(group).map(member => (phaseOf(member) === 'gone' ? null : bornFrom(member))))
}

function sources(births: Iterable<readonly string[]>): LaunchSource[] {
  return [...births].flat().flatMap(born => sourceOfBirth(born) ?? [])
}

function dataOf(wanted: readonly LaunchSource[], launches: Launches): LaunchData[] {
  return wanted.flatMap(source => {
    const launch = launches.get(source)
    return launch.kind === 'read' ? [launch.data] : []
  })
}

export function subnetIdsOf(group: AutoScalingGroup): string[] {
  return distinct((group.VPCZoneIdentifier ?? '').split(',').map(id => id.trim())).filter(id => id !== '')
}

interface Around {
  readonly images: ReadonlyMap<string, Image>
  readonly subnetVpc: (subnet: string) => string | undefined
  readonly defaultGroups: ReadonlyMap<string, string>
  readonly groupsByName: ReadonlyMap<string, ReadonlyMap<string, string>>
}

async function readSurroundings(
  context: ScopeContext,
  groups: readonly AutoScalingGroup[],
  options: { launches: Launches; births: readonly string[]; signal: AbortSignal },
): Promise<Around> {
  const { launches, signal } = options
  const { shared: api, memory } = context
  const data = dataOf([...launchSources(groups), ...sources([options.births])], launches)
  const overridden = groups.flatMap(group => launchOptions(group).map(option => option.image))
  const imageIds = distinct([...data.map(one => one.image), ...overridden]).filter(id => id.startsWith('ami-'))
  const subnets = distinct([...groups.flatMap(subnetIdsOf), ...data.flatMap(one => one.interfaceSubnets)])
  const unknown = subnets.filter(id => memory.subnetVpcs.get(id) === undefined)
  const [images, found] = await Promise.all([
    orEmpty(imagesById(api, imageIds, signal), signal),
    orEmpty(subnetsById(api, unknown, signal), signal),
  ])
  for (const [id, subnet] of found) if (subnet.VpcId !== undefined) memory.subnetVpcs.set(id, subnet.VpcId)
  const vpcs = distinct(subnets.map(id => memory.subnetVpcs.get(id)))
  const names = distinct(data.flatMap(one => (one.securityGroups ?? []).filter(name => !name.startsWith('sg-'))))
  const [defaultGroups, named] = await Promise.all([
    data.some(one => one.securityGroups === null) ? orEmpty(defaultSecurityGroups(api, vpcs, signal), signal) : new Map<string, string>(),
    orEmpty(
      securityGroups(api, { filter: 'group-name', values: names }, signal).then(list => new Map(list.map(one => [one.GroupId ?? '', one]))),
      signal,
    ),
  ])
  const byVpc = Map.groupBy(named.values(), one => one.VpcId ?? '')
  const groupsByName = new Map([...byVpc].map(([vpc, list]) => [vpc, new Map(list.map(one => [one.GroupName ?? '', one.GroupId ?? '']))]))
  return { images, subnetVpc: id => memory.subnetVpcs.get(id), defaultGroups, groupsByName }
}

/** What surrounds a template and cannot be read is left open or unread in the declared set; the template itself still counts. */
async function orEmpty<Value>(reading: Promise<Map<string, Value>>, signal: AbortSignal): Promise<Map<string, Value>> {
  try {
    return await reading
  } catch (error) {
    if (signal.aborted || !(error instanceof ProviderError)) throw error
    return new Map()
  }
}

interface Read {
  readonly launches: Launches
  readonly births: readonly string[]
  readonly around: Around
}

/** Null: what is in force now cannot be read in full, and half a declaration would call right things wrong. */
function declarationOf(group: AutoScalingGroup, read: Read): Declaration | null {
  const options = launchOptions(group)
  const current = setOf(group, options, { read, version: declarationVersion(group, read.launches.aliases) })
  if (current === null) return null
  const born: Record<string, DeclaredSet> = {}
  for (const version of read.births) {
    const source = sourceOfBirth(version)
    if (source === null) continue
    // Whatever the version says, the group decides on types and images where it overrides them.
    const mine = options.length === 0 ? [] : options.map(option => ({ ...option, launch: source }))
    // A mixed policy names types beside the template; a member of that very template version is not outdated for it.
    const inForce = templateVersions(group, read.launches.aliases).includes(version)
    const set = setOf(group, mine, { read, version: inForce ? current.version : version })
    if (set !== null) Object.defineProperty(born, version, { value: set, enumerable: true })
  }
  return { current, born, promises: { retire: 'current', crash: 'current' } }
}

function setOf(group: AutoScalingGroup, options: readonly LaunchOption[], from: { read: Read; version: string }): DeclaredSet | null {
  const { read } = from
  const byLaunch = Map.groupBy(options, option => JSON.stringify([option.launch, option.image]))
  const launches: DeclaredLaunch[] = []
  for (const [first, ...others] of byLaunch.values()) {
    const launch = first === undefined ? undefined : read.launches.get(first.launch)
    if (first === undefined || launch?.kind !== 'read') return null
    const types = [first, ...others].map(option => option.type ?? launch.data.type)
    const anyType = [first, ...others].some(option => option.anyType || (option.type === null && launch.data.anyType))
    launches.push({
      data: launch.data,
      types: distinct(types).sort(),
      anyType,
      images: distinct([first.image ?? launch.data.image]),
      imageOverridden: first.image !== null,
    })
  }
  if (launches.length === 0) return null
  return declaredSet(group, launches, { version: from.version, surroundings: surroundingsOf(group, launches, read.around) })
}

function surroundingsOf(group: AutoScalingGroup, launches: readonly DeclaredLaunch[], around: Around): Surroundings {
  const own = subnetIdsOf(group)
  const subnets = own.length > 0 ? own : launches.flatMap(launch => launch.data.interfaceSubnets)
  const vpcs = distinct(subnets.map(around.subnetVpc)).sort()
  const defaults = vpcs.map(vpc => around.defaultGroups.get(vpc))
  return {
    images: around.images,
    vpcs: subnets.some(id => around.subnetVpc(id) === undefined) ? null : vpcs,
    defaultGroups: defaults.every(id => id !== undefined) ? defaults : null,
    groupsByName: new Map(vpcs.flatMap(vpc => [...(around.groupsByName.get(vpc) ?? [])])),
  }
}
