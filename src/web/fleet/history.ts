import { coverageDays, isProven } from '../../domain/coverage.ts'
import type { GroupId } from '../../domain/group.ts'
import type { ConclusionCursor, FleetGroup, Ledger } from '../../ledger/ledger.ts'

/**
 * How many of the groups that are opted in today had proven on that day that they rebuild. The ledger keeps of each group only the forecast
 * that still holds, so one that was taken back takes nothing from the days on which it held; whoever shows this says so.
 */
export interface CoverageDay {
  /** The end of the day, or now. */
  readonly at: Temporal.Instant
  readonly proven: number
}

export interface CoverageHistory {
  /** At most `kept` ms old. */
  days(now: Temporal.Instant): Promise<readonly CoverageDay[]>
}

const kept = 30_000

const shownDays = 90
const batch = 5_000
const mostGroups = 1_000_000
const msPerDay = 24 * 60 * 60 * 1000

interface Proof {
  readonly at: number
  readonly phoenix: boolean
}

/**
 * Reads each conclusion once and keeps what it proved: the ledger of a year is not read again for every page. What is too old
 * to matter is dropped as time goes on.
 */
export function openHistory(ledger: Pick<Ledger, 'conclusions' | 'fleet'>): CoverageHistory {
  const proofs = new Map<GroupId, Proof[]>()
  let cursor: ConclusionCursor | null = null

  async function catchUp(now: Temporal.Instant): Promise<void> {
    const oldest = now.subtract({ hours: 24 * (shownDays + coverageDays) })
    cursor ??= { at: oldest, drill: '' }
    for (;;) {
      const news = await ledger.conclusions(cursor, batch)
      for (const { group, verdict, at } of news) {
        if (verdict === 'inconclusive') continue
        const known = proofs.get(group) ?? []
        known.push({ at: at.epochMilliseconds, phoenix: verdict === 'phoenix' })
        proofs.set(group, known)
      }
      cursor = news.at(-1) ?? cursor
      if (news.length < batch) return
    }
  }

  async function compute(now: Temporal.Instant): Promise<readonly CoverageDay[]> {
    await catchUp(now)
    forget(proofs, now.epochMilliseconds - (shownDays + coverageDays) * msPerDay)
    const { groups } = await ledger.fleet({ proofSince: now, limit: mostGroups, offset: 0 })
    return lastDays(now).map(at => ({ at, proven: groups.filter(group => wasProven(group, proofs, at.epochMilliseconds)).length }))
  }

  let known: { readonly at: number; readonly days: Promise<readonly CoverageDay[]> } | null = null
  return {
    days(now) {
      if (known !== null && now.epochMilliseconds - known.at < kept) return known.days
      // One reader at a time: two would count a conclusion twice.
      const before = known?.days.catch(() => {}) ?? Promise.resolve()
      known = { at: now.epochMilliseconds, days: before.then(() => compute(now)) }
      return known.days
    },
  }
}

function lastDays(now: Temporal.Instant): readonly Temporal.Instant[] {
  const midnight = Math.floor(now.epochMilliseconds / msPerDay) * msPerDay
  const earlier = Array.from({ length: shownDays }, (_, index) => midnight - (shownDays - 1 - index) * msPerDay)
  return [...earlier.map(ms => Temporal.Instant.fromEpochMilliseconds(ms)), now]
}

/** A group that was made anew under its old name has no standing, and what its namesake proved is not its own. */
function wasProven({ id, standing, since }: FleetGroup, proofs: ReadonlyMap<GroupId, readonly Proof[]>, at: number): boolean {
  if (standing === null) return false
  const newest = proofs.get(id)?.findLast(proof => proof.at <= at)
  const forecastSince = standing === 'forecast' ? (since?.epochMilliseconds ?? null) : null
  return newest !== undefined && isProven({ ...newest, forecastSince }, at)
}

function forget(proofs: Map<GroupId, Proof[]>, before: number): void {
  for (const [group, known] of proofs) {
    if ((known[0]?.at ?? before) >= before) continue
    const kept = known.filter(proof => proof.at >= before)
    if (kept.length === 0) proofs.delete(group)
    else proofs.set(group, kept)
  }
}
