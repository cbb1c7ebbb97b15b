import assert from 'node:assert/strict'
import { request } from 'node:http'
import { LedgerError } from '../../src/ledger/ledger.ts'
import { fleet } from '../reports/fixtures.ts'
import { bothTokens, operatorToken, viewerToken, WebStage } from './stage.ts'

/** fetch() does not let its caller choose Host. */
function status(origin: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    request(origin, { headers }, answer => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('who may use the pages', () => {
  let stage: WebStage
  afterEach(() => stage?.close())

  it('without authentication: this machine itself, and no name that somebody else points here', async () => {
    stage = await WebStage.open()
    const port = new URL(stage.origin).port
    assert.equal(await status(stage.origin, {}), 200)
    assert.equal(await status(stage.origin, { host: `localhost:${port}` }), 200)
    assert.equal(await status(stage.origin, { host: `evil.example:${port}` }), 421)
    assert.match(await stage.page('/'), /You are <bdi>somebody<\/bdi>, operator/)
  })

  it('asks everybody who they are where tokens are configured; only health tells itself', async () => {
    stage = await WebStage.open({ tokens: bothTokens })
    for (const path of ['/metrics', '/live', '/api/v1/groups', '/api/v1/openapi.json', '/nothing']) {
      assert.equal((await stage.fetch(path)).status, 401, path)
    }
    const page = await stage.fetch('/?q=web', { headers: { accept: 'text/html' } })
    assert.deepEqual([page.status, page.headers.get('location')], [303, '/login?back=%2F%3Fq%3Dweb'])
    for (const path of ['/healthz', '/readyz']) assert.equal((await stage.fetch(path)).status, 200, path)
  })

  it('lets a viewer look and change nothing, neither by form nor by API', async () => {
    stage = await WebStage.open({ tokens: bothTokens })
    const headers = bearer(viewerToken)
    assert.doesNotMatch(await stage.page('/', { headers }), /action="\/halt"/)
    const form = await stage.fetch('/halt', {
      method: 'POST',
      headers: { ...headers, origin: stage.origin, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'kind=installation',
    })
    assert.equal(form.status, 403)
    const api = await stage.fetch('/api/v1/halts', {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ target: { kind: 'installation' } }),
    })
    assert.equal(api.status, 403)
    assert.deepEqual((await stage.ledger.state()).halts, [])
  })

  it('writes the token’s name, never the token, beside what its owner changes', async () => {
    stage = await WebStage.open({ tokens: bothTokens })
    const api = await stage.fetch('/api/v1/halts', {
      method: 'POST',
      headers: { ...bearer(operatorToken), 'content-type': 'application/json' },
      body: JSON.stringify({ target: { kind: 'service', name: 'shop' }, reason: 'incident' }),
    })
    assert.equal(api.status, 200)
    const [entry] = await stage.ledger.audit(10)
    assert.deepEqual([entry?.by, entry?.action, entry?.subject, entry?.note], ['oncall', 'halt', 'service shop', 'incident'])
    assert.ok(!stage.logged.join('\n').includes(operatorToken))
  })

  it('logs in with a token, keeps the session from scripts, and takes one that was tampered with for none', async () => {
    stage = await WebStage.open({ tokens: bothTokens })
    const login = (token: string, back = '/schedules') =>
      stage.fetch('/login', {
        method: 'POST',
        headers: { origin: stage.origin, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ token, back }).toString(),
      })
    assert.equal((await login('wrong')).status, 401)
    const answer = await login(operatorToken)
    assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/schedules'])
    const set = answer.headers.get('set-cookie') ?? ''
    assert.match(set, /HttpOnly/)
    assert.match(set, /SameSite=Lax/)
    assert.ok(!set.includes(operatorToken))
    const cookie = set.split(';')[0] ?? ''
    assert.match(await stage.page('/', { headers: { cookie } }), /You are <bdi>oncall<\/bdi>, operator[\s\S]*Log out/)
    const [name, value = ''] = cookie.split('=')
    const forged = [value.replace('oncall', 'grafana'), value.replace(/7C\d+/, '7C9999999999'), `${value}x`, '']
    for (const one of forged) assert.equal((await stage.fetch('/metrics', { headers: { cookie: `${name}=${one}` } })).status, 401, one)
    stage.now = stage.now.add({ hours: 13 })
    assert.equal((await stage.fetch('/metrics', { headers: { cookie } })).status, 401, 'after half a day')
    assert.equal((await login(operatorToken, '//evil.example/')).headers.get('location'), '/', 'nobody is sent elsewhere')
  })

  it('lets nobody try tokens without end, and never holds up the right one', async () => {
    stage = await WebStage.open({ tokens: bothTokens })
    const login = () =>
      stage.fetch('/login', {
        method: 'POST',
        headers: { origin: stage.origin, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'token=guess',
      })
    for (let attempt = 0; attempt < 10; attempt++) assert.equal((await login()).status, 401)
    const held = await login()
    assert.equal(held.status, 429)
    assert.ok(Number(held.headers.get('retry-after')) > 0)
    assert.equal((await stage.fetch('/metrics', { headers: bearer('guess') })).status, 429)
    assert.equal((await stage.fetch('/metrics', { headers: bearer(operatorToken) })).status, 200)
  })

  it('believes a proxy’s headers only from the proxy’s address, and makes its groups operators', async () => {
    const proxy = { from: ['127.0.0.0/8'], userHeader: 'X-Forwarded-User', groupsHeader: 'X-Forwarded-Groups', operators: ['sre'] }
    stage = await WebStage.open({ web: { proxy } })
    assert.equal((await stage.fetch('/')).status, 401, 'it names nobody')
    assert.match(await stage.page('/', { headers: { 'x-forwarded-user': 'ana' } }), /You are <bdi>ana<\/bdi>, viewer/)
    const operator = { 'x-forwarded-user': 'ben', 'x-forwarded-groups': 'dev, sre' }
    assert.match(await stage.page('/', { headers: operator }), /You are <bdi>ben<\/bdi>, operator/)
    await stage.close()
    stage = await WebStage.open({ web: { proxy: { ...proxy, from: ['10.0.0.0/8'] } } })
    assert.equal((await stage.fetch('/', { headers: operator })).status, 401)
  })
})

describe('forms from elsewhere', () => {
  let stage: WebStage
  afterEach(() => stage?.close())

  it('change nothing: another origin, no origin, or no key of this site', async () => {
    stage = await WebStage.open()
    const post = (headers: Readonly<Record<string, string>>, key = '') =>
      stage.fetch('/halt', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams({ kind: 'installation', key }).toString(),
      })
    const key = /name="key" value="([^"]*)"/.exec(await stage.page('/'))?.[1] ?? ''
    assert.notEqual(key, '')
    assert.equal((await post({ origin: 'http://evil.example' }, key)).status, 403)
    assert.equal((await post({ 'sec-fetch-site': 'cross-site' }, key)).status, 403)
    assert.equal((await post({}, key)).status, 403)
    assert.equal((await post({ origin: stage.origin }, 'guess')).status, 403)
    assert.deepEqual((await stage.ledger.state()).halts, [])
    assert.equal((await post({ origin: stage.origin }, key)).status, 303)
    assert.equal((await stage.ledger.state()).halts.length, 1)
  })

  it('change nothing as JSON, either', async () => {
    stage = await WebStage.open()
    const post = (headers: Readonly<Record<string, string>>) =>
      stage.fetch('/api/v1/halts', { method: 'POST', headers, body: JSON.stringify({ target: { kind: 'installation' } }) })
    assert.equal((await post({ origin: 'http://evil.example', 'content-type': 'application/json' })).status, 403)
    assert.equal((await post({ origin: 'http://evil.example', 'content-type': 'text/plain' })).status, 403)
    assert.equal((await post({ 'content-type': 'text/plain', origin: stage.origin })).status, 415)
    assert.deepEqual((await stage.ledger.state()).halts, [])
  })

  it('behind a proxy that ends TLS, the configured origin counts', async () => {
    const proxy = { from: ['127.0.0.1'], userHeader: 'X-Forwarded-User', groupsHeader: null, operators: ['ana'] }
    stage = await WebStage.open({ web: { proxy, origin: 'https://firedrill.example.org' } })
    const headers = { 'x-forwarded-user': 'ana' }
    const html = await stage.page('/', { headers })
    const key = /name="key" value="([^"]*)"/.exec(html)?.[1] ?? ''
    const post = (origin: string) =>
      stage.fetch('/halt', {
        method: 'POST',
        headers: { ...headers, origin, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ kind: 'installation', key }).toString(),
      })
    assert.equal((await post(stage.origin)).status, 403)
    assert.equal((await post('https://firedrill.example.org')).status, 303)
  })
})

