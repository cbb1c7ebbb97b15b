import type { VirtualMachineScaleSet } from '@azure/arm-compute'
import type { AskedSize, StrikeOrder } from '../../domain/drill.ts'
import type { Asking, Restored } from '../provider.ts'
import { ProviderError } from '../provider-error.ts'
import type { Machine } from './api.ts'
import { OLDEST_VIEW_MS } from './events.ts'
import { identityOf, type ScaleSetRef, scaleSetRef } from './ids.ts'
import { summaryOf } from './map.ts'
import { isFlexible } from './members.ts'
import type { Sent } from './memory.ts'
import { listMachines, type ScopeContext } from './observe.ts'
import { type AskedChange, decideRestore, type RestoreDecision, type RestoreFacts } from './restore-decision.ts'

/** After a change has ended, so long may listings take to show what it made: as long as any reading may lag behind. */
const SETTLES = OLDEST_VIEW_MS
/** A change that failed is tried again: capacity comes back, and nobody else would ask for it. */
const TRY_AGAIN = 120_000

/**
 * The contract's restore(): reads size and members anew each time, decides, and sends at most one change, guarded by the
 * etag of that very reading and kept before it is sent. Idempotent: what a crash forgets is seen again in what stands.
 */
export async function restore(
  context: ScopeContext,
  order: StrikeOrder,
  { signal, asking }: { signal: AbortSignal; asking: Asking },
): Promise<Restored> {
  const ref = scaleSetRef(context.scope, order.group)
  if (ref === null)
    throw new ProviderError(`${order.group} is not in ${context.scope}`, { code: 'invalid', operation: 'restore', mayHaveActed: false })
  // While its own change is carried out there is nothing to decide, and a set gives few answers a minute about itself.
  if (await isUnderWay(context, order, signal)) return { state: 'requested', detail: 'the scale set is making the machine' }
  const set = await readSet(context, ref, signal)
  if (set === null) return toldOf(decideRestore(gone(order)))
  const machines = await listMachines(context.api, { ref, set, view: false }, signal)
  const decision = decideRestore(factsOf(context, order, { set, machines, last: asking.last }))
  return decision.kind === 'set-capacity' ? raise(context, order, { ref, set, decision, signal, asking }) : toldOf(decision)
}

async function readSet(context: ScopeContext, ref: ScaleSetRef, signal: AbortSignal): Promise<VirtualMachineScaleSet | null> {
  try {
    return await context.api.getScaleSet(ref, { userData: false }, signal)
  } catch (error) {
    if (error instanceof ProviderError && error.code === 'not-found') return null
    throw error
  }
}

/** Whether the change that this process sent is still carried out. How one goes on that cannot be asked for, the set itself must tell. */
async function isUnderWay({ memory, clock, log }: ScopeContext, order: StrikeOrder, signal: AbortSignal): Promise<boolean> {
  const sent = memory.sent(order.drill)
  if (sent === undefined || sent.ended !== 'running') return false
  try {
    const progress = await sent.ongoing.progress(signal)
    if (progress === 'running') return true
    sent.ended = progress === 'succeeded' ? 'succeeded' : 'failed'
    sent.detail = progress === 'succeeded' ? '' : progress.failed
    sent.endedAt = clock.monotonic()
  } catch (error) {
    if (signal.aborted || !(error instanceof ProviderError)) throw error
    log.warn('how a restore goes on could not be read', { drill: order.drill, why: error.message })
    // What no view is too old to know any more is lost: the set alone tells what came of it.
    if (error.code === 'not-found' && clock.monotonic() - sent.at >= SETTLES)
      Object.assign(sent, { ended: 'failed', detail: error.message, endedAt: clock.monotonic() })
  }
  return false
}

