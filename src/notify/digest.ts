import { coverageDays, isProven } from '../domain/coverage.ts'
import type { Drill } from '../domain/drill.ts'
import type { Verdict } from '../domain/finding.ts'
import { isSnowflakeByForecast } from '../domain/findings.ts'
import type { Halt } from '../domain/ledger-state.ts'
import { readOptIn } from '../domain/opt-in.ts'
import type { GroupRecord } from '../domain/seen-group.ts'
import { type Calendar, dayHours, localDate } from '../domain/window.ts'
import type { Conclusion, ConclusionCursor, Ledger } from '../ledger/ledger.ts'

/** What a week's letter is made from. */
export interface DigestContents {
  /** `before` knows no forecast that was taken back since, as the curve on the page: the ledger keeps none. */
  readonly coverage: { readonly now: number; readonly before: number; readonly optedIn: number; readonly days: number }
  readonly drills: Readonly<Record<Verdict, number>>
  /** Groups whose newest verdict was not snowflake before the week and is now, by drill or by forecast. */
  readonly newSnowflakes: readonly DigestGroup[]
  /** Groups that were snowflakes, or never proven, and are phoenixes now. */
  readonly better: readonly DigestGroup[]
  readonly quarantined: number
  /** Null: something was struck, or no schedule was open for long enough since. */
  readonly quiet: Quiet | null
}

interface DigestGroup {
  readonly name: string
  readonly drill: string
  /** Of what got better: it had been a snowflake. */
  readonly wasSnowflake: boolean
  /** Of new snowflakes: seen without a strike. */
  readonly byForecast: boolean
}

export interface Quiet {
  /** Null: nothing was ever struck. */
  readonly days: number | null
  readonly reasons: readonly { readonly rule: string; readonly drills: number; readonly example: string }[]
  readonly leashed: number
  /** Groups of which none is drawn until the day that their tag names. */
  readonly paused: number
  readonly halts: readonly string[]
  readonly optedIn: number
}

const day = 24 * 60 * 60 * 1000
/** So many days on which a schedule was open, and nobody was struck, are worth a word: not every weekend is. */
const quietDays = 2
const batch = 5_000
const reasonsTold = 6

/** Reads what happened between the two moments. Proofs of `coverageDays` days before count, as everywhere. */
export async function collectDigest(
  { ledger, schedules }: { readonly ledger: Ledger; readonly schedules: readonly Calendar[] },
  period: { from: Temporal.Instant; to: Temporal.Instant },
): Promise<DigestContents> {
  const groups = (await ledger.groups()).filter(group => group.optedIn && group.present)
  const names = new Map(groups.map(group => [group.summary.id, group.summary.name]))
  const history = await conclusionsSince(ledger, period.from.subtract({ hours: coverageDays * 24 }), period.to)
  const drills: Record<Verdict, number> = { phoenix: 0, snowflake: 0, inconclusive: 0 }
  const before = new Map<string, Conclusion>()
  const after = new Map<string, Conclusion>()
  for (const one of history) {
    const isOld = Temporal.Instant.compare(one.at, period.from) < 0
    if (!isOld) drills[one.verdict]++
    if (one.verdict === 'inconclusive' || !names.has(one.group)) continue
    if (isOld) before.set(one.group, one)
    after.set(one.group, one)
  }
  const predicted = groups.filter(group => isForecast(group, period.to))
  const changed = [...after].filter(([group, { verdict }]) => before.get(group)?.verdict !== verdict)
  const better = changed.filter(([group, { verdict }]) => verdict === 'phoenix' && !predicted.some(({ summary }) => summary.id === group))
  const tell = ([group, { drill }]: [string, Conclusion]): DigestGroup => ({
    name: names.get(group) ?? group,
    drill,
    wasSnowflake: before.get(group)?.verdict === 'snowflake',
    byForecast: false,
  })
  return {
    coverage: {
      now: proven(groups, after, period.to),
      before: proven(groups, before, period.from),
      optedIn: groups.length,
      days: coverageDays,
    },
    drills,
    newSnowflakes: [
      ...changed.filter(([, { verdict }]) => verdict === 'snowflake').map(tell),
      ...(await newForecasts(
        ledger,
        predicted.filter(group => !isForecast(group, period.from) && after.get(group.summary.id)?.verdict !== 'snowflake'),
      )),
    ],
    better: better.map(tell),
    quarantined: (await ledger.quarantines()).length,
    quiet: await quietSince(ledger, { to: period.to, groups, schedules }),
  }
}

