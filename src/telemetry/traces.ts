import type { Environment } from '../config/environment.ts'
import type { Drill } from '../domain/drill.ts'
import type { Log } from '../domain/log.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Provider } from '../providers/provider.ts'
import { drillTrace } from './drill-spans.ts'
import type { TraceSink } from './open-telemetry.ts'

/** One trace for each drill. */
export interface Traces {
  /** Told of every change of a drill; one that has ended is sent. */
  changed(drill: Drill): void
  /** The same provider, with its calls about one drill as parts of that drill's trace. */
  provider(port: Provider): Provider
  close(): Promise<void>
}

/** Ends that were sent by this process: a wounded group's drill changes on after its end. */
const remembered = 10_000

/** The standard variables decide, and without one of them nothing is loaded. */
function wanted(env: Environment): boolean {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none') return false
  return [env.OTEL_EXPORTER_OTLP_ENDPOINT, env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT].some(url => url !== undefined && url !== '')
}

/** Null where nobody asked for traces. */
export async function openTraces(needs: { readonly env: Environment; readonly ledger: Ledger; readonly log: Log }): Promise<Traces | null> {
  if (!wanted(needs.env)) return null
  const { openSink } = await import('./open-telemetry.ts')
  return tracesTo(openSink(needs.env, needs.log), needs)
}

function tracesTo(sink: TraceSink, { ledger, log }: { readonly ledger: Ledger; readonly log: Log }): Traces {
  const sent = new Set<string>()
  const sending = new Set<Promise<void>>()

  async function send(drill: Drill): Promise<void> {
    try {
      const trace = drillTrace(drill, await ledger.events(drill.id))
      if (trace !== null) sink.add(drill.id, trace)
    } catch (error) {
      log.warn('a trace could not be made', { drill: drill.id, why: error instanceof Error ? error.message : String(error) })
    }
  }

  return {
    changed(drill) {
      if (!['concluded', 'refused', 'leashed'].includes(drill.state) || sent.has(drill.id)) return
      if (sent.size >= remembered) sent.clear()
      sent.add(drill.id)
      const work = send(drill).finally(() => sending.delete(work))
      sending.add(work)
    },
    provider: port => traced(port, sink),
    async close() {
      await Promise.all(sending)
      await sink.close()
    },
  }
}

/** Only what is about one drill: a look at a scope is shared by all that are open in it. */
function traced(port: Provider, sink: TraceSink): Provider {
  return new Proxy(port, {
    get(target, key) {
      const method = Reflect.get(target, key, target)
      if (typeof method !== 'function') return method
      if (key !== 'strike' && key !== 'restore') return method.bind(target)
      return (order: { readonly drill: string }, ...rest: readonly unknown[]) =>
        sink.call(order.drill, `${target.name} ${key}`, async () => Reflect.apply(method, target, [order, ...rest]))
    },
  })
}
