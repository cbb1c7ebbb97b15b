import { createHmac, timingSafeEqual } from 'node:crypto'

/** Lets whoever holds it veto one strike, until it expires; it says whom it was sent to. */
export interface VetoRight {
  readonly drill: string
  /** The target that it was sent to. */
  readonly target: string
  readonly expires: Temporal.Instant
}

/**
 * `/veto/<drill>/<expiry>.<target>.<signature>`. Signed with a key made of the ledger's salt, so that every process and every
 * restart knows it, and nobody without the ledger can make one.
 */
export function vetoPath(salt: string, right: VetoRight): string {
  const head = `${Math.floor(right.expires.epochMilliseconds / 1000)}.${Buffer.from(right.target).toString('base64url')}`
  return `/veto/${encodeURIComponent(right.drill)}/${head}.${signatureOf(salt, right.drill, head)}`
}

/** Null: it is none of ours, or changed. Whether it has expired is for the caller to say. */
export function readVetoToken(salt: string, drill: string, token: string): VetoRight | null {
  const [seconds = '', target = '', signature = '', ...rest] = token.split('.')
  if (rest.length > 0 || !/^\d{1,11}$/.test(seconds)) return null
  const expected = Buffer.from(signatureOf(salt, drill, `${seconds}.${target}`))
  const given = Buffer.from(signature)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null
  return {
    drill,
    target: Buffer.from(target, 'base64url').toString('utf8'),
    expires: Temporal.Instant.fromEpochMilliseconds(Number(seconds) * 1000),
  }
}

function signatureOf(salt: string, drill: string, head: string): string {
  return createHmac('sha256', salt).update(`firedrill veto ${head} ${drill}`).digest('base64url')
}
