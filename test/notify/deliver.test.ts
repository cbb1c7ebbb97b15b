import assert from 'node:assert/strict'
import type { Settings } from '../../src/config/settings.ts'
import type { Notice } from '../../src/domain/notice.ts'
import { transition } from '../../src/domain/transition.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { openLedger } from '../../src/ledger/open.ts'
import type { Notifier } from '../../src/notify/notifier.ts'
import { openNotifier } from '../../src/notify/open.ts'
import { plan } from '../ledger/examples.ts'
import { HttpStage } from '../support/http.ts'
import { examples, noon } from './notices.ts'

const never = new AbortController().signal
const silent = { debug() {}, info() {}, warn() {}, error() {} }

describe('telling', () => {
  const stage = new HttpStage()
  const down = new HttpStage()
  let ledger: Ledger
  let now: Temporal.Instant
  let ids: string[]
  let logged: string[]
  let count = 0

  before(async () => {
    await stage.start()
    await down.start()
  })
  after(async () => {
    await stage.stop()
    await down.stop()
  })
  beforeEach(async () => {
    now = noon
    ids = []
    logged = []
    for (const one of [stage, down]) one.asked = []
    stage.answer = (response, request) => {
      ids.push(String(request.headers['webhook-id']))
      response.writeHead(200).end()
    }
    down.answer = response => response.writeHead(503).end('maintenance')
    ledger = await openLedger(
      { kind: 'embedded', file: ':memory:' },
      { clock: { now: () => now }, create: true, newId: () => `id-${++count}` },
    )
  })
  afterEach(() => ledger.close())

  /** A worker of its own, as another process or the same one after a restart would be. */
  function notifier(changes: Partial<Settings['notify']> = {}): Notifier {
    const hook = (url: string) => ({ kind: 'webhook', url, headers: {} }) as const
    const settings = {
      notify: { targets: { there: hook(stage.url), down: hook(down.url) }, smtp: null, digest: null, owners: {}, ...changes },
      schedules: [{ name: 'weekdays', notify: { before: null, to: [{ target: 'there', on: null }] } }] as unknown as Settings['schedules'],
      web: { listen: '', origin: 'https://firedrill.example.org', tokens: [], proxy: null },
    }
    const error = (message: string) => void logged.push(message)
    const opened = openNotifier({ settings, ledger, log: { ...silent, error }, env: {}, folder: '/', now: () => now })
    assert.ok(opened)
    return opened
  }

  function example(name: string): Notice {
    return examples[name] ?? assert.fail(name)
  }

  it('goes to whom the schedule and the owner name, once each, and not about what they do not want to hear', () => {
    const owners = {
      payments: [
        { target: 'there', on: null },
        { target: 'down', on: ['phoenix', 'whole'] as const },
      ],
    }
    const targets = (name: string) =>
      notifier({ owners })
        .messagesFor(example(name))
        .map(({ target }) => target)
    assert.deepEqual(targets('snowflake'), ['there'])
    assert.deepEqual(targets('phoenix'), ['down'])
    assert.deepEqual(targets('whole'), ['down', 'there'])
    assert.deepEqual(targets('breaker'), ['there'])
  })

  it('is done once by ten workers', async () => {
    await ledger.post(
      Array.from({ length: 25 }, (_, index) => ({ target: 'there', notice: { ...example('snowflake'), key: `n${index}` } })),
    )
    await Promise.all(Array.from({ length: 10 }, () => notifier().deliver(never)))
    assert.deepEqual(ids.sort(), Array.from({ length: 25 }, (_, index) => `n${index}`).sort())
    assert.equal(await ledger.nextMessageAt(), null)
  })

  it('is tried again after longer and longer pauses, also by a worker that has just started, with the same id', async () => {
    await ledger.post([{ target: 'down', notice: example('snowflake') }])
    const pauses: number[] = []
    for (let attempt = 0; attempt < 5; attempt++) {
      const next = await notifier().deliver(never)
      assert.ok(next)
      pauses.push(next.since(now).total('seconds'))
      assert.equal((await notifier().deliver(never))?.epochMilliseconds, next.epochMilliseconds, 'nothing is sent before its moment')
      now = next
    }
    assert.deepEqual(pauses, [10, 30, 60, 120, 300])
    assert.equal(new Set(down.asked.map(({ headers }) => headers['webhook-id'])).size, 1)
    down.answer = response => response.writeHead(200).end()
    assert.equal(await notifier().deliver(never), null)
    const [standing] = await ledger.messagesAbout(example('snowflake').drill ?? '')
    assert.deepEqual([standing?.state, standing?.attempts, standing?.problem], ['sent', 6, null])
  })

  it('waits as long as the receiver asks', async () => {
    down.answer = response => response.writeHead(429, { 'retry-after': '90' }).end()
    await ledger.post([{ target: 'down', notice: example('snowflake') }])
    assert.equal((await notifier().deliver(never))?.since(now).total('seconds'), 90)
  })

  it('costs one try where a target is down, and holds up no other', async () => {
    const messages = ['down', 'down', 'down', 'there'].map((target, index) => ({
      target,
      notice: { ...example('snowflake'), key: `n${index}` },
    }))
    await ledger.post(messages)
    await notifier().deliver(never)
    assert.deepEqual([down.asked.length, ids], [1, ['n3']])
  })

  it('costs one try where a target is down, however many wait for it', async () => {
    const messages = Array.from({ length: 35 }, (_, index) => ({ target: 'down', notice: { ...example('snowflake'), key: `n${index}` } }))
    await ledger.post(messages)
    now = now.add({ seconds: 1 })
    await ledger.post([{ target: 'there', notice: { ...example('snowflake'), key: 'last' } }])
    const next = await notifier().deliver(never)
    assert.deepEqual([down.asked.length, ids], [1, ['last']])
    assert.equal(next?.since(now).total('seconds'), 10, 'all of them are tried again, later')
    now = now.add({ seconds: 10 })
    down.answer = response => response.writeHead(200).end()
    await notifier().deliver(never)
    assert.equal(new Set(down.asked.map(({ headers }) => headers['webhook-id'])).size, 35)
  })

  it('tries news again soon also where older messages to the same target have failed for hours', async () => {
    await ledger.post([{ target: 'down', notice: { ...example('snowflake'), key: 'old' } }])
    let next: Temporal.Instant | null = now
    for (let attempt = 0; attempt < 9 && next !== null; attempt++) {
      now = next
      next = await notifier().deliver(never)
    }
    now = next ?? assert.fail('it was given up')
    await ledger.post([{ target: 'down', notice: { ...example('snowflake'), key: 'news' } }])
    assert.equal((await notifier().deliver(never))?.since(now).total('seconds'), 10)
  })

  it('is given up after a day, loudly', async () => {
    await ledger.post([{ target: 'down', notice: example('snowflake') }])
    for (let next: Temporal.Instant | null = now; next !== null; next = await notifier().deliver(never)) now = next
    const [standing] = await ledger.messagesAbout(example('snowflake').drill ?? '')
    assert.equal(standing?.state, 'gave-up')
    assert.match(standing.problem ?? '', /answered with 503 \(maintenance\)/)
    const day = now.since(noon).total('hours')
    assert.ok(day > 22 && day <= 24, `${day} h`)
    assert.deepEqual(logged, ['could not tell and gave up'])
  })

  it('ends at the signal, and what is left is sent by the next', async () => {
    const stop = new AbortController()
    down.answer = () => stop.abort(new Error('SIGTERM'))
    await ledger.post([{ target: 'down', notice: example('snowflake') }])
    await notifier().deliver(stop.signal)
    down.answer = response => response.writeHead(200).end()
    assert.equal(await notifier().deliver(never), null)
    assert.equal(down.asked.length, 2)
  })

  it('announces no strike that will not be made', async () => {
    const [drill] = await ledger.addPlans([plan('web')])
    assert.ok(drill)
    const told = {
      ...example('strike'),
      drill: drill.id,
      notBefore: null,
      facts: { ...example('strike').facts, drill: { id: drill.id } },
    } as Notice
    await ledger.post([{ target: 'there', notice: told }])
    const refusal = { rule: 'veto', reason: 'somebody vetoed it: no' }
    await ledger.advance({ drill: transition(drill, { kind: 'refuse', refusal, findings: [], at: noon }), events: [] })
    assert.equal(await notifier().deliver(never), null)
    assert.deepEqual(ids, [])
    assert.deepEqual(
      (await ledger.messagesAbout(drill.id)).map(({ state, problem }) => [state, problem]),
      [['dropped', 'the drill is refused already']],
    )
  })

  describe('the week', () => {
    const digest = { to: ['there'], day: 1, at: '09:00', timezone: 'Europe/Berlin' } as const
    const due = (at: string) =>
      notifier({ digest })
        .periodic(Temporal.Instant.from(at))
        .map(({ notice }) => notice.key)

    it('comes on its day at its local time, summer and winter, and is not caught up with after a day', () => {
      assert.deepEqual(due('2026-11-23T07:59:59Z'), [])
      assert.deepEqual(due('2026-11-23T08:00:00Z'), ['digest/2026-11-23'])
      assert.deepEqual(due('2026-11-24T07:59:59Z'), ['digest/2026-11-23'])
      assert.deepEqual(due('2026-11-24T08:00:01Z'), [])
      assert.deepEqual(due('2026-07-06T07:00:00Z'), ['digest/2026-07-06'])
    })

    it('is read from the ledger when it is told', async () => {
      let body = ''
      stage.answer = (response, request) => {
        request.on('data', chunk => (body += chunk)).on('end', () => response.writeHead(200).end())
      }
      now = Temporal.Instant.from('2026-11-23T08:00:00Z')
      await ledger.post(notifier({ digest }).periodic(now))
      assert.equal(await notifier({ digest }).deliver(never), null)
      const { type, data } = JSON.parse(body)
      assert.equal(type, 'firedrill.digest')
      assert.match(data.text, /^No group has opted in/)
      assert.deepEqual(data.digest.quiet, { days: null, reasons: [], leashed: 0, paused: 0, halts: [], optedIn: 0 })
    })
  })
})
