import type { TraitDescription } from '../description.ts'
import type { HandEdit } from '../model.ts'
import { addImage, addTemplate, type ManagerDescription, seedMember } from './fleet.ts'
import { editByHand, imageNamed } from './machines.ts'
import { defaultTemplate, machineOf, managerId, reconcile } from './manager.ts'
import type { LaunchError, Properties, Template } from './model.ts'
import type { Place } from './operations.ts'

const DAY = 86_400_000
const MINUTE = 60_000
const FAR = 365 * DAY

/** A sentence on why a trait makes no sense for a managed instance group, or null. */
export function senseless(trait: TraitDescription): string | null {
  if (trait.trait === 'pre-built') return 'a managed instance group repairs no member from its standby pool'
  if (trait.trait === 'interrupted' && trait.how === 'rebalance')
    return 'Compute Engine does not replace instances on a rebalance recommendation'
  if (trait.trait === 'owned' && trait.by === 'ecs') return 'ECS owns no managed instance group; leave `by` out for GKE'
  if (trait.trait === 'not-replaced' && trait.cause === 'launch-suspended' && (trait.when ?? 'strike') === 'start')
    return 'repairs that are off from the start are the trait "suspended"'
  if (trait.trait === 'cannot-rebuild' && !['image-deregistered', 'image-disabled', 'template-deleted'].includes(trait.cause))
    return `Compute Engine knows no ${trait.cause} that a rebuild needs; there are image-deregistered, image-disabled and template-deleted`
  if ((trait.trait === 'config-drift' || trait.trait === 'successor-drift') && trait.edits?.some(edit => edit.kind === 'credits'))
    return 'machines here have no credits'
  return null
}

/** What a trait asks of a group before it is built. */
export function prepare(description: ManagerDescription): ManagerDescription {
  let group = description
  for (const trait of description.traits) group = prepareFor(group, trait)
  return group
}

function prepareFor(group: ManagerDescription, trait: TraitDescription): ManagerDescription {
  switch (trait.trait) {
    case 'health-unproven':
      return { ...group, healthCheck: false }
    case 'not-opted-in':
      return { ...group, optIn: false }
    case 'near-miss':
      // Labels have no capitals.
      return { ...group, optIn: trait.value === 'Enabled' ? 'true' : trait.value.toLowerCase() }
    case 'too-small':
      return { ...group, size: 1 }
    case 'young':
      return { ...group, age: trait.age }
    case 'owned':
      return { ...group, labels: { ...group.labels, 'goog-gke-node': '' }, owner: 'gke' }
    default:
      return group
  }
}

/** Puts a trait into force; returns the machines that it changed by hand, or null where it is about the group. */
export function applyTrait(place: Place, trait: TraitDescription): ReadonlySet<string> | null {
  const edited = trait.trait === 'config-drift' || trait.trait === 'state-drift' ? new Set<string>() : null
  const setIn = () => takeEffect(place, trait, edited ?? new Set())
  const late = trait.trait === 'group-changed' || (trait.trait === 'not-replaced' && trait.cause !== 'kms' && trait.cause !== 'silent')
  const moment = trait.when ?? (late ? 'strike' : 'start')
  if (moment === 'start') {
    setIn()
    return edited
  }
  let waiting = true
  place.world.onStrike(managerId(place.project, place.manager), () => {
    if (!waiting) return
    waiting = false
    if (moment === 'strike') setIn()
    else place.world.after(place.project, moment.afterStrike, setIn)
  })
  return edited
}

const DEFAULT_EDITS: HandEdit[] = [{ kind: 'security-group', name: 'sg-emergency' }]

