import assert from 'node:assert/strict'
import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { cells, fitCells, wrap } from '../../src/reports/columns.ts'
import { compactDuration, formatDuration, formatPeriod } from '../../src/reports/durations.ts'
import { nameColumn } from '../../src/reports/names.ts'
import { ansi, plain } from '../../src/reports/paint.ts'
import { renderProgress } from '../../src/reports/progress.ts'
import { renderScreen, type Screen } from '../../src/reports/screen.ts'
import { after, campaign, concluded, fleet, hostileDrills, open, start } from './fixtures.ts'
import { assertGolden } from './golden.ts'

function screen(more: Partial<Screen> = {}): string {
  return renderScreen({
    title: 'Firedrill rehearsal: 14 groups, 44 instances, simulated AWS',
    aside: 'leash off',
    drills: fleet(),
    width: 80,
    paint: plain,
    reportUrl: 'file:///reports/report.html',
    ...more,
  })
}

describe('The table on the screen', () => {
  it('reads as the golden file at 80 columns', () => assertGolden('golden/screen-80.txt', screen()))
  it('reads as the golden file at 110 columns', () => assertGolden('golden/screen-110.txt', screen({ width: 110 })))

  it('is never wider than the terminal, whatever strangers write', () => {
    for (const width of [80, 100, 132]) {
      for (const drills of [fleet(), hostileDrills(), campaign(12)]) {
        for (const line of screen({ drills, width }).split('\n')) assert.ok(cells(line) <= width, `${cells(line)} > ${width}: ${line}`)
      }
    }
  })

  it('lets no control or bidi override through', () => {
    assert.doesNotMatch(screen({ drills: hostileDrills() }), /(?!\n)[\p{Cc}\p{Bidi_Control}]/u)
  })

  it('is the same text with colour as without', () => {
    const coloured = screen({ paint: ansi })
    assert.notEqual(coloured, screen())
    assert.equal(stripVTControlCharacters(coloured).replace(/ +$/gm, ''), screen())
  })

  it('puts counts and times on one line where both fit', () => {
    const drills = [concluded({ name: 'a', verdict: 'phoenix', recovered: 4_000 })]
    assert.match(
      screen({ drills, width: 100 }),
      /\n1 phoenix · 0 snowflake {6}recovered in 4\.0 s \(median\), 4\.0 s \(p95\)\nReport: file:/,
    )
  })

  it('says nothing of recovery where nothing was drilled', () => {
    assert.equal(screen({ drills: [], reportUrl: null }).split('\n').at(-2), '0 phoenix · 0 snowflake')
  })
})

describe('The progress on a terminal', () => {
  const drills = [...fleet(), open('pumps', 'striking')].map(({ drill }) => drill)
  const view = { width: 80, height: 10, now: after(20_000), paint: plain }

  it('has a line per drill in flight and none for others', () => {
    const lines = renderProgress(drills, view).split('\n')
    assert.equal(lines.length, 3)
    assert.match(lines[0] ?? '', /^uploads {9}recovering {2}██░+ +18\.0 s {2}i-\w{4}…\w\w is unhealthy$/)
    assert.match(renderProgress(drills, { ...view, width: 60 }), /streams {9}soaking/)
    assert.equal(renderProgress([], view), '')
  })

  it('tells who waits, and for what', () => {
    const api = { groupName: 'api', rule: 'S3', reason: '10 min must lie between two strikes' }
    assert.equal(renderProgress([], view, [api]), 'api waits: S3 10 min must lie between two strikes')
    const lines = renderProgress(drills, { ...view, width: 30 }, [api, api, { ...api, groupName: 'web' }]).split('\n')
    assert.equal(lines.length, 4)
    assert.match(lines.at(-1) ?? '', /^api and 2 more wait: S3 10/)
    assert.ok(cells(lines.at(-1) ?? '') <= 30)
  })

  it('fits the lines and columns it is given', () => {
    const many = Array.from({ length: 30 }, (_, index) => open(`group-${index}`).drill)
    const lines = renderProgress(many, { ...view, height: 8 }).split('\n')
    assert.equal(lines.length, 8)
    assert.equal(lines.at(-1), '… and 23 more in flight')
    for (const width of [50, 80, 120]) {
      for (const line of renderProgress([...drills, ...hostileDrills().map(({ drill }) => drill)], { ...view, width }).split('\n'))
        assert.ok(cells(line) <= width)
    }
  })
})

