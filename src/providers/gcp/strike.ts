import type { StrikeOrder } from '../../domain/drill.ts'
import type { Receipt } from '../provider.ts'
import { ProviderError } from '../provider-error.ts'
import { strikeName } from './client.ts'
import type { ScopeContext } from './context.ts'
import { groupPlace } from './reads.ts'
import { idOf, type Operation } from './wire.ts'

/** How long a strike waits for its own operation to fail; what takes longer is seen by watching. */
const FAILS_WITHIN = 2_500

/**
 * The contract's strike(). Both calls name the instance by a name that is used again, so whose name it is is looked up immediately
 * before. The group keeps its size in both: deleting the machine itself is a failure to it, and recreating is asked of it.
 */
export async function strike(
  context: ScopeContext,
  order: StrikeOrder,
  sending: { signal: AbortSignal; mayStillSend: () => boolean },
): Promise<Receipt> {
  const { api } = context
  const group = groupPlace(api, order.group)
  const { name, zone, id } = order.victim
  if (group === null || zone === null || !/^\d+$/.test(id)) {
    const message = `${name} (${id}) in ${order.group} is no instance of ${context.scope} with a known zone. Nothing was sent.`
    throw new ProviderError(message, { code: 'invalid', operation: 'strike', mayHaveActed: false })
  }
  await mustStillBe(context, order, { zone, signal: sending.signal })
  const { drill, requestId, method } = order
  const operation = await api.strike(
    { drill, requestId, method, group, zone, instance: name, mayStillSend: sending.mayStillSend },
    sending.signal,
  )
  const acceptedAt = context.clock.now()
  await failEarly(context, operation, { what: strikeName({ method, group }), signal: sending.signal })
  return { acceptedAt, reference: operation.name ?? null }
}

/** Nothing has been sent yet, so whatever goes wrong here has done nothing. */
async function mustStillBe({ api }: ScopeContext, order: StrikeOrder, at: { zone: string; signal: AbortSignal }): Promise<void> {
  const { name, id } = order.victim
  const refuse = (code: ProviderError['code'], why: string, cause?: unknown): ProviderError =>
    new ProviderError(`${why} Nothing was sent.`, { code, operation: 'instances.get', mayHaveActed: false, cause })
  try {
    const there = idOf((await api.instance(at.zone, name, at.signal)).id)
    if (there !== id)
      throw refuse('conflict', `the name ${name} belongs to another instance by now (${there ?? 'without an id'}, not ${id}).`)
  } catch (error) {
    if (!(error instanceof ProviderError) || error.message.endsWith('Nothing was sent.')) throw error
    throw refuse(error.code, error.message, error)
  }
}

/**
 * An operation that fails says so soon, as a rule. What it has done before it failed nobody knows, so the outcome stays open; that
 * it cannot be read says nothing at all.
 */
async function failEarly(context: ScopeContext, operation: Operation, about: { what: string; signal: AbortSignal }): Promise<void> {
  const until = context.clock.monotonic() + FAILS_WITHIN
  let seen = operation
  while (seen.status !== 'DONE' && context.clock.monotonic() < until) {
    const limit = AbortSignal.timeout(Math.max(1, Math.ceil(until - context.clock.monotonic())))
    try {
      seen = await context.api.wait(seen, AbortSignal.any([about.signal, limit]))
    } catch {
      return
    }
  }
  const error = seen.error?.errors?.[0]
  if (error === undefined) return
  const message = `${about.what}: the operation ${seen.name} failed: ${error.code ?? ''} ${error.message ?? ''}`.trim()
  throw new ProviderError(`${message}.`, { code: 'conflict', operation: about.what, mayHaveActed: true })
}
