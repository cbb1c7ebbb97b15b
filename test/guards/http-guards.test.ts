import assert from 'node:assert/strict'
import { HttpStage, misbehaviours } from '../support/http.ts'
import { complaints, guard, never, question } from './guards.ts'

const server = new HttpStage()
before(() => server.start())
after(() => server.stop())
beforeEach(() => {
  server.asked = []
  server.json({})
})

const prometheus = (more: Record<string, unknown> = {}) => ({ url: server.url, query: 'sum(rate(errors[5m]))', max: 1, ...more })
const vector = (...values: string[]) => ({
  status: 'success',
  data: {
    resultType: 'vector',
    result: values.map((value, index) => ({ metric: { __name__: 'errors', zone: `${index}` }, value: [1, value] })),
  },
})

describe('every guard that asks by http', () => {
  const kinds: readonly (readonly [string, () => Record<string, unknown>])[] = [
    ['prometheus', () => prometheus()],
    ['alertmanager', () => ({ url: server.url, labels: { severity: 'critical' } })],
    ['http', () => ({ url: server.url, json: { '/status': 'ok' } })],
  ]
  for (const [kind, settings] of kinds) {
    for (const [how, answer, says] of misbehaviours)
      it(`S10 ${kind}: refuses where the server ${how}`, async () => {
        server.answer = answer
        // Only who never answers is not waited for: the others must be refused for what they are, also on a busy machine.
        const opened = guard(kind, { ...settings(), timeout: how.startsWith('hangs') ? '300ms' : '10s' })
        const said = await opened.ask(question, never).then(
          ({ proceed, reason }) => ({ proceed, reason }),
          error => ({ proceed: false, reason: String(error.message) }),
        )
        assert.equal(said.proceed, false)
        assert.match(said.reason, says)
      })

    it(`${kind}: ends at once when it is told to, and leaves no connection open`, async () => {
      server.answer = () => {}
      const controller = new AbortController()
      const asking = guard(kind, settings()).ask(question, controller.signal)
      controller.abort(new Error('stop'))
      await assert.rejects(asking, /stop/)
    })

    it(`${kind}: sends its token and headers, and hides them where the server echoes them`, async () => {
      server.answer = (response, { headers }) => response.end(JSON.stringify({ status: headers.authorization, key: headers['x-api-key'] }))
      const written = { ...settings(), token: { env: 'TOKEN' }, headers: { 'X-Api-Key': { env: 'KEY' } } }
      const opened = guard(kind, written, { env: { TOKEN: 'canary-token', KEY: 'canary-key' } })
      const said = await opened.ask(question, never).catch(error => error)
      const [asked] = server.asked
      assert.deepEqual([asked?.headers.authorization, asked?.headers['x-api-key']], ['Bearer canary-token', 'canary-key'])
      assert.doesNotMatch(`${JSON.stringify(said)} ${said}`, /canary/)
    })

    it(`${kind}: refuses without asking where a secret is missing`, async () => {
      const opened = guard(kind, { ...settings(), token: { file: 'no-such-file' } }, { folder: '/nowhere' })
      await assert.rejects(opened.ask(question, never), /the secret in no-such-file cannot be read \(ENOENT\)/)
      assert.deepEqual(server.asked, [])
    })

    it(`${kind}: takes no secret in its settings, and no metadata address unless allowed`, () => {
      const wrong = (more: Record<string, unknown>) => complaints(kind, { ...settings(), ...more }).join()
      assert.match(wrong({ headers: { 'X-Api-Key': 'plain' } }), /may hold a secret/)
      assert.match(wrong({ headers: { Host: 'else' } }), /cannot be set/)
      assert.match(wrong({ url: 'http://user:word@host/' }), /must not hold a user or password/)
      assert.match(wrong({ url: 'http://host/?token=abc' }), /must not hold a secret in "token"/)
      assert.match(wrong({ url: 'http://169.254.169.254/latest' }), /link-local or metadata/)
      assert.equal(wrong({ url: 'http://169.254.169.254/latest', allowLinkLocal: true }), '')
    })
  }
})

