import { type AzureDescription, type TraitDescription, WorldError } from '../description.ts'
import type { Truth } from '../truth.ts'
import { imageVersion, seedMachine } from './fleet.ts'
import { versionsOf } from './images.ts'
import type { Edit, Model } from './model.ts'
import { editByHand, groupId, identityOf, type Site, scaleSetId, setCapacity } from './scale-sets.ts'

type AzureGroup = AzureDescription['groups'][number]

/** What a trait asks of a set before it is built. Throws WorldError for what makes no sense here. */
export function prepare(description: AzureGroup): AzureGroup {
  let group = description
  for (const trait of description.traits) {
    const why = senseless(trait, group)
    if (why !== null) throw new WorldError(`the world: azure group ${group.name}: ${trait.trait}: ${why}`)
    group = prepareFor(group, trait)
  }
  return group
}

function prepareFor(group: AzureGroup, trait: TraitDescription): AzureGroup {
  switch (trait.trait) {
    case 'health-unproven':
      return { ...group, health: 'none' }
    case 'not-opted-in':
      return { ...group, optIn: false }
    case 'near-miss':
      return { ...group, optIn: trait.value }
    case 'too-small':
      return { ...group, size: 1 }
    case 'young':
      return { ...group, age: trait.age }
    case 'interrupted':
      return trait.how === 'spot' ? { ...group, priority: 'Spot' } : group
    case 'suspended':
      return { ...group, repairs: true }
    case 'refreshing':
      return { ...group, upgrade: 'Rolling' }
    case 'owned':
      return { ...group, tags: { ...group.tags, 'aks-managed-poolName': 'workers', 'aks-managed-orchestrator': 'Kubernetes:1.34.1' } }
    default:
      return group
  }
}

/** Why this cloud has no such thing, or null. */
function senseless(trait: TraitDescription, group: AzureGroup): string | null {
  switch (trait.trait) {
    case 'stale-image':
    case 'wrong-image':
      return group.image === 'managed' ? 'a managed image has no versions' : null
    case 'pre-built':
      return 'scale sets have no warm pool here (standby pools are not simulated)'
    case 'owned':
      return trait.by === 'ecs' ? 'ECS is on AWS only; leave `by` out for AKS' : null
    case 'interrupted':
      return trait.how === 'rebalance' ? 'rebalancing over zones is not simulated; use spot or scale-in' : null
    case 'not-replaced':
      return trait.cause === 'launch-suspended' || trait.cause === 'template-deleted'
        ? `${trait.cause} is of AWS only; use kms, image-deregistered or silent`
        : null
    case 'cannot-rebuild':
      if (trait.cause === 'image-deregistered' || trait.cause === 'image-disabled') return null
      if (trait.cause === 'template-deleted') return group.mode === 'flexible' ? null : 'only a flexible set can be without a profile'
      return `${trait.cause} is of AWS only; use image-deregistered, image-disabled or template-deleted`
    case 'config-drift':
    case 'successor-drift': {
      const odd = (trait.edits ?? []).find(edit =>
        ['metadata', 'source-dest-check', 'termination-protection', 'credits'].includes(edit.kind),
      )
      return odd === undefined ? null : `machines here have no ${odd.kind}`
    }
    default:
      return null
  }
}

const FAR = 365 * 86_400_000
const MINUTE = 60_000
const DEFAULT_EDITS: readonly Edit[] = [{ kind: 'volume', device: 'lun9', size: 64 }]
/** Set in with the first strike unless told otherwise: before it, they would be seen and refused. */
const ON_STRIKE = new Set(['not-replaced:image-deregistered', 'group-changed'])

