import { encode } from '../domain/codec.ts'
import type { Drill, PlannedDrill } from '../domain/drill.ts'
import type { Log } from '../domain/log.ts'
import type { Clock, Milliseconds } from '../domain/time.ts'
import { isOpen } from './drill-row.ts'
import { type Ledger, LedgerError, type NewPlan } from './ledger.ts'

/** A managed PostgreSQL that fails over is away for one to two minutes. */
const patience: Milliseconds = 120_000
/** Between two tries of one call. A server that hangs makes each take a connection's own patience as well. */
const retryEvery: Milliseconds = 1_000

/** What gives the same however often it is asked: reads, and writes that find what they have written. */
const repeatable: ReadonlySet<string | symbol> = new Set<keyof Ledger>([
  'now',
  'salt',
  'recordDiscovery',
  'groups',
  'group',
  'drill',
  'drills',
  'due',
  'watched',
  'events',
  'before',
  'after',
  'strikesInFlight',
  'state',
  'quarantines',
  'accepted',
  'halt',
  'post',
  'claimMessages',
  'settleMessage',
  'nextMessageAt',
])

export interface Outlasting {
  readonly clock: Clock
  readonly log: Log
  /** Ends the waiting: what could not be done then fails as it would have at once. */
  readonly signal: AbortSignal
  /** Told why the ledger cannot be used when an outage begins, and null when it is over. */
  readonly told: (problem: string | null) => void
}

/**
 * The same ledger, for a campaign, which ends where a call fails: while its server is away calls wait, for two minutes at most, and are
 * made again. So nothing is struck meanwhile, and watching goes on afterwards.
 */
export function outlastOutages(ledger: Ledger, outlasting: Outlasting): Ledger {
  const outage = new Outage(outlasting)
  const again = <T>(call: () => Promise<T>) => outage.outlast(call, call)
  const special: Partial<Ledger> = {
    // Never made again: the look that it rests on grows old. If it was written all the same, its permit runs out unused and the
    // drill is taken up like one that a crash left at its strike (S1, S9).
    intend: intent =>
      outage.outlast(
        () => ledger.intend(intent),
        async () => {
          await ledger.now()
          return { kind: 'refused', refusal: { rule: 'S10', reason: 'the ledger was away when the strike was to be written down' } }
        },
      ),
    renewPermit: renewal =>
      outage.outlast(
        () => ledger.renewPermit(renewal),
        async () => {
          await ledger.now()
          return { kind: 'lost' }
        },
      ),
    // Counts calls, so a second one could end the permit of another strike. It runs out by itself (S2).
    endPermit: drill =>
      outage.outlast(
        () => ledger.endPermit(drill),
        async () => void (await ledger.now()),
      ),
    // Nobody looks again at a drill that ended, so whoever wrote that must learn of it, or it is told to nobody. What is open is looked
    // at again, and then found as it was written.
    advance: step =>
      outage.outlast(
        () => ledger.advance(step),
        async () => (await ledger.advance(step)) || (!isOpen(step.drill) && (await isStored(ledger, step.drill))),
      ),
    addPlans: plans =>
      outage.outlast(
        () => ledger.addPlans(plans),
        async () => {
          await ledger.addPlans(plans)
          return plannedAs(ledger, plans)
        },
      ),
  }
  return new Proxy(ledger, {
    get(target, name) {
      const own = special[name as keyof Ledger]
      if (own !== undefined) return own
      const method: unknown = Reflect.get(target, name, target)
      if (typeof method !== 'function') return method
      if (!repeatable.has(name)) return method.bind(target)
      return (...args: readonly unknown[]) => again(() => Reflect.apply(method, target, args) as Promise<unknown>)
    },
  })
}

async function isStored(ledger: Ledger, drill: Drill): Promise<boolean> {
  const stored = await ledger.drill(drill.id)
  return stored !== null && encode(stored) === encode(drill)
}

/** Plans that were written before the answer was lost are not added once more: all that stand there are the answer. */
async function plannedAs(ledger: Ledger, plans: readonly NewPlan[]): Promise<readonly PlannedDrill[]> {
  const keyOf = ({ schedule, group, planKey }: NewPlan) => [schedule, group, planKey].join('\n')
  const keys = new Set(plans.map(keyOf))
  const planned = await ledger.drills({ states: ['planned'] })
  return planned.filter(drill => drill.state === 'planned').filter(drill => keys.has(keyOf(drill)))
}

/** Locked too long by workers that were stopped is as good as away: it passes, and nothing was written. */
function isAway(error: unknown): error is LedgerError {
  return error instanceof LedgerError && (error.code === 'unreachable' || error.code === 'in-use')
}

/** One for all calls that fail meanwhile: told once when it begins, and once when it is over. */
class Outage {
  readonly #outlasting: Outlasting
  #since: Milliseconds | null = null

  constructor(outlasting: Outlasting) {
    this.#outlasting = outlasting
  }

  async outlast<T>(first: () => Promise<T>, again: () => Promise<T>): Promise<T> {
    for (let call = first; ; call = again) {
      try {
        const result = await call()
        this.#isOver()
        return result
      } catch (error) {
        if (!isAway(error) || !(await this.#waits(error))) throw error
      }
    }
  }

  /** False: it has lasted too long, or nobody wants to wait any longer. */
  async #waits(error: LedgerError): Promise<boolean> {
    const { clock, log, signal, told } = this.#outlasting
    if (this.#since === null) {
      this.#since = clock.monotonic()
      log.warn('the ledger is away; nothing is struck until it is back', { why: error.message })
      told(error.message)
    }
    if (signal.aborted || clock.monotonic() - this.#since >= patience) return false
    return clock.sleep(retryEvery, signal).then(
      () => true,
      () => false,
    )
  }

  #isOver(): void {
    if (this.#since === null) return
    const { clock, log, told } = this.#outlasting
    told(null)
    log.info('the ledger is back', { awaySeconds: Math.round((clock.monotonic() - this.#since) / 1000) })
    this.#since = null
  }
}
