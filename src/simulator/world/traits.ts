import { causeTime } from './activities.ts'
import { type Place, reconcile } from './auto-scaling.ts'
import type { GroupDescription, TraitDescription } from './description.ts'
import { addImage, addTemplateVersion, seedMember } from './fleet.ts'
import { createInstance, editByHand, resolveImage, resolveLaunch } from './launch.ts'
import type { Group, HandEdit, Instance, LaunchData, Member, Region, Template } from './model.ts'
import { groupId } from './world.ts'

/** What a trait asks of a group before it is built. */
export function prepare(description: GroupDescription): GroupDescription {
  let group = description
  for (const trait of description.traits) group = prepareFor(group, trait)
  return group
}

function prepareFor(group: GroupDescription, trait: TraitDescription): GroupDescription {
  switch (trait.trait) {
    case 'health-unproven':
      return { ...group, loadBalancer: false, healthChecks: ['EC2'] }
    case 'not-opted-in':
      return { ...group, optIn: false }
    case 'near-miss':
      return { ...group, optIn: trait.value }
    case 'too-small':
      return { ...group, size: 1, minimum: 0 }
    case 'young':
      return { ...group, age: trait.age }
    case 'interrupted':
      return trait.how === 'scale-in' ? { ...group, minimum: Math.max(0, group.size - 1) } : group
    case 'owned':
      return { ...group, tags: { ...group.tags, ...(trait.by === 'eks' ? EKS_TAGS : { AmazonECSManaged: 'true' }) } }
    default:
      return group
  }
}

const EKS_TAGS = { 'eks:cluster-name': 'shop', 'eks:nodegroup-name': 'workers', 'kubernetes.io/cluster/shop': 'owned' }
const FAR = 365 * 86_400_000
const MINUTE = 60_000

/**
 * Puts a trait into force. Returns the members that it changed by hand (filled later where it sets in
 * later), or null where it is about the group.
 */
export function applyTrait(place: Place, trait: TraitDescription): ReadonlySet<string> | null {
  const edited = trait.trait === 'config-drift' || trait.trait === 'state-drift' ? new Set<string>() : null
  const setIn = () => takeEffect(place, trait, edited ?? new Set())
  const moment = trait.when ?? (ON_STRIKE.has(causeOf(trait)) ? 'strike' : 'start')
  if (moment === 'start') {
    setIn()
    return edited
  }
  let waiting = true
  place.world.onStrike(groupId(place.region, place.group), () => {
    if (!waiting) return
    waiting = false
    if (moment === 'strike') setIn()
    else place.world.after(place.region, moment.afterStrike, setIn)
  })
  return edited
}

function causeOf(trait: TraitDescription): string {
  return 'cause' in trait ? `${trait.trait}:${trait.cause}` : trait.trait
}

/** Set in with the first strike unless told otherwise: before it, they would be seen and refused. */
const ON_STRIKE = new Set([
  'not-replaced:image-deregistered',
  'not-replaced:launch-suspended',
  'not-replaced:template-deleted',
  'group-changed',
])

