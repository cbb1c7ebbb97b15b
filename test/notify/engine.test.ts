import assert from 'node:assert/strict'
import type { Settings } from '../../src/config/settings.ts'
import { proofSince } from '../../src/domain/coverage.ts'
import type { PlannedDrill, StrikeOrder } from '../../src/domain/drill.ts'
import type { Schedule } from '../../src/domain/schedule.ts'
import { shownOfCount } from '../../src/domain/standing.ts'
import { deliverAndWake } from '../../src/engine/tell.ts'
import { tick } from '../../src/engine/tick.ts'
import { openNotifier } from '../../src/notify/open.ts'
import type { Queue } from '../../src/queue/queue.ts'
import { schedule as scheduleWith } from '../domain/calendars.ts'
import { Stage } from '../engine/stage.ts'
import { HttpStage } from '../support/http.ts'
import { assertGolden } from './golden.ts'
import { SmtpStage } from './smtp.ts'

const never = new AbortController().signal
const minute = 60_000
const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** What came to the receiver, in order. */
interface Told {
  readonly path: string
  readonly body: string
}

/** The engine in simulated time, with the notifier that the program has, and receivers that are real servers. */
class Telling {
  readonly stage: Stage
  readonly #receiver: HttpStage
  readonly mail: SmtpStage
  told: Told[] = []
  /** What the queue was asked to wake, and when. */
  readonly woken: string[] = []

  private constructor(stage: Stage, receiver: HttpStage, mail: SmtpStage) {
    this.stage = stage
    this.#receiver = receiver
    this.mail = mail
  }

  static async open(changes: Partial<Schedule>): Promise<Telling> {
    const receiver = new HttpStage()
    const mail = new SmtpStage()
    await receiver.start()
    await mail.start()
    const telling = new Telling(await Stage.open(changes), receiver, mail)
    receiver.answer = (response, request) => {
      let body = ''
      request
        .on('data', chunk => (body += chunk))
        .on('end', () => {
          telling.told.push({ path: request.url ?? '', body })
          response.writeHead(200).end()
        })
    }
    const { stage } = telling
    const engine = stage.engine.bind(stage)
    const notifier = openNotifier({
      settings: telling.#settings(),
      ledger: stage.ledger,
      log: quiet,
      env: { SLACK: `${receiver.url}/slack` },
      folder: '/',
      now: () => stage.clock.now(),
    })
    assert.ok(notifier)
    stage.engine = () => ({ ...engine(), notifier })
    return telling
  }

  #settings(): Pick<Settings, 'notify' | 'schedules' | 'web'> {
    return {
      notify: {
        targets: {
          events: { kind: 'webhook', url: `${this.#receiver.url}/events`, headers: {} },
          slack: { kind: 'slack', url: { secretFrom: 'env', name: 'SLACK' } },
          mail: { kind: 'email', to: ['sre@example.org'] },
        },
        smtp: {
          host: '127.0.0.1',
          port: this.mail.port,
          tls: 'none',
          from: 'firedrill@example.org',
          user: null,
          password: null,
          allowSelfSigned: false,
        },
        digest: { to: ['events', 'slack', 'mail'], day: 1, at: '09:00', timezone: 'Europe/Berlin' },
        owners: {},
      },
      schedules: [this.stage.schedule],
      web: { listen: '', origin: 'https://firedrill.example.org', tokens: [], proxy: null },
    }
  }

  /** What a service does each minute, and what its queue then wakes. */
  async tick(): Promise<void> {
    const queue: Queue = {
      wake: async (kind, key, at) => void this.woken.push(`${kind} ${key} ${at}`),
      onWake() {},
      async close() {},
    }
    await tick(this.stage.engine(), queue, never)
    await deliverAndWake(this.stage.engine(), queue, never)
  }

  async goTo(moment: string): Promise<void> {
    await this.stage.clock.advance(Temporal.Instant.from(moment).since(this.stage.clock.now()).total('milliseconds'))
  }

  events(): { readonly type: string; readonly id: string; readonly urgent: boolean; readonly data: Record<string, unknown> }[] {
    return this.told.filter(({ path }) => path === '/events').map(({ body }) => JSON.parse(body))
  }

  async close(): Promise<void> {
    await this.stage.ledger.close()
    await this.#receiver.stop()
    await this.mail.stop()
  }
}

