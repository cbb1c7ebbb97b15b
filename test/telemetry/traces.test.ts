import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { readTraceSettings } from '../../src/config/trace-settings.ts'
import type { Schedule } from '../../src/domain/schedule.ts'
import { veto } from '../../src/engine/veto.ts'
import type { Guard } from '../../src/guards/guard.ts'
import type { Probe } from '../../src/probes/probe.ts'
import { type DrillTrace, drillTrace, traceIdOf } from '../../src/telemetry/drill-spans.ts'
import { openTraces, type Traces } from '../../src/telemetry/traces.ts'
import { firedrill } from '../commands/binary.ts'
import { MINIMAL, withFiles } from '../config/folder.ts'
import { schedule as scheduleWith } from '../domain/calendars.ts'
import { Stage } from '../engine/stage.ts'
import { concluded, planned, refused } from '../reports/fixtures.ts'
import { HttpStage } from '../support/http.ts'

const manyAtOnce = { ...scheduleWith().limits, concurrent: 100, concurrentPerScope: 100, spacing: 0, maxUnsteadyGroups: 1 }
const quiet = { debug() {}, info() {}, warn() {}, error() {} }

interface SentSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes?: readonly { readonly key: string; readonly value: SentValue }[]
  readonly status: { readonly code?: number; readonly message?: string }
}
type SentValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly arrayValue: { readonly values: SentValue[] } }

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

