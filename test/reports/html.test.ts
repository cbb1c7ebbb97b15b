import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Finding } from '../../src/domain/finding.ts'
import { renderHtml } from '../../src/reports/html/page.ts'
import { style } from '../../src/reports/html/style.ts'
import type { ReportedDrill } from '../../src/reports/model.ts'
import { buildReport } from '../../src/reports/report.ts'
import { campaign, concluded, finding, fleet, hostile, hostileDrills, inTwoScopes, reportInput } from './fixtures.ts'
import { assertGolden } from './golden.ts'
import { type Element, parseXml, textOf, walk } from './well-formed.ts'

function page(drills: readonly ReportedDrill[]): string {
  return renderHtml(buildReport(reportInput(drills)))
}

/** Headings, landmarks and anchors, one a line. */
function outline(root: Element): string {
  const shown = new Set([
    'h1',
    'h2',
    'h3',
    'h4',
    'h5',
    'header',
    'main',
    'footer',
    'section',
    'article',
    'table',
    'svg',
    'details',
    'figure',
  ])
  const lines = walk(root)
    .filter(element => shown.has(element.name) && element.attributes.get('aria-hidden') !== 'true')
    .map(element =>
      [element.name, element.attributes.get('id'), /^h\d$/.test(element.name) ? textOf(element) : null].filter(Boolean).join(' '),
    )
  return `${lines.join('\n')}\n`
}

const pages: readonly (readonly [string, readonly ReportedDrill[]])[] = [
  ['every state and finding', fleet()],
  ['hostile text', hostileDrills()],
  ['no drill', []],
  ['one drill', campaign(1)],
  ['12 drills', campaign(12)],
]

