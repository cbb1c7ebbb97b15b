import assert from 'node:assert/strict'
import { secret } from '../../src/config/secret.ts'
import type { Settings } from '../../src/config/settings.ts'
import type { WebToken } from '../../src/config/web-tokens.ts'
import type { Drill, StrikeOrder } from '../../src/domain/drill.ts'
import type { InstallationLimits, Schedule } from '../../src/domain/schedule.ts'
import type { Engine } from '../../src/engine/context.ts'
import { veto } from '../../src/engine/veto.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { openLedger } from '../../src/ledger/open.ts'
import type { ReportedDrill } from '../../src/reports/model.ts'
import { openMetrics } from '../../src/telemetry/metrics.ts'
import { openListener } from '../../src/web/open.ts'
import { startServer, type WebServer } from '../../src/web/server.ts'
import { schedule as scheduleWith } from '../domain/calendars.ts'
import { evidenceBefore } from '../ledger/examples.ts'
import { groupsOf } from '../reports/fixtures.ts'

/** Friday noon, an hour after the last drill of the fixtures. */
export const noon = Temporal.Instant.from('2026-11-20T13:00:00Z')

export const operatorToken = 'operator-token-of-these-tests-0123456789'
export const viewerToken = 'viewer-token-of-these-tests-0123456789ab'

export const bothTokens: readonly WebToken[] = [
  { name: 'oncall', role: 'operator', secret: secret(operatorToken) },
  { name: 'grafana', role: 'viewer', secret: secret(viewerToken) },
]

export interface StageOptions {
  readonly tokens?: readonly WebToken[]
  readonly web?: Partial<Settings['web']>
  readonly schedules?: readonly Schedule[]
  readonly limits?: Partial<InstallationLimits>
  readonly ledger?: Ledger
}

/** The dashboard on a ledger in memory, listening on loopback. */
export class WebStage {
  readonly ledger: Ledger
  readonly origin: string
  now = noon
  haltFile = false
  readonly unreachable = new Map<string, string>()
  readonly logged: string[] = []
  readonly #server: WebServer
  readonly #closing = new AbortController()

  private constructor(ledger: Ledger, server: WebServer) {
    this.ledger = ledger
    this.#server = server
    this.origin = `http://${server.address}`
  }

