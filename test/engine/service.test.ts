import assert from 'node:assert/strict'
import { runService } from '../../src/engine/service.ts'
import { type Ledger, LedgerError } from '../../src/ledger/ledger.ts'
import { openInProcessQueue } from '../../src/queue/in-process.ts'
import { Stage } from './stage.ts'

const away = new LedgerError('unreachable', 'its server is away')

describe('a service whose ledger goes away', () => {
  it('S11 goes on within seconds of its return, and asks for it seldom meanwhile', async () => {
    const stage = await Stage.open()
    const stop = new AbortController()
    const told: string[] = []
    let isAway = false
    let calls = 0
    let looks = 0
    const observe = stage.platform.observe.bind(stage.platform)
    stage.platform.observe = (...asked) => {
      looks++
      return observe(...asked)
    }
    const ledger = new Proxy(stage.ledger, {
      get(target, name) {
        const own: unknown = Reflect.get(target, name)
        if (typeof own !== 'function' || name === 'close') return own
        return async (...args: readonly unknown[]) => {
          calls++
          if (isAway) throw away
          return Reflect.apply(own, target, args)
        }
      },
    }) as Ledger
    const log = { ...stage.engine().log, info: (line: string) => told.push(line), warn: (line: string) => told.push(line) }
    const queue = openInProcessQueue({ clock: stage.clock })
    const service = runService({ ...stage.engine(), ledger, log }, queue, stop.signal)
    try {
      stage.platform.add('web')
      const [plan] = await stage.plan()
      assert.ok(plan)
      await stage.attempt([plan])
      await stage.clock.runUntil(async () => (await stage.drill(plan.id)).state === 'recovering', 70_000)
      isAway = true
      await stage.clock.advance(35_000)
      assert.deepEqual(
        told.filter(line => line.startsWith('the ledger')),
        ['the ledger is away; nothing is struck until it is back'],
      )
      const before = calls
      await stage.clock.advance(20_000)
      assert.ok(calls - before <= 12, `${calls - before} calls in 20 s`)
      const seen = looks
      isAway = false
      await stage.clock.runUntil(() => looks > seen, 4_000)
      assert.ok(told.includes('the ledger is back'))
    } finally {
      stop.abort()
      await service
      await stage.ledger.close()
    }
  })
})