describe('Long names that share most of their letters', () => {
  const alike: Readonly<Record<string, readonly string[]>> = {
    'their beginning': ['firedrill-example_shop', 'firedrill-example_wiki', 'firedrill-example_batch'],
    'a long beginning': ['shop', 'payments-production-europe-checkout-blue', 'payments-production-europe-checkout-green'],
    'their end': ['api-payments-production-eu-west-1', 'web-payments-production-eu-west-1'],
    both: [1, 2, 3].map(number => `payments-production-checkout-${number}-europe-west1-autoscaling-group`),
    'wide letters': ['漢字漢字漢字漢字漢字漢字漢字-北', '漢字漢字漢字漢字漢字漢字漢字-南'],
  }

  const view = { width: 79, height: 12, now: after(20_000), paint: plain }

  /** The first column of each line. */
  function shown(text: string, names: readonly string[]): string[] {
    const beginnings = names.map(name => name.slice(0, 2))
    return text
      .split('\n')
      .filter(line => beginnings.some(beginning => line.startsWith(beginning)))
      .map(line => line.split(/ {2}/)[0] ?? '')
  }

  for (const [what, names] of Object.entries(alike))
    it(`are told apart at 80 columns: ${what}`, () => {
      const inFlight = names.map(name => open(name).drill)
      const progress = renderProgress(inFlight, view)
      const table = screen({ drills: names.map(name => concluded({ name, verdict: 'phoenix' })) })
      for (const text of [progress, table]) {
        assert.equal(new Set(shown(text, names)).size, names.length, text)
        for (const line of text.split('\n')) assert.ok(line.startsWith('Report: ') || cells(line) <= 80, line)
      }
      assert.match(progress, /i-\w{4}…\w\w is unhealt/)
    })

  it('are shown whole where there is room, and take no more of it than they need', () => {
    const of = (names: readonly string[]) => {
      const drills = names.map(name => open(name).drill)
      return shown(renderProgress(drills, view), names)
    }
    const names = ['firedrill-example_shop', 'firedrill-example_wiki']
    assert.deepEqual(of(names), names)
    assert.deepEqual(of(['firedrill-example_shop', 'payments-production']), ['firedrill-exa…', 'payments-prod…'])
  })

  it('are never wider than asked, and always told apart where they differ in one place', () => {
    const word = fc.string({ unit: 'grapheme', maxLength: 60, size: 'max' })
    const different = fc.uniqueArray(fc.string({ unit: 'grapheme-ascii', minLength: 3, maxLength: 3 }), { minLength: 2, maxLength: 8 })
    fc.assert(
      fc.property(word, different, word, fc.integer({ min: 14, max: 40 }), (before, middles, behind, most) => {
        const names = middles.map(middle => before + middle + behind)
        const column = nameColumn(names, { least: 14, most })
        const fitted = names.map(name => column.fit(name))
        assert.equal(new Set(fitted).size, names.length, fitted.join('\n'))
        for (const text of fitted) assert.ok(cells(text) <= column.width && column.width <= Math.max(14, most), text)
      }),
      { numRuns: 300 },
    )
  })
})

describe('Text in terminal cells', () => {
  it('counts emoji and wide letters twice and combining marks not at all', () => {
    assert.deepEqual(['abc', '🔥', '漢字', 'e\u0301', '👩‍🚒'].map(cells), [3, 2, 4, 1, 2])
  })

  it('shortens ids in the middle and keeps units with their numbers', () => {
    assert.equal(fitCells('i-0a17b2c3d4e5f6a4e', 9, 'middle'), 'i-0a17…4e')
    assert.deepEqual(wrap('it took 30 s to come', 10), ['it took', '30 s to', 'come'])
    assert.deepEqual(wrap('abcdefghij', 4), ['abcd', 'efgh', 'ij'])
  })

  it('writes durations as people say them', () => {
    assert.deepEqual([0, 400, 4_100, 59_999, 192_000, 7_500_000, 273_600_000].map(formatDuration), [
      '0.0 s',
      '0.4 s',
      '4.1 s',
      '1 min',
      '3 min 12 s',
      '2 h 5 min',
      '3 d 4 h',
    ])
    assert.deepEqual([4_100, 192_000, 7_500_000].map(compactDuration), ['4.1 s', '3m12s', '2h05m'])
    assert.equal(formatPeriod(start, start.add({ minutes: 30 })), '20 Nov 2026, 09:30 to 10:00 UTC')
    assert.equal(formatPeriod(start, start.add({ hours: 24 })), '20 Nov 2026, 09:30 to 21 Nov 2026, 09:30 UTC')
  })
})
