import { z } from 'zod'
import { called } from '../config/phrases.ts'
import { clip } from '../outside/evidence.ts'
import { checkTimeout, httpFields, plainUrl, refuseForbiddenHost, revealHeaders, storedHttpFields } from '../outside/fields.ts'
import { type HttpAnswer, httpGet, parseJson } from '../outside/http-request.ts'
import type { GuardAnswer } from './guard.ts'
import type { GuardKind } from './kind.ts'

const bound = called(z.number(), 'a number', '0.01').optional()

const schema = z
  .strictObject({
    url: plainUrl,
    query: called(z.string().trim().min(1), 'a query in PromQL', '"sum(rate(http_errors_total[5m]))"'),
    min: bound,
    max: bound,
    empty: called(z.enum(['refuse', 'proceed']), 'refuse or proceed').default('refuse'),
    timeout: checkTimeout('10s', 10_000),
    ...httpFields,
  })
  .superRefine((settings, context) => {
    refuseForbiddenHost(settings, context)
    const { min, max } = settings
    if (min === undefined && max === undefined)
      context.addIssue({ code: 'custom', message: 'a query needs a bound', params: { suggestion: 'Write max:, min: or both.' } })
    if (min !== undefined && max !== undefined && min > max)
      context.addIssue({ code: 'custom', message: `min (${min}) is more than max (${max})`, path: ['min'] })
  })

const stored = z.object({
  url: z.string(),
  query: z.string(),
  min: z.number().optional(),
  max: z.number().optional(),
  empty: z.enum(['refuse', 'proceed']),
  ...storedHttpFields,
})

type Settings = z.output<typeof stored>

/** Asks an instant query; each value that comes back must lie within the bounds. */
export const prometheusGuard: GuardKind = {
  schema,
  open(written, secrets) {
    const settings = stored.parse(written)
    return {
      name: 'prometheus',
      concerns: () => '',
      async ask(_question, signal) {
        const url = queryUrl(settings)
        const headers = await revealHeaders(settings, secrets)
        const answer = await httpGet({ url, headers, allowLinkLocal: settings.allowLinkLocal }, signal)
        const samples = readSamples(answer, url)
        const judged = judge(samples, settings)
        const evidence = { query: settings.query, samples: samples.map(({ labels, value }) => ({ labels, value: String(value) })) }
        return { ...judged, evidence }
      },
    }
  },
}

function queryUrl({ url, query }: Settings): URL {
  const target = new URL(url)
  target.pathname = `${target.pathname.replace(/\/$/, '')}/api/v1/query`
  target.searchParams.set('query', query)
  return target
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const value = z.tuple([z.number(), z.string()]).transform(([, text]) => numberOf(text))
const success = z.object({
  status: z.literal('success'),
  warnings: z.array(z.string()).optional(),
  data: z.discriminatedUnion('resultType', [
    z.object({ resultType: z.literal('scalar'), result: value }),
    z.object({ resultType: z.literal('vector'), result: z.array(z.object({ metric: z.record(z.string(), z.string()), value })) }),
  ]),
})
const failure = z.object({
  status: z.literal('error'),
  errorType: z.string().default('error'),
  error: z.string().default('no reason given'),
})

/** https://prometheus.io/docs/prometheus/latest/querying/api/ – warnings mean that the data may be partial. */
function readSamples({ status, body }: HttpAnswer, url: URL): readonly Sample[] {
  const complaint = complaintIn(body, url)
  if (complaint !== null) throw new Error(`${url.origin} answered ${complaint}`)
  if (status !== 200) throw new Error(`${url.origin} answered ${status} instead of 200`)
  const read = success.safeParse(parseJson(body, url))
  if (!read.success) throw new Error(`${url.origin} did not answer with a scalar or a vector`)
  const { warnings = [], data } = read.data
  if (warnings.length > 0) throw new Error(`${url.origin} answered with warnings: ${warnings.join('; ')}`)
  return data.resultType === 'scalar'
    ? [{ labels: {}, value: data.result }]
    : data.result.map(sample => ({ labels: sample.metric, value: sample.value }))
}

/** Null where Prometheus says of no error, or something before it answers in its place. */
function complaintIn(body: string, url: URL): string | null {
  try {
    const { errorType, error } = failure.parse(parseJson(body, url))
    return `${errorType}: ${error}`
  } catch {
    return null
  }
}

function numberOf(text: string): number {
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY
  if (text === '-Inf') return Number.NEGATIVE_INFINITY
  return text.trim() === '' ? Number.NaN : Number(text)
}

function judge(samples: readonly Sample[], { min, max, empty }: Settings): Pick<GuardAnswer, 'proceed' | 'reason'> {
  if (samples.length === 0) return { proceed: empty === 'proceed', reason: 'the query has no result' }
  for (const { labels, value } of samples) {
    const which = Object.keys(labels).length === 0 ? 'the query' : seriesText(labels)
    if (Number.isNaN(value)) return { proceed: false, reason: `${which} is no number` }
    if (max !== undefined && value > max) return { proceed: false, reason: `${which} is ${value}, more than ${max}` }
    if (min !== undefined && value < min) return { proceed: false, reason: `${which} is ${value}, less than ${min}` }
  }
  return { proceed: true, reason: `${samples.length === 1 ? 'the value is' : `${samples.length} values are`} within bounds` }
}

function seriesText(labels: Readonly<Record<string, string>>): string {
  const { __name__: name = '', ...rest } = labels
  const pairs = Object.entries(rest).map(([key, text]) => `${key}=${JSON.stringify(text)}`)
  return clip(`${name}{${pairs.join(',')}}`, 200)
}