const FAILURES = {
  'no-capacity': {
    code: 'ZonalAllocationFailed',
    message:
      'Allocation failed. We do not have sufficient capacity for the requested VM size in this zone. Read more about improving likelihood of allocation success.',
  },
  quota: {
    code: 'OperationNotAllowed',
    message: 'Operation could not be completed as it results in exceeding approved Total Regional Cores quota. Current Limit: 10.',
  },
  kms: {
    code: 'KeyVaultAccessForbidden',
    message:
      'Unable to access the Key Vault resource that encrypts the disk. The identity of the disk encryption set has no access to the key.',
  },
} as const

/**
 * Puts a trait into force. Returns the identities of members that it changed by hand (filled later where it sets in
 * later), or null where it is about the set.
 */
export function applyTrait(site: Site, trait: TraitDescription): ReadonlySet<string> | null {
  const edited = trait.trait === 'config-drift' || trait.trait === 'state-drift' ? new Set<string>() : null
  const setIn = () => takeEffect(site, trait, edited ?? new Set())
  const moment = trait.when ?? (ON_STRIKE.has('cause' in trait ? `${trait.trait}:${trait.cause}` : trait.trait) ? 'strike' : 'start')
  if (moment === 'start') {
    setIn()
    return edited
  }
  let waiting = true
  site.world.onStrike(groupId(site.subscription, site.set), () => {
    if (!waiting) return
    waiting = false
    if (moment === 'strike') setIn()
    else site.world.after(site.subscription, moment.afterStrike, setIn)
  })
  return edited
}

/** What is true here and not on other clouds: the model that older members were made from can no longer be read. */
export function truthHere(traits: readonly TraitDescription[], truth: Truth): Truth {
  const findings = truth.findings.filter(finding => finding.kind !== 'outdated')
  if (!traits.some(({ trait }) => trait === 'outdated')) return { ...truth, findings }
  const refusals = [...truth.refusals, { rule: 'S10', why: 'the model that the members were made from can no longer be read' }]
  return { ...truth, outcome: 'refused', refusals, findings }
}

function takeEffect(site: Site, trait: TraitDescription, edited: Set<string>): void {
  const { world, subscription, set } = site
  const { behaviour } = set
  switch (trait.trait) {
    case 'not-replaced':
      if (trait.cause === 'silent') behaviour.silent = true
      else if (trait.cause === 'kms') behaviour.createError = FAILURES.kms
      else removeImage(site, 'image-deregistered')
      return
    case 'no-capacity':
    case 'quota':
      failCreations(site, trait)
      return
    case 'unhealthy':
      behaviour.health = 'unhealthy'
      return
    case 'late':
      behaviour.boot = trait.boot
      return
    case 'slow':
      behaviour.boot = trait.boot ?? set.timing.boot * 3
      return
    case 'wrong-image':
      behaviour.imageInstead = '9.9.9'
      return
    case 'stale-image':
      addVersion(site, world.time - trait.age)
      return
    case 'outdated':
      changeModel(site, world.time - 10 * 86_400_000, model => ({ ...model, osDisk: { ...model.osDisk, caching: 'ReadOnly' } }))
      return
    case 'config-drift':
      editMembers(site, { edits: (trait.edits as readonly Edit[] | undefined) ?? DEFAULT_EDITS, members: trait.members, edited })
      return
    case 'state-drift':
      editMembers(site, { edits: [{ kind: 'content', path: trait.path, value: trait.value }], members: trait.members, edited })
      return
    case 'successor-drift':
      behaviour.edits = (trait.edits as readonly Edit[] | undefined) ?? DEFAULT_EDITS
      return
    case 'environment-changed':
      subscription.defaultSecurityType = 'TrustedLaunch'
      return
    case 'died-young':
      behaviour.fate = { after: trait.after ?? set.timing.health + 1000, how: trait.how }
      return
    case 'interrupted':
      behaviour.fate = { after: trait.after ?? set.timing.health + 1000, how: trait.how === 'spot' ? 'spot' : 'scale-in' }
      return
    case 'group-changed':
      changeGroup(site)
      return
    case 'refreshing':
      set.rollingUpgrade = 'RollingForward'
      return
    case 'scaling':
      behaviour.boot = FAR
      setCapacity(site, set.capacity + 1)
      return
    case 'recently-changed':
      seedMachine(site, MINUTE)
      set.capacity = set.machines.size
      return
    case 'below-desired':
      set.capacity++
      return
    case 'unhealthy-member':
      editFirst(site, machine => {
        if (machine.health === null) machine.provisioning = 'Failed'
        else machine.health = 'unhealthy'
      })
      return
    case 'standby':
      editFirst(site, machine => {
        machine.power = 'deallocated'
      })
      return
    case 'suspended':
      if (set.repairs !== null) set.repairs.state = 'Suspended'
      return
    case 'deleting':
      set.deleting = true
      return
    case 'protected':
      protectAll(site)
      return
    case 'cannot-rebuild':
      if (trait.cause === 'template-deleted') set.model = null
      else removeImage(site, trait.cause)
      return
    default:
      return
  }
}