describe('the prometheus guard', () => {
  const ask = async (document: unknown, more: Record<string, unknown> = {}) => {
    server.json(document)
    return guard('prometheus', prometheus(more)).ask(question, never)
  }

  it('proceeds where each value is within bounds, and keeps query and values', async () => {
    const said = await ask(vector('0.5', '1'))
    assert.equal(said.proceed, true)
    assert.deepEqual(said.evidence.query, 'sum(rate(errors[5m]))')
    assert.equal(new URL(server.asked[0]?.url ?? '', server.url).searchParams.get('query'), 'sum(rate(errors[5m]))')
  })

  it('keeps the path that Prometheus is served under', async () => {
    await ask(vector('0'), { url: `${server.url}/prometheus/` })
    assert.match(server.asked[0]?.url ?? '', /^\/prometheus\/api\/v1\/query\?/)
  })

  const refused: readonly (readonly [string, unknown, Record<string, unknown>, RegExp])[] = [
    ['one value of several above the maximum', vector('0', '1.5'), {}, /errors\{zone="1"\} is 1.5, more than 1/],
    ['a value below the minimum', vector('0.5'), { min: 0.9 }, /is 0.5, less than 0.9/],
    ['infinity', vector('+Inf'), {}, /more than 1/],
    ['what is no number', vector('NaN'), {}, /no number/],
    ['an empty result', vector(), {}, /no result/],
  ]
  for (const [about, document, more, says] of refused)
    it(`refuses ${about}`, async () => {
      const said = await ask(document, more)
      assert.equal(said.proceed, false)
      assert.match(said.reason, says)
    })

  it('proceeds on an empty result where the schedule says so, and on a scalar', async () => {
    assert.equal((await ask(vector(), { empty: 'proceed' })).proceed, true)
    assert.equal((await ask({ status: 'success', data: { resultType: 'scalar', result: [1, '0'] } })).proceed, true)
  })

  it('S10 refuses errors, warnings of partial data, and results of other types', async () => {
    await assert.rejects(ask({ status: 'error', errorType: 'bad_data', error: 'parse error' }), /bad_data: parse error/)
    await assert.rejects(ask({ ...vector('0'), warnings: ['a store is down'] }), /warnings: a store is down/)
    await assert.rejects(ask({ status: 'success', data: { resultType: 'matrix', result: [] } }), /scalar or a vector/)
  })

  it('tells the status of what stands before Prometheus and speaks no JSON', async () => {
    server.answer = response => response.writeHead(502).end('<html>Bad gateway</html>')
    await assert.rejects(guard('prometheus', prometheus()).ask(question, never), /answered 502 instead of 200/)
  })

  it('needs a bound that can be met', () => {
    assert.match(complaints('prometheus', { url: server.url, query: 'up' }).join(), /needs a bound/)
    assert.match(complaints('prometheus', { url: server.url, query: 'up', min: 2, max: 1 }).join(), /min \(2\) is more than max/)
  })

  it('keeps a bounded part of a large answer', async () => {
    const said = await ask(vector(...Array.from({ length: 5_000 }, () => '0')))
    assert.equal(said.proceed, true)
    assert.ok(JSON.stringify(said.evidence).length < 5_000)
  })
})

