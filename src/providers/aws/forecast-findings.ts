import type { Image, Subnet } from '@aws-sdk/client-ec2'
import type { Finding } from '../../domain/finding.ts'
import { noCapacityAhead } from '../../domain/findings.ts'
import type { PlatformEvent } from '../../domain/group.ts'
import type { Milliseconds } from '../../domain/time.ts'
import { RECENT } from './latest-launches.ts'

export type Standing = 'there' | 'missing' | { readonly unchecked: string }

export function cannotRebuild(level: Finding['level'], path: string, actual: string | null, summary: string): Finding {
  return { kind: 'cannot-rebuild', level, path, expected: null, actual, summary }
}

/** A mixed policy needs each of its images: which one the next launch takes is not known before. */
export function imageFindings(ids: readonly string[], images: ReadonlyMap<string, Image>, now: Temporal.Instant): Finding[] {
  return ids.flatMap(id => imageFinding(id, images.get(id), now) ?? [])
}

function imageFinding(id: string, image: Image | undefined, now: Temporal.Instant): Finding | null {
  const fail = (text: string): Finding => cannotRebuild('fail', 'image', id, `image ${id} ${text}`)
  if (image === undefined)
    return fail('is deregistered or not shared with this account in this region: build it anew and name it in the launch template')
  const state = image.State ?? 'available'
  if (state === 'disabled') return fail('is disabled, so launches from it fail: enable it, or name another in the launch template')
  if (state === 'deregistered') return fail('is deregistered: build it anew and name it in the launch template')
  if (state !== 'available')
    return fail(`is not available (${state}${image.StateReason?.Message ? `: ${image.StateReason.Message}` : ''}): build it anew`)
  if (image.ImageAllowed === false)
    return fail("does not meet the account's Allowed AMIs settings, so launches from it fail: allow it, or name another")
  if (image.DeprecationTime === undefined || !isPast(image.DeprecationTime, now)) return null
  return cannotRebuild(
    'warn',
    'image',
    id,
    `image ${id} is deprecated since ${image.DeprecationTime}: it can still be launched, but build a newer one soon`,
  )
}

function isPast(time: string, now: Temporal.Instant): boolean {
  const milliseconds = Date.parse(time)
  return !Number.isNaN(milliseconds) && milliseconds <= now.epochMilliseconds
}

/** While one subnet is left, the group can still launch there. */
export function subnetFindings(ids: readonly string[], subnets: ReadonlyMap<string, Subnet>): Finding[] {
  const missing = ids.filter(id => !subnets.has(id))
  const level = missing.length === ids.length ? 'fail' : 'warn'
  return missing.map(id =>
    cannotRebuild(level, 'subnets', id, `subnet ${id} does not exist: take it out of the group, or create another for it`),
  )
}

const HOUR: Milliseconds = 3_600_000

/** How the group's latest attempts to launch went; nothing where the last one that ended was a success. */
export function launchFindings(events: readonly PlatformEvent[], now: Temporal.Instant): Finding[] {
  const last = events.filter(event => event.kind === 'launch' && event.outcome !== 'in-progress').at(-1)
  if (last === undefined || last.outcome !== 'failed' || last.error === null) return []
  const age = now.epochMilliseconds - last.at.epochMilliseconds
  if (age > RECENT) return []
  const { category, message } = last.error
  if (category === 'broken') {
    return [
      cannotRebuild('fail', 'launches', null, `the latest launch failed: ${message} Repair what it names; the next one would fail too.`),
    ]
  }
  const what = category === 'quota' ? 'a quota is used up: have it raised' : 'AWS has no capacity: allow more instance types or zones'
  return [noCapacityAhead(age <= HOUR ? 'fail' : 'warn', `the latest launch failed because ${what} (${message})`)]
}
