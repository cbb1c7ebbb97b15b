import { type Attributes, type Context, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, type Tracer, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  type IdGenerator,
  ParentBasedSampler,
  RandomIdGenerator,
  type Sampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { TraceSettings } from '../config/trace-settings.ts'
import type { DrillPart, Traced, TraceOutcome } from '../domain/trace.ts'
import { type DrillSpan, type DrillTrace, spanIdOf, traceIdOf } from './drill-spans.ts'
import type { TraceNeeds } from './traces.ts'

/** Where traces go. Losing one costs a picture, never a verdict: nothing here waits or throws. */
export interface TraceSink {
  add(drill: string, trace: DrillTrace): void
  readonly traced: Traced
  close(): Promise<void>
}

const nothing: TraceOutcome = { attributes: {}, problem: null }
/** `docker stop` grants ten seconds in all. */
const longestFlush = 3_000

/** The exporter reads OTEL_EXPORTER_OTLP_* itself: address, headers, timeout, compression. It speaks OTLP over HTTP in JSON. */
export function openSink({ settings, env, clock, log }: Pick<TraceNeeds, 'settings' | 'env' | 'clock' | 'log'>): TraceSink {
  if (env.OTEL_EXPORTER_OTLP_PROTOCOL === 'grpc')
    log.warn('traces are sent over http, not grpc: point OTEL_EXPORTER_OTLP_ENDPOINT at port 4318', {})
  if (env.OTEL_TRACES_SAMPLER_ARG && !settings.sampler.endsWith('traceidratio'))
    log.warn('OTEL_TRACES_SAMPLER_ARG changes nothing: the sampler takes none', { sampler: settings.sampler })
  const ids = new GivenIds()
  const named = resourceFromAttributes({ 'service.name': 'firedrill' })
  const sampler = samplerOf(settings)
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(named)
      .merge(detectResources({ detectors: [envDetector] })),
    idGenerator: ids,
    sampler,
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: 1_000 })],
  })
  const tracer = provider.getTracer('firedrill')
  const under = (drill: string, part: DrillPart) => parentContext(sampler, drill, part)
  return {
    add(drill, { root, parts }) {
      const given = (part: string) => ({ traceId: traceIdOf(drill), spanId: spanIdOf(drill, part) })
      ids.giving(given(root.name), () => write(tracer, root, ROOT_CONTEXT))
      for (const one of parts) ids.giving(given(one.name), () => write(tracer, one, under(drill, root.name)))
    },
    async traced({ drill, name, under: part, outside, attributes, tell }, work) {
      const kind = outside ? SpanKind.CLIENT : SpanKind.INTERNAL
      const span = tracer.startSpan(name, { kind, startTime: time(clock.now()), attributes: attributes as Attributes }, under(drill, part))
      try {
        const result = await work()
        const outcome = tell?.(result) ?? nothing
        span.setAttributes(outcome.attributes as Attributes)
        if (outcome.problem !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.problem })
        return result
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) })
        throw error
      } finally {
        span.end(time(clock.now()))
      }
    },
    async close() {
      const late = new Promise<void>(resolve => setTimeout(resolve, longestFlush).unref())
      await Promise.race([provider.shutdown().catch(() => {}), late])
    },
  }
}

function samplerOf({ sampler, ratio }: TraceSettings): Sampler {
  switch (sampler) {
    case 'always_on':
      return new AlwaysOnSampler()
    case 'always_off':
      return new AlwaysOffSampler()
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio)
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() })
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() })
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) })
  }
}

/**
 * A parent that another process may have begun, or that will be written when the drill has ended. Whether it is sampled hangs
 * on the trace's id alone, so every process decides alike and a trace is there as a whole or not at all.
 */
function parentContext(sampler: Sampler, drill: string, part: DrillPart): Context {
  const traceId = traceIdOf(drill)
  const { decision } = sampler.shouldSample(ROOT_CONTEXT, traceId, 'drill', SpanKind.INTERNAL, {}, [])
  const traceFlags = decision === SamplingDecision.RECORD_AND_SAMPLED ? TraceFlags.SAMPLED : TraceFlags.NONE
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId: spanIdOf(drill, part), traceFlags, isRemote: true })
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