function failCreations({ world, subscription, set }: Site, trait: TraitDescription & { trait: 'no-capacity' | 'quota' }): void {
  const error = FAILURES[trait.trait]
  set.behaviour.createError = error
  if (trait.for === undefined) return
  world.after(subscription, trait.for, () => {
    if (set.behaviour.createError === error) set.behaviour.createError = null
  })
}

function editFirst({ set }: Site, edit: (machine: Parameters<typeof editByHand>[0]) => void): void {
  const [first] = set.machines.values()
  if (first !== undefined) edit(first)
}

function editMembers({ set }: Site, change: { edits: readonly Edit[]; members: 'all' | number; edited: Set<string> }): void {
  const all = [...set.machines.values()]
  for (const machine of change.members === 'all' ? all : all.slice(0, change.members)) {
    for (const edit of change.edits) editByHand(machine, edit)
    change.edited.add(identityOf(machine))
  }
}

/** Uniform members carry protection themselves; machines of a flexible set are protected by locks. */
function protectAll({ subscription, set }: Site): void {
  for (const machine of set.machines.values()) {
    machine.protectFromScaleIn = set.mode === 'uniform'
    if (set.mode === 'uniform') continue
    const scope = scaleSetId(subscription, set).replace(/virtualMachineScaleSets\/.*$/, `virtualMachines/${machine.name}`)
    subscription.locks.push({ name: 'keep', level: 'CanNotDelete', scope })
  }
}

/** A new release: another model, which members get when they are made anew. */
export function changeGroup(site: Site): void {
  changeModel(site, site.world.time, model => ({ ...model, osDisk: { ...model.osDisk, size: model.osDisk.size + 32 } }))
}

function changeModel({ world, set }: Site, at: number, change: (model: Model) => Model): void {
  if (set.model === null) return
  set.model = { ...change(set.model), createdAt: at }
  set.modelVersion++
  set.etag = world.random.hex(8)
}

/** A newer version than the members run; the model that names one by number is changed to name it. */
function addVersion(site: Site, at: number): void {
  const { subscription, set } = site
  const model = set.model
  const versions = model === null ? undefined : versionsOf(subscription, model.image)
  if (model === null || versions === undefined) return
  versions.set('1.1.0', imageVersion('1.1.0', at))
  const { image } = model
  if (image.version !== null && image.version !== 'latest')
    changeModel(site, at, old => ({ ...old, image: { ...image, version: '1.1.0' } }))
}

function removeImage({ subscription, set }: Site, cause: string): void {
  const versions = set.model === null ? undefined : versionsOf(subscription, set.model.image)
  for (const version of versions?.values() ?? []) {
    if (cause === 'image-deregistered') version.gone = true
    else if (set.model?.image.kind === 'marketplace') version.deprecation = 'Deprecated'
    // A version of a gallery knows no deprecation, and one that is only excluded from the newest is still to be had by its number.
    else version.provisioningState = 'Failed'
  }
}
