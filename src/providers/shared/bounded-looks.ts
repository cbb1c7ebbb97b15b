import { AsyncLocalStorage } from 'node:async_hooks'
import { describeDuration } from '../../domain/duration.ts'
import type { Milliseconds } from '../../domain/time.ts'
import type { Provider } from '../provider.ts'
import { ProviderError } from '../provider-error.ts'
import { orAborted } from './deadline.ts'

/*
 * A platform that throttles is asked again by its SDK, with pauses that may add up to minutes, and says nothing meanwhile. So each look
 * has a limit of its own, whatever the adapter below does: it ends as unreadable, with a reason that names throttling where that is
 * what the platform answered, and before that somebody is told. No call is made for it.
 */

/** What an SDK that tries again by itself hears: AWS's names, Google's and Docker's code, Azure's status. */
const throttlingNames = /throttl|RequestLimitExceeded|TooManyRequests|SlowDown|^429$/i

export function isThrottling(outcome: string): boolean {
  return throttlingNames.test(outcome)
}

export interface LookTimes {
  /** For one look at few groups, or one page of a listing: three of the longest waits between two looks of a drill, and two of an SDK's for a single request. */
  readonly look: Milliseconds
  /** More for each group or instance that is asked about. */
  readonly each: Milliseconds
  /** A look that is throttled and lasts for so long after it is told of. */
  readonly tellAfter: Milliseconds
}

const usualTimes: LookTimes = { look: 45_000, each: 200, tellAfter: 3_000 }

interface Look {
  calls: number
  throttled: number
  /** What was asked when it was throttled last. */
  last: string
  /** Set once it was throttled. */
  telling: NodeJS.Timeout | null
  isTold: boolean
}

/** Told why looks at a platform take long, and null when none does any more. */
export type TellThrottled = (problem: string | null) => void

export interface BoundedLooks {
  /** To be told of every request, each retry too. */
  heard(operation: string, outcome: string): void
  /** The same provider, each of whose looks ends in time. What strikes and restores is left as it is. */
  bounded(provider: Provider): Provider
  /** One look by itself, such as the opening of the provider. Throws ProviderError `throttled` or `unavailable` where it took too long. */
  within<T>(signal: AbortSignal, look: (signal: AbortSignal) => Promise<T>): Promise<T>
}

/** `name`: the provider's. */
export function boundedLooks(name: string, told: TellThrottled, times: LookTimes = usualTimes): BoundedLooks {
  const current = new AsyncLocalStorage<Look>()
  let toldOf = 0

  function heard(operation: string, outcome: string): void {
    const look = current.getStore()
    if (look === undefined) return
    look.calls++
    if (!isThrottling(outcome)) return
    look.throttled++
    look.last = operation
    look.telling ??= setTimeout(tell, times.tellAfter, look).unref()
  }

  function tell(look: Look): void {
    look.isTold = true
    toldOf++
    told(`${name} throttles calls (${look.throttled} of ${look.calls}, the last: ${look.last}), so this takes longer`)
  }

  function end(look: Look): void {
    if (look.telling !== null) clearTimeout(look.telling)
    if (look.isTold && --toldOf === 0) told(null)
  }

  async function limited<T>(look: Look, limit: Limit, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const timer = setTimeout(() => limit.controller.abort(tooLong(look, limit)), limit.time)
    try {
      return await current.run(look, () => orAborted(work(limit.signal), limit.signal))
    } finally {
      clearTimeout(timer)
    }
  }

  function tooLong({ calls, throttled, last }: Look, { time, operation }: Limit): ProviderError {
    const shown = describeDuration(time)
    const message =
      throttled > 0
        ? `${name} throttled ${throttled} of ${calls} calls (the last: ${last}), so it could not be read within ${shown}. Firedrill goes on asking at its own pace; where this lasts, look who else calls this API so often, or ask for a higher limit.`
        : `${name} could not be read within ${shown}: it answered too slowly or not at all (${calls} ${calls === 1 ? 'answer' : 'answers'}). Check the network and the platform's own status page.`
    return new ProviderError(message, { code: throttled > 0 ? 'throttled' : 'unavailable', operation, mayHaveActed: false })
  }

  async function within<T>(
    signal: AbortSignal,
    look: (signal: AbortSignal) => Promise<T>,
    about: Pick<Limit, 'operation' | 'time'> = { operation: 'open', time: times.look },
  ): Promise<T> {
    const asked = newLook()
    try {
      return await limited(asked, newLimit(signal, about), look)
    } finally {
      end(asked)
    }
  }

  /** Each page has the whole time: how many there are is known only at the end. */
  async function* withinPages<T>(signal: AbortSignal, list: (signal: AbortSignal) => AsyncIterable<T>): AsyncIterable<T> {
    const look = newLook()
    const limit = newLimit(signal, { operation: 'discover', time: times.look })
    try {
      const items = list(limit.signal)[Symbol.asyncIterator]()
      for (;;) {
        const item = await limited(look, limit, () => items.next())
        if (item.done === true) return
        yield item.value
      }
    } finally {
      end(look)
    }
  }

  function bounded(provider: Provider): Provider {
    const timeFor = (many: number): Milliseconds => times.look + many * times.each
    const own: Partial<Provider> = {
      discover: (scope, signal) => withinPages(signal, limited => provider.discover(scope, limited)),
      observe: (scope, groups, options, signal) =>
        within(signal, limited => provider.observe(scope, groups, options, limited), {
          operation: 'observe',
          time: timeFor(groups.length),
        }),
      declare: (scope, groups, signal) =>
        within(signal, limited => provider.declare(scope, groups, limited), { operation: 'declare', time: timeFor(groups.length) }),
      describe: (scope, instances, signal) =>
        within(signal, limited => provider.describe(scope, instances, limited), { operation: 'describe', time: timeFor(instances.length) }),
      forecast: (scope, groups, signal) =>
        within(signal, limited => provider.forecast(scope, groups, limited), { operation: 'forecast', time: timeFor(groups.length) }),
    }
    // Called on the provider itself: classes keep private fields.
    return new Proxy(provider, {
      get(target, key) {
        const bound = own[key as keyof Provider]
        if (bound !== undefined) return bound
        const value = Reflect.get(target, key, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  return { heard, bounded, within: (signal, look) => within(signal, look) }
}

interface Limit {
  readonly controller: AbortController
  /** Aborted by the limit or from outside. */
  readonly signal: AbortSignal
  readonly operation: string
  readonly time: Milliseconds
}

function newLimit(signal: AbortSignal, about: Pick<Limit, 'operation' | 'time'>): Limit {
  const controller = new AbortController()
  return { controller, signal: AbortSignal.any([signal, controller.signal]), ...about }
}

function newLook(): Look {
  return { calls: 0, throttled: 0, last: '', telling: null, isTold: false }
}
