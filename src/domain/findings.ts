import type { DeclaredSet } from './declaration.ts'
import type { Candidate } from './drill.ts'
import type { Finding, FindingKind, Value } from './finding.ts'
import type { PlatformEvent } from './group.ts'
import type { Milliseconds } from './time.ts'
import { asExpected, showValue } from './value.ts'

/*
 * The findings of DESIGN.md §3 that are not drift, one function each, so that a reason reads the same wherever
 * it is given. A sentence says what happened and what the owner can do; reasons that decide are `fail`.
 */

function finding(
  kind: FindingKind,
  level: Finding['level'],
  summary: string,
  about: { path?: string; expected?: Value; actual?: Value } = {},
): Finding {
  return { kind, level, path: about.path ?? null, expected: about.expected ?? null, actual: about.actual ?? null, summary }
}

export function notStruck(why: string): Finding {
  return finding('not-struck', 'fail', `the strike is not known to have happened: ${why}`)
}

/** Without a failure of the platform's: `off` says why the group replaces nobody, where it is known not to. */
export function notReplaced(deadline: Milliseconds, failure: PlatformEvent | null, off?: string): Finding {
  const nothing = `nothing replaced the victim within ${seconds(deadline)}`
  if (failure !== null) {
    const words = failure.error?.message ?? failure.detail
    return finding('not-replaced', 'fail', `${nothing}, a rebuild fails: ${words}`, { actual: words })
  }
  if (off !== undefined) return finding('not-replaced', 'fail', `${nothing}, and it cannot be: ${off}`, { actual: off })
  return finding('not-replaced', 'fail', `${nothing}, and the platform gave no error: check whether the group can launch at all`)
}

export function noCapacity(failure: PlatformEvent): Finding {
  const words = failure.error?.message ?? failure.detail
  return finding('no-capacity', 'fail', `the provider had no capacity or quota for a replacement: ${words}`, { actual: words })
}

/** The same from a forecast. `fail`: the platform said it so lately that the next launch would hardly fare better. */
export function noCapacityAhead(level: Finding['level'], summary: string): Finding {
  return finding('no-capacity', level, summary, { path: 'launches' })
}

/** Whether what was found without a strike makes a snowflake by forecast. Want of capacity says nothing about the group. */
export function isSnowflakeByForecast(findings: readonly Finding[]): boolean {
  return findings.some(foretellsSnowflake)
}

export function foretellsSnowflake({ kind, level }: Finding): boolean {
  return level === 'fail' && kind !== 'no-capacity'
}

/** `advice`: what its owner can do; left out where the group is not to blame. */
export function late(why: string, advice?: string): Finding {
  return finding('late', 'fail', advice === undefined ? why : `${why}: ${advice}`)
}

/** `repeats`: how many came after it and failed as well. */
export function unhealthy(candidate: Candidate, repeats = 0): Finding {
  const { gone, lastProbeFailure, healthDetail, healthyAt } = candidate
  const probe = candidate.health === 'healthy' ? lastProbeFailure : null
  const actual = (gone === null ? (probe ?? healthDetail) : gone.detail) || null
  const why =
    gone !== null
      ? `${healthyAt === null ? 'was removed before it was ever healthy' : 'was healthy by its check and removed before it counted as recovered'} (${actual ?? 'no reason given'})`
      : probe !== null
        ? `kept failing a probe: ${probe}`
        : `stayed unhealthy until the deadline: ${actual ?? 'no check said why'}`
  return finding('unhealthy', 'fail', `the successor ${candidate.name} ${why}${repeated(repeats)}`, {
    path: 'health',
    expected: 'healthy',
    actual,
  })
}

/** `repeats`: how many came after it and failed as well. */
export function diedYoung(candidate: Candidate, repeats = 0): Finding {
  const reason = candidate.gone?.detail || candidate.lastProbeFailure || candidate.healthDetail || 'no check said why'
  const how = candidate.gone === null ? 'failed' : 'was gone'
  const summary = `the successor ${candidate.name} was healthy and then ${how} during the soak: ${reason}${repeated(repeats)}`
  return finding('died-young', 'fail', summary, { path: 'health', expected: 'healthy', actual: reason })
}

function repeated(repeats: number): string {
  if (repeats === 0) return ''
  return repeats === 1 ? '; one more came after it and failed as well' : `; ${repeats} more came after it and failed as well`
}

export function interrupted(why: string): Finding {
  return finding('interrupted', 'fail', why)
}

export function taken(candidate: Candidate): Finding {
  return interrupted(`the successor ${candidate.name} was taken by ${takerOf(candidate)}: nothing is proven either way`)
}

