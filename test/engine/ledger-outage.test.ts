import assert from 'node:assert/strict'
import { attemptStrikes } from '../../src/engine/strike.ts'
import type { Guard } from '../../src/guards/guard.ts'
import type { Advance, Ledger } from '../../src/ledger/ledger.ts'
import { Stage } from './stage.ts'

/** Longer than a look may be old, and an outage that `run` waits for. */
const outage = 40_000
const fresh = 5_000

/** Each question to the ledger on the way to a strike, in its order. */
async function attemptWith(
  slow: number,
  lock = 0,
): Promise<{ outcome: string | undefined; asked: string[]; ages: Record<string, number>; why: string[] }> {
  const stage = await Stage.open({ guards: [{ kind: 'light', settings: { timeout: 1000 } }] })
  try {
    const last = { guard: 0, look: 0, strike: null as number | null }
    const light: Guard = {
      name: 'light',
      concerns: () => '',
      async ask() {
        last.guard = stage.clock.monotonic()
        return { proceed: true, reason: 'all is well', evidence: {} }
      },
    }
    stage.guards = { light }
    stage.platform.add('web')
    const observe = stage.platform.observe.bind(stage.platform)
    stage.platform.observe = async (...about) => {
      last.look = stage.clock.monotonic()
      return observe(...about)
    }
    stage.platform.beforeStrike = async () => {
      last.strike = stage.clock.monotonic()
    }
    const [plan] = await stage.plan()
    assert.ok(plan)
    const asked: string[] = []
    const ledger = new Proxy(stage.ledger, {
      get(target, name) {
        const own: unknown = Reflect.get(target, name)
        if (typeof own !== 'function') return own
        return async (...args: readonly unknown[]) => {
          // What is written down has a permit that is counted from before (S2).
          if (asked.at(-1) !== 'intend') asked.push(String(name))
          if (name === 'intend' && lock > 0) await stage.clock.advance(lock)
          if (asked.length === slow && name !== 'intend') await stage.clock.advance(outage)
          return Reflect.apply(own, target, args)
        }
      },
    }) as Ledger
    const why: string[] = []
    const engine = { ...stage.engine(), ledger, waits: (_plan: unknown, { reason }: { reason: string }) => why.push(reason) }
    const outcomes = await attemptStrikes(engine, [plan], { run: null, victim: null }, new AbortController().signal)
    const strike = last.strike ?? Math.max(last.guard, last.look)
    return { outcome: outcomes.get(plan.id), asked, ages: { guard: strike - last.guard, look: strike - last.look }, why }
  } finally {
    await stage.ledger.close()
  }
}

describe('a ledger that keeps a strike waiting', () => {
  it('S10 costs no plan at whatever question, and never leads to a strike on an old look or an old answer of a guard', async () => {
    const { outcome, asked } = await attemptWith(0)
    assert.equal(outcome, 'struck')
    assert.deepEqual(asked, ['state', 'groups', 'now', 'accepted', 'intend'])
    const waited: string[] = []
    for (const at of asked.keys()) {
      const tried = await attemptWith(at + 1)
      const about = `${asked[at]}, question ${at + 1} of ${asked.join()}`
      assert.ok(tried.outcome === 'struck' || tried.outcome === 'waiting', `${tried.outcome} after ${about}`)
      if (tried.outcome === 'struck')
        assert.ok(Math.max(...Object.values(tried.ages)) <= fresh, `${JSON.stringify(tried.ages)} after ${about}`)
      else waited.push(...tried.why)
    }
    assert.deepEqual([...new Set(waited)], ['the ledger took 40 s to answer, so what was seen of the group is outdated'])
  })

  it('S10 strikes on no look that grew old while its intent waited for the lock, though its permit would still run', async () => {
    const { outcome, why } = await attemptWith(0, 7_000)
    assert.deepEqual([outcome, why], ['waiting', ['the ledger took 7 s to answer, so what was seen of the group is outdated']])
  })

  it('S2 ends a permit once, also where the answer to the strike cannot be written down', async () => {
    const stage = await Stage.open()
    try {
      stage.platform.add('web')
      const [plan] = await stage.plan()
      assert.ok(plan)
      let ended = 0
      const ledger: Ledger = new Proxy(stage.ledger, {
        get(target, name) {
          const own: unknown = Reflect.get(target, name)
          if (typeof own !== 'function') return own
          return async (...args: readonly unknown[]) => {
            if (name === 'endPermit') ended++
            if (name === 'advance' && (args[0] as Advance).drill.state === 'recovering') throw new Error('the disk is full')
            return Reflect.apply(own, target, args)
          }
        },
      })
      await attemptStrikes({ ...stage.engine(), ledger }, [plan], { run: null, victim: null }, new AbortController().signal)
      assert.deepEqual([stage.platform.sent.length, ended], [1, 1])
    } finally {
      await stage.ledger.close()
    }
  })
})