  static async open(options: StageOptions = {}): Promise<WebStage> {
    let stage: WebStage | null = null
    const now = () => stage?.now ?? noon
    let ids = 0
    const ledger =
      options.ledger ??
      (await openLedger(
        { kind: 'embedded', file: ':memory:' },
        { clock: { now }, create: true, newId: () => `id-${String(++ids).padStart(6, '0')}` },
      ))
    const server = await startServer('127.0.0.1:0', async () => null)
    stage = new WebStage(ledger, server)
    const made = stage
    const log = (message: string, fields = {}) => void made.logged.push(`${message} ${JSON.stringify(fields)}`)
    const settings = {
      web: { listen: '127.0.0.1:0', origin: null, tokens: [], proxy: null, ...options.web },
      schedules: options.schedules ?? [
        scheduleWith({ leashed: false, maxDaysBetweenDrills: 5, groups: { providers: ['aws'], include: ['*'], exclude: [] } }),
      ],
      limits: { concurrent: null, strikesPerDay: null, ...options.limits },
      never: [],
      written: true,
      haltFile: null,
      owners: { payments: { slack: '#payments' } },
    }
    const haltFileExists = () => made.haltFile
    const engine = { ledger, log: { debug: log, info: log, warn: log, error: log }, changed() {} } as Partial<Engine> as Engine
    server.serve(() =>
      openListener({
        settings,
        ledger,
        clock: { now, monotonic: () => performance.now(), sleep: pause },
        log: engine.log,
        haltFileExists,
        unreachable: made.unreachable,
        veto: (drill, words) => veto(engine, drill, words),
        metrics: openMetrics({
          ledger,
          schedules: settings.schedules,
          apiCalls: { count() {}, all: () => [] },
          watchLag: async () => 0,
          haltFileExists,
          since: made.now,
        }),
        closing: made.#closing.signal,
        tokens: options.tokens ?? [],
        localName: 'somebody',
      }),
    )
    return stage
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#server.close()
    await this.ledger.close()
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.origin}${path}`, { redirect: 'manual', ...init })
  }

  async page(path: string, init: RequestInit = {}): Promise<string> {
    const answer = await this.fetch(path, init)
    const text = await answer.text()
    assert.equal(answer.status, 200, `${path}: ${text.slice(0, 500)}`)
    return text
  }

  /** Sends the form of that address as a browser of this site would. */
  async submit(
    page: string,
    action: string,
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const html = await (await this.fetch(page, { headers })).text()
    const key = /name="key" value="([^"]*)"/.exec(html)?.[1] ?? ''
    return this.fetch(action, {
      method: 'POST',
      headers: { ...headers, origin: this.origin, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ key, back: page, ...fields }).toString(),
    })
  }

  /** Records groups and their drills as if they had happened; gives the drills' ids by group name. */
  async record(drills: readonly ReportedDrill[]): Promise<ReadonlyMap<string, string>> {
    await recordGroups(this.ledger, drills)
    const ids = new Map<string, string>()
    for (const reported of drills) ids.set(reported.drill.groupName, await recordDrill(this.ledger, reported))
    return ids
  }
}

async function recordGroups(ledger: Ledger, drills: readonly ReportedDrill[]): Promise<void> {
  const at = Temporal.Instant.from('2026-11-20T09:00:00Z')
  const scopes = Map.groupBy(drills, ({ drill }) => drill.scope)
  for (const [scope, own] of scopes) {
    const groups = groupsOf(own).map(({ summary, service }, index) => {
      const { incarnation, owner, provider } = own[index]?.drill ?? assert.fail('a drill a group')
      const tags = { firedrill: 'enabled', ...(owner === null ? {} : { 'firedrill-owner': owner }) }
      return { summary: { ...summary, provider, incarnation, scope, tags }, optedIn: true, service, unsteady: null, barred: [] }
    })
    await ledger.recordDiscovery({ scope, at, unreadable: null, groups })
  }
}

async function recordDrill(ledger: Ledger, { drill, before, after, events }: ReportedDrill): Promise<string> {
  const { id: _id, revision: _revision, state: _state, ...plan } = base(drill)
  const [planned] = await ledger.addPlans([{ ...plan, wakeAt: drill.plannedFor, planKey: `${drill.planKey} ${drill.id}`.slice(0, 60) }])
  assert(planned)
  const { id } = planned
  const told = events.map(({ at, kind, data }) => ({ at, kind, data }))
  if (drill.state === 'planned') return id
  if (!('order' in drill)) {
    const end = { ...drill, id, planKey: planned.planKey, revision: 2 } as Drill
    assert(await ledger.advance({ drill: end, events: told, ...(before === null ? {} : { before }) }))
    return id
  }
  const order: StrikeOrder = { ...drill.order, drill: id }
  const evidence = before ?? evidenceBefore(drill.groupName)
  const result = await ledger.intend({ drill: planned, order, before: evidence, run: null, permitFor: 10, decide: () => null })
  assert(result.kind === 'permitted', JSON.stringify(result))
  await ledger.endPermit(id)
  if (drill.state === 'striking') return id
  const next = { ...drill, id, order, planKey: planned.planKey, revision: result.drill.revision + 1 } as Drill
  const quarantine =
    drill.state === 'concluded' && drill.judgement.verdict === 'snowflake'
      ? { quarantine: drill.judgement.findings[0]?.summary ?? 'a failed rebuild' }
      : {}
  assert(await ledger.advance({ drill: next, events: told, ...(after === null ? {} : { after }), ...quarantine }))
  return id
}

function base(drill: Drill) {
  const {
    id,
    revision,
    state,
    schedule,
    provider,
    scope,
    group,
    groupName,
    incarnation,
    service,
    owner,
    planKey,
    plannedFor,
    policy,
    wakeAt,
  } = drill
  return {
    id,
    revision,
    state,
    schedule,
    provider,
    scope,
    group,
    groupName,
    incarnation,
    service,
    owner,
    planKey,
    plannedFor,
    policy,
    wakeAt,
  }
}

function pause(length: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, length)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}
