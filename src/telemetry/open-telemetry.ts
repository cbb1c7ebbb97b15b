import { type Attributes, type Context, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, type Tracer, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, type IdGenerator, RandomIdGenerator, TracerProvider } from '@opentelemetry/sdk-trace'
import type { Environment } from '../config/environment.ts'
import type { Log } from '../domain/log.ts'
import { type DrillSpan, type DrillTrace, spanIdOf, traceIdOf } from './drill-spans.ts'

/** Where traces go. Losing one costs a picture, never a verdict: nothing here waits or throws. */
export interface TraceSink {
  add(drill: string, trace: DrillTrace): void
  /** Runs a call as a part of the drill's trace. */
  call<T>(drill: string, name: string, work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** `docker stop` grants ten seconds in all. */
const longestFlush = 3_000

/** The exporter reads OTEL_EXPORTER_OTLP_* itself: address, headers, timeout, compression. It speaks OTLP over HTTP in JSON. */
export function openSink(env: Environment, log: Log): TraceSink {
  if (env.OTEL_EXPORTER_OTLP_PROTOCOL === 'grpc')
    log.warn('traces are sent over http, not grpc: point OTEL_EXPORTER_OTLP_ENDPOINT at port 4318', {})
  const ids = new GivenIds()
  const named = resourceFromAttributes({ 'service.name': 'firedrill' })
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(named)
      .merge(detectResources({ detectors: [envDetector] })),
    idGenerator: ids,
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: 1_000 })],
  })
  const tracer = provider.getTracer('firedrill')
  return {
    add(drill, { root, parts }) {
      const given = (part: string) => ({ traceId: traceIdOf(drill), spanId: spanIdOf(drill, part) })
      ids.giving(given(root.name), () => write(tracer, root, ROOT_CONTEXT))
      for (const one of parts) ids.giving(given(one.name), () => write(tracer, one, under(drill, root.name)))
    },
    async call(drill, name, work) {
      const span = tracer.startSpan(name, { kind: SpanKind.CLIENT }, under(drill, name.endsWith('restore') ? 'recover' : 'strike'))
      try {
        return await work()
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) })
        throw error
      } finally {
        span.end()
      }
    },
    async close() {
      const late = new Promise<void>(resolve => setTimeout(resolve, longestFlush).unref())
      await Promise.race([provider.shutdown().catch(() => {}), late])
    },
  }
}

/** A parent that another process may have begun, or that will be written when the drill has ended. */
function under(drill: string, part: string): Context {
  const parent = { traceId: traceIdOf(drill), spanId: spanIdOf(drill, part), traceFlags: TraceFlags.SAMPLED, isRemote: true }
  return trace.setSpanContext(ROOT_CONTEXT, parent)
}

function write(tracer: Tracer, { name, from, to, attributes, events, problem }: DrillSpan, context: Context): void {
  const span = tracer.startSpan(name, { startTime: time(from), attributes: attributes as Attributes }, context)
  for (const event of events) span.addEvent(event.name, event.attributes, time(event.at))
  if (problem !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: problem })
  span.end(time(to))
}

/** Seconds and nanoseconds. */
function time(at: Temporal.Instant): [number, number] {
  return [Number(at.epochNanoseconds / 1_000_000_000n), Number(at.epochNanoseconds % 1_000_000_000n)]
}

/** The ids that a span gets which is begun within `giving`; any outside. */
class GivenIds implements IdGenerator {
  readonly #random = new RandomIdGenerator()
  #given: { readonly traceId: string; readonly spanId: string } | null = null

  giving(ids: { readonly traceId: string; readonly spanId: string }, begin: () => void): void {
    this.#given = ids
    try {
      begin()
    } finally {
      this.#given = null
    }
  }

  generateTraceId(): string {
    return this.#given?.traceId ?? this.#random.generateTraceId()
  }

  generateSpanId(): string {
    return this.#given?.spanId ?? this.#random.generateSpanId()
  }
}
