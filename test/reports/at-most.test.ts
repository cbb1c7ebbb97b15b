import assert from 'node:assert/strict'
import { renderHtml } from '../../src/reports/html/page.ts'
import { timelineOf } from '../../src/reports/html/timeline.ts'
import { renderJunit } from '../../src/reports/junit.ts'
import { renderMarkdown } from '../../src/reports/markdown.ts'
import { plain } from '../../src/reports/paint.ts'
import { buildReport, drillCard } from '../../src/reports/report.ts'
import { renderScreen } from '../../src/reports/screen.ts'
import { after, concluded, reportInput } from './fixtures.ts'

const unseen = concluded({
  name: 'dark',
  verdict: 'phoenix',
  recoveredAfter: 31_000,
  healthy: 250_000,
  recovered: 250_000,
  concluded: 280_000,
})
const drills = [unseen, concluded({ name: 'seen', verdict: 'phoenix', recovered: 40_000 })]
const report = buildReport(reportInput(drills))
const alone = buildReport(reportInput([unseen]))

describe('A time to recover that fell into a gap between two looks', () => {
  it('is told in JSON by both its ends, and is in no number of the summary', () => {
    const dark = report.document.drills.find(drill => drill.groupName === 'dark')
    assert.deepEqual([dark?.timeline.recoveredAfter, dark?.timeline.recovered], ['2026-11-20T09:30:33.000Z', '2026-11-20T09:34:12.000Z'])
    assert.deepEqual(report.document.summary.timeToRecover, { p50Seconds: 40, p95Seconds: 40, maxSeconds: 40, leftOut: 1 })
    assert.deepEqual(alone.document.summary.timeToRecover, { p50Seconds: null, p95Seconds: null, maxSeconds: null, leftOut: 1 })
  })

  it('is "at most" on the screen, also beside the median that leaves it out', () => {
    const screen = renderScreen({ title: 'x', aside: '', drills, width: 110, paint: plain, reportUrl: null })
    assert.match(screen, /^dark .* phoenix +≤ 4m10s\b/m)
    assert.match(screen, /^seen .* phoenix +40\.0 s\b/m)
    assert.match(screen, /recovered in 40\.0 s \(median\), 40\.0 s \(p95\), without 1 at most \(≤\)$/m)
  })

  it('is "at most" in Markdown and JUnit', () => {
    assert.match(renderMarkdown(report), /\| dark \|.*\| ≤ 4m10s \|/)
    assert.match(renderMarkdown(report), /40\.0 s \(max\); 1 at most \(≤\) left out \|/)
    assert.match(renderMarkdown(alone), /\| –; 1 at most \(≤\) left out \|/)
    assert.match(renderJunit(report), /^recovered 2026-11-20T09:34:12\.000Z at the latest, after 2026-11-20T09:30:33\.000Z$/m)
  })

  it('is "at most" on the page, which says why', () => {
    const page = String(renderHtml(report))
    assert.match(page, /recovered in at most <b>4 min 10 s<\/b>/)
    assert.match(page, /≤ 4 min 10 s/)
    assert.match(page, /It recovered between 31\.0 s and 4 min 10 s after the strike: no look in between could tell\./)
    assert.match(page, /1 drill recovered while looks were missed: when is only known as “at most”, so these numbers leave it out\./)
    assert.match(String(renderHtml(alone)), /No recovery of this report was seen when it happened\./)
    assert.doesNotMatch(String(renderHtml(alone)), /No drill of this report recovered/)
  })

  it('has the gap in the timeline', () => {
    const rows = timelineOf(drillCard(unseen), after(300_000))?.rows ?? []
    assert.deepEqual(
      rows.filter(row => /Recovered|look/.test(row.label)).map(row => [row.label, row.amount, row.from, row.to]),
      [
        ['No look could tell', '3 min 39 s', 31_000, 250_000],
        ['Recovered', 'at most 4 min 10 s', 250_000, 250_000],
      ],
    )
  })
})