describe('the week as it is told', () => {
  const recovery = { target: minute, deadline: 3 * minute, soak: minute }
  let telling: Telling
  let stage: Stage
  /** Groups whose successors never open their door. */
  let broken: Set<string>
  /** What drills under way have struck. */
  let orders: Map<string, StrikeOrder>
  let guardSays: string | null

  beforeEach(async () => {
    telling = await Telling.open({
      recovery,
      limits: { ...scheduleWith().limits, breaker: null, spacing: 0, concurrentPerScope: 3 },
      guards: [{ kind: 'alerts', settings: {} }],
      probes: [{ kind: 'door', settings: {} }],
    })
    stage = telling.stage
    broken = new Set()
    guardSays = null
    orders = new Map()
    stage.platform.onKill = order => void orders.set(order.group, order)
    stage.guards = {
      alerts: {
        name: 'alerts',
        concerns: () => '',
        ask: async () => ({ proceed: guardSays === null, reason: guardSays ?? 'no alert is firing', evidence: {} }),
      },
    }
    stage.probes = {
      door: {
        name: 'door',
        interval: 0,
        passes: 1,
        async check({ group, id }) {
          const isNew = orders.get(group.id)?.members.includes(id) === false
          return isNew && broken.has(group.name) ? { result: 'failed', detail: 'shut' } : { result: 'passed', detail: 'open' }
        },
      },
    }
    for (const name of ['api', 'batch', 'search', 'shop', 'web']) stage.platform.add(name)
  })
  afterEach(() => telling.close())

  /** On one day, each of them by itself; gives what became of them. */
  async function drill(moment: string, ...names: string[]): Promise<string[]> {
    await telling.goTo(moment)
    const plans = await stage.plan(moment.slice(0, 10))
    const ends: string[] = []
    for (const name of names) {
      const plan = plans.find(one => one.groupName === name) ?? assert.fail(`no plan for ${name}`)
      ends.push(await through(plan))
    }
    return ends
  }

  async function through(plan: PlannedDrill): Promise<string> {
    const [outcome = ''] = await stage.attempt([plan])
    if (outcome !== 'struck') return outcome
    await stage.watchToTheEnd()
    // What came up is a member like any other from now on, and may be the next victim.
    orders.delete(plan.group)
    return (await stage.concluded(plan.id)).judgement.verdict
  }

  /** What the three targets got since the last time. */
  async function digestOf(moment: string): Promise<{ readonly event: string; readonly slack: string; readonly mail: string }> {
    telling.told = []
    telling.mail.mails.length = 0
    await telling.goTo(moment)
    for (let again = 0; again < 3; again++) await telling.tick()
    const of = (path: string) =>
      telling.told.filter(one => one.path === path).map(({ body }) => `${JSON.stringify(JSON.parse(body), null, 2)}\n`)
    const [event = '', ...events] = of('/events')
    const [slack = '', ...slacks] = of('/slack')
    const [mail, ...mails] = telling.mail.mails
    assert.deepEqual([events, slacks, mails], [[], [], []], 'each is told once, however many ticks there are')
    assert.match(mail?.data ?? '', /^Subject: Firedrill: the week: /m)
    return { event: await named(event), slack: await named(slack), mail: await named(textOf(mail?.data ?? '')) }
  }

  /** Ticks draw by chance and so use up numbers: each drill by its group instead. */
  async function named(text: string): Promise<string> {
    let result = text
    for (const id of new Set(text.match(/drill-\d+/g) ?? []))
      result = result.replaceAll(new RegExp(`${id}(?!\\d)`, 'g'), `drill-of-${(await stage.drill(id)).groupName}`)
    return result
  }

  it('from a ledger that was filled by drills of several weeks: coverage, new snowflakes, what got better', async () => {
    broken.add('shop')
    assert.deepEqual(await drill('2026-11-04T10:00:00Z', 'api', 'shop', 'web'), ['phoenix', 'snowflake', 'phoenix'])
    const first = await digestOf('2026-11-09T08:00:00Z')
    assertGolden('week-1.txt', first.mail)
    await stage.ledger.clearQuarantine('cloud:here/group/shop', 'the door was oiled', 'ana')
    broken = new Set(['api'])
    assert.deepEqual(await drill('2026-11-10T10:00:00Z', 'shop', 'search'), ['phoenix', 'phoenix'])
    assert.deepEqual(await drill('2026-11-13T10:00:00Z', 'api'), ['snowflake'])
    const second = await digestOf('2026-11-16T08:00:00Z')
    assertGolden('week-2.event.txt', second.event)
    assertGolden('week-2.slack.txt', second.slack)
    assertGolden('week-2.txt', second.mail)
  })

  it('in which a forecast contradicts a proof, is told as a loss of coverage and a new snowflake, as the fleet page counts', async () => {
    assert.deepEqual(await drill('2026-11-10T10:00:00Z', 'api', 'web'), ['phoenix', 'phoenix'])
    stage.platform.byHand = { securityGroups: ['sg-1', 'sg-2', 'sg-emergency'] }
    assert.deepEqual(await drill('2026-11-12T10:00:00Z', 'web', 'shop'), ['refused', 'refused'])
    const told = await digestOf('2026-11-16T08:00:00Z')
    const since = proofSince(await stage.ledger.now())
    const proven = (await stage.ledger.fleetCounts(since)).filter(count => shownOfCount(count) === 'phoenix')
    assert.deepEqual(
      proven.map(({ groups }) => groups),
      [1],
    )
    assert.match(told.mail, /^Coverage +1 of 5 \(\+1 in the week, not counting forecasts that were taken back since\)$/m)
    assert.match(told.mail, /^New snowflakes:\n- shop \(by forecast\)\n .*drill-of-shop\n- web \(by forecast\)\n .*drill-of-web$/m)
    assert.match(told.mail, /^What got better:\n- api is proven\n/m)
    assert.doesNotMatch(told.mail, /web is proven/)
    assert.doesNotMatch((await digestOf('2026-11-23T08:00:00Z')).mail, /by forecast/, 'which is new once')
  })

  it('in which nothing was struck, says for how long and why', async () => {
    assert.deepEqual(await drill('2026-11-04T10:00:00Z', 'api', 'web'), ['phoenix', 'phoenix'])
    guardSays = 'an alert is firing: HighErrorRate'
    for (const date of ['2026-11-10', '2026-11-11'])
      assert.deepEqual(await drill(`${date}T10:00:00Z`, 'search', 'web'), ['refused', 'refused'])
    guardSays = null
    await stage.ledger.halt({ target: { kind: 'schedule', name: 'weekdays' }, reason: 'incident 4711', by: 'oncall', until: null })
    assert.deepEqual(await drill('2026-11-12T10:00:00Z', 'shop'), ['refused'])
    const told = await digestOf('2026-11-16T08:00:00Z')
    assertGolden('week-quiet.event.txt', told.event)
    assertGolden('week-quiet.slack.txt', told.slack)
    assertGolden('week-quiet.txt', told.mail)
  })

  it('says nothing of a quiet weekend or of one quiet day, and something of two', async () => {
    assert.deepEqual(await drill('2026-11-05T10:00:00Z', 'api'), ['phoenix'])
    assert.doesNotMatch((await digestOf('2026-11-09T08:00:00Z')).mail, /Nothing was struck/, 'since Thursday only Friday was open')
    assert.deepEqual(await drill('2026-11-11T10:00:00Z', 'api'), ['phoenix'])
    assert.match((await digestOf('2026-11-16T08:00:00Z')).mail, /^Nothing was struck for 4 days, because:\n- No drill was drawn/m)
  })

  it('in which old proofs ran out, is told as a loss of coverage', async () => {
    assert.deepEqual(await drill('2026-11-04T10:00:00Z', 'api', 'web'), ['phoenix', 'phoenix'])
    assert.deepEqual(await drill('2026-11-30T10:00:00Z', 'web'), ['phoenix'])
    const told = await digestOf('2026-12-07T08:00:00Z')
    assert.match(told.mail, /^Coverage +1 of 5 \(−1 in the week, not counting forecasts that were taken back since\)$/m)
  })

  it('wakes the queue for its moment, and is told by a service that was not there at that moment, once', async () => {
    await telling.goTo('2026-11-09T07:59:30Z')
    await telling.tick()
    assert.deepEqual(telling.told, [])
    await telling.goTo('2026-11-09T20:00:00Z')
    await telling.tick()
    await telling.tick()
    assert.deepEqual(
      telling.events().map(({ id }) => id),
      ['digest/2026-11-09'],
    )
    assert.ok(telling.woken.some(one => one.startsWith('notify outbox')))
  })
})