describe('the alertmanager guard', () => {
  const fires = (alertname: string) => ({
    labels: { alertname, severity: 'critical' },
    status: { state: 'active' },
    startsAt: '2026-11-03T09:00:00Z',
  })
  const settings = (more: Record<string, unknown> = {}) => ({ url: server.url, labels: { severity: 'critical' }, ...more })

  it('proceeds while no such alert fires, and asks for exactly those', async () => {
    server.json([])
    const opened = guard('alertmanager', settings({ labels: { team: 'a "b" \\c' }, matchers: ['severity=~"critical|page"'] }))
    assert.equal((await opened.ask(question, never)).proceed, true)
    const asked = new URL(server.asked[0]?.url ?? '', server.url)
    assert.equal(asked.pathname, '/api/v2/alerts')
    assert.deepEqual(asked.searchParams.getAll('filter'), ['team="a \\"b\\" \\\\c"', 'severity=~"critical|page"'])
    assert.deepEqual(
      ['active', 'silenced', 'inhibited'].map(name => asked.searchParams.get(name)),
      ['true', 'true', 'true'],
    )
  })

  it('refuses while one fires and names it', async () => {
    server.json([fires('DiskFull'), fires('HighErrors'), fires('Latency')])
    const said = await guard('alertmanager', settings()).ask(question, never)
    assert.deepEqual([said.proceed, said.reason], [false, 'DiskFull, HighErrors and 1 more fire'])
  })

  it('leaves silenced alerts out only where told to', async () => {
    server.json([])
    await guard('alertmanager', settings({ silenced: 'ignore' })).ask(question, never)
    assert.equal(new URL(server.asked[0]?.url ?? '', server.url).searchParams.get('silenced'), 'false')
  })

  it('S10 refuses an answer that is no list of alerts', async () => {
    server.json({ status: 'success' })
    await assert.rejects(guard('alertmanager', settings()).ask(question, never), /list of alerts/)
  })

  it('must be told which alerts count', () => {
    assert.match(complaints('alertmanager', { url: server.url }).join(), /labels or matchers/)
    assert.match(complaints('alertmanager', settings({ matchers: ['nonsense'] })).join(), /./)
  })
})

describe('the http guard', () => {
  const settings = (more: Record<string, unknown> = {}) => ({ url: `${server.url}/summary`, ...more })

  it('proceeds on the status and the JSON that are written', async () => {
    server.json({ status: { indicator: 'none' }, checks: [{ up: true }] })
    const json = { '/status/indicator': ['none', 'minor'], '/checks/0/up': true }
    const said = await guard('http', settings({ json })).ask(question, never)
    assert.deepEqual([said.proceed, said.evidence.status], [true, 200])
  })

  it('refuses another status and another value', async () => {
    server.json({ status: 'red' }, 404)
    assert.match((await guard('http', settings()).ask(question, never)).reason, /answered 404 instead of 200/)
    server.json({ status: 'red' })
    const said = await guard('http', settings({ json: { '/status': 'green' } })).ask(question, never)
    assert.deepEqual([said.proceed, said.reason.endsWith('/status is "red" instead of "green"')], [false, true])
    assert.match((await guard('http', settings({ json: { '/constructor': 'x' } })).ask(question, never)).reason, /is missing/)
  })

  it('follows so many redirects as it is told, and checks each of them', async () => {
    server.answer = (response, { url }) =>
      url === '/summary' ? response.writeHead(302, { location: '/else' }).end() : response.end('{"status":"ok"}')
    assert.equal((await guard('http', settings({ redirects: 1, json: { '/status': 'ok' } })).ask(question, never)).proceed, true)
    server.answer = response => response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end()
    await assert.rejects(guard('http', settings({ redirects: 3 })).ask(question, never), /metadata address and is never asked/)
    server.answer = response => response.writeHead(302, { location: '/summary' }).end()
    await assert.rejects(guard('http', settings({ redirects: 3 })).ask(question, never), /redirect \(302\), which is not followed/)
  })

  it('gives a redirect to another origin none of its secrets', async () => {
    const other = new HttpStage()
    await other.start()
    try {
      server.answer = response => response.writeHead(307, { location: `${other.url}/else` }).end()
      const opened = guard('http', settings({ redirects: 1, token: { env: 'TOKEN' } }), { env: { TOKEN: 'canary' } })
      await opened.ask(question, never)
      assert.equal(server.asked[0]?.headers.authorization, 'Bearer canary')
      assert.equal(other.asked[0]?.headers.authorization, undefined)
    } finally {
      await other.stop()
    }
  })

  it('takes JSON pointers only', () => {
    assert.notDeepEqual(complaints('http', settings({ json: { 'status.ok': true } })), [])
  })
})
