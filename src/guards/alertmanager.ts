import { z } from 'zod'
import { called } from '../config/phrases.ts'
import { checkTimeout, httpFields, plainUrl, refuseForbiddenHost, revealHeaders, storedHttpFields } from '../outside/fields.ts'
import { httpGet, parseJson } from '../outside/http-request.ts'
import type { GuardKind } from './kind.ts'

const LABEL = /^[A-Za-z_][A-Za-z0-9_]*$/
const MATCHER = /^\s*[A-Za-z_][A-Za-z0-9_]*\s*(=~|!~|!=|=)/

const schema = z
  .strictObject({
    url: plainUrl,
    labels: called(
      z.record(called(z.string().regex(LABEL), 'the name of a label', 'severity'), called(z.string(), 'a text', 'critical')),
      'a map of labels',
      '{ severity: critical }',
    ).default({}),
    matchers: called(
      z.array(called(z.string().regex(MATCHER), 'a matcher', `'team=~"pay.*"'`)),
      'a list of matchers',
      `['severity=~"critical|page"']`,
    ).default([]),
    silenced: called(z.enum(['refuse', 'ignore']), 'refuse or ignore').default('refuse'),
    timeout: checkTimeout('10s', 10_000),
    ...httpFields,
  })
  .superRefine((settings, context) => {
    refuseForbiddenHost(settings, context)
    if (Object.keys(settings.labels).length === 0 && settings.matchers.length === 0)
      context.addIssue({
        code: 'custom',
        message: 'labels or matchers must say which alerts count',
        params: { suggestion: 'Write for example labels: { severity: critical }.' },
      })
  })

const stored = z.object({
  url: z.string(),
  labels: z.record(z.string(), z.string()),
  matchers: z.array(z.string()),
  silenced: z.enum(['refuse', 'ignore']),
  ...storedHttpFields,
})

type Settings = z.output<typeof stored>

const alerts = z.array(z.object({ labels: z.record(z.string(), z.string()), startsAt: z.string().optional() }))

/** No alert with these labels may fire. One that is silenced or inhibited fires all the same, unless told otherwise. */
export const alertmanagerGuard: GuardKind = {
  schema,
  open(written, secrets) {
    const settings = stored.parse(written)
    return {
      name: 'alertmanager',
      concerns: () => '',
      async ask(_question, signal) {
        const url = alertsUrl(settings)
        const headers = await revealHeaders(settings, secrets)
        const { status, body } = await httpGet({ url, headers, allowLinkLocal: settings.allowLinkLocal }, signal)
        if (status !== 200) throw new Error(`${url.origin} answered ${status} instead of 200`)
        const read = alerts.safeParse(parseJson(body, url))
        if (!read.success) throw new Error(`${url.origin} did not answer with a list of alerts`)
        const names = read.data.map(alert => alert.labels.alertname ?? 'an alert without a name')
        const evidence = { filter: filters(settings), alerts: read.data }
        if (names.length === 0) return { proceed: true, reason: 'no such alert fires', evidence }
        return { proceed: false, reason: `${listed(names)} ${names.length === 1 ? 'fires' : 'fire'}`, evidence }
      },
    }
  },
}

/** https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml, getAlerts */
function alertsUrl(settings: Settings): URL {
  const target = new URL(settings.url)
  target.pathname = `${target.pathname.replace(/\/$/, '')}/api/v2/alerts`
  const suppressed = String(settings.silenced === 'refuse')
  const query: readonly [string, string][] = [
    ['active', 'true'],
    ['unprocessed', 'true'],
    ['silenced', suppressed],
    ['inhibited', suppressed],
  ]
  for (const [name, value] of query) target.searchParams.set(name, value)
  for (const filter of filters(settings)) target.searchParams.append('filter', filter)
  return target
}

function filters({ labels, matchers }: Settings): string[] {
  const quoted = (text: string) => `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`
  return [...Object.entries(labels).map(([name, value]) => `${name}=${quoted(value)}`), ...matchers]
}

function listed(names: readonly string[]): string {
  const [first = '', second, ...rest] = [...new Set(names)]
  if (second === undefined) return first
  return rest.length === 0 ? `${first} and ${second}` : `${first}, ${second} and ${rest.length} more`
}
