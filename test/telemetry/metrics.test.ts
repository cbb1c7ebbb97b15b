import assert from 'node:assert/strict'
import { countApiCalls } from '../../src/telemetry/api-calls.ts'
import { openMetrics } from '../../src/telemetry/metrics.ts'
import { schedule } from '../domain/calendars.ts'
import { concluded, fleet } from '../reports/fixtures.ts'
import { noon, WebStage } from '../web/stage.ts'

describe('metrics', () => {
  let stage: WebStage
  beforeEach(async () => {
    stage = await WebStage.open()
  })
  afterEach(() => stage.close())

  it('tell drills, recoveries, refusals, limits, halts, coverage and calls, as the ledger has them', async () => {
    const apiCalls = countApiCalls()
    const since = noon.subtract({ hours: 24 })
    const read = openMetrics({
      ledger: stage.ledger,
      schedules: [schedule()],
      apiCalls,
      watchLag: async () => 1_500,
      haltFileExists: () => false,
      since,
    })
    assert.match(await read(), /firedrill_halted 0/)
    await stage.record(fleet())
    await stage.ledger.halt({ target: { kind: 'installation' }, reason: 'test', by: 'ana', until: null })
    apiCalls.count('aws', 'DescribeInstances', 'ok')
    apiCalls.count('aws', 'DescribeInstances', 'ok')
    apiCalls.count('aws', 'DescribeInstances', 'Throttling')
    const lines = (await read()).split('\n')
    for (const line of [
      'firedrill_drills_total{provider="aws",verdict="phoenix"} 8',
      'firedrill_drills_total{provider="aws",verdict="snowflake"} 7',
      'firedrill_drills_total{provider="aws",verdict="inconclusive"} 6',
      'firedrill_refusals_last_day{rule="S5"} 2',
      'firedrill_refusals_last_day{rule="cloudwatch-alarm"} 1',
      'firedrill_open_drills 2',
      'firedrill_watch_lag_seconds 1.5',
      'firedrill_halted 1',
      'firedrill_halts 1',
      'firedrill_breaker_open{schedule="weekdays"} 1',
      'firedrill_scope_degraded_groups{scope="aws:123456789012/eu-west-1"} 0',
      'firedrill_coverage_ratio 0.25',
      'firedrill_groups{provider="aws",standing="forecast"} 1',
      'firedrill_scope_unreadable{scope="aws:123456789012/eu-west-1"} 0',
      'firedrill_api_calls_total{provider="aws",operation="DescribeInstances",outcome="ok"} 2',
      'firedrill_api_calls_total{provider="aws",operation="DescribeInstances",outcome="Throttling"} 1',
    ])
      assert.ok(lines.includes(line), `${line}\n${lines.filter(one => one.startsWith(line.split(/[{ ]/)[0] ?? '')).join('\n')}`)
  })

  function metricsOfTheDay(): () => Promise<string> {
    return openMetrics({
      ledger: stage.ledger,
      schedules: [schedule()],
      apiCalls: countApiCalls(),
      watchLag: async () => 0,
      haltFileExists: () => false,
      since: noon.subtract({ hours: 24 }),
    })
  }

  it('count each conclusion once, however often and however many at once ask', async () => {
    const read = metricsOfTheDay()
    await stage.record(fleet())
    const texts = await Promise.all([read(), read(), read()])
    for (const text of texts) assert.match(text, /verdict="phoenix"\} 8\n/)
  })

  it('count no time to recover that is only known as "at most"', async () => {
    const read = metricsOfTheDay()
    await stage.record([
      concluded({ name: 'dark', verdict: 'phoenix', recoveredAfter: 5_000 }),
      concluded({ name: 'seen', verdict: 'phoenix' }),
    ])
    const text = await read()
    assert.match(text, /verdict="phoenix"\} 2\n/)
    assert.match(text, /^firedrill_time_to_recover_seconds_count\{provider="aws"\} 1$/m)
  })

  it('count nothing from before the process started', async () => {
    await stage.record(fleet())
    const needs = {
      ledger: stage.ledger,
      schedules: [schedule()],
      apiCalls: countApiCalls(),
      watchLag: async () => 0,
      haltFileExists: () => false,
    }
    assert.doesNotMatch(await openMetrics({ ...needs, since: noon })(), /firedrill_drills_total\{/)
  })
})
