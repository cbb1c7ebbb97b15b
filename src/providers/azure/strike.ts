import type { StrikeOrder } from '../../domain/drill.ts'
import type { Receipt } from '../provider.ts'
import { ProviderError } from '../provider-error.ts'
import type { Deletion, Machine } from './api.ts'
import { identityOf, type ScaleSetRef, scaleSetRef } from './ids.ts'
import { summaryOf } from './map.ts'
import { isFlexible } from './members.ts'
import { listMachines, type ScopeContext } from './observe.ts'

/**
 * The contract's strike(): the call can name only a number or a name, which may mean another machine by now, so the
 * recorded victim is looked up by its identity immediately before; then one call, sent once.
 *
 * Both methods delete it through its set, because then the set's size falls with it: a machine of a flexible set that was
 * deleted by itself has been seen to leave the size where it was. `retire` is graceful: notices of termination are
 * honoured. `crash` asks for force, which skips the graceful end: the nearest thing to a host that dies.
 */
export async function strike(
  context: ScopeContext,
  order: StrikeOrder,
  sending: { signal: AbortSignal; mayStillSend: () => boolean },
): Promise<Receipt> {
  const ref = scaleSetRef(context.scope, order.group)
  if (ref === null) throw refused('invalid', `${order.group} is no scale set of ${context.scope}`)
  const found = await lookUp(context, { ref, order }, sending.signal)
  const ongoing = await context.api.deleteMember(deletionOf(ref, order, found), { drill: order.drill, ...sending })
  return { acceptedAt: context.clock.now(), reference: ongoing.reference }
}

interface Found {
  readonly flexible: boolean
  readonly machine: Machine
}

/** Everything up to here has only read, so whatever fails has done nothing. */
async function lookUp(
  context: ScopeContext,
  { ref, order }: { ref: ScaleSetRef; order: StrikeOrder },
  signal: AbortSignal,
): Promise<Found> {
  try {
    const set = await context.api.getScaleSet(ref, { userData: false }, signal)
    if (summaryOf(set, { id: order.group, scope: order.scope, optInById: null }).incarnation !== order.incarnation)
      throw refused('not-found', `${order.groupName} is another scale set by now than the one that was planned for`)
    const machines = await listMachines(context.api, { ref, set, view: false }, signal)
    const machine = machines.find(one => identityOf(one) === order.victim.id)
    if (machine === undefined) throw refused('not-found', `the victim ${order.victim.name} is no member of ${order.groupName} any more`)
    if (/^deleting$/i.test(machine.provisioningState ?? ''))
      throw refused('conflict', `the victim ${order.victim.name} is being deleted already`)
    return { flexible: isFlexible(set), machine }
  } catch (error) {
    if (!(error instanceof ProviderError) || !error.mayHaveActed) throw error
    throw new ProviderError(error.message, { code: error.code, operation: error.operation, mayHaveActed: false, cause: error.cause })
  }
}

function deletionOf(set: ScaleSetRef, order: StrikeOrder, { flexible, machine }: Found): Deletion {
  // Members of a flexible set are known to it by the machine's own name.
  const instanceId = flexible ? machine.name : machine.instanceId
  if (instanceId === undefined || instanceId === '') throw refused('invalid', `Azure shows no name for the victim ${order.victim.name}`)
  return { set, instanceId, forced: order.method === 'crash' }
}

function refused(code: ProviderError['code'], what: string): ProviderError {
  return new ProviderError(`strike: ${what}. Nothing was sent.`, { code, operation: 'strike', mayHaveActed: false })
}