function takeEffect(place: Place, trait: TraitDescription, edited: Set<string>): void {
  const { world, project, manager } = place
  const { behaviour, timing } = manager
  switch (trait.trait) {
    case 'not-replaced':
      breakRebuild(place, trait.cause)
      return
    case 'no-capacity':
      failLaunches(place, capacity(place), trait.for)
      return
    case 'quota':
      failLaunches(place, quota(place), trait.for)
      return
    case 'unhealthy':
      behaviour.health = 'UNHEALTHY'
      return
    case 'late':
      behaviour.boot = trait.boot
      return
    case 'slow':
      behaviour.boot = trait.boot ?? timing.boot * 3
      return
    case 'wrong-image':
      behaviour.imageInstead = addImage(world, project, { name: `${manager.name}-unreleased`, ageDays: 1 }).name
      return
    case 'stale-image':
      moveOn(place, world.time - trait.age, properties => ({ ...properties, sourceImage: newImage(place, trait.age / DAY) }))
      return
    case 'outdated':
      moveOn(place, world.time - 10 * DAY, properties => ({ ...properties, metadata: { ...properties.metadata, release: '2' } }))
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
      project.defaultServiceAccount = `moved-${project.number}@${project.name}.iam.gserviceaccount.com`
      return
    case 'died-young':
      behaviour.fate = { after: trait.after ?? timing.health + 1000, how: trait.how }
      return
    case 'interrupted':
      behaviour.fate = { after: trait.after ?? timing.health + 1000, how: trait.how === 'scale-in' ? 'scale-in' : 'spot' }
      return
    case 'group-changed':
      changeGroup(place)
      return
    case 'refreshing':
      moveOn(place, world.time - 5 * MINUTE, properties => ({ ...properties, metadata: { ...properties.metadata, release: '2' } }))
      manager.updateType = 'PROACTIVE'
      manager.rolling = true
      return
    case 'scaling':
      behaviour.boot = FAR
      manager.targetSize++
      reconcile(place)
      return
    case 'recently-changed': {
      const template = project.templates.get(defaultTemplate(manager)) as Template
      const image = imageNamed(project, template.properties.sourceImage)
      if (image !== null) seedMember(place, { age: MINUTE, template, image })
      manager.targetSize = manager.slots.length
      return
    }
    case 'below-desired':
      failLaunches(place, capacity(place))
      manager.targetSize++
      reconcile(place)
      return
    case 'unhealthy-member':
      // The group would heal it after a while; a world that must be found so keeps it.
      if (manager.slots[0] !== undefined) manager.slots[0].health = 'UNHEALTHY'
      return
    case 'standby': {
      const [slot] = manager.slots
      const machine = slot === undefined ? null : machineOf(project, slot)
      if (slot === undefined || machine === null) return
      machine.status = 'TERMINATED'
      slot.stopped = true
      manager.targetSize--
      return
    }
    case 'suspended':
      manager.repairs = false
      return
    case 'deleting':
      manager.deleting = true
      for (const slot of manager.slots) slot.action = 'DELETING'
      return
    case 'protected':
      manager.stateful = true
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
    case 'pre-built':
      return
  }
}

function regionOf({ manager }: Place): string {
  return manager.location.replace(/-[a-z]$/, '')
}

function quota(place: Place): LaunchError {
  return { code: 'QUOTA_EXCEEDED', message: `Quota 'CPUS' exceeded.  Limit: 24.0 in region ${regionOf(place)}.` }
}

function capacity({ project, manager }: Place): LaunchError {
  const zone = manager.zones[0] ?? manager.location
  const message = `The zone 'projects/${project.name}/zones/${zone}' does not have enough resources available to fulfill the request.  Try a different zone, or try again later.`
  return { code: 'ZONE_RESOURCE_POOL_EXHAUSTED', message }
}

function failLaunches({ world, project, manager }: Place, error: LaunchError, howLong?: number): void {
  manager.behaviour.launchError = error
  if (howLong === undefined) return
  world.after(project, howLong, () => {
    if (manager.behaviour.launchError === error) manager.behaviour.launchError = null
  })
}

function breakRebuild(place: Place, cause: Extract<TraitDescription, { trait: 'not-replaced' }>['cause']): void {
  const { behaviour } = place.manager
  switch (cause) {
    case 'kms':
      behaviour.launchError = {
        code: 'PERMISSIONS_ERROR',
        message: 'Cloud KMS error when using key: permission denied on resource (or it may not exist).',
      }
      return
    case 'silent':
      behaviour.silent = true
      return
    case 'launch-suspended':
      place.manager.repairs = false
      return
    case 'image-deregistered':
    case 'template-deleted':
      removeIngredient(place, cause)
  }
}

function removeIngredient({ project, manager }: Place, cause: string): void {
  for (const { template: key } of manager.versions) {
    const template = project.templates.get(key)
    const image = template === undefined ? null : imageNamed(project, template.properties.sourceImage)
    if (cause === 'template-deleted') project.templates.delete(key)
    if (cause === 'image-deregistered' && image !== null) image.gone = true
    if (cause === 'image-disabled' && image !== null) image.state = 'OBSOLETE'
  }
}

function newImage({ world, project, manager }: Place, ageDays: number): string {
  return `global/images/${addImage(world, project, { name: `${manager.name}-image-${project.images.size + 1}`, ageDays }).name}`
}

/** A new release: another template with another image, which members get when they are made anew. */
export function changeGroup(place: Place): void {
  moveOn(place, place.world.time, properties => ({ ...properties, sourceImage: newImage(place, 0) }))
}

/** A newer declaration than the members', rolled out by nobody. */
function moveOn(place: Place, at: number, change: (properties: Properties) => Properties): void {
  const { world, project, manager } = place
  const template = project.templates.get(defaultTemplate(manager))
  if (template === undefined) return
  const name = `${manager.name}-template-${project.templates.size + 1}`
  const next = addTemplate(world, project, { name, region: template.region, at, properties: change(template.properties) })
  manager.versions = manager.versions.map(version => (version.fixed === null ? { ...version, template: next.key } : version))
  manager.updateType = 'OPPORTUNISTIC'
}

function editMembers(place: Place, change: { edits: readonly HandEdit[]; members: 'all' | number; edited: Set<string> }): void {
  const { world, project, manager } = place
  const victims = change.members === 'all' ? manager.slots : manager.slots.slice(0, change.members)
  for (const slot of victims) {
    const machine = machineOf(project, slot)
    if (machine === null) continue
    for (const edit of change.edits) editByHand(world, project, machine, edit)
    change.edited.add(machine.id)
  }
}