function factsOf(
  { memory, clock }: Pick<ScopeContext, 'memory' | 'clock'>,
  order: StrikeOrder,
  { set, machines, last }: { set: VirtualMachineScaleSet; machines: readonly Machine[]; last: AskedSize | null },
): RestoreFacts {
  if (summaryOf(set, { id: order.group, scope: order.scope, optInById: null }).incarnation !== order.incarnation) return gone(order)
  const victim = machines.find(machine => identityOf(machine) === order.victim.id)
  const others = machines.filter(machine => machine !== victim)
  const staying = others.filter(machine => !isLeaving(machine))
  return {
    recorded: order.desired,
    nominal: set.sku?.capacity ?? null,
    present: staying.length,
    ready: staying.filter(machine => /^(succeeded|updating)$/i.test(machine.provisioningState ?? '')).length,
    victim: victim === undefined ? 'gone' : isLeaving(victim) ? 'leaving' : 'there',
    othersLeaving: staying.length < others.length,
    state: stateOf(set),
    counting: isFlexible(set) ? 'unknown' : 'absolute',
    etag: etagOf(set),
    asked: last === null ? null : askedOf(last, { sent: memory.sent(order.drill), etag: etagOf(set), now: clock.monotonic() }),
  }
}

/** How the last change goes, where this process has sent it too; of another's only the etag tells whether anything came of it. */
function askedOf(last: AskedSize, { sent, etag, now }: { sent: Sent | undefined; etag: string | null; now: number }): AskedChange | null {
  const { size: to, from, seen } = last
  if (sent?.to !== to) return seen === etag ? null : { to, from, ended: 'unknown', settled: false, mayRepeat: false, detail: '' }
  const age = sent.endedAt === null ? 0 : now - sent.endedAt
  const { ended, detail } = sent
  return { to, from, ended, settled: ended !== 'running' && age >= SETTLES, mayRepeat: ended === 'failed' && age >= TRY_AGAIN, detail }
}

function etagOf({ etag }: VirtualMachineScaleSet): string | null {
  return etag === undefined || etag === '' ? null : etag
}

function isLeaving(machine: Machine): boolean {
  return /^deleting$/i.test(machine.provisioningState ?? '')
}

/** A state that is not known counts as a change under way: nothing is sent into it. */
function stateOf(set: VirtualMachineScaleSet): RestoreFacts['state'] {
  const state = (set.provisioningState ?? '').toLowerCase()
  return state === 'succeeded' || state === 'failed' || state === 'deleting' ? state : 'updating'
}

function gone(order: StrikeOrder): RestoreFacts {
  const nothing = {
    present: 0,
    ready: 0,
    victim: 'gone',
    othersLeaving: false,
    state: 'succeeded',
    counting: 'absolute',
    etag: null,
    asked: null,
  } as const
  return { ...nothing, recorded: order.desired, nominal: null }
}

interface Raising {
  readonly ref: ScaleSetRef
  readonly set: VirtualMachineScaleSet
  readonly decision: RestoreDecision & { readonly kind: 'set-capacity' }
  readonly signal: AbortSignal
  readonly asking: Asking
}

async function raise({ api, memory, clock }: ScopeContext, order: StrikeOrder, raising: Raising): Promise<Restored> {
  const { ref, set, signal, asking } = raising
  const { to, etag, detail } = raising.decision
  const { last } = asking
  const kept = await asking.keep({ size: to, from: set.sku?.capacity ?? order.desired, seen: etag })
  if (!kept) return { state: 'waiting', detail: 'another process is at work on it' }
  try {
    const ongoing = await api.setCapacity(ref, { sku: set.sku, capacity: to, etag }, { drill: order.drill, signal })
    memory.noteSent(order.drill, { to, at: clock.monotonic(), ongoing, ended: 'running', endedAt: null, detail: '' })
    return { state: 'requested', detail: `${detail}; asked for ${to}` }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    // What Azure certainly did not take was never asked for.
    if (!error.mayHaveActed) await asking.keep(last)
    // Refused or lost: the next look reads anew what stands. A changed etag is somebody else's change, never overwritten.
    return { state: 'waiting', detail: error.message }
  }
}

function toldOf({ kind, detail }: RestoreDecision): Restored {
  const states = { wait: 'waiting', requested: 'requested', 'set-capacity': 'requested', done: 'done', yield: 'yielded' } as const
  return { state: states[kind], detail }
}
