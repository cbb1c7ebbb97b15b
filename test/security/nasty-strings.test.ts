import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { drillPage } from '../../src/commands/drill-page.ts'
import { renderHtml } from '../../src/reports/html/page.ts'
import { renderJson } from '../../src/reports/json.ts'
import { renderJunit } from '../../src/reports/junit.ts'
import { renderMarkdown } from '../../src/reports/markdown.ts'
import type { ReportedDrill } from '../../src/reports/model.ts'
import { plain } from '../../src/reports/paint.ts'
import { buildReport } from '../../src/reports/report.ts'
import { renderScreen } from '../../src/reports/screen.ts'
import { openLog } from '../../src/telemetry/log.ts'
import { hostileDrillsOf, reportInput } from '../reports/fixtures.ts'
import { parseXml, textOf, walk } from '../reports/well-formed.ts'
import { nasty } from '../support/nasty.ts'

/** What moves a cursor, hides or reorders text, or ends a line. */
const active = /(?![\t\n])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u
const reportOf = (drills: readonly ReportedDrill[], title = 'drills') => buildReport(reportInput(drills, { title }))
const calm = reportOf(hostileDrillsOf('calm'), 'calm')

describe('nasty strings in every place that strangers write to', () => {
  for (const [index, text] of nasty.entries()) {
    const shown = JSON.stringify(text.slice(0, 40))
    const drills = hostileDrillsOf(text)
    const report = reportOf(drills, text)

    it(`${index} ${shown}: HTML has the elements and attributes that it has with a calm one`, () => {
      const [html, expected] = [renderHtml(report), renderHtml(calm)]
      assert.doesNotMatch(html, active)
      const shape = (page: string) =>
        new Set(walk(parseXml(page)).map(({ name, attributes }) => `${name} ${[...attributes.keys()].sort()}`))
      // An empty text may leave an element out; none may bring one in.
      assert.deepEqual(
        [...shape(html)].filter(one => !shape(expected).has(one)),
        [],
      )
      for (const { attributes } of walk(parseXml(html))) {
        assert.doesNotMatch(attributes.get('href') ?? '', /^\s*(javascript|data|vbscript):/i)
        assert.ok(![...attributes.keys()].some(name => name.startsWith('on')))
      }
    })

    it(`${index} ${shown}: JUnit has the same cases, JSON the same words`, () => {
      const root = parseXml(renderJunit(report))
      const cases = (xml: ReturnType<typeof parseXml>) =>
        walk(xml)
          .map(({ name }) => name)
          .sort()
      assert.deepEqual(cases(root), cases(parseXml(renderJunit(calm))))
      assert.doesNotMatch(textOf(root), active)
      const json = renderJson(report)
      assert.doesNotMatch(json, active)
      assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify(report.document)))
    })

    it(`${index} ${shown}: Markdown has no live link, mention, mark-up or further row`, () => {
      const markdown = renderMarkdown(report)
      assert.doesNotMatch(markdown, active)
      const lines = markdown.split('\n')
      for (const line of lines) {
        const bare = line.replace(/(`+)(?!`).*?(?<!`)\1(?!`)/g, '').replace(/\\[\s\S]/g, '')
        assert.doesNotMatch(bare, /<[a-z!/?@]|\]\(|@channel|@everyone|https?:\/\/|www\./i)
      }
      const rows = (of: readonly string[]) => of.filter(line => line.startsWith('|')).length
      assert.equal(rows(lines), rows(renderMarkdown(calm).split('\n')))
    })

    it(`${index} ${shown}: screen, page and log stay what they are`, () => {
      const screen = renderScreen({ title: text, aside: 'leash off', drills, width: 80, paint: plain, reportUrl: null })
      assert.doesNotMatch(screen, active)
      for (const { drill, events, before, after } of drills) {
        const page = drillPage({ drill, events, before, after }, { width: 80, colour: false })
        for (const line of page) assert.doesNotMatch(line, /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u)
      }
      for (const pretty of [true, false]) {
        const stream = new PassThrough({ encoding: 'utf8' })
        openLog({ level: 'info', pretty, stream }).info('drill', { group: text, tags: { [text]: text }, error: new Error(text) })
        const lines = String(stream.read()).split('\n')
        assert.deepEqual([lines.length, lines[1]], [2, ''], 'one line')
        assert.doesNotMatch(lines[0] ?? '', /[\p{Cc}\p{Bidi_Control}]/u)
        if (!pretty)
          assert.equal(
            JSON.parse(lines[0] ?? '').group,
            JSON.parse(JSON.stringify(text)).replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/"']+@/gi, '$1***@'),
          )
      }
    })
  }
})
