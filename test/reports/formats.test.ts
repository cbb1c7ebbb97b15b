import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { renderJson } from '../../src/reports/json.ts'
import { renderJunit } from '../../src/reports/junit.ts'
import { renderMarkdown } from '../../src/reports/markdown.ts'
import { buildReport } from '../../src/reports/report.ts'
import { reportFormats, writeReports } from '../../src/reports/write.ts'
import { campaign, concluded, fleet, hostile, hostileDrills, inTwoScopes, reportInput } from './fixtures.ts'
import { assertGolden } from './golden.ts'
import { parseXml, textOf, walk } from './well-formed.ts'

const report = buildReport(reportInput(fleet()))
const hostileReport = buildReport(reportInput(hostileDrills(), { title: Object.values(hostile).join(' ') }))

describe('The report as Markdown', () => {
  it('reads as the golden file', () => assertGolden('golden/report.md.txt', renderMarkdown(report)))

  it('turns no text of a stranger into a link, a mention, mark-up or a table cell', () => {
    const lines = renderMarkdown(hostileReport).split('\n')
    for (const line of lines) {
      const bare = line.replace(/(`+)(?!`).*?(?<!`)\1(?!`)/g, '').replace(/\\[\s\S]/g, '')
      assert.doesNotMatch(bare, /<[a-z!/]|\]\(|@everyone|https?:\/\/|www\./i)
    }
    const rows = lines.slice(lines.indexOf('| group | verdict | time | why |')).filter(line => line.startsWith('|'))
    for (const row of rows) assert.equal(row.replace(/\\./g, '').split('|').length, 6, row)
    assert.equal(lines.filter(line => /^#{1,2} /.test(line)).length, 3)
  })

  it('tells the scope of each group where there are several', () => {
    const text = renderMarkdown(buildReport(reportInput(inTwoScopes(fleet()))))
    assert.match(text, /^\| group \| scope \| verdict \| time \| why \|\n\| --- \| --- \| --- \| ---: \| --- \|$/m)
    assert.match(text, /^\| checkout \| gcp:shop-1 \| /m)
    assert.match(text, /^ {2}- [\w-]+ in gcp:shop-1: S\d /m)
    assert.doesNotMatch(renderMarkdown(report), /\| scope \|/)
  })

  it('stays below what code hosts accept for a comment with 2,000 drills', () => {
    const text = renderMarkdown(buildReport(reportInput(inTwoScopes(campaign(2000)))))
    assert.ok(text.length < 65_000, String(text.length))
    assert.match(text, /and 1,800 more; the JSON report has them all/)
  })
})

describe('The report as JUnit XML', () => {
  it('reads as the golden file', () => assertGolden('golden/report.xml', renderJunit(report)))

  it('fails snowflakes and forecasts, errs where nothing is proven, skips what was not struck', () => {
    const root = parseXml(renderJunit(report))
    const cases = walk(root).filter(element => element.name === 'testcase')
    assert.equal(cases.length, fleet().length)
    const results = (name: string) => walk(root).filter(element => element.name === name).length
    assert.deepEqual(['failure', 'error', 'skipped'].map(results), [8, 8, 8])
    assert.deepEqual(
      ['tests', 'failures', 'errors', 'skipped'].map(name => root.attributes.get(name)),
      ['32', '8', '8', '8'],
    )
    const catalog = cases.find(element => element.attributes.get('name')?.endsWith('/catalog'))
    assert.equal(catalog?.attributes.get('classname'), 'weekdays.aws')
    assert.equal(catalog?.attributes.get('time'), '90.400')
    assert.match(textOf(catalog ?? root), /the image id 'ami-0dead' does not exist/)
  })

  it('names two drills of one group apart, and keeps the name of a group that is drilled once', () => {
    const twice = buildReport(
      reportInput([concluded({ name: 'a', verdict: 'phoenix', id: 'one' }), concluded({ name: 'a', verdict: 'phoenix', id: 'two' })]),
    )
    const names = walk(parseXml(renderJunit(twice)))
      .filter(({ name }) => name === 'testcase')
      .map(element => element.attributes.get('name'))
    assert.deepEqual(names, ['aws:123456789012/eu-west-1/asg/a (one)', 'aws:123456789012/eu-west-1/asg/a (two)'])
  })

  it('is well-formed whatever strangers write, with nothing that XML forbids', () => {
    const root = parseXml(renderJunit(hostileReport))
    assert.ok(walk(root).every(({ name }) => ['testsuites', 'testsuite', 'testcase', 'failure', 'skipped', 'system-out'].includes(name)))
    assert.ok(textOf(root).includes(hostile.xml))
    assert.ok(textOf(root).includes('null\\u{0}bell'))
  })
})

describe('The report as JSON', () => {
  it('keeps every character and acts on no terminal', () => {
    const text = renderJson(hostileReport)
    assert.doesNotMatch(text, /(?!\n)[\p{Cc}\p{Bidi_Control}]/u)
    assert.deepEqual(JSON.parse(text), hostileReport.document)
    assert.ok(hostileReport.document.drills.some(drill => drill.groupName === hostile.controls))
  })
})

describe('Writing reports', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firedrill-report-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('writes each format once into a folder that it makes, and leaves nothing else there', async () => {
    const out = join(folder, 'deep', 'er')
    const paths = await writeReports({ report, formats: [...reportFormats, 'html'], out })
    assert.deepEqual(
      paths,
      ['report.html', 'report.json', 'report.md', 'report.xml'].map(file => join(out, file)),
    )
    assert.deepEqual((await readdir(out)).sort(), ['report.html', 'report.json', 'report.md', 'report.xml'])
    assert.equal(await readFile(join(out, 'report.json'), 'utf8'), renderJson(report))
  })

  it('replaces an older report', async () => {
    await writeFile(join(folder, 'report.md'), 'old')
    await writeReports({ report, formats: ['md'], out: folder })
    assert.equal(await readFile(join(folder, 'report.md'), 'utf8'), renderMarkdown(report))
  })

  it('throws, and leaves no draft, where it cannot write', async () => {
    await rm(folder, { recursive: true })
    await writeFile(folder, 'a file, not a folder')
    await assert.rejects(writeReports({ report, formats: ['md'], out: folder }))
    assert.equal(await readFile(folder, 'utf8'), 'a file, not a folder')
  })
})
