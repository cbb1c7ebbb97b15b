import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { Context } from 'mocha'
import type { Settings, TargetSettings } from '../../src/config/settings.ts'
import { sendTest } from '../../src/notify/open.ts'
import { HttpStage } from '../support/http.ts'
import { missing } from '../support/missing.ts'
import { onPath } from '../support/on-path.ts'
import { noon } from './notices.ts'
import { SmtpStage } from './smtp.ts'

const never = new AbortController().signal
const web = { listen: '127.0.0.1:0', origin: 'https://firedrill.example.org', tokens: [], proxy: null }

function settingsOf(target: TargetSettings, smtp: Settings['notify']['smtp'] = null) {
  return { notify: { targets: { there: target }, smtp, digest: null, owners: {} }, schedules: [], web }
}

async function send(target: TargetSettings, env: Record<string, string>, smtp: Settings['notify']['smtp'] = null): Promise<void> {
  await sendTest({ settings: settingsOf(target, smtp), env, folder: '/', now: () => noon }, { target: 'there', by: 'a test' }, never)
}

describe('a webhook', () => {
  const stage = new HttpStage()
  let bodies: string[] = []

  before(() => stage.start())
  after(() => stage.stop())
  beforeEach(() => {
    bodies = []
    stage.asked = []
    stage.answer = (response, request) => {
      let body = ''
      request
        .on('data', chunk => (body += chunk))
        .on('end', () => {
          bodies.push(body)
          response.writeHead(204).end()
        })
    }
  })

  it('gets a CloudEvent whose signature holds for its id, its time and its body', async () => {
    const headers = { 'X-Api-Key': { secretFrom: 'env', name: 'API' } as const }
    await send(
      { kind: 'webhook', url: `${stage.url}/in`, secret: { secretFrom: 'env', name: 'KEY' }, headers },
      { KEY: 'whsec_c2VjcmV0', API: 'k' },
    )
    const [asked] = stage.asked
    const [body = ''] = bodies
    assert.equal(asked?.headers['content-type'], 'application/cloudevents+json; charset=utf-8')
    assert.equal(asked?.headers['x-api-key'], 'k')
    const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature } = asked?.headers ?? {}
    assert.equal(time, String(noon.epochMilliseconds / 1000))
    assert.equal(signature, `v1,${createHmac('sha256', 'secret').update(`${id}.${time}.${body}`).digest('base64')}`)
    const event = JSON.parse(body)
    assert.deepEqual([event.specversion, event.id, event.source, event.type], ['1.0', id, web.origin, 'firedrill.test'])
  })

  it('that fails is a failure without the secrets it was given, and a redirect is not followed', async () => {
    stage.answer = response => response.writeHead(500).end('no: k-e-y is wrong')
    const target = { kind: 'webhook', url: stage.url, headers: { 'X-Api-Key': { secretFrom: 'env', name: 'API' } } } as const
    await assert.rejects(
      send(target, { API: 'k-e-y' }),
      error => error instanceof Error && /answered with 500 \(no: \*\*\* is wrong\)/.test(error.message),
    )
    stage.answer = response => response.writeHead(500).end(`${'.'.repeat(110)} long-long-long-long-key`)
    await assert.rejects(
      send(target, { API: 'long-long-long-long-key' }),
      error => error instanceof Error && !error.message.includes('long') && error.message.includes('***'),
      'nor a part of one, where the answer is cut',
    )
    stage.answer = response => response.writeHead(307, { location: `${stage.url}/elsewhere` }).end()
    await assert.rejects(send(target, { API: 'k-e-y' }), /answered with 307/)
    assert.equal(stage.asked.length, 3)
  })

  it('of Slack gets blocks, at an address that only the environment knows', async () => {
    const target = { kind: 'slack', url: { secretFrom: 'env', name: 'SLACK' } } as const
    await send(target, { SLACK: `${stage.url}/services/T0/B0/x` })
    assert.match(JSON.parse(bodies[0] ?? '').text, /^Firedrill: a test message$/)
    await assert.rejects(send(target, { SLACK: 'http://hooks.example.org/x' }), /must be https/)
    await assert.rejects(send(target, { SLACK: 'https://169.254.169.254/x' }), /link-local or metadata address/)
    await assert.rejects(send(target, {}), /environment variable SLACK is not set/)
  })
})