function takeEffect(place: Place, trait: TraitDescription, edited: Set<string>): void {
  const { world, region, group } = place
  const { behaviour } = group
  switch (trait.trait) {
    case 'not-replaced':
      breakRebuild(place, trait.cause)
      return
    case 'no-capacity':
      failLaunches(place, CAPACITY.replace('{type}', group.members[0]?.type ?? ''), trait.for)
      return
    case 'quota':
      failLaunches(place, QUOTA, trait.for)
      return
    case 'unhealthy':
      behaviour.targetHealth = 'unhealthy'
      return
    case 'late':
      behaviour.boot = trait.boot
      return
    case 'slow':
      behaviour.boot = trait.boot ?? group.timing.boot * 3
      return
    case 'wrong-image':
      behaviour.imageInstead = addImage(world, region, `${group.name}-unreleased`, 1).id
      return
    case 'stale-image':
      moveOn(place, world.time - trait.age, data => ({ ...data, image: addImage(world, region, `${group.name}-2`, 0).id }))
      return
    case 'outdated':
      moveOn(place, world.time - 10 * 86_400_000, data => ({ ...data, metadata: { ...data.metadata, hopLimit: 3 } }))
      return
    case 'config-drift':
      editMembers(place, { edits: trait.edits ?? DEFAULT_EDITS, members: trait.members, edited })
      return
    case 'state-drift':
      editMembers(place, { edits: [{ kind: 'content', path: trait.path, value: trait.value }], members: trait.members, edited })
      return
    case 'successor-drift':
      behaviour.edits = trait.edits ?? DEFAULT_EDITS
      return
    case 'environment-changed':
      region.ebsEncryptionByDefault = true
      return
    case 'died-young':
      behaviour.fate = { after: trait.after ?? group.timing.health + 1000, how: trait.how }
      return
    case 'interrupted':
      behaviour.fate = { after: trait.after ?? group.timing.health + 1000, how: trait.how }
      return
    case 'group-changed':
      changeGroup(place)
      return
    case 'pre-built':
      addWarmPool(place, trait.state)
      return
    case 'refreshing':
      group.refreshes.push({
        id: world.random.uuid(),
        status: 'InProgress',
        reason: null,
        start: world.time - 5 * MINUTE,
        end: null,
        percentage: 30,
        total: group.members.length,
        pending: [],
        replacing: null,
        frozen: true,
      })
      return
    case 'scaling':
      behaviour.boot = FAR
      group.maximum = Math.max(group.maximum, group.desired + 1)
      group.desired++
      reconcile(
        place,
        `At ${causeTime(world.time)} a user request explicitly set group desired capacity changing the desired capacity from ${group.desired - 1} to ${group.desired}.  `,
      )
      return
    case 'recently-changed':
      seedMember(world, region, group, { turn: group.members.length, age: MINUTE })
      group.desired = group.members.length
      group.maximum = Math.max(group.maximum, group.desired)
      return
    case 'below-desired':
      failLaunches(place, CAPACITY.replace('{type}', group.members[0]?.type ?? ''))
      group.maximum = Math.max(group.maximum, group.desired + 1)
      group.desired++
      reconcile(place)
      return
    case 'unhealthy-member': {
      // The group would cure it after a while; a world that must be found so keeps it.
      const target = region.targetGroups.get(group.targetGroups[0] ?? '')?.targets.get(group.members[0]?.instance ?? '')
      if (target !== undefined) target.state = 'unhealthy'
      else if (group.members[0] !== undefined) group.members[0].health = 'Unhealthy'
      return
    }
    case 'standby': {
      const member = group.members[0]
      if (member === undefined) return
      member.state = 'Standby'
      group.desired--
      group.minimum = Math.min(group.minimum, group.desired)
      return
    }
    case 'suspended':
      for (const name of trait.processes) group.suspended.set(name, `User suspended at ${causeTime(world.time)}`)
      return
    case 'deleting':
      group.status = 'Delete in progress'
      return
    case 'protected':
      group.newInstancesProtected = true
      for (const member of group.members) member.protected = true
      return
    case 'cannot-rebuild':
      removeIngredient(place, trait.cause)
      return
    case 'phoenix':
    case 'health-unproven':
    case 'not-opted-in':
    case 'near-miss':
    case 'too-small':
    case 'young':
    case 'owned':
    case 'unreadable':
      return
  }
}

const DEFAULT_EDITS: HandEdit[] = [{ kind: 'security-group', name: 'sg-emergency' }]
const CAPACITY =
  'We currently do not have sufficient {type} capacity in the Availability Zone you requested ({zone}). Our system will be working on provisioning additional capacity. You can currently get {type} capacity by not specifying an Availability Zone in your request'.replaceAll(
    '{type} capacity by',
    'capacity by',
  )
const QUOTA =
  'You have requested more vCPU capacity than your current vCPU limit of 32 allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit'

function failLaunches({ world, region, group }: Place, message: string, howLong?: number): void {
  const error = { phase: 'request' as const, code: 'InsufficientInstanceCapacity', message }
  group.behaviour.launchError = error
  if (howLong === undefined) return
  world.after(region, howLong, () => {
    if (group.behaviour.launchError === error) group.behaviour.launchError = null
  })
}

function breakRebuild(place: Place, cause: Extract<TraitDescription, { trait: 'not-replaced' }>['cause']): void {
  const { world, group } = place
  switch (cause) {
    case 'kms':
      group.behaviour.launchError = { phase: 'boot', code: 'Client.InternalError', message: 'Client.InternalError: Client error on launch' }
      return
    case 'silent':
      group.behaviour.silent = true
      return
    case 'launch-suspended':
      group.suspended.set('Launch', `User suspended at ${causeTime(world.time)}`)
      return
    case 'image-deregistered':
    case 'template-deleted':
      removeIngredient(place, cause)
      return
  }
}