describe('what a page changes', () => {
  let stage: WebStage
  beforeEach(async () => {
    stage = await WebStage.open()
  })
  afterEach(() => stage.close())

  it('S2 halts everything, says so on every page, and goes on again', async () => {
    await stage.record(fleet())
    const halted = await stage.submit('/refusals', '/halt', { kind: 'installation', reason: 'incident <b>4711</b>' })
    assert.deepEqual([halted.status, halted.headers.get('location')], [303, '/refusals'])
    const [halt] = (await stage.ledger.state()).halts
    assert.deepEqual([halt?.by, halt?.reason], ['somebody', 'incident <b>4711</b>'])
    for (const path of ['/', '/schedules', '/refusals', '/changes']) {
      assert.match(
        await stage.page(path),
        /Everything is halted<\/b> by <bdi>somebody<\/bdi>[\s\S]*incident &lt;b&gt;4711&lt;\/b&gt;/i,
        path,
      )
    }
    assert.equal((await stage.submit('/', '/resume', { kind: 'installation' })).status, 303)
    assert.deepEqual((await stage.ledger.state()).halts, [])
    assert.match(await stage.page('/changes'), /resumed/)
  })

  it('S2 shows the halt file, which no page can take away', async () => {
    stage.haltFile = true
    assert.match(await stage.page('/'), /the halt file exists/)
  })

  it('S2 halts on a ledger that stopped workers keep locked, and does not give up before, from a page and by the API', async () => {
    const { ledger } = stage
    const halt = ledger.halt.bind(ledger)
    let refusals = 0
    Object.assign(ledger, {
      halt: async (...words: Parameters<typeof halt>) => {
        if (refusals-- > 0) throw new LedgerError('in-use', 'another process has held the lock too long')
        return halt(...words)
      },
    })
    refusals = 3
    assert.equal((await stage.submit('/', '/halt', { kind: 'installation' })).status, 303)
    assert.equal((await ledger.state()).halts.length, 1)
    await ledger.resume(null, 'somebody')
    refusals = 3
    const headers = { 'content-type': 'application/json' }
    const answer = await stage.fetch('/api/v1/halts', {
      method: 'POST',
      headers,
      body: JSON.stringify({ target: { kind: 'installation' } }),
    })
    assert.deepEqual([answer.ok, (await ledger.state()).halts.length], [true, 1], await answer.text())
  })

  it('S10 names a platform that was never read, and why, until it is there', async () => {
    stage.unreachable.set('aws', 'connect ECONNREFUSED <b>10.0.0.1</b>')
    for (const path of ['/', '/schedules'])
      assert.match(
        await stage.page(path),
        /<bdi>aws<\/bdi> is out of reach<\/b> since this service started[\s\S]*ECONNREFUSED &lt;b&gt;10\.0\.0\.1&lt;\/b&gt;/,
      )
    stage.unreachable.clear()
    assert.doesNotMatch(await stage.page('/'), /out of reach/)
  })

  it('S6 clears a quarantine only with a note', async () => {
    await stage.record(fleet())
    const page = `/group?id=${encodeURIComponent('aws:123456789012/eu-west-1/asg/billing')}`
    assert.match(await stage.page(page), /In quarantine/)
    assert.equal((await stage.submit(page, '/quarantine/clear', { service: 'payments', note: '  ' })).status, 400)
    assert.match(await stage.page(page), /In quarantine/)
    assert.equal((await stage.submit(page, '/quarantine/clear', { service: 'payments', note: 'moved into the template' })).status, 303)
    assert.doesNotMatch(await stage.page(page), /In quarantine/)
    const [entry] = await stage.ledger.audit(1)
    assert.deepEqual([entry?.by, entry?.action, entry?.note], ['somebody', 'clear-quarantine', 'moved into the template'])
  })

  it('says what was wrong with a form, and changes nothing', async () => {
    assert.equal((await stage.submit('/', '/halt', { kind: 'planet', name: 'earth' })).status, 400)
    assert.equal((await stage.submit('/', '/halt', { kind: 'group', name: ' ' })).status, 400)
    assert.deepEqual(await stage.ledger.audit(5), [])
  })
})
