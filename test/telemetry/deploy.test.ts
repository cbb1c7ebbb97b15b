import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { countApiCalls } from '../../src/telemetry/api-calls.ts'
import { openMetrics } from '../../src/telemetry/metrics.ts'
import { noon, WebStage } from '../web/stage.ts'

const deploy = new URL('../../deploy/', import.meta.url)

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[]
}
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[]
}

describe('the dashboard and alerts in deploy/', () => {
  it('ask only for metrics that there are', async () => {
    const stage = await WebStage.open()
    try {
      const needs = {
        ledger: stage.ledger,
        apiCalls: countApiCalls(),
        watchLag: async () => 0,
        haltFileExists: () => false,
        coverageDays: 30,
      }
      const text = await openMetrics({ ...needs, since: noon })()
      const known = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name ?? ''))
      const rules = parse(await readFile(new URL('prometheus-rules.yaml', deploy), 'utf8')) as Rules
      const dashboard = JSON.parse(await readFile(new URL('grafana-dashboard.json', deploy), 'utf8')) as Dashboard
      const expressions = [
        ...rules.groups.flatMap(group => group.rules.map(rule => rule.expr)),
        ...dashboard.panels.flatMap(panel => panel.targets.map(target => target.expr)),
      ]
      const asked = expressions.flatMap(expr =>
        [...expr.matchAll(/\b(?:firedrill|process)_\w+/g)].map(([name]) => name.replace(/_bucket$/, '')),
      )
      assert.ok(asked.length > 20)
      assert.deepEqual(
        asked.filter(name => !known.has(name)),
        [],
      )
    } finally {
      await stage.close()
    }
  })
})
