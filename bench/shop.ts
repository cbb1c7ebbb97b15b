import type { Drill } from '../src/domain/drill.ts'
import type { Finding } from '../src/domain/finding.ts'
import type { ReportedDrill } from '../src/reports/model.ts'
import { concluded, finding, planned, refused } from '../test/reports/fixtures.ts'
import { noon } from '../test/web/stage.ts'

interface Scope {
  readonly id: string
  readonly provider: string
  readonly owner: string
  /** What stands between the scope and the name in a group's id. */
  readonly path: string
  readonly names: readonly string[]
}

const scopes: readonly Scope[] = [
  {
    id: 'aws:123456789012/eu-west-1',
    provider: 'aws',
    owner: 'payments',
    path: 'asg',
    names: ['billing', 'cart', 'checkout', 'fraud-check', 'invoices', 'orders', 'payment-gateway', 'receipts'],
  },
  {
    id: 'azure:00000000-0000-4000-8000-000000000042',
    provider: 'azure',
    owner: 'logistics',
    path: 'logistics/vmss',
    names: ['label-printer', 'parcel-tracking', 'returns', 'routing', 'stock', 'warehouse-api'],
  },
  {
    id: 'gcp:shop-search',
    provider: 'gcp',
    owner: 'search',
    path: 'europe-west1/mig',
    names: ['autocomplete', 'catalog', 'image-resizer', 'indexer', 'ranking', 'recommendations', 'search-api'],
  },
]

/** The newest result of whom the oldest is not a phoenix; `days` ago. */
interface Ending {
  readonly days: number
  readonly verdict: 'snowflake' | 'inconclusive'
  readonly findings: readonly Finding[]
  readonly victimValues?: Readonly<Record<string, string | number | readonly string[]>>
}

const endings: Readonly<Record<string, Ending>> = {
  billing: {
    days: 0.1,
    verdict: 'snowflake',
    findings: [
      finding(
        'config-drift',
        'security group emergency (sg-0e77) was on the victim but is not in launch template billing version 7: add it to the declaration or remove the need for it',
        { path: 'securityGroups', expected: ['sg-0a11', 'sg-0b22'], actual: ['sg-0a11', 'sg-0b22', 'sg-0e77'] },
      ),
    ],
    victimValues: { securityGroups: ['sg-0a11', 'sg-0b22', 'sg-0e77'] },
  },
  'parcel-tracking': {
    days: 3,
    verdict: 'snowflake',
    findings: [
      finding('not-replaced', "nothing replaced the victim within 300 s, a rebuild fails: the image 'tracking-2024.11' was not found", {
        actual: "the image 'tracking-2024.11' was not found",
      }),
    ],
  },
  ranking: {
    days: 1.2,
    verdict: 'inconclusive',
    findings: [finding('no-capacity', 'the provider had no capacity or quota for a replacement: ZONE_RESOURCE_POOL_EXHAUSTED')],
  },
}

/** Proven so many days ago and never since. */
const forgotten: Readonly<Record<string, number>> = { 'label-printer': 41, receipts: 24, indexer: 17 }

/** A shop on three clouds that has been drilled for three months: opted in bit by bit, proven again and again, not all of it well. */
export function shop(): ReportedDrill[] {
  return scopes.flatMap(scope =>
    scope.names.flatMap((name, index) => historyOf(name, scopes.indexOf(scope) * 7 + index).map(drill => placed(drill, scope))),
  )
}

function historyOf(name: string, index: number): ReportedDrill[] {
  if (name === 'returns') return [planned(name)]
  const ending = endings[name]
  const last = forgotten[name] ?? (ending === undefined ? (index * 5) % 9 : ending.days + 6) + 0.4
  const first = 86 - index * 2.7
  const every = 9 + (index % 4)
  const proofs = Array.from({ length: Math.max(1, Math.floor((first - last) / every) + 1) }, (_, back) =>
    proof(name, last + back * every, index),
  )
  return [...proofs, ...endOf(name, ending)]
}

function endOf(name: string, ending: Ending | undefined): ReportedDrill[] {
  if (name === 'orders') {
    const gone = finding('cannot-rebuild', 'launch template orders version 12 names image ami-0c1f9a7be2d34f501, which was deregistered', {
      path: 'image',
    })
    return [refused(name, 'S13', 'the forecast says that a rebuild must fail', [gone])]
  }
  if (ending === undefined) return []
  const lost = ending.findings.some(({ kind }) => kind === 'not-replaced' || kind === 'no-capacity')
  const successor = lost ? { launched: null, recovered: null, concluded: 300_400, whole: 1_290_000 } : {}
  return [concluded({ ...ending, ...successor, name, at: ago(ending.days) })]
}

function proof(name: string, days: number, index: number): ReportedDrill {
  const recovered = 21_000 + ((index * 7919 + Math.round(days) * 613) % 38_000)
  return concluded({
    name,
    verdict: 'phoenix',
    at: ago(days),
    healthy: recovered - 2_900,
    recovered,
    concluded: recovered + 20_200,
    whole: recovered + 20_300,
    policy: { target: 90_000, deadline: 300_000 },
  })
}

function ago(days: number): Temporal.Instant {
  return noon.subtract({ minutes: Math.round(days * 24 * 60) })
}

function placed(reported: ReportedDrill, { id: scope, provider, owner, path }: Scope): ReportedDrill {
  const { drill } = reported
  const group = `${scope}/${path}/${drill.groupName}`
  const service = drill.service === drill.groupName ? group : drill.service
  const at = { scope, group }
  const moved = { ...drill, ...at, provider, owner, service, ...('order' in drill ? { order: { ...drill.order, ...at } } : {}) } as Drill
  return { ...reported, drill: moved }
}