async function conclusionsSince(ledger: Ledger, from: Temporal.Instant, to: Temporal.Instant): Promise<Conclusion[]> {
  const found: Conclusion[] = []
  let cursor: ConclusionCursor = { at: from, drill: '' }
  for (;;) {
    const page = await ledger.conclusions(cursor, batch)
    for (const one of page) if (Temporal.Instant.compare(one.at, to) <= 0) found.push(one)
    const last = page.at(-1)
    if (last === undefined || page.length < batch) return found
    cursor = last
  }
}

/** As the fleet page counts. A group that was made anew under its old name has no verdict, and what its namesake proved is not its own. */
function proven(groups: readonly GroupRecord[], newest: ReadonlyMap<string, Conclusion>, at: Temporal.Instant): number {
  return groups.filter(({ summary, lastVerdict, forecastSince }) => {
    const known = lastVerdict === null ? undefined : newest.get(summary.id)
    const proof = {
      phoenix: known?.verdict === 'phoenix',
      at: known?.at.epochMilliseconds ?? null,
      forecastSince: forecastSince?.epochMilliseconds ?? null,
    }
    return isProven(proof, at.epochMilliseconds)
  }).length
}

function isForecast({ forecastSince }: GroupRecord, at: Temporal.Instant): boolean {
  return forecastSince !== null && Temporal.Instant.compare(forecastSince, at) <= 0
}

/** With the refusal that tells of each. */
function newForecasts(ledger: Ledger, groups: readonly GroupRecord[]): Promise<readonly DigestGroup[]> {
  return Promise.all(
    groups.map(async ({ summary }) => {
      // S13 refuses for want of capacity as well.
      const refused = await ledger.drills({ group: summary.id, rule: 'S13', states: ['refused'], limit: 20 })
      const drill = refused.find(one => 'findings' in one && isSnowflakeByForecast(one.findings))
      return { name: summary.name, drill: drill?.id ?? '', wasSnowflake: false, byForecast: true }
    }),
  )
}

/** Why nothing was struck lately; null where something was. */
async function quietSince(
  ledger: Ledger,
  { to, groups, schedules }: { to: Temporal.Instant; groups: readonly GroupRecord[]; schedules: readonly Calendar[] },
): Promise<Quiet | null> {
  const { strikes, halts } = await ledger.state()
  const last =
    strikes
      .map(strike => strike.at)
      .sort(Temporal.Instant.compare)
      .at(-1) ?? null
  const quietFor = last === null ? null : to.since(last).total('milliseconds')
  if (last !== null && schedules.length > 0 && openDays(schedules, last, to) < quietDays) return null
  // Older refusals explain nothing that still holds.
  const since = to.subtract({ hours: 24 * Math.min(7, Math.ceil((quietFor ?? 7 * day) / day)) })
  const counts = await ledger.refusalCounts(since)
  const reasons = await Promise.all(
    counts.slice(0, reasonsTold).map(async ({ rule, drills }) => {
      const [newest] = await ledger.drills({ rule, states: ['refused'], since, limit: 1 })
      return { rule, drills, example: newest === undefined ? '' : reasonOf(newest) }
    }),
  )
  const leashed = (await ledger.drills({ states: ['leashed'], since, limit: 1_000 })).length
  const days = quietFor === null ? null : Math.floor(quietFor / day)
  const today = to.toZonedDateTimeISO('UTC').toPlainDate()
  const paused = groups.filter(({ summary }) => readOptIn(summary, today).paused).length
  return { days, reasons, leashed, paused, halts: halts.map(haltText), optedIn: groups.length }
}

/** Days between the two moments on which a schedule was open from its first minute to its last. */
function openDays(schedules: readonly Calendar[], from: Temporal.Instant, to: Temporal.Instant): number {
  const oldest = to.subtract({ hours: 24 * 14 })
  const begin = Temporal.Instant.compare(from, oldest) < 0 ? oldest : from
  const counts = schedules.map(calendar => {
    const first = localDate(calendar, begin)
    const dates = Array.from({ length: first.until(localDate(calendar, to)).days + 1 }, (_, days) => first.add({ days }))
    const whole = dates.flatMap(date => dayHours(calendar, date) ?? [])
    return whole.filter(({ opens, closes }) => Temporal.Instant.compare(opens, begin) >= 0 && Temporal.Instant.compare(closes, to) <= 0)
      .length
  })
  return Math.max(0, ...counts)
}

function reasonOf(drill: Drill): string {
  return drill.state === 'refused' ? drill.refusal.reason : ''
}

function haltText({ target, reason, by }: Halt): string {
  const what = target.kind === 'installation' ? 'everything' : `the ${target.kind} ${target.name}`
  return `${what} is halted by ${by}: ${reason}`
}
