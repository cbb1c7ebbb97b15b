import type { DrillId, PlannedDrill } from '../domain/drill.ts'
import { expectedEnd } from '../domain/pace.ts'
import { expectedOf } from '../domain/recoveries.ts'
import type { Milliseconds } from '../domain/time.ts'
import type { Bell } from './bell.ts'
import { type Engine, reasonOf, scopesOf } from './context.ts'
import { isStillFresh } from './fresh-look.ts'
import { recoveriesIn } from './recoveries.ts'
import { type LookedAhead, lookAhead, type StrikeRun } from './strike.ts'

/*
 * While all of a limit is used, the next plans are looked at a moment before a drill under way is expected to end, so that they
 * can be struck as soon as it has. Such a look is as fresh as any other when it is used (S1), else it is made again.
 */

/** How long before the expected end: a look that comes too early has grown old when it is wanted, and was made in vain. */
const lead = 1_000
/** Once one is due, others that end this soon after it are looked at in the same calls. */
const together = 1_000
/** Drills that are to end over more than this have drifted apart: room waits for the last of them, so that they begin together again … */
const apart = 1_000
/** … but so long at most. */
const heldAtMost = 3_000
/** A drill that is later than this was not understood: nothing is expected of it. */
const patience = 2_500

export interface Ahead {
  readonly looks: LookedAhead
  /** Those that were looked at go first; while looks are being made no others: their room must not go to another plan. */
  mayStrike(plans: readonly PlannedDrill[]): readonly PlannedDrill[]
  /**
   * Room is there, and more is expected in a moment: what is struck together is looked at, watched and judged in the same calls.
   * A campaign whose drills drift apart pays for each of them alone; one that always waited for the last would lose that time each round.
   */
  isWorthWaiting(): Promise<boolean>
  /** Begins to look at the first of these plans, as many as are expected to find room; each once. */
  begin(waiting: readonly PlannedDrill[]): Promise<void>
  /** Resolves when no look is under way. */
  ended(): Promise<void>
}

export function newAhead(engine: Engine, { run, bell }: { readonly run: StrikeRun; readonly bell: Bell }, signal: AbortSignal): Ahead {
  const looks: LookedAhead = new Map()
  const tried = new Set<DrillId>()
  /** Drills whose end has been counted on: a room that comes late is not counted on twice. */
  const counted = new Set<DrillId>()
  let underWay: Promise<void> | null = null
  let heldSince: number | null = null
  let mostOpen = 0
  const look = async (plans: readonly PlannedDrill[]): Promise<void> => {
    try {
      for (const [id, ready] of await lookAhead(engine, plans, run, signal)) looks.set(id, ready)
    } catch (error) {
      if (!signal.aborted) engine.log.warn('plans could not be looked at ahead of their turn', { why: reasonOf(error) })
    } finally {
      underWay = null
      bell.ring()
    }
  }
  return {
    looks,
    mayStrike(plans) {
      const looked = plans.filter(plan => looks.has(plan.id))
      return underWay === null ? [...looked, ...plans.filter(plan => !looks.has(plan.id))] : looked
    },
    async isWorthWaiting() {
      const now = engine.clock.monotonic()
      const { open, ends } = await underWayNow(engine)
      mostOpen = Math.max(mostOpen, open)
      const coming = ends.map(end => end.in).filter(end => end <= heldAtMost)
      const waits =
        heldSince === null
          ? open < mostOpen && coming.some(end => end > apart)
          : coming.some(end => end <= together) && now - heldSince < heldAtMost
      heldSince = waits ? (heldSince ?? now) : null
      return waits
    },
    async begin(waiting) {
      for (const [id, ready] of looks) if (!isStillFresh(engine, ready)) looks.delete(id)
      if (underWay !== null) return
      const near = (await underWayNow(engine)).ends.filter(end => !counted.has(end.id) && end.in <= lead + together)
      const ending = near.some(end => end.in <= lead) ? near.map(({ id }) => id) : []
      const next = waiting.filter(plan => !tried.has(plan.id)).slice(0, ending.length)
      if (next.length === 0) return
      for (const id of ending) counted.add(id)
      for (const plan of next) tried.add(plan.id)
      underWay = look(next)
    },
    ended: async () => (underWay === null ? undefined : underWay),
  }
}

interface UnderWay {
  /** Fewer than there once were: a limit has room. */
  readonly open: number
  /** In how many milliseconds which of them are expected to end; without those of which nothing is, or that should have long ago. */
  readonly ends: readonly { readonly id: DrillId; readonly in: Milliseconds }[]
}

async function underWayNow(engine: Engine): Promise<UnderWay> {
  const now = (await engine.ledger.now()).epochMilliseconds
  const scopes = await Promise.all(
    scopesOf(engine).map(async ({ scope }) => {
      const recoveries = await recoveriesIn(engine, scope.id)
      const open = (await engine.ledger.watched(scope.id)).filter(drill => drill.state !== 'concluded')
      const ends = open.flatMap(drill => {
        if (drill.state !== 'recovering' && drill.state !== 'soaking') return []
        const end = expectedEnd(drill, expectedOf(recoveries, drill.group))
        return end === null ? [] : [{ id: drill.id, in: end.epochMilliseconds - now }]
      })
      return { open: open.length, ends }
    }),
  )
  return {
    open: scopes.reduce((sum, { open }) => sum + open, 0),
    ends: scopes.flatMap(({ ends }) => ends).filter(end => end.in >= -patience),
  }
}