function removeIngredient(place: Place, cause: Extract<TraitDescription, { trait: 'cannot-rebuild' }>['cause']): void {
  const { region, group } = place
  const data = currentData(region, group)
  const image = data.image === undefined ? undefined : region.images.get(resolveImage(region, data.image) ?? '')
  switch (cause) {
    case 'image-deregistered':
      if (image !== undefined) image.gone = true
      return
    case 'image-disabled':
      if (image !== undefined) image.state = 'disabled'
      return
    case 'template-deleted':
      if (group.source.kind === 'configuration') region.launchConfigurations.delete(group.source.name)
      else deleteTemplate(region, group.source.template.id)
      return
    case 'version-deleted': {
      if (group.source.kind === 'configuration') return
      // The group names a version by number that is no longer there.
      const template = region.templates.get(group.source.template.id) as Template
      const number = addTemplateVersion(template, data, place.world.time)
      template.versions.delete(1)
      template.defaultVersion = number
      group.source = { ...group.source, template: { id: template.id, version: '1' } }
      return
    }
    case 'security-group':
      for (const id of data.securityGroups ?? []) region.securityGroups.delete(id)
      return
    case 'key-pair': {
      const name = `${group.name}-key`
      setCurrentData(region, group, { ...data, keyName: name })
      return
    }
    case 'profile':
      region.profiles.delete(data.profile ?? '')
  }
}

function deleteTemplate(region: Region, id: string): void {
  const template = region.templates.get(id)
  if (template === undefined) return
  region.deletedTemplates.set(id, template.name)
  region.templates.delete(id)
}

/** The launch data in force, whatever kind of source carries it. */
function currentData(region: Region, group: Group): LaunchData {
  const launch = resolveLaunch(region, group, 0)
  if (launch.ok) return launch.launch.data
  throw new Error(`group ${group.name} is already broken: ${launch.message}`)
}

function setCurrentData(region: Region, group: Group, data: LaunchData): void {
  if (group.source.kind === 'configuration') {
    const known = region.launchConfigurations.get(group.source.name)
    if (known !== undefined) region.launchConfigurations.set(known.name, { ...known, data })
    return
  }
  const template = region.templates.get(group.source.template.id)
  if (template === undefined) return
  const number = Math.max(...template.versions.keys())
  const version = template.versions.get(number)
  if (version !== undefined) template.versions.set(number, { ...version, data })
}

/** A newer declaration than the members': what is rebuilt is not what died. */
function moveOn(place: Place, at: number, change: (data: LaunchData) => LaunchData): void {
  const { world, region, group } = place
  const data = change(currentData(region, group))
  if (group.source.kind === 'configuration') {
    const name = `${group.source.name.replace(/-\d+$/, '')}-${region.launchConfigurations.size + 1}`
    const arn = `arn:aws:autoscaling:${region.name}:${region.account}:launchConfiguration:${world.random.uuid()}:launchConfigurationName/${name}`
    region.launchConfigurations.set(name, { name, arn, createdAt: at, data })
    group.source = { kind: 'configuration', name }
    return
  }
  const template = region.templates.get(group.source.template.id)
  if (template === undefined) return
  const number = addTemplateVersion(template, data, at)
  const { version } = group.source.template
  if (version === '$Default') template.defaultVersion = number
  else if (version !== '$Latest') group.source = { ...group.source, template: { id: template.id, version: String(number) } }
}

/** A deployment by its owners: from now on the group declares another image. */
export function changeGroup(place: Place): void {
  const { world, region, group } = place
  const image = addImage(world, region, `${group.name}-hotfix`, 0)
  moveOn(place, world.time, data => ({ ...data, image: image.id }))
}

function editMembers(place: Place, change: { edits: readonly HandEdit[]; members: 'all' | number; edited: Set<string> }): void {
  const { world, region, group } = place
  const victims = change.members === 'all' ? group.members : group.members.slice(0, change.members)
  for (const member of victims) {
    const instance = region.instances.get(member.instance)
    if (instance === undefined) continue
    for (const edit of change.edits) editByHand(world, region, instance, edit)
    change.edited.add(instance.id)
  }
}

function addWarmPool(place: Place, state: 'Stopped' | 'Running'): void {
  const { world, region, group } = place
  const launch = resolveLaunch(region, group, 0)
  if (!launch.ok) throw new Error(`group ${group.name} cannot have a warm pool: ${launch.message}`)
  const at = world.time - 20 * 86_400_000
  const instance: Instance = createInstance(world, launch.launch, { region, group, subnet: group.subnets[0] as string, at })
  instance.state = state === 'Stopped' ? 'stopped' : 'running'
  const member: Member = {
    instance: instance.id,
    type: instance.type,
    zone: instance.zone,
    state: `Warmed:${state}`,
    health: 'Healthy',
    template: launch.launch.template === null ? null : { id: launch.launch.template.id, version: launch.launch.template.version },
    configuration: launch.launch.configuration,
    protected: false,
    weight: null,
    inServiceAt: null,
    image: null,
  }
  group.warmPool = { size: 1, state, members: [member] }
}