describe('e-mail', () => {
  const stage = new SmtpStage()
  const target = { kind: 'email', to: ['sre@example.org', 'payments@example.org'] } as const

  before(() => stage.start())
  after(() => stage.stop())

  function smtp(changes: Partial<NonNullable<Settings['notify']['smtp']>> = {}) {
    const from = 'firedrill@example.org'
    return {
      host: '127.0.0.1',
      port: stage.port,
      tls: 'none' as const,
      from,
      user: null,
      password: null,
      allowSelfSigned: false,
      ...changes,
    }
  }

  it('goes to a real mail server with both bodies, and the same Message-ID each time', async () => {
    const password = { secretFrom: 'env', name: 'MAIL' } as const
    for (let time = 0; time < 2; time++) await send(target, { MAIL: 'pass' }, smtp({ user: 'fire', password }))
    assert.equal(stage.login, '\0fire\0pass')
    const [first, second] = stage.mails
    assert.deepEqual([first?.from, first?.to], ['firedrill@example.org', ['sre@example.org', 'payments@example.org']])
    assert.match(first?.data ?? '', /^Subject: Firedrill: a test message\r$/m)
    assert.match(first?.data ?? '', /^Auto-Submitted: auto-generated\r$/m)
    assert.match(first?.data ?? '', /Content-Type: text\/plain[\s\S]*Content-Type: text\/html/)
    const id = /^Message-ID: (<.*@example\.org>)\r$/m
    assert.ok(id.exec(first?.data ?? ''))
    assert.equal(id.exec(first?.data ?? '')?.[1], id.exec(second?.data ?? '')?.[1])
  })

  it('that is refused, or would go without the TLS that was asked for, is a failure', async () => {
    stage.answer = '451 try again later'
    await assert.rejects(send(target, {}, smtp()), /451 try again later/)
    stage.answer = '250 taken'
    const before = stage.mails.length
    await assert.rejects(
      send(target, {}, smtp({ tls: 'starttls' })),
      /127\.0\.0\.1:\d+ does not offer STARTTLS, and nothing is sent without/,
    )
    await assert.rejects(send(target, {}, smtp({ host: '169.254.169.254' })), /link-local or metadata address/)
    await assert.rejects(send(target, {}), /there is no mail server/)
    assert.equal(stage.mails.length, before)
  })

  describe('over TLS', () => {
    const password = { secretFrom: 'env', name: 'MAIL' } as const
    const login = { user: 'fire', password }
    let own: Certificate

    before(function () {
      own = makeCertificate(this, 'localhost')
    })
    beforeEach(() => {
      stage.mails.length = 0
      stage.overheard = ''
      stage.login = null
      stage.answer = '250 taken'
    })
    afterEach(() => {
      stage.tls = { kind: 'none' }
    })

    for (const kind of ['starttls', 'implicit'] as const) {
      it(`${kind}: logs in and sends once it is encrypted, to whom an authority vouches for`, async () => {
        stage.tls = { kind, ...own }
        await trusting(own, () => send(target, { MAIL: 'pass' }, smtp({ host: 'localhost', tls: kind, ...login })))
        assert.deepEqual([stage.mails.length, stage.mails[0]?.encrypted, stage.login], [1, true, '\0fire\0pass'])
        assert.doesNotMatch(stage.overheard, /AUTH|MAIL FROM|RCPT/)
      })

      it(`${kind}: tells nobody anything whom no authority vouches for, and says what to do`, async () => {
        stage.tls = { kind, ...own }
        await assert.rejects(
          send(target, { MAIL: 'pass' }, smtp({ host: 'localhost', tls: kind, ...login })),
          /^Error: the mail server localhost:\d+ showed a certificate that cannot be trusted \(self-signed certificate\): name the file of its authority in NODE_EXTRA_CA_CERTS, or set notify\.smtp\.allowSelfSigned$/,
        )
        assert.deepEqual([stage.mails, stage.login], [[], null])
        assert.doesNotMatch(stage.overheard, /AUTH|MAIL FROM/)
      })

      it(`${kind}: tells nobody anything whose certificate has expired, and says so`, async function () {
        const old = makeCertificate(this, 'localhost', { days: -1 })
        stage.tls = { kind, ...old }
        const sending = () => send(target, { MAIL: 'pass' }, smtp({ host: 'localhost', tls: kind, ...login }))
        await assert.rejects(
          trusting(old, sending),
          /^Error: the mail server localhost:\d+ showed a certificate that has expired, and nothing is sent: renew it there/,
        )
        assert.deepEqual([stage.mails, stage.login], [[], null])
        assert.doesNotMatch(stage.overheard, /AUTH|MAIL FROM/)
      })

      it(`${kind}: takes a certificate of its own where that is allowed, also by number`, async () => {
        stage.tls = { kind, ...own }
        await send(target, { MAIL: 'pass' }, smtp({ host: '127.0.0.1', tls: kind, allowSelfSigned: true, ...login }))
        assert.deepEqual([stage.mails[0]?.encrypted, stage.login], [true, '\0fire\0pass'])
      })
    }

    it('refuses a certificate that an authority gave to somebody else', async () => {
      stage.tls = { kind: 'starttls', ...own }
      const sending = () => send(target, { MAIL: 'pass' }, smtp({ tls: 'starttls', ...login }))
      await assert.rejects(trusting(own, sending), /showed a certificate that is not for 127\.0\.0\.1: write the name that stands in it/)
      assert.equal(stage.login, null)
    })

    it('never goes on without the TLS that was asked for, and names the mode that may be meant', async () => {
      const sending = (tls: 'starttls' | 'implicit') => send(target, { MAIL: 'pass' }, smtp({ tls, allowSelfSigned: true, ...login }))
      await assert.rejects(sending('starttls'), /does not offer STARTTLS, and nothing is sent without/)
      await assert.rejects(
        sending('implicit'),
        /does not begin with TLS on this port: notify\.smtp\.tls is implicit, .* on port 587 it is starttls/,
      )
      assert.deepEqual([stage.mails, stage.login], [[], null])
      assert.doesNotMatch(stage.overheard, /AUTH|MAIL FROM/)
    })
  })
})

