import assert from 'node:assert/strict'
import type { LogFields } from '../../src/domain/log.ts'
import { type Ledger, LedgerError, type LedgerErrorCode } from '../../src/ledger/ledger.ts'
import { outlastOutages } from '../../src/ledger/outlast.ts'
import { TestClock } from '../support/test-clock.ts'
import { at, concluded, intent, plan, recovering } from './examples.ts'
import { open } from './places.ts'

/** A ledger whose server is away for the next calls, and what its outages told. */
interface Stage {
  readonly ledger: Ledger
  /** Past the outages. */
  readonly inner: Ledger
  readonly clock: TestClock
  readonly told: (string | null)[]
  readonly logged: string[]
  readonly leave: AbortController
  /** So many calls fail: `before` they reach the server, or `after` it has done them and before it could say so. */
  away(calls: number, when?: 'before' | 'after'): void
}

async function onStage(live: (stage: Stage) => Promise<void>, code: LedgerErrorCode = 'unreachable'): Promise<void> {
  const gone = () => new LedgerError(code, 'the server is away')
  const inner = await open({ kind: 'embedded', file: ':memory:' })
  const clock = new TestClock()
  const told: (string | null)[] = []
  const logged: string[] = []
  const note = (message: string, _fields?: LogFields) => void logged.push(message)
  const leave = new AbortController()
  let left = 0
  let when: 'before' | 'after' = 'before'
  const shaky = new Proxy(inner, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name, target)
      if (typeof method !== 'function' || name === 'close') return method
      return async (...args: readonly unknown[]) => {
        const fails = left-- > 0
        if (fails && when === 'before') throw gone()
        const result: unknown = await Reflect.apply(method, target, args)
        if (fails) throw gone()
        return result
      }
    },
  })
  const log = { debug: note, info: note, warn: note, error: note }
  const ledger = outlastOutages(shaky, { clock, log, signal: leave.signal, told: problem => void told.push(problem) })
  const away: Stage['away'] = (calls, moment = 'before') => {
    left = calls
    when = moment
  }
  try {
    await live({ ledger, inner, clock, told, logged, leave, away })
    assert.equal(clock.sleeping, 0)
  } finally {
    await inner.close()
  }
}

/** Simulated time goes on until this has ended. */
async function through<T>(clock: TestClock, work: Promise<T>): Promise<T> {
  let isOver = false
  const done = work.finally(() => {
    isOver = true
  })
  done.catch(() => {})
  await clock.runUntil(() => isOver)
  return done
}