describe('which traces are kept', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }

  it('is nobody’s question unless the environment asks for traces', () => {
    const off = [
      {},
      { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
      { ...endpoint, OTEL_SDK_DISABLED: 'true' },
      { ...endpoint, OTEL_TRACES_EXPORTER: 'none' },
    ]
    for (const env of off) assert.equal(readTraceSettings({ ...env, OTEL_TRACES_SAMPLER: 'no such' }), null)
    assert.notEqual(readTraceSettings({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' }), null)
  })

  it('is said by the names of the specification, in any case; all of them by default', () => {
    const read = (sampler?: string, argument?: string) =>
      readTraceSettings({ ...endpoint, OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: argument })
    assert.deepEqual(read(), { sampler: 'parentbased_always_on', ratio: 1 })
    assert.deepEqual(read('', ''), { sampler: 'parentbased_always_on', ratio: 1 })
    assert.deepEqual(read('Always_Off'), { sampler: 'always_off', ratio: 1 })
    assert.deepEqual(read('traceidratio'), { sampler: 'traceidratio', ratio: 1 })
    assert.deepEqual(read('parentbased_traceidratio', '0.25'), { sampler: 'parentbased_traceidratio', ratio: 0.25 })
    assert.deepEqual(read('always_on', 'for something else'), { sampler: 'always_on', ratio: 1 })
  })

  it('is never guessed: what is not known is a mistake that says what may stand there', () => {
    const mistake = (sampler: string, argument?: string) => () =>
      readTraceSettings({ ...endpoint, OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: argument })
    assert.throws(mistake('alwayson'), /OTEL_TRACES_SAMPLER: there is no sampler "alwayson"\n.*Did you mean "always_on"\?/)
    assert.throws(mistake('xray'), /there is no sampler "xray"\n.*Write one of always_on, always_off, traceidratio, parentbased_/)
    for (const wrong of ['25%', '1.5', '-0.1', 'NaN', 'half'])
      assert.throws(mistake('traceidratio', wrong), /OTEL_TRACES_SAMPLER_ARG: ".*" is no share of traces\n.*from 0 \(none\) to 1 \(all\)/)
  })

  it('ends the program with 2 before anything is opened, and validate says so, too', async () => {
    const env = { ...endpoint, OTEL_TRACES_SAMPLER: 'alwayson' }
    await withFiles({ 'firedrill.yaml': 'web: { listen: "127.0.0.1:0" }\n', 'schedules/weekdays.yaml': MINIMAL }, async cwd => {
      for (const command of ['validate', 'run', 'serve']) {
        const { code, stdout, stderr } = await firedrill(cwd, [command], env)
        assert.equal(code, 2, `${command}: ${stderr}`)
        assert.match(stdout + stderr, /environment variable OTEL_TRACES_SAMPLER: there is no sampler "alwayson"/)
      }
      assert.deepEqual((await readdir(cwd)).sort(), ['firedrill.yaml', 'schedules'])
    })
  })
})

describe('traces', () => {
  const collector = new HttpStage()
  let stage: Stage
  let traces: Traces
  let spans: SentSpan[] = []
  let logged: string[] = []
  let env: NodeJS.ProcessEnv = {}

  before(() => collector.start())
  after(() => collector.stop())
  beforeEach(() => {
    env = process.env
    spans = []
    logged = []
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
  afterEach(async () => {
    process.env = env
    await traces?.close()
    await stage?.ledger.close()
  })

  async function open(variables: Record<string, string> = {}, changes: Partial<Schedule> = {}): Promise<void> {
    stage = await Stage.open(changes)
    const all = { ...process.env, ...variables }
    const settings = settingsHere(all)
    const log = { ...quiet, warn: (message: string) => void logged.push(message) }
    traces = await openTraces({ settings, env: all, ledger: stage.ledger, clock: stage.clock, log })
    const engine = stage.engine.bind(stage)
    stage.engine = () => ({ ...engine(), traced: traces.traced, changed: (drill, events) => traces.changed(drill, events) })
  }

  function settingsHere(all = process.env) {
    return readTraceSettings(all) ?? assert.fail('no traces are wanted')
  }

  /** What the collector has when all is sent. */
  async function sent(): Promise<readonly SentSpan[]> {
    await traces.close()
    return spans
  }

  function one(name: string): SentSpan {
    const [found, ...more] = spans.filter(span => span.name === name)
    assert.deepEqual(more, [], `${name} is there once`)
    return found ?? assert.fail(`there is no span ${name} among ${spans.map(span => span.name).join(', ')}`)
  }

  it('reach a collector: one for each drill, from the plan to the verdict, with the call that struck', async () => {
    await open()
    stage.platform.add('web')
    const [plan] = await stage.plan()
    assert.ok(plan)
    assert.deepEqual(await stage.attempt([plan]), ['struck'])
    await stage.watchToTheEnd()
    assert.equal((await stage.concluded(plan.id)).judgement.verdict, 'phoenix')
    const names = (await sent()).map(span => span.name)
    assert.deepEqual(names.sort(), ['cloud strike', 'conclude', 'drill', 'planned', 'recover', 'soak', 'strike'])
    assert.deepEqual(new Set(spans.map(span => span.traceId)), new Set([traceIdOf(plan.id)]))
    const root = one('drill')
    assert.equal(root.parentSpanId ?? '', '')
    for (const name of ['planned', 'strike', 'recover', 'soak', 'conclude']) assert.equal(one(name).parentSpanId, root.spanId, name)
    assert.equal(one('cloud strike').parentSpanId, one('strike').spanId)
    const soak = one('soak')
    assert.equal(BigInt(soak.endTimeUnixNano) - BigInt(soak.startTimeUnixNano) >= BigInt(stage.schedule.recovery.soak) * 1_000_000n, true)
  })

  it('of a group that stays wounded are sent when its drill ends, and not again by whoever watches it from then on', async () => {
    await open()
    stage.platform.add('web')
    stage.platform.replacementTime = 2 * stage.schedule.recovery.deadline
    const [plan] = await stage.plan()
    assert.ok(plan)
    assert.deepEqual(await stage.attempt([plan]), ['struck'])
    await stage.watchToTheEnd()
    assert.equal((await stage.concluded(plan.id)).wounded, true)
    await sent()
    one('drill')
    const another = await openTraces({ settings: settingsHere(), env: process.env, ledger: stage.ledger, clock: stage.clock, log: quiet })
    const engine = stage.engine.bind(stage)
    stage.engine = () => ({ ...engine(), changed: (drill, events) => another.changed(drill, events) })
    for (let look = 0; look < 720 && (await stage.concluded(plan.id)).wounded; look++) {
      await stage.clock.advance(5_000)
      await stage.look()
    }
    assert.equal((await stage.concluded(plan.id)).wounded, false)
    await another.close()
    one('drill')
  })

  it('show what guards and probes were asked and said, where in the drill, and how it was judged', async () => {
    const check = (kind: string) => ({ kind, settings: {} })
    await open({}, { guards: [check('light')], probes: [check('door')] })
    let probed = 0
    const now = () => stage.clock.now().epochMilliseconds
    const started = now()
    stage.guards = { light: lightThat(async () => ({ proceed: true, reason: 'no alert is firing', evidence: {} })) }
    stage.probes = {
      door: doorThat(async ({ id }) => {
        if (!id.startsWith('i-new')) return { result: 'passed', detail: 'open' }
        probed++
        if (probed === 1) return { result: 'failed', detail: 'still shut' }
        if (probed === 2) throw new Error('the network is down')
        return { result: 'passed', detail: 'open' }
      }),
    }
    stage.platform.add('web')
    const [plan] = await stage.plan()
    assert.ok(plan)
    assert.deepEqual(await stage.attempt([plan]), ['struck'])
    await stage.watchToTheEnd()
    await sent()
    const guard = one('guard light')
    assert.equal(guard.parentSpanId, one('planned').spanId)
    assert.deepEqual(attributesOf(guard), {
      'firedrill.group': 'cloud:here/group/web',
      'firedrill.proceed': true,
      'firedrill.reason': 'no alert is firing',
    })
    assert.equal(BigInt(guard.startTimeUnixNano) / 1_000_000n, BigInt(started), 'in the clock that the drill lives by')
    const doors = spans.filter(span => span.name === 'probe door')
    const parentsOf = (some: readonly SentSpan[]) =>
      new Set(some.map(span => spans.find(({ spanId }) => spanId === span.parentSpanId)?.name))
    const ofVictim = doors.filter(span => !String(attributesOf(span)['firedrill.instance']).startsWith('i-new'))
    assert.deepEqual([ofVictim.length, ...parentsOf(ofVictim)], [1, 'planned'])
    const ofSuccessor = doors.filter(span => !ofVictim.includes(span))
    assert.equal(ofSuccessor.length, probed)
    assert.deepEqual([...parentsOf(ofSuccessor)].sort(), ['recover', 'soak'])
    const bad = doors.filter(span => attributesOf(span)['firedrill.result'] !== 'passed')
    assert.deepEqual(
      bad.map(span => [attributesOf(span)['firedrill.result'] ?? null, span.status.code ?? 0, span.status.message ?? '']),
      [
        ['failed', 0, ''],
        [null, 2, 'the network is down'],
      ],
      'one that fails is no error, one that could not be asked is',
    )
    const { 'firedrill.verdict': verdict, 'firedrill.proven': proven, 'firedrill.judged': judged } = attributesOf(one('conclude'))
    assert.deepEqual([verdict, judged], ['phoenix', true])
    assert.deepEqual(proven, (await stage.concluded(plan.id)).judgement.proven)
  })

  it('show why nothing was struck: the guard that said no, and one that could not be asked, of each drill its own', async () => {
    await open({}, { guards: [{ kind: 'light', settings: {} }], limits: manyAtOnce })
    let asked = 0
    stage.guards = {
      light: lightThat(async () => {
        asked++
        throw new Error('the alert manager is down')
      }),
    }
    for (const name of ['web', 'shop']) stage.platform.add(name)
    const plans = await stage.plan()
    assert.deepEqual(await stage.attempt(plans), ['refused', 'refused'])
    await sent()
    assert.equal(asked, 1, 'one answer for both')
    for (const { id } of plans) {
      const own = spans.filter(span => span.traceId === traceIdOf(id))
      assert.deepEqual(own.map(span => span.name).sort(), ['drill', 'guard light', 'planned'])
      const guard = own.find(span => span.name === 'guard light')
      assert.equal(guard?.parentSpanId, own.find(span => span.name === 'planned')?.spanId)
      assert.deepEqual([guard?.status.code, guard?.status.message], [2, 'the alert manager is down'])
    }
  })

  it('are sent of a strike that somebody vetoed, once, as of any other end', async () => {
    await open()
    stage.platform.add('web')
    const [plan] = await stage.plan()
    assert.ok(plan)
    const words = { by: 'the link sent to sre', note: 'release day' }
    assert.equal(await veto(stage.engine(), plan.id, words), null)
    assert.equal(await veto(stage.engine(), plan.id, words), 'refused')
    await sent()
    assert.deepEqual(spans.map(span => span.name).sort(), ['drill', 'planned'])
    assert.equal(attributesOf(one('drill'))['firedrill.rule'], 'veto')
  })

  it('are kept or left out as a whole, by the trace’s id, alike in every process', async () => {
    const variables = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' }
    await open(variables, { guards: [{ kind: 'light', settings: {} }], limits: manyAtOnce })
    stage.guards = { light: lightThat(async () => ({ proceed: false, reason: 'an alert is firing', evidence: {} })) }
    for (let group = 0; group < 60; group++) stage.platform.add(`web-${group}`)
    const plans = await stage.plan()
    await stage.attempt(plans)
    const kept = Map.groupBy(await sent(), span => span.traceId)
    assert.ok(kept.size > 10 && kept.size < 50, `${kept.size} of 60`)
    for (const [trace, some] of kept) assert.deepEqual(some.map(span => span.name).sort(), ['drill', 'guard light', 'planned'], trace)
    const first = new Set(kept.keys())
    await stage.ledger.close()
    spans = []
    await open({ ...variables, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' })
    for (const { id } of plans) {
      const about = { drill: id, name: 'guard light', under: 'planned', outside: true, attributes: {} } as const
      await traces.traced(about, async () => null)
    }
    assert.deepEqual(new Set((await sent()).map(span => span.traceId)), first, 'another process keeps the same')
  })

  for (const sampler of ['always_off', 'parentbased_always_off'])
    it(`are none with ${sampler}, and the drill is none the worse`, async () => {
      await open({ OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: '0.5' })
      stage.platform.add('web')
      const [plan] = await stage.plan()
      assert.ok(plan)
      assert.deepEqual(await stage.attempt([plan]), ['struck'])
      await stage.watchToTheEnd()
      assert.equal((await stage.concluded(plan.id)).judgement.verdict, 'phoenix')
      assert.deepEqual(await sent(), [])
      assert.deepEqual(logged, ['OTEL_TRACES_SAMPLER_ARG changes nothing: the sampler takes none'])
    })

  it('cost a drill nothing where the collector is down', async () => {
    collector.answer = response => response.destroy()
    await open()
    stage.platform.add('web')
    const [plan] = await stage.plan()
    assert.ok(plan)
    assert.deepEqual(await stage.attempt([plan]), ['struck'])
    await stage.watchToTheEnd()
    assert.equal((await stage.concluded(plan.id)).judgement.verdict, 'phoenix')
    const began = performance.now()
    assert.deepEqual(await sent(), [])
    assert.ok(performance.now() - began < 5_000, 'and its end little time')
  })
})

function lightThat(ask: Guard['ask']): Guard {
  return { name: 'light', concerns: () => '', ask }
}

function doorThat(check: Probe['check']): Probe {
  return { name: 'door', interval: 5_000, passes: 1, check }
}

function attributesOf({ attributes = [] }: SentSpan): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]))
}

function plain(value: SentValue): unknown {
  return 'arrayValue' in value ? value.arrayValue.values.map(plain) : Object.values(value)[0]
}