interface Certificate {
  readonly key: string
  readonly cert: string
}

/** A key and a certificate that vouches for itself, made now and kept nowhere. `days`: how long it is good; negative: no more. */
function makeCertificate(test: Context, name: string, { days } = { days: 2 }): Certificate {
  const openssl = onPath('openssl') ?? missing(test, 'openssl')
  const run = (...words: readonly string[]) => execFileSync(openssl, words, { encoding: 'utf8', stdio: 'pipe' })
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
  const folder = mkdtempSync(join(tmpdir(), 'firedrill-certificate-'))
  try {
    const [key, request] = [join(folder, 'key.pem'), join(folder, 'request.pem')]
    run('req', '-new', ...kind, '-keyout', key, '-out', request, ...subject)
    // `req -x509` makes none that has ended.
    const cert = run('x509', '-req', '-in', request, '-key', key, '-copy_extensions', 'copyall', '-days', String(days))
    return { key: readFileSync(key, 'utf8'), cert }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** As a machine does on which somebody has put it among the authorities. */
async function trusting<T>({ cert }: Certificate, work: () => Promise<T>): Promise<T> {
  const usual = getCACertificates('default')
  setDefaultCACertificates([...usual, cert])
  try {
    return await work()
  } finally {
    setDefaultCACertificates(usual)
  }
}