describe('a ledger whose server goes away during a campaign', () => {
  it('is waited for: a read answers once it is back, and the outage is told once', () =>
    onStage(async ({ ledger, clock, told, logged, away }) => {
      away(60)
      const reads = Promise.all([ledger.salt(), ledger.groups(), ledger.drills({})])
      const [salt, groups] = await through(clock, reads)
      assert.equal(salt.length, 64)
      assert.deepEqual(groups, [])
      assert.deepEqual(told, ['the server is away', null])
      assert.deepEqual(logged, ['the ledger is away; nothing is struck until it is back', 'the ledger is back'])
      assert.ok(clock.monotonic() >= 15_000 && clock.monotonic() <= 30_000, String(clock.monotonic()))
    }))

  it('is waited for, too, where stopped workers keep it locked', () =>
    onStage(async ({ ledger, clock, told, away }) => {
      away(3)
      assert.deepEqual(await through(clock, ledger.groups()), [])
      assert.deepEqual(told, ['the server is away', null])
    }, 'in-use'))

  it('is given up after two minutes, with its own words', () =>
    onStage(async ({ ledger, clock, told, away }) => {
      away(Number.POSITIVE_INFINITY)
      await assert.rejects(through(clock, ledger.salt()), /the server is away/)
      assert.equal(clock.monotonic(), 120_000)
      assert.deepEqual(told, ['the server is away'])
    }))

  it('is no longer waited for by somebody who was asked to end', () =>
    onStage(async ({ ledger, clock, leave, away }) => {
      away(Number.POSITIVE_INFINITY)
      const read = ledger.salt()
      await clock.advance(2_500)
      leave.abort(new Error('interrupted'))
      await assert.rejects(read, /the server is away/)
      assert.equal(clock.monotonic(), 2_500)
    }))

  it('is not waited for where waiting does not help', () =>
    onStage(async ({ ledger, inner, clock }) => {
      await inner.close()
      await assert.rejects(ledger.salt(), /has been closed/)
      assert.equal(clock.monotonic(), 0)
    }))

  it('S1 never repeats an intent: it waits for room, and its plan stays a plan', () =>
    onStage(async ({ ledger, inner, clock, away }) => {
      const [planned] = await ledger.addPlans([plan('web')])
      assert.ok(planned)
      away(3)
      const result = await through(clock, ledger.intend(intent(planned)))
      assert.equal(result.kind, 'refused')
      assert.equal((await inner.drill(planned.id))?.state, 'planned')
      assert.deepEqual(await inner.strikesInFlight(), [])
    }))

  it('S9 takes no permit from an intent that was written before the answer was lost', () =>
    onStage(async ({ ledger, inner, clock, away }) => {
      const [planned] = await ledger.addPlans([plan('web')])
      assert.ok(planned)
      away(1, 'after')
      assert.equal((await through(clock, ledger.intend(intent(planned)))).kind, 'refused')
      const written = await inner.drill(planned.id)
      assert.equal(written?.state, 'striking')
      assert.equal((await ledger.intend(intent(planned))).kind, 'lost')
    }))

  it('S2 ends no permit twice: of two calls under way one stays in flight', () =>
    onStage(async ({ ledger, inner, clock, away }) => {
      const [planned] = await ledger.addPlans([plan('web')])
      assert.ok(planned)
      // The first permit has run out before its call ended, and a second one was granted.
      const first = await ledger.intend(intent(planned, { permitFor: -2 }))
      assert.ok(first.kind === 'permitted')
      assert.equal((await ledger.renewPermit({ drill: first.drill, permitFor: 60_000, decide: () => null })).kind, 'permitted')
      away(1, 'after')
      await through(clock, ledger.endPermit(planned.id))
      assert.equal((await inner.strikesInFlight()).length, 1)
    }))

  it('S1 renews no permit after an outage: the look that it rested on has grown old', () =>
    onStage(async ({ ledger, inner, clock, away }) => {
      const [planned] = await ledger.addPlans([plan('web')])
      assert.ok(planned)
      const first = await ledger.intend(intent(planned))
      assert.ok(first.kind === 'permitted')
      await ledger.endPermit(planned.id)
      away(3)
      assert.equal((await through(clock, ledger.renewPermit({ drill: first.drill, permitFor: 60_000, decide: () => null }))).kind, 'lost')
      assert.deepEqual(await inner.strikesInFlight(), [])
    }))

  it('gives the plans of a run also where they were written before the answer was lost', () =>
    onStage(async ({ ledger, inner, clock, away }) => {
      await inner.addPlans([plan('other', { planKey: 'run:1' })])
      away(1, 'after')
      const plans = [plan('web', { planKey: 'run:2' }), plan('shop', { planKey: 'run:2' })]
      const added = await through(clock, ledger.addPlans(plans))
      assert.deepEqual(added.map(one => one.groupName).sort(), ['shop', 'web'])
      assert.equal((await inner.drills({})).length, 3)
    }))

  it('writes a step once: where the answer was lost, the next look finds it written', () =>
    onStage(async ({ ledger, inner, clock, away }) => {
      const [planned] = await ledger.addPlans([plan('web')])
      assert.ok(planned)
      const struck = await ledger.intend(intent(planned))
      assert.ok(struck.kind === 'permitted')
      const open = recovering(struck.drill)
      away(2, 'after')
      const events = [{ at: at('10:00:06'), kind: 'struck', data: {} }]
      assert.equal(await through(clock, ledger.advance({ drill: open, events })), false)
      assert.equal((await inner.drill(planned.id))?.state, 'recovering')
      assert.equal((await inner.events(planned.id)).filter(event => event.kind === 'struck').length, 1)
      assert.equal(await ledger.advance({ drill: concluded(open, { verdict: 'phoenix' }), events: [] }), true)
    }))

  it('tells whoever wrote the end of a drill that it is written, also where the answer was lost, and nobody else', () =>
    onStage(async ({ ledger, inner, clock, away }) => {
      const [planned] = await ledger.addPlans([plan('web')])
      assert.ok(planned)
      const struck = await ledger.intend(intent(planned))
      assert.ok(struck.kind === 'permitted')
      const open = recovering(struck.drill)
      await ledger.advance({ drill: open, events: [] })
      away(2, 'after')
      const events = [{ at: at('10:20:00'), kind: 'concluded', data: {} }]
      const end = concluded(open, { verdict: 'phoenix' })
      assert.equal(await through(clock, ledger.advance({ drill: end, events })), true)
      assert.equal((await inner.events(planned.id)).filter(event => event.kind === 'concluded').length, 1)
      away(1, 'before')
      assert.equal(await through(clock, ledger.advance({ drill: concluded(open, { verdict: 'snowflake' }), events })), false)
    }))
})
