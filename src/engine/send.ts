import type { OpenDrill } from '../domain/drill.ts'
import { conclusionNotice } from '../domain/notice.ts'
import { transition } from '../domain/transition.ts'
import { ProviderError } from '../providers/provider-error.ts'
import { type Engine, reasonOf, type ScopeHandle, traced } from './context.ts'
import { advance } from './write.ts'

/**
 * The one place that strikes. That a call may be sent is written down before it is; the permit is checked on the
 * monotonic clock right before sending, and ends the call when it runs out (S2). Never retried here (S9).
 */
export async function send(
  engine: Engine,
  handle: ScopeHandle,
  drill: OpenDrill,
  permit: { askedAt: number; permitFor: number },
): Promise<void> {
  if (drill.state !== 'striking') return
  const sentAt = await engine.ledger.now()
  const attempted = transition(drill, { kind: 'attempt', at: sentAt })
  const { order } = drill
  if (!(await advance(engine, attempted, [{ at: sentAt, kind: 'sending', data: { victim: order.victim.id, method: order.method } }])))
    return
  const left = permit.askedAt + permit.permitFor - engine.clock.monotonic()
  if (left <= 0) {
    engine.log.warn('permit ran out before the strike was sent', { drill: drill.id })
    await engine.ledger.endPermit(drill.id)
    return
  }
  const expiry = new AbortController()
  const stop = new AbortController()
  engine.clock.sleep(left, stop.signal).then(
    () => expiry.abort(new Error('the permit for this strike has run out')),
    () => {},
  )
  const mayStillSend = () => engine.clock.monotonic() < permit.askedAt + permit.permitFor
  let isAnswered = false
  try {
    const attributes = { 'firedrill.victim': order.victim.id, 'firedrill.method': order.method }
    const about = { drill: drill.id, name: `${handle.provider.name} strike`, under: 'strike', outside: true, attributes } as const
    const receipt = await traced(engine, about, () => handle.provider.strike(order, expiry.signal, mayStillSend))
    isAnswered = true
    const struck = { at: sentAt, how: 'the platform accepted the call', reference: receipt.reference }
    await Promise.all([engine.ledger.endPermit(drill.id), recordStruck(engine, handle, attempted, struck)])
  } catch (error) {
    // Ended once already where only the record failed: ends are counted, and a second one could end the permit of another call.
    if (!isAnswered) await engine.ledger.endPermit(drill.id)
    if (error instanceof ProviderError && !error.mayHaveActed) await recordNotStruck(engine, attempted, reasonOf(error))
    else engine.log.warn('outcome of the strike is unknown; the victim will be looked for', { drill: drill.id, why: reasonOf(error) })
  } finally {
    stop.abort()
  }
}

export async function recordStruck(
  engine: Engine,
  handle: ScopeHandle,
  drill: ReturnType<typeof transition>,
  what: { at: Temporal.Instant; how: string; reference: string | null },
): Promise<boolean> {
  if (drill.state !== 'striking') return false
  const struck = transition(drill, {
    kind: 'struck',
    at: what.at,
    mustRestore: !handle.provider.capabilities.replacesItself,
    declarationVersion: drill.order.declarationVersion,
    desired: drill.order.desired,
  })
  return advance(engine, struck, [
    { at: what.at, kind: 'struck', data: { victim: drill.order.victim.id, how: what.how, reference: what.reference } },
  ])
}

export async function recordNotStruck(engine: Engine, drill: ReturnType<typeof transition>, why: string): Promise<boolean> {
  const at = await engine.ledger.now()
  const concluded = transition(drill, { kind: 'not-struck', at, why })
  const notices = concluded.state === 'concluded' ? [conclusionNotice(concluded, false)] : []
  return advance(engine, concluded, [{ at, kind: 'not-struck', data: { why } }], { notices })
}
