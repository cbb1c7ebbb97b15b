import assert from 'node:assert/strict'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { z } from 'zod'
import { problemDocument } from '../../src/web/api/schemas.ts'
import { concluded, finding, fleet, hostile, hostileDrills, leashed, open, planned, refused, start } from '../reports/fixtures.ts'
import { type Element, parseXml, textOf, walk } from '../reports/well-formed.ts'
import { noon, WebStage } from './stage.ts'

const billing = `/group?id=${encodeURIComponent('aws:123456789012/eu-west-1/asg/billing')}`

describe('the pages', () => {
  let stage: WebStage
  let ids: ReadonlyMap<string, string>
  beforeEach(async () => {
    stage = await WebStage.open()
  })
  afterEach(() => stage.close())

  /** A page without its document type, as XML: nothing that a stranger wrote can open or close an element. */
  async function parsed(path: string): Promise<Element> {
    return parseXml((await stage.page(path)).replace(/^<!DOCTYPE html>\n/, ''))
  }

  it('Fleet: says first how many can be rebuilt, how many cannot, and since when', async () => {
    ids = await stage.record(fleet())
    const root = await parsed('/')
    const [h1] = walk(root).filter(({ name }) => name === 'h1')
    assert.equal(textOf(h1 as Element), '8 groups cannot be rebuilt as they are, 8 can, 16 are not proven.')
    const text = textOf(root)
    assert.match(text, /sessions aws:123456789012\/eu-west-1 ·\sfor 2 h/)
    assert.match(text, /The successor was healthy for 13 s, then failed: out of memory\./)
    assert.match(text, /streams aws:123456789012\/eu-west-1 · soaking/)
    assert.match(text, /4 groups are wounded/)
    const cells = walk(root).filter(element => element.attributes.get('class')?.startsWith('cell '))
    assert.equal(cells.length, 32)
    const orders = cells.find(cell => textOf(cell).startsWith('orders'))
    assert.match(orders?.attributes.get('class') ?? '', /forecast/)
  })

  it('Fleet: search and filters stand in the address', async () => {
    await stage.record(fleet())
    const names = async (search: string) =>
      walk(await parsed(`/?${search}`))
        .filter(element => element.attributes.get('class') === 'who')
        .map(textOf)
    assert.deepEqual(await names('q=BILL'), ['billing'])
    assert.deepEqual(await names('standing=forecast'), ['orders'])
    assert.deepEqual(await names('service=shop'), ['checkout'])
    assert.deepEqual(await names('q=nothing-like-it'), [])
    assert.equal((await names('standing=nonsense&offset=-4')).length, 32, 'what is wrong in an address is left out')
  })

  it('tells on every page, and in the API, what was accepted after the verdict, which stays as it was judged', async () => {
    const drift = finding('config-drift', 'sg-9 was on the victim only', { path: 'securityGroups', expected: ['sg-1'], actual: ['sg-9'] })
    ids = await stage.record([concluded({ name: 'web', verdict: 'snowflake', findings: [drift] })])
    const drill = ids.get('web') ?? ''
    const group = 'aws:123456789012/eu-west-1/asg/web'
    const { kind, expected, actual } = drift
    const until = stage.now.add({ hours: 24 })
    await stage.ledger.accept({ drill, group, kind, path: 'securityGroups', expected, actual, note: 'see 4711', by: 'ana', until })
    for (const path of ['/', `/drills/${drill}`, `/group?id=${encodeURIComponent(group)}`])
      assert.match(textOf(await parsed(path)), /sg-9 was on the victim only \(accepted until 2026-11-21 by ana: see 4711\)/, path)
    for (const path of ['/api/v1/drills', `/api/v1/drills/${drill}`]) {
      const answer = JSON.parse(await stage.page(path))
      const { verdict, findings } = answer.drill ?? answer.drills[0]
      assert.deepEqual([verdict, findings[0].level, findings[0].accepted?.note], ['snowflake', 'fail', 'see 4711'], path)
    }
  })

  it('Fleet: a proof that is too old is shown as such', async () => {
    await stage.record(fleet().slice(0, 1))
    stage.now = stage.now.add({ hours: 24 * 31 })
    const text = textOf(await parsed('/'))
    assert.match(text, /1 group is not proven\./)
    assert.match(text, /proof too old · 31 d ago/)
  })

  it('Fleet: the curve of coverage ends where the number stands, also where a forecast contradicts a proof', async () => {
    const gone = finding('cannot-rebuild', 'the image was deregistered', { path: 'image' })
    await stage.record([concluded({ name: 'orders', verdict: 'phoenix', at: start.subtract({ hours: 48 }) })])
    await stage.record([refused('orders', 'S13', 'a rebuild would fail', [gone])])
    const html = await stage.page('/')
    assert.match(html, /<p class="big">0 %<\/p>/)
    assert.match(html, /aria-label="Coverage over the last 90 days: 0 % on 23 Aug, 0 % now\."/)
    assert.match(html, /class="edge" d="M[^"]*,1L[^"]*,132"/, 'it was proven for two days')
    assert.match(html, /does not show forecasts that were taken back since/, 'the past is not said to be better known than it is')
  })

  it('Group: next drill, what stands in its way, findings, time to recover, drills', async () => {
    ids = await stage.record(fleet())
    const text = textOf(await parsed(billing))
    assert.match(text, /snowflakeCannot be rebuilt as it is, for 3 h\. Never seen as a phoenix\./)
    assert.match(text, /Its service is in quarantine\./)
    assert.match(text, /Next drill\s*2026-1\d-\d\d \d\d:\d\d Europe\/Berlin/)
    assert.match(text, /First possible on 2026-11-23, with odds of \d+ %/)
    assert.match(text, /Write the setting into the declaration/)
    assert.match(text, /Median 24\.9 s over 1 recovery/)
    assert.match(text, /slack #payments/)
  })

  it('Group: says which halt stands in the way, and that nobody is told where its owner is not known', async () => {
    const one = concluded({ name: 'web', verdict: 'phoenix' })
    await stage.record([{ ...one, drill: { ...one.drill, owner: 'paymets' } }])
    await stage.ledger.halt({ target: { kind: 'schedule', name: 'weekdays' }, reason: 'release week', by: 'ana', until: null })
    const text = textOf(await parsed(`/group?id=${encodeURIComponent(one.drill.group)}`))
    assert.match(text, /The schedule weekdays is halted by ana: release week\./)
    assert.match(
      text,
      /The tag firedrill-owner is "paymets", and owners: of firedrill\.yaml has no such owner, so nobody is told by it: did you mean "payments"\?/,
    )
  })

  it('S15 Fleet, Group and Schedules: say that a scope is in an incident before a drill is refused for it', async () => {
    const record = (unsteady: readonly string[]) =>
      stage.ledger.recordDiscovery({
        scope: 'aws:1/eu',
        at: stage.now,
        unreadable: null,
        groups: ['a', 'b', 'c', 'd'].map(name => ({
          summary: {
            id: `aws:1/eu/asg/${name}`,
            provider: 'aws',
            scope: 'aws:1/eu',
            name,
            incarnation: 'i',
            tags: { firedrill: 'enabled' },
            optInById: null,
          },
          optedIn: true,
          service: name,
          unsteady: unsteady.includes(name) ? '2 of 3 units are in service and healthy' : null,
          barred: [],
        })),
      })
    const group = `/group?id=${encodeURIComponent('aws:1/eu/asg/d')}`
    await record(['a', 'b'])
    assert.match(textOf(await parsed('/')), /2 of 4 groups are degraded or unreadable; too many stop every strike in this scope\./)
    assert.match(textOf(await parsed('/schedules')), /degraded groups in a scope\s*2, 2 allowed/)
    assert.doesNotMatch(textOf(await parsed(group)), /incident/)
    stage.now = stage.now.add({ minutes: 1 })
    await record(['a', 'b', 'c'])
    const schedules = await parsed('/schedules')
    assert.match(textOf(schedules), /degraded groups in a scope\s*3, 2 allowed/)
    const full = walk(schedules).filter(element => element.attributes.get('class') === 'full')
    assert.deepEqual(full.map(textOf), ['degraded groups in a scope3, 2 allowed'])
    assert.match(textOf(await parsed(group)), /What stands in its way now\s*3 of 4 opted-in groups in the scope aws:1\/eu are degraded/)
  })

  it('S3 Group: says that the circuit breaker of its schedule is open', async () => {
    await stage.record(fleet())
    assert.match(textOf(await parsed(billing)), /What stands in its way now[\s\S]*The circuit breaker is open: \d+ of the \d+ drills/)
  })

  it('Group: refusals with their reasons', async () => {
    await stage.record(fleet())
    const text = textOf(await parsed(`/group?id=${encodeURIComponent('aws:123456789012/eu-west-1/asg/auth')}`))
    assert.match(text, /Why nothing was killed\s*S5 1 of 3 members is unhealthy/)
  })

  it('Group: says what a look without a strike found, and that it stands so in the fleet', async () => {
    await stage.record(fleet())
    const text = textOf(await parsed(`/group?id=${encodeURIComponent('aws:123456789012/eu-west-1/asg/orders')}`))
    assert.match(text, /snowflake by forecastA rebuild would fail, as can be seen without a strike, for 4 h\./)
    assert.match(text, /Forecast\s*Seen without a strike, by the drill/)
  })

  it('Group: shows findings and times to recover however often it was refused since', async () => {
    const why = finding('config-drift', 'a disk was attached by hand', { path: 'volumes/xvdf' })
    await stage.record([concluded({ name: 'old', verdict: 'snowflake', at: start.subtract({ hours: 48 }), findings: [why] })])
    for (let times = 0; times < 51; times++) await stage.record([refused('old', 'S6', 'its service is in quarantine')])
    const text = textOf(await parsed(`/group?id=${encodeURIComponent('aws:123456789012/eu-west-1/asg/old')}`))
    assert.match(text, /Current findings[\s\S]*A disk was attached by hand\./)
    assert.match(text, /Median 24\.9 s over 1 recovery/)
    assert.match(text, /Older drills/)
  })

  it('Drill: timeline, comparison, evidence, probes, and the record', async () => {
    ids = await stage.record(fleet())
    const root = await parsed(`/drills/${ids.get('billing')}`)
    const text = textOf(root)
    assert.match(text, /Timeline\. Struck 09:40:02/)
    assert.match(text, /securityGroups/)
    assert.match(text, /Evidence: order, moments, events/)
    assert.match(text, /passed every probe/)
    const open = textOf(await parsed(`/drills/${ids.get('uploads')}`))
    assert.match(open, /Not healthy yet 3 h 30 min/)
    assert.ok(text.includes('"verdict": "snowflake"'))
    assert.match(textOf(await parsed(`/drills/${ids.get('auth')}`)), /Nothing was struck\.\s*S5 1 of 3 members is unhealthy/)
    assert.match(textOf(await parsed(`/drills/${ids.get('profile')}`)), /the schedule is leashed/)
  })

  it('Schedules: window, leash, limits in use, and an open circuit breaker', async () => {
    await stage.record(fleet())
    const text = textOf(await parsed('/schedules'))
    assert.match(text, /weekdays\s*not leashed: strikes/)
    assert.match(text, /strikes in 24 h\s*23 of 20/)
    assert.match(text, /The circuit breaker is open/)
    assert.match(text, /2026-11-21: 2026-11-21 is a Saturday, which the schedule leaves out/)
    assert.match(text, /\d+ more in these two weeks\. Times are in Europe\/Berlin\./)
    assert.match(text, /waiting for 4 h recommendations/)
    assert.match(text, /open, in Europe\/Berlin/)
    assert.doesNotMatch(text, /All schedules together/)
  })

  it('Schedules: what all of them together may do, where that is limited', async () => {
    await stage.close()
    stage = await WebStage.open({ limits: { strikesPerDay: 40 } })
    await stage.record(fleet())
    assert.match(textOf(await parsed('/schedules')), /All schedules together\s*strikes in 24 h\s*23 of 40/)
  })

  it('say what is halted, the widest first, and fold away what would bury the page', async () => {
    const named = ['a', 'b', 'c'].map(name => ({ kind: 'service', name }) as const)
    for (const target of [...named, { kind: 'installation' } as const])
      await stage.ledger.halt({ target, reason: 'why', by: 'ana', until: null })
    const text = textOf(await parsed('/changes'))
    assert.match(text, /Everything is halted[\s\S]*The service a is halted[\s\S]*1 more halt[\s\S]*The service c is halted/)
  })

  it('Refusals: grouped by rule, the most frequent first', async () => {
    await stage.record(fleet())
    const root = await parsed('/refusals')
    const titles = walk(root)
      .filter(({ name }) => name === 'h2')
      .map(textOf)
    assert.equal(titles[0], 'S5The group is not steady2 drills')
    assert.ok(titles.includes('Guard cloudwatch-alarm1 drill'))
    stage.now = stage.now.add({ hours: 24 * 8 })
    assert.match(textOf(await parsed('/refusals')), /Nothing was refused in 7 days\./)
    assert.match(textOf(await parsed('/refusals?days=30')), /7 refusals in 30 days/)
  })

  it('are well-formed and hold nothing that runs, whatever strangers call their groups', async () => {
    ids = await stage.record(hostileDrills())
    const groups = [...new Set(hostileDrills().map(({ drill }) => drill.group))].map(
      id => `/group?id=${encodeURIComponent(id.toWellFormed())}`,
    )
    const drills = [...ids.values()].map(id => `/drills/${id}`)
    for (const path of ['/', '/schedules', '/refusals', '/changes', `/?q=${encodeURIComponent(hostile.script)}`, ...groups, ...drills]) {
      const answer = await stage.fetch(path)
      if (answer.status === 404 && path.includes('%EF%BF%BD')) continue
      const html = await answer.text()
      assert.equal(answer.status, 200, path)
      for (const element of walk(parseXml(html.replace(/^<!DOCTYPE html>\n/, '')))) {
        assert.ok(!['iframe', 'object', 'embed', 'img', 'base', 'foreignObject'].includes(element.name), element.name)
        if (element.name === 'script') assert.match(element.attributes.get('src') ?? '', /^\/assets\/[0-9a-f]+\.js$/)
        for (const [attribute, value] of element.attributes) {
          assert.doesNotMatch(attribute, /^on|^style$|^srcset$/)
          if (attribute === 'href' || attribute === 'action') assert.match(value, /^(\/(?!\/)|#)/)
        }
      }
      assert.doesNotMatch(html, /(?![\t\n])[\p{Cc}\p{Bidi_Control}]/u, path)
    }
  })

  it('forbid everything that is not from here', async () => {
    const answer = await stage.fetch('/')
    const policy = answer.headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'/)
    assert.doesNotMatch(policy, /unsafe|\*|http/)
    assert.equal(answer.headers.get('x-frame-options'), 'DENY')
    assert.equal(answer.headers.get('cache-control'), 'no-store')
  })

  it('tell what is not there', async () => {
    for (const path of ['/group?id=nothing', '/group', '/drills/nothing', '/nothing'])
      assert.equal((await stage.fetch(path)).status, 404, path)
  })

  it('say that the ledger cannot be read, and not why, where it cannot', async () => {
    await stage.page('/')
    await stage.ledger.close()
    const answer = await stage.fetch('/')
    assert.equal(answer.status, 503)
    assert.doesNotMatch(await answer.text(), /:memory:|has been closed/)
    assert.match(stage.logged.join('\n'), /has been closed/)
  })
})

describe('the API', () => {
  let stage: WebStage
  let ids: ReadonlyMap<string, string>
  before(async () => {
    stage = await WebStage.open()
    ids = await stage.record(fleet())
  })
  after(() => stage.close())

  interface Operation {
    readonly responses: { readonly 200: { readonly content: { readonly 'application/json': { readonly schema: object } } } }
  }
  const documentSchema = z.looseObject({ openapi: z.literal('3.1.1'), paths: z.record(z.string(), z.record(z.string(), z.unknown())) })

  /** Asks every address of the OpenAPI document, each of these drills among them, and holds the answer against what is promised. */
  async function holdsItsPromises(stage: WebStage, drills: readonly string[]): Promise<void> {
    const document = documentSchema.parse(await (await stage.fetch('/api/v1/openapi.json')).json())
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    const bodies: Readonly<Record<string, unknown>> = {
      '/halts': { target: { kind: 'group', name: 'x' }, reason: 'test' },
      '/halts/resume': { target: null },
      '/quarantines/clear': { service: 'none', note: 'test' },
    }
    let asked = 0
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const { schema } = (operation as Operation).responses[200].content['application/json']
        const validate = ajv.compile(schema)
        const init =
          method === 'get' ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(bodies[path]) }
        for (const id of path.includes('{id}') ? drills : ['']) {
          const address = `/api/v1${path.replace('{id}', encodeURIComponent(id))}`
          const answer = await stage.fetch(address, init)
          assert.equal(answer.status, 200, address)
          assert.ok(validate(await answer.json()), `${method} ${address}: ${JSON.stringify(validate.errors)}`)
        }
        asked += 1
      }
    }
    assert.ok(asked >= 13)
  }

  it('S3 says of a schedule why its circuit breaker is open', async () => {
    const { schedules } = (await (await stage.fetch('/api/v1/schedules')).json()) as { schedules: { breaker: string | null }[] }
    assert.match(schedules[0]?.breaker ?? '', /^\d+ of the \d+ drills of the schedule weekdays in the last 24 h were no phoenix$/)
  })

  it('answers each of its addresses as its own OpenAPI document says', () => holdsItsPromises(stage, [...ids.values()]))

  it('does so over an empty ledger, too', async () => {
    const empty = await WebStage.open({ schedules: [] })
    try {
      await holdsItsPromises(empty, [])
    } finally {
      await empty.close()
    }
  })

  it('does so whatever strangers call their groups, and whatever people write when they halt', async () => {
    const strange = await WebStage.open()
    try {
      const drills = await strange.record([...hostileDrills(), planned(hostile.bidi), leashed(hostile.markdown), open(hostile.emoji)])
      for (const [index, text] of Object.values(hostile).entries()) {
        const kind = (['schedule', 'scope', 'service', 'group'] as const)[index % 4] ?? 'group'
        await strange.ledger.halt({
          target: { kind, name: text },
          reason: text,
          by: text,
          until: index % 2 === 0 ? null : noon.add({ hours: 1 }),
        })
      }
      await holdsItsPromises(strange, [...drills.values()])
    } finally {
      await strange.close()
    }
  })

  it('refuses in the words and with the numbers that its OpenAPI document promises', async () => {
    const { paths } = documentSchema.parse(await (await stage.fetch('/api/v1/openapi.json')).json())
    const promised = z.record(z.string(), z.object({ responses: z.record(z.string(), z.unknown()) })).parse(paths['/halts']).post?.responses
    const json = { 'content-type': 'application/json' }
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const refusals: readonly (readonly [number, Record<string, string>, string])[] = [
      [400, json, '{}'],
      [403, { ...json, origin: 'https://evil.example' }, '{}'],
      [403, { ...form, origin: 'https://evil.example' }, 'kind=installation'],
      [413, json, JSON.stringify({ reason: 'x'.repeat(20_000) })],
      [415, { ...form, origin: stage.origin }, 'kind=installation'],
    ]
    for (const [status, headers, body] of refusals) {
      const answer = await stage.fetch('/api/v1/halts', { method: 'POST', headers, body })
      assert.equal(answer.status, status, body.slice(0, 50))
      assert.equal(problemDocument.safeParse(await answer.json()).success, true, String(status))
      assert.ok(promised !== undefined && String(status) in promised, String(status))
    }
    assert.deepEqual((await stage.ledger.state()).halts, [])
  })

  it('filters and pages', async () => {
    const groups = async (search: string) =>
      (await (await stage.fetch(`/api/v1/groups?${search}`)).json()) as { total: number; groups: { name: string; standing: string }[] }
    const bad = await groups('standing=snowflake&limit=3')
    assert.deepEqual([bad.total, bad.groups.length], [7, 3])
    assert.ok(bad.groups.every(group => group.standing === 'snowflake'))
    const refused = (await (await stage.fetch('/api/v1/drills?rule=S5')).json()) as { drills: { groupName: string }[] }
    assert.deepEqual(refused.drills.map(drill => drill.groupName).sort(), ['auth', 'search'])
  })

  it('says what is wrong with a request', async () => {
    for (const path of ['/groups?limit=0', '/groups?standing=x', '/drills?since=yesterday', '/refusals?days=0']) {
      const answer = await stage.fetch(`/api/v1${path}`)
      assert.equal(answer.status, 400, path)
      assert.equal(typeof ((await answer.json()) as { error: unknown }).error, 'string')
    }
    const limit = (await (await stage.fetch('/api/v1/drills?limit=many')).json()) as { error: string }
    assert.equal(limit.error, 'limit: must be a whole number from 1 to 500')
    assert.equal((await stage.fetch('/api/v1/drills/nothing')).status, 404)
    assert.equal((await stage.fetch('/api/v1/nothing')).status, 404)
    const post = (body: string) => stage.fetch('/api/v1/halts', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const halt = (await (await post('{"target":{"kind":"everything"}}')).json()) as { error: string }
    assert.match(halt.error, /^target: must be of the kind "installation", or of the kind "schedule", "scope", "service" or "group" with/)
    for (const body of ['', '{', '[]', '{"target":{"kind":"planet"}}', '{"target":{"kind":"group"}}'])
      assert.equal((await post(body)).status, 400, body)
  })
})
