import type { TraceSettings } from '../config/trace-settings.ts'
import type { Drill } from '../domain/drill.ts'
import type { Log } from '../domain/log.ts'
import type { Clock } from '../domain/time.ts'
import type { Traced } from '../domain/trace.ts'
import type { Ledger, NewEvent } from '../ledger/ledger.ts'
import { drillTrace } from './drill-spans.ts'
import type { TraceSink } from './open-telemetry.ts'

/** One trace for each drill. */
export interface Traces {
  /** Told of every change of a drill and what happened with it; a drill is sent when it ends. */
  changed(drill: Drill, events: readonly NewEvent[]): void
  /** Work that is done for a drill, as a part of its trace, whichever process does it. */
  readonly traced: Traced
  close(): Promise<void>
}

export interface TraceNeeds {
  readonly settings: TraceSettings
  readonly env: Readonly<Record<string, string | undefined>>
  readonly ledger: Ledger
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

/** With one of these a drill ends, once. A wounded group's drill changes on after its end, by whichever process then watches it. */
const ends: readonly string[] = ['concluded', 'not-struck', 'refused', 'leashed']

/** Loaded only where somebody asked for traces. */
export async function openTraces(needs: TraceNeeds): Promise<Traces> {
  const { openSink } = await import('./open-telemetry.ts')
  return tracesTo(openSink(needs), needs)
}

function tracesTo(sink: TraceSink, { ledger, log }: Pick<TraceNeeds, 'ledger' | 'log'>): Traces {
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
    changed(drill, events) {
      if (!events.some(({ kind }) => ends.includes(kind))) return
      const work = send(drill).finally(() => sending.delete(work))
      sending.add(work)
    },
    traced: sink.traced,
    async close() {
      await Promise.all(sending)
      await sink.close()
    },
  }
}