describe('The report as HTML', () => {
  it('calls a setting equal that is declared as nothing and is not there, and a set whatever its order', () => {
    const values = { securityGroups: ['sg-0b22', 'sg-0a11'], 'interfaces/eth0/balancers': null, 'volumes/xvdb/tags': [] }
    const drill = concluded({ name: 'web', verdict: 'phoenix', victimValues: values, successorValues: values })
    const text = textOf(parseXml(page([drill])))
    assert.match(text, /All 16 settings equal/)
    assert.doesNotMatch(text, /differs by design/)
  })

  it('shows what each guard saw before the strike, as text', () => {
    const [drill = assert.fail()] = campaign(1)
    const guards = [
      { guard: 'prometheus', proceed: true, reason: 'the value is within bounds', evidence: { query: '<up>', value: '0.001' } },
    ]
    const root = parseXml(page([{ ...drill, before: { ...(drill.before ?? assert.fail()), guards } }]))
    assert.ok(textOf(root).includes('prometheus: the value is within bounds {"query":"<up>","value":"0.001"}'))
  })

  it('tells of a setting what both sides have, and of what happened only what is known', () => {
    const rows = (found: Finding) =>
      walk(parseXml(page([concluded({ name: 'web', verdict: 'snowflake', findings: [found] })])))
        .filter(element => element.attributes.get('class') === 'finding fail')
        .flatMap(element => walk(element).filter(({ name }) => name === 'dt' || name === 'dd'))
        .map(textOf)
    assert.deepEqual(rows(finding('not-replaced', 'a rebuild fails', { actual: 'no such image' })), ['Actual', 'no such image'])
    const disk = finding('config-drift', 'a disk by hand', { path: 'volumes/xvdf', actual: '9' })
    assert.deepEqual(rows(disk), ['At', 'volumes/xvdf', 'Expected', 'none', 'Actual', '9'])
    assert.deepEqual(rows(finding('unobservable', 'not readable', { path: 'health' })), ['At', 'health'])
    assert.deepEqual(rows(finding('interrupted', 'taken')), [])
  })

  it('tells the scope of each group where there are several, and only there', () => {
    const scopes = (drills: readonly ReportedDrill[]) =>
      walk(parseXml(page(drills)))
        .filter(element => element.attributes.get('class') === 'scope-below')
        .map(textOf)
    const all = inTwoScopes(fleet())
    const refused = all.filter(({ drill }) => drill.state === 'refused' && drill.refusal.rule !== 'S13')
    assert.deepEqual(
      scopes(all).filter(text => text === 'gcp:shop-1').length,
      16 + refused.filter(({ drill }) => drill.scope === 'gcp:shop-1').length,
    )
    assert.equal(scopes(all).length, all.length + refused.length)
    assert.deepEqual(scopes(fleet()), [])
  })

  it('has the structure of the golden file', () => assertGolden('golden/outline.txt', outline(parseXml(page(fleet())))))

  for (const [name, drills] of pages) {
    it(`is one well-formed page that loads and runs nothing, with ${name}`, () => {
      const root = parseXml(page(drills))
      for (const element of walk(root)) {
        assert.ok(
          !['script', 'iframe', 'object', 'embed', 'link', 'img', 'base', 'form', 'foreignObject', 'a:href'].includes(element.name),
          element.name,
        )
        for (const [attribute, value] of element.attributes) {
          assert.doesNotMatch(attribute, /^on|^style$|^src$|^srcset$|^xlink/)
          if (attribute === 'href') assert.match(value, /^#[\w-]+$/)
        }
      }
      assert.doesNotMatch(style, /url\(|@import|expression/)
    })

    it(`links only to places that are there, each once, with ${name}`, () => {
      const elements = walk(parseXml(page(drills)))
      const ids = elements.flatMap(element => element.attributes.get('id') ?? [])
      assert.equal(new Set(ids).size, ids.length)
      const known = new Set(drills.length === 0 ? [...ids, 'fleet'] : ids)
      for (const element of elements) {
        for (const name of ['aria-labelledby', 'href']) {
          const target = element.attributes.get(name)?.replace(/^#/, '')
          if (target !== undefined) assert.ok(known.has(target), target)
        }
      }
    })
  }

  it('forbids everything but its own styles, which its policy knows by their hash', () => {
    const elements = walk(parseXml(page(fleet())))
    const policy =
      elements.find(element => element.attributes.get('http-equiv') === 'Content-Security-Policy')?.attributes.get('content') ?? ''
    const styles = elements.filter(element => element.name === 'style')
    assert.equal(styles.length, 1)
    const hash = createHash('sha256')
      .update(textOf(styles[0] as Element))
      .digest('base64')
    assert.equal(policy, `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`)
  })

  it('shows hostile text as text, with what would move or hide other text written out', () => {
    const html = page(hostileDrills())
    const text = textOf(parseXml(html))
    assert.ok(text.includes(hostile.script))
    assert.ok(text.includes(hostile.link))
    assert.ok(text.includes('user\\u{202E}gnp.exe\\u{2066}'))
    assert.ok(text.includes('escape\\u{1B}[2J'))
    assert.doesNotMatch(html, /(?![\t\n])[\p{Cc}\p{Bidi_Control}]/u)
    assert.ok(html.includes('🔥👩‍🚒🏳️‍🌈'))
  })

  it('gives every picture a text, every table a caption, every row a heading', () => {
    const elements = walk(parseXml(page(fleet())))
    for (const svg of elements.filter(({ name }) => name === 'svg')) {
      const hidden = svg.attributes.get('aria-hidden') === 'true'
      const within = walk(svg).some(({ name }) => name === 'title')
      const inHiddenPart = svg.attributes.get('height') === '8'
      assert.ok(hidden || inHiddenPart || (svg.attributes.get('role') === 'img' && within))
    }
    for (const table of elements.filter(({ name }) => name === 'table')) {
      assert.ok(walk(table).some(element => element.name === 'caption' && textOf(element) !== ''))
    }
  })

  it('descends through headings without leaving one out', () => {
    const levels = walk(parseXml(page(fleet()))).flatMap(({ name }) => (/^h\d$/.test(name) ? Number(name[1]) : []))
    assert.equal(levels.filter(level => level === 1).length, 1)
    assert.equal(levels[0], 1)
    for (const [index, level] of levels.entries()) assert.ok(level <= (levels[index - 1] ?? 0) + 1, `heading ${index} is h${level}`)
  })

  it('says every verdict in a word beside its shape', () => {
    const badges = walk(parseXml(page(fleet()))).filter(element => element.attributes.get('class')?.startsWith('badge '))
    const words = new Set(badges.map(textOf))
    assert.deepEqual([...words].sort(), [
      'in progress',
      'inconclusive',
      'leashed',
      'phoenix',
      'planned',
      'refused',
      'snowflake',
      'snowflake by forecast',
    ])
    const shapes = new Set(
      badges.map(
        badge =>
          `${textOf(badge)} ${walk(badge)
            .find(({ name }) => name === 'use')
            ?.attributes.get('href')}`,
      ),
    )
    assert.equal(shapes.size, words.size)
  })

  it('marks the differing setting and folds the equal ones', () => {
    const card = cardOf('billing')
    const row = walk(card).find(element => element.name === 'tr' && textOf(element).startsWith('securityGroups'))
    assert.equal(row?.attributes.get('class'), 'fail')
    const off = walk(row as Element).filter(element => element.attributes.get('class') === 'off')
    assert.equal(off.length, 1)
    assert.deepEqual(
      walk(off[0] as Element)
        .filter(({ name }) => name === 'ins')
        .map(textOf),
      ['sg-emergency'],
    )
    assert.match(textOf(card), /\d+ other settings equal/)
  })

  it("carries the platform's own error message in the evidence", () => {
    assert.match(textOf(cardOf('catalog')), /broken: The image id '\[ami-0dead\]' does not exist/)
  })

  it('groups refusals by rule', () => {
    const text = textOf(parseXml(page(fleet())))
    assert.match(text, /Why nothing was killed 6/)
    assert.match(text, /S5The group is not steady2 drills/)
    assert.match(text, /Guard cloudwatch-alarm1 drill/)
  })

  it('stays below 4 MB with 2,000 drills, and still shows every one of them', () => {
    const html = page(campaign(2000))
    assert.ok(html.length < 4_000_000, String(html.length))
    const root = parseXml(html)
    assert.equal(walk(root).filter(element => element.attributes.get('role') === 'rowheader').length, 2000)
    assert.ok(walk(root).filter(({ name }) => name === 'article').length <= 340)
    assert.match(textOf(root), /more stand in the fleet table only/)
  })

  it('keeps a contrast of 4.5 to 1 between text and what is behind it, light and dark', () => {
    const [light, dark] = [...style.matchAll(/:root \{([^}]*)\}/g)].map(
      ([, body = '']) => new Map([...body.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name = '', colour = '']) => [name, colour])),
    )
    const pairs = [
      ['ink', 'ground'],
      ['ink', 'paper'],
      ['soft', 'ground'],
      ['soft', 'paper'],
      ['link', 'paper'],
      ['phoenix', 'phoenix-tint'],
      ['phoenix', 'paper'],
      ['snowflake', 'snowflake-tint'],
      ['snowflake', 'paper'],
      ['unsure', 'unsure-tint'],
      ['unsure', 'paper'],
      ['quiet', 'quiet-tint'],
      ['quiet', 'paper'],
      ['ink', 'snowflake-tint'],
      ['soft', 'snowflake-tint'],
      ['soft', 'unsure-tint'],
      ['soft', 'quiet-tint'],
    ] as const
    for (const theme of [light, dark]) {
      for (const [front, back] of pairs) {
        const ratio = contrast(theme?.get(front) ?? '', theme?.get(back) ?? '')
        assert.ok(ratio >= 4.5, `${front} on ${back}: ${ratio.toFixed(2)}`)
      }
    }
  })
})

function cardOf(group: string): Element {
  const card = walk(parseXml(page(fleet()))).find(
    element => element.name === 'article' && walk(element).some(child => child.name === 'h3' && textOf(child) === group),
  )
  assert.ok(card)
  return card
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(at => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
