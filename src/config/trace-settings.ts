import { near } from '../domain/spelling.ts'
import { ConfigError } from './config-error.ts'
import type { Environment } from './environment.ts'

/** Of OpenTelemetry's own names those that need nothing beyond the trace itself. */
const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const
export type TraceSampler = (typeof SAMPLERS)[number]

export interface TraceSettings {
  readonly sampler: TraceSampler
  /** The share of drills that `traceidratio` keeps, 0 to 1. */
  readonly ratio: number
}

/**
 * OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG; null where the standard variables ask for no traces. Throws ConfigError for
 * what the specification does not know: a fleet's worth of traces by mistake costs somebody money.
 */
export function readTraceSettings(env: Environment): TraceSettings | null {
  if (!areWanted(env)) return null
  const written = env.OTEL_TRACES_SAMPLER?.trim().toLowerCase() ?? ''
  const sampler = written === '' ? 'parentbased_always_on' : SAMPLERS.find(known => known === written)
  if (sampler === undefined) throw unknownSampler(env.OTEL_TRACES_SAMPLER ?? '')
  return { sampler, ratio: sampler.endsWith('traceidratio') ? readRatio(env.OTEL_TRACES_SAMPLER_ARG?.trim() ?? '') : 1 }
}

function areWanted(env: Environment): boolean {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none') return false
  return [env.OTEL_EXPORTER_OTLP_ENDPOINT, env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT].some(url => url !== undefined && url !== '')
}

function readRatio(written: string): number {
  if (written === '') return 1
  const ratio = Number(written)
  if (ratio >= 0 && ratio <= 1) return ratio
  throw mistake('OTEL_TRACES_SAMPLER_ARG', `"${written}" is no share of traces`, 'Write a number from 0 (none) to 1 (all), such as 0.25.')
}

function unknownSampler(written: string): ConfigError {
  const meant = near(written, SAMPLERS)[0]
  const suggestion = meant === undefined ? `Write one of ${SAMPLERS.join(', ')}.` : `Did you mean "${meant}"?`
  return mistake('OTEL_TRACES_SAMPLER', `there is no sampler "${written}"`, suggestion)
}

function mistake(variable: string, message: string, suggestion: string): ConfigError {
  return new ConfigError([{ file: `environment variable ${variable}`, line: null, column: null, message, suggestion }])
}
