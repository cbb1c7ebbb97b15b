import assert from 'node:assert/strict'
import { type DrillTrace, drillTrace, traceIdOf } from '../../src/telemetry/drill-spans.ts'
import { openTraces } from '../../src/telemetry/traces.ts'
import { Stage } from '../engine/stage.ts'
import { concluded, planned, refused } from '../reports/fixtures.ts'
import { HttpStage } from '../support/http.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

interface SentSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly status: { readonly code?: number }
}

describe('the trace of a drill', () => {
  it('has the drill’s own id, and parts that follow each other without a gap', () => {
    const { drill, events } = concluded({ name: 'web', verdict: 'snowflake', id: '0F8fad5b-d9cb-469f-a165-70867728950e' })
    const trace: DrillTrace = drillTrace(drill, events) ?? assert.fail('no trace')
    assert.equal(traceIdOf(drill.id), '0f8fad5bd9cb469fa16570867728950e')
    for (const [index, part] of trace.parts.entries()) {
      const next = trace.parts[index + 1]
      if (next !== undefined) assert.equal(part.to.toString(), next.from.toString())
    }
    assert.equal(trace.parts.at(-1)?.to.toString(), trace.root.to.toString())
    assert.equal(trace.root.attributes['firedrill.verdict'], 'snowflake')
    assert.notEqual(trace.root.problem, null)
  })

  it('of a refusal says by which rule; a drill that has not ended has none', () => {
    const { drill, events } = refused('web', 'S5', 'an instance refresh is in progress')
    const trace = drillTrace(drill, events)
    assert.equal(trace?.root.attributes['firedrill.rule'], 'S5')
    assert.deepEqual(
      trace?.parts.map(part => part.name),
      ['planned'],
    )
    assert.equal(drillTrace(planned('web').drill, []), null)
  })
})

describe('traces', () => {
  const collector = new HttpStage()
  let spans: SentSpan[] = []
  let env: NodeJS.ProcessEnv = {}

  before(() => collector.start())
  after(() => collector.stop())
  beforeEach(() => {
    env = process.env
    spans = []
    collector.answer = (response, request) => {
      let body = ''
      request
        .on('data', chunk => (body += chunk))
        .on('end', () => {
          const { resourceSpans } = JSON.parse(body)
          for (const { scopeSpans } of resourceSpans) for (const { spans: some } of scopeSpans) spans.push(...some)
          response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
        })
    }
    // The exporter reads the environment of its process.
    process.env = { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, NO_PROXY: '127.0.0.1' }
  })
  afterEach(() => {
    process.env = env
  })

  it('are not even loaded unless the environment asks for them', async () => {
    const needs = { ledger: {} as never, log: quiet }
    for (const off of [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: '' }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_SDK_DISABLED: 'true' }])
      assert.equal(await openTraces({ ...needs, env: off }), null)
  })

  it('reach a collector: one for each drill, from the plan to the verdict, with the call that struck', async () => {
    const stage = await Stage.open()
    const traces = await openTraces({ env: process.env, ledger: stage.ledger, log: quiet })
    assert.ok(traces)
    try {
      stage.platform.add('web')
      const [plan] = await stage.plan()
      assert.ok(plan)
      const engine = stage.engine.bind(stage)
      stage.engine = () => ({ ...engine(), providers: [traces.provider(stage.platform)], changed: drill => traces.changed(drill) })
      assert.deepEqual(await stage.attempt([plan]), ['struck'])
      await stage.watchToTheEnd()
      await traces.close()
      assert.equal((await stage.concluded(plan.id)).judgement.verdict, 'phoenix')
      const byName = new Map(spans.map(span => [span.name, span]))
      assert.deepEqual([...byName.keys()].sort(), ['cloud strike', 'drill', 'planned', 'recover', 'soak', 'strike'])
      assert.deepEqual(new Set(spans.map(span => span.traceId)), new Set([traceIdOf(plan.id)]))
      const root = byName.get('drill')
      assert.equal(root?.parentSpanId ?? '', '')
      for (const name of ['planned', 'strike', 'recover', 'soak']) assert.equal(byName.get(name)?.parentSpanId, root?.spanId, name)
      assert.equal(byName.get('cloud strike')?.parentSpanId, byName.get('strike')?.spanId)
      const soak = byName.get('soak')
      assert.equal(
        BigInt(soak?.endTimeUnixNano ?? 0) - BigInt(soak?.startTimeUnixNano ?? 0) >= BigInt(stage.schedule.recovery.soak) * 1_000_000n,
        true,
      )
    } finally {
      await stage.ledger.close()
    }
  })
})
