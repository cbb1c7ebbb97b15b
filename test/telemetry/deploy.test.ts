import assert from 'node:assert/strict'
import { countApiCalls } from '../../src/telemetry/api-calls.ts'
import { openMetrics } from '../../src/telemetry/metrics.ts'
import { schedule } from '../domain/calendars.ts'
import { noon, WebStage } from '../web/stage.ts'
import { askedOf, deployFiles } from './deploy-files.ts'

describe('the dashboard and alerts in deploy/', () => {
  it('ask only for metrics that there are', async () => {
    const stage = await WebStage.open()
    try {
      const needs = {
        ledger: stage.ledger,
        schedules: [schedule()],
        apiCalls: countApiCalls(),
        watchLag: async () => 0,
        haltFileExists: () => false,
      }
      const text = await openMetrics({ ...needs, since: noon })()
      const known = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name ?? ''))
      const asked = askedOf(await deployFiles()).map(({ name }) => name)
      assert.ok(asked.length > 20)
      assert.deepEqual(
        asked.filter(name => !known.has(name)),
        [],
      )
    } finally {
      await stage.close()
    }
  })

  it('are read with all that they ask for', () => {
    const expr = 'sum by (provider, le) (rate(firedrill_a_bucket{outcome!="ok",state=~"x"}[5m])) / firedrill_b'
    assert.deepEqual(askedOf([{ where: 'here', expr, texts: ['{{ $labels.scope }} of {{ $value }} and {{rule}}'] }]), [
      { where: 'here', name: 'firedrill_a', labels: ['provider', 'scope', 'rule', 'outcome', 'state'] },
      { where: 'here', name: 'firedrill_b', labels: ['provider', 'scope', 'rule'] },
    ])
  })
})
