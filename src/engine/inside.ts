import type { Before, Inside } from '../domain/drill.ts'
import type { InstanceId } from '../domain/group.ts'
import type { DrillPolicy } from '../domain/schedule.ts'
import { ProviderError } from '../providers/provider-error.ts'
import { type Engine, reasonOf, type ScopeHandle } from './context.ts'

/** Null with a reason: nobody could look, or nobody was asked to. `mayPass`: the platform did not answer, and may do so later. */
export type Looked =
  | { readonly inside: Inside; readonly why: null }
  | { readonly inside: null; readonly why: string; readonly mayPass: boolean }

export interface Target {
  readonly group: string
  readonly id: InstanceId
  readonly name: string
  readonly address: string | null
}

/**
 * What lives inside an instance: by the fingerprint that the schedule names, else by the platform's own account where it can look
 * inside. Never throws, but for the signal: what could not be read is told, and judged as what nobody compared.
 */
export async function lookInside(
  engine: Engine,
  handle: ScopeHandle,
  asked: { readonly policy: DrillPolicy; readonly target: Target },
  signal: AbortSignal,
): Promise<Looked> {
  const { policy, target } = asked
  try {
    const inside = policy.fingerprint === null ? await byPlatform(handle, asked, signal) : await byFingerprint(engine, asked, signal)
    if (inside !== null) return { inside, why: null }
    return { inside: null, why: 'the schedule names no fingerprint', mayPass: false }
  } catch (error) {
    signal.throwIfAborted()
    engine.log.debug('nobody could look inside', { instance: target.id, why: reasonOf(error) })
    return { inside: null, why: reasonOf(error), mayPass: policy.fingerprint === null && isUnanswered(error) }
  }
}

/** How what was seen stands in the evidence. */
export function asBefore({
  inside,
  why,
}: Looked): Pick<Before, 'fingerprint' | 'fingerprintWhy' | 'fingerprintShows' | 'fingerprintUnread'> {
  if (inside === null) return { fingerprint: null, fingerprintWhy: why }
  return { fingerprint: inside.fingerprint, fingerprintWhy: null, fingerprintShows: inside.shows, fingerprintUnread: inside.unread }
}

function isUnanswered(error: unknown): boolean {
  return error instanceof ProviderError && (error.code === 'unavailable' || error.code === 'throttled')
}

async function byFingerprint(
  engine: Engine,
  { policy, target }: { readonly policy: DrillPolicy; readonly target: Target },
  signal: AbortSignal,
): Promise<Inside | null> {
  if (policy.fingerprint === null) return null
  const { group, id, name, address } = target
  const fingerprint = await engine.openFingerprinter(policy.fingerprint).take({ group, id, name, address }, signal)
  return { fingerprint, shows: 'everything', unread: [] }
}

async function byPlatform(
  { provider, scope }: ScopeHandle,
  { policy, target }: { readonly policy: DrillPolicy; readonly target: Target },
  signal: AbortSignal,
): Promise<Inside | null> {
  if (provider.capabilities.looksInside !== true || provider.fingerprint === undefined) return null
  const ignore = [...provider.capabilities.driftIgnore, ...policy.drift.ignore]
  return provider.fingerprint(scope, { group: target.group, id: target.id }, { ignore }, signal)
}