describe('a group that does not come back', () => {
  const recovery = { target: minute, deadline: 5 * minute, soak: minute }
  let telling: Telling
  let stage: Stage

  beforeEach(async () => {
    telling = await Telling.open({ recovery, notify: { before: null, to: [{ target: 'events', on: null }] } })
    stage = telling.stage
    stage.platform.capabilities = { ...stage.platform.capabilities, replacesItself: false }
    stage.platform.add('batch')
  })
  afterEach(() => telling.close())

  async function lookFor(length: number): Promise<void> {
    for (let passed = 0; passed < length; passed += 15_000) {
      await stage.look()
      await telling.tick()
      await stage.clock.advance(15_000)
    }
  }

  const told = () => telling.events().map(({ type, urgent }) => `${type}${urgent ? ' urgent' : ''}`)

  it('is urgent while its restore cannot finish, once, then with its verdict; and that it is whole again is told, too', async () => {
    stage.platform.restore = async () => ({ state: 'waiting', detail: 'QuotaExceeded: the quota of vCPUs is used up' })
    const [plan] = await stage.plan()
    assert.ok(plan)
    assert.deepEqual(await stage.attempt([plan]), ['struck'])
    await lookFor(recovery.target)
    assert.deepEqual(told(), [], 'a recovery may take so long')
    await lookFor(minute)
    assert.deepEqual(told(), ['firedrill.restore urgent'])
    await lookFor(10 * minute)
    const { judgement, wounded } = await stage.concluded(plan.id)
    assert.ok(wounded && judgement.verdict !== 'phoenix', judgement.verdict)
    assert.deepEqual(told(), ['firedrill.restore urgent', 'firedrill.concluded urgent'])
    const [restore, concluded] = telling.events()
    assert.deepEqual([restore?.data.kinds, restore?.data.detail], [['restore', 'wounded'], 'QuotaExceeded: the quota of vCPUs is used up'])
    const { kinds, restore: owed } = concluded?.data ?? {}
    assert.deepEqual([kinds, owed], [[judgement.verdict, 'wounded'], 'QuotaExceeded: the quota of vCPUs is used up'])
    stage.platform.restore = async () => stage.platform.refill()
    await lookFor(2 * minute)
    assert.deepEqual(told(), ['firedrill.restore urgent', 'firedrill.concluded urgent', 'firedrill.whole'])
    await lookFor(2 * minute)
    assert.equal(telling.events().length, 3, 'nothing is told twice')
    const whole = telling.events().at(-1)
    assert.equal(whole?.id, `whole/${plan.id}`)
    assert.match(String(whole?.data.text), /back/)
    assert.equal((await stage.concluded(plan.id)).wounded, false)
  })

  it('is nobody’s alarm where the restore comes in time', async () => {
    stage.platform.restore = async order => stage.platform.restoreGroup(order)
    const [plan] = await stage.plan()
    assert.ok(plan)
    assert.deepEqual(await stage.attempt([plan]), ['struck'])
    await lookFor(10 * minute)
    assert.equal((await stage.concluded(plan.id)).judgement.verdict, 'phoenix')
    assert.deepEqual(told(), [])
  })
})

/** The plain part of a mail, decoded. */
function textOf(mail: string): string {
  const [, part = ''] = /Content-Type: text\/plain; charset=utf-8\r\n([\s\S]*?)\r\n--/.exec(mail) ?? []
  const [head = '', ...body] = part.split('\r\n\r\n')
  const text = body.join('\r\n\r\n')
  const isBase64 = /base64/i.test(head)
  const bytes = isBase64 ? Buffer.from(text, 'base64') : /quoted-printable/i.test(head) ? fromQuotedPrintable(text) : Buffer.from(text)
  return bytes.toString('utf8').replaceAll('\r\n', '\n')
}

function fromQuotedPrintable(text: string): Buffer {
  const joined = text.replace(/=\r\n/g, '')
  return Buffer.from(
    joined.replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
}
