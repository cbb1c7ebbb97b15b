import { appendFileSync } from 'node:fs'
import type { Environment } from './config/environment.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { Provider } from './providers/provider.ts'
import type { Queue } from './queue/queue.ts'

/**
 * Named places before and after each ledger write, provider call and wake-up, at which a test may end or stop this very
 * process. Everything asynchronous that a port has is such a place unless it is named as a read here, so a write that is
 * added later cannot be forgotten. Without FIREDRILL_FAIL_POINT and FIREDRILL_FAIL_TRACE the ports are handed on as they are.
 *
 *   FIREDRILL_FAIL_POINT=ledger.intend.after      SIGKILL there
 *   FIREDRILL_FAIL_POINT=provider.strike.before:2 … the second time it is passed
 *   FIREDRILL_FAIL_ACTION=stop                    SIGSTOP instead: a worker that is paused
 *   FIREDRILL_FAIL_TRACE=FILE                     a line for every point that is passed
 */
export interface FailPoints {
  ledger(port: Ledger): Ledger
  provider(port: Provider): Provider
  queue(port: Queue): Queue
}

const inert: FailPoints = { ledger: port => port, provider: port => port, queue: port => port }

export function failPoints(env: Environment): FailPoints {
  const { FIREDRILL_FAIL_POINT: wanted, FIREDRILL_FAIL_TRACE: trace, FIREDRILL_FAIL_ACTION: action } = env
  if (!wanted && !trace) return inert
  const [point, nth = '1'] = wanted?.split(':') ?? []
  let passed = 0
  return pointsThat(name => {
    if (trace) appendFileSync(trace, `${name}\n`)
    if (name !== point || ++passed !== Number(nth)) return
    process.kill(process.pid, action === 'stop' ? 'SIGSTOP' : 'SIGKILL')
  })
}

/** Tells `pass` of each point before anything goes on; what it throws, the call throws. */
export function pointsThat(pass: (name: string) => void): FailPoints {
  return {
    ledger: port => decorated(port, { pass, name: 'ledger', unpointed: ledgerReads, detail: { advance: step => kindsOf(step.events) } }),
    provider: port =>
      decorated(port, { pass, name: 'provider', unpointed: ['scopes'], detail: { observe: (_scope, _groups, { depth }) => depth } }),
    queue: port => decorated(port, { pass, name: 'queue', unpointed: ['onWake'], detail: { wake: kind => kind } }),
  }
}

/** A crash between two reads is a crash after the write before them. */
const ledgerReads: readonly (keyof Ledger)[] = [
  'now',
  'salt',
  'groups',
  'drill',
  'drills',
  'due',
  'watched',
  'events',
  'before',
  'after',
  'strikesInFlight',
  'nextMessageAt',
  'messagesAbout',
  'messageCounts',
  'state',
  'quarantines',
  'accepted',
]

/** All that one write tells of: a look may see two things at once, and neither may hide the other's point. */
function kindsOf(events: readonly { readonly kind: string }[]): string | undefined {
  return [...new Set(events.map(event => event.kind))].join('+') || undefined
}

interface Decoration<Port> {
  readonly pass: (name: string) => void
  readonly name: string
  readonly unpointed: readonly (keyof Port)[]
  /** What tells one call of a method from another; undefined: nothing. */
  readonly detail: {
    readonly [Method in keyof Port]?: Port[Method] extends (...args: infer Args) => unknown ? (...args: Args) => string | undefined : never
  }
}

/** The same port, with a point before and after each of its calls. Called on the port itself: classes keep private fields. */
function decorated<Port extends object>(port: Port, { pass, name, unpointed, detail }: Decoration<Port>): Port {
  return new Proxy(port, {
    get(target, key) {
      const method = Reflect.get(target, key, target)
      if (typeof method !== 'function' || typeof key === 'symbol') return method
      if (key === 'close' || unpointed.includes(key as keyof Port)) return method.bind(target)
      return (...args: readonly unknown[]) => {
        const more = (detail[key as keyof Port] as ((...args: readonly unknown[]) => string | undefined) | undefined)?.(...args)
        const point = [name, key, ...(more === undefined ? [] : [more])].join('.')
        pass(`${point}.before`)
        return followed(Reflect.apply(method, target, args), () => pass(`${point}.after`))
      }
    },
  })
}

function followed(result: unknown, passAfter: () => void): unknown {
  if (isIterable(result)) return toItsEnd(result, passAfter)
  if (!(result instanceof Promise)) return result
  return result.then(value => {
    passAfter()
    return value
  })
}

async function* toItsEnd(items: AsyncIterable<unknown>, passAfter: () => void): AsyncIterable<unknown> {
  yield* items
  passAfter()
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
