import type { Operation as Change, Lock, ScaleSet, Subscription } from '../world/azure/model.ts'
import { deleteMachines, type Site, setCapacity } from '../world/azure/scale-sets.ts'
import { ArmError } from './arm-error.ts'
import type { Answer, Call, Operation } from './call.ts'
import { GROUP, machineNamed, memberOf, SET, setOf } from './reads.ts'
import { machineId, scaleSetJson } from './render.ts'

export const writeOperations: readonly Operation[] = [
  { name: 'virtualMachineScaleSets.deleteInstances', method: 'POST', path: `${SET}/delete`, run: deleteInstances },
  { name: 'virtualMachineScaleSets.update', method: 'PATCH', path: SET, run: update },
  {
    name: 'virtualMachineScaleSetVMs.delete',
    method: 'DELETE',
    path: `${SET}/virtualMachines/{machine}`,
    run: call => {
      const set = setOf(call)
      return deleteOne(call, set, memberOf(call, set).instanceId)
    },
  },
  {
    name: 'virtualMachines.delete',
    method: 'DELETE',
    path: `${GROUP}/virtualMachines/{machine}`,
    run: call => {
      const { set, machine } = machineNamed(call)
      return deleteOne(call, set, machine.instanceId)
    },
  },
]

function siteOf({ world, subscription }: Call, set: ScaleSet): Site {
  return { world, subscription, set }
}

function deleteInstances(call: Call): Answer {
  const set = setOf(call)
  const ids = (call.body as { instanceIds?: unknown } | null)?.instanceIds
  if (!Array.isArray(ids) || ids.length === 0) throw new ArmError(400, 'InvalidParameter', 'Required parameter instanceIds is missing.')
  // Locks are the Resource Manager's, and come before the question whether there is such a machine.
  refuseLocked(call.subscription, [call.path.replace(/\/delete$/i, '')])
  // `*` would be every member: nobody who drills one asks for that.
  const machines = ids.map(id => memberOf({ names: { machine: String(id) } }, set))
  refuseLocked(
    call.subscription,
    machines.map(machine => machineId(call.subscription, set, machine)),
  )
  return accepted(call, deleteMachines(siteOf(call, set), machines, { way: 'set', forced: call.query.get('forceDeletion') === 'true' }))
}

function deleteOne(call: Call, set: ScaleSet, instanceId: string): Answer {
  const machine = memberOf({ names: { machine: instanceId } }, set)
  refuseLocked(call.subscription, [call.path])
  const forced = call.query.get('forceDeletion') === 'true'
  return accepted(call, deleteMachines(siteOf(call, set), [machine], { way: 'machine', forced }))
}

/** Inherited: a lock on anything above counts. */
function refuseLocked(
  subscription: Subscription,
  resources: readonly string[],
  levels: readonly Lock['level'][] = ['CanNotDelete', 'ReadOnly'],
): void {
  const under = (scope: string): boolean => resources.some(id => `${id}/`.toLowerCase().startsWith(`${scope}/`.toLowerCase()))
  const lock = subscription.locks.find(each => levels.includes(each.level) && under(each.scope))
  if (lock === undefined) return
  const message = `The scope '${resources[0]}' cannot perform this operation because following scope(s) are locked: '${lock.scope}'. Please remove the lock and try again.`
  throw new ArmError(409, 'ScopeLocked', message)
}

function update(call: Call): Answer {
  const set = setOf(call)
  refuseLocked(call.subscription, [call.path], ['ReadOnly'])
  const expected = call.headers['if-match']
  if (expected !== undefined && expected !== '*' && expected !== `"${set.etag}"`) {
    const message = `The resource has been modified: the etag ${String(expected)} does not match "${set.etag}".`
    throw new ArmError(412, 'PreconditionFailed', message)
  }
  const { sku, tags } = (call.body ?? {}) as { sku?: { capacity?: unknown }; tags?: Record<string, string> }
  if (tags !== undefined) set.tags = tags
  const capacity = sku?.capacity
  if (capacity === undefined) return { status: 200, body: scaleSetJson(call.subscription, set, { userData: false }) }
  if (typeof capacity !== 'number' || capacity < 0 || capacity > 1000)
    throw new ArmError(400, 'InvalidParameter', `The value ${JSON.stringify(capacity)} of parameter sku.capacity is invalid.`)
  if (set.deleting) throw new ArmError(409, 'OperationNotAllowed', `The scale set ${set.name} is being deleted.`)
  const operation = setCapacity(siteOf(call, set), capacity)
  const body = scaleSetJson(call.subscription, set, { userData: false })
  return { status: 200, headers: links(call, operation), body }
}

function accepted(call: Call, operation: Change): Answer {
  const { 'azure-asyncoperation': follow, ...rest } = links(call, operation)
  const location = String(follow).replace('/operations/', '/operationresults/')
  return { status: 202, headers: { ...rest, 'azure-asyncoperation': String(follow), location } }
}

function links({ origin, subscription, query }: Call, operation: Change): Record<string, string> {
  const base = `${origin}/subscriptions/${subscription.subscription}/providers/Microsoft.Compute/locations/${subscription.location}`
  const version = query.get('api-version') ?? '2026-04-01'
  return { 'azure-asyncoperation': `${base}/operations/${operation.id}?p=1&api-version=${version}`, 'retry-after': '0' }
}