/** Why nobody can say whether a group is slow whose first successor others took. */
export function heldUp(earlier: Candidate, took: Milliseconds, target: Milliseconds): string {
  return `whether the target of ${seconds(target)} can be met cannot be told: the first successor ${earlier.name} was taken by ${takerOf(earlier)}, and the next had recovered ${seconds(took)} after the strike`
}

function takerOf({ gone }: Candidate): string {
  const cause = gone?.cause === 'strike' ? 'a terminate call of somebody else' : (gone?.cause ?? 'somebody')
  return gone?.detail ? `${cause} (${gone.detail})` : cause
}

export function groupGone(): Finding {
  return finding('group-changed', 'fail', 'the group was deleted or made anew during the drill, so nothing can be compared')
}

export function groupChanged(from: string, to: string): Finding {
  const summary = `the declaration changed from ${from} to ${to} during the drill, so nothing can be compared`
  return finding('group-changed', 'fail', summary, { path: 'declaration', expected: from, actual: to })
}

export function unobservable(path: string, why: string): Finding {
  return finding('unobservable', 'fail', why, { path })
}

export function wrongImage(candidate: Candidate, image: string, declared: { images: readonly string[]; source: string }): Finding {
  const [ran = image, ...promised] = inShort([image, ...declared.images])
  const summary = `the successor ${candidate.name} runs image ${ran}, but ${declared.source} promises ${showValue(promised)}`
  return finding('wrong-image', 'fail', summary, { path: 'image', expected: asExpected(declared.images), actual: image })
}

export function staleImage(level: Finding['level'], image: string, declared: DeclaredSet): Finding {
  const since = declared.since === null ? '' : ` since ${declared.since.toString().slice(0, 10)}`
  const [ran = image, ...declaredImages] = inShort([image, ...declared.images])
  const images = showValue(declaredImages)
  const summary = `the victim ran image ${ran}, but ${declared.source} has declared ${images}${since}: what died is not what was rebuilt; roll the group to the declared image`
  return finding('stale-image', level, summary, { path: 'image', expected: asExpected(declared.images), actual: image })
}

export function outdated(born: string, current: DeclaredSet): Finding {
  const summary = `the victim was born from ${born}, the group now declares ${current.source}: members of different versions are running`
  return finding('outdated', 'warn', summary, { path: 'declaration', expected: current.version, actual: born })
}

/** How long a recovery took; the two differ where looks were missed (gaps.ts). */
export interface Took {
  readonly atLeast: Milliseconds
  readonly atMost: Milliseconds
}

export function slow(candidate: Candidate, { atLeast, atMost }: Took, target: Milliseconds): Finding {
  const took = atLeast === atMost ? seconds(atMost) : `between ${seconds(atLeast)} and ${seconds(atMost)}`
  const summary = `the successor ${candidate.name} took ${took} to recover, the target is ${seconds(target)}`
  return finding('slow', 'warn', summary, { path: 'recovery', expected: target / 1000, actual: atLeast / 1000 })
}

/** Why nobody can say whether a recovery was slow. */
export function untold({ atLeast, atMost }: Took, target: Milliseconds): string {
  return `whether the target of ${seconds(target)} was met cannot be told: it recovered between ${seconds(atLeast)} and ${seconds(atMost)} after the strike, and no look in between could tell`
}

export function preBuilt(candidate: Candidate): Finding {
  return finding('pre-built', 'warn', `the successor ${candidate.name} came from a warm pool: its start from nothing was not proven`)
}

/** `healthCheck`: how this platform attaches one. */
export function healthUnproven(candidate: Candidate, healthCheck = 'attach a health check'): Finding {
  const summary = `nothing but the platform's own "running" vouches for the health of ${candidate.name}: ${healthCheck}, or write a probe into the schedule`
  return finding('health-unproven', 'warn', summary, { path: 'health' })
}

/** Long paths are told by their ends and digests by their beginnings, where these tell them apart; the finding holds them in full. */
function inShort(ids: readonly string[]): readonly string[] {
  const short = ids.map(id => {
    if (/^sha256:[0-9a-f]{64}$/.test(id)) return id.slice(0, 'sha256:'.length + 12)
    const parts = id.split('/')
    return parts.length > 6 ? `…/${parts.slice(-4).join('/')}` : id
  })
  return new Set(short).size === new Set(ids).size ? short : ids
}

function seconds(duration: Milliseconds): string {
  return `${Math.round(duration / 100) / 10} s`
}
