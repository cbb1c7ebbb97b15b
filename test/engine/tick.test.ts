import assert from 'node:assert/strict'
import { strikeDue, tick, watchAndWake } from '../../src/engine/tick.ts'
import { openInProcessQueue } from '../../src/queue/in-process.ts'
import type { Queue } from '../../src/queue/queue.ts'
import { plan } from '../ledger/examples.ts'
import { Stage } from './stage.ts'

describe('a tick', () => {
  it('S12 wakes a drill that its worker left at the strike at its own moment, not a minute later', async () => {
    const stage = await Stage.open()
    const engine = stage.engine()
    const queue = openInProcessQueue({ clock: stage.clock })
    const stop = new AbortController()
    try {
      stage.platform.add('web')
      const [plan] = await stage.plan()
      assert.ok(plan)
      stage.platform.next = ['lost']
      await stage.attempt([plan])
      assert.equal((await stage.drill(plan.id)).state, 'striking')
      queue.onWake('watch', ({ key }) => watchAndWake(engine, queue, key, stop.signal))
      await tick(engine, queue, stop.signal)
      await stage.clock.advance(15_000)
      await stage.clock.runUntil(async () => (await stage.drill(plan.id)).state !== 'striking', 10_000)
    } finally {
      stop.abort()
      await queue.close()
      await stage.ledger.close()
    }
  })

  it('S2 wakes what is open before it lists any scope: a restore that was cut off waits for no slow listing', async () => {
    const stage = await Stage.open()
    const seen: string[] = []
    const queue: Queue = { wake: async (kind, key) => void seen.push(`${kind} ${key}`), onWake: () => {}, close: async () => {} }
    try {
      stage.platform.add('web')
      const [plan] = await stage.plan()
      assert.ok(plan)
      await stage.attempt([plan])
      await stage.clock.advance(10 * 60_000)
      const list = stage.platform.discover.bind(stage.platform)
      stage.platform.discover = () => {
        seen.push('listed')
        return list()
      }
      await tick(stage.engine(), queue, new AbortController().signal)
      assert.deepEqual(seen.slice(0, 2), [`watch ${stage.platform.scope.id}`, 'listed'])
    } finally {
      await stage.ledger.close()
    }
  })
})

describe('a platform that could not be reached since the service started', () => {
  it('S10, S11 keeps its plans waiting, has its drills looked at again soon, and shows that it cannot be read', async () => {
    const stage = await Stage.open()
    const unreachable = new Map([['cloud', 'connection refused']])
    const woken: string[] = []
    const wake: Queue['wake'] = async (kind, key, at) =>
      void woken.push(`${kind} ${key} in ${at.since(stage.clock.now()).total('seconds')} s`)
    const queue: Queue = { wake, onWake: () => {}, close: async () => {} }
    const never = new AbortController().signal
    try {
      stage.platform.add('web')
      stage.platform.add('api')
      const [struck, waiting] = await stage.plan()
      assert.ok(struck && waiting)
      await stage.attempt([struck])
      const without = { ...stage.engine(), providers: [], unreachable }
      await watchAndWake(without, queue, struck.scope, never)
      assert.deepEqual(woken, [`watch ${struck.scope} in 5 s`])
      const told: string[] = []
      await strikeDue({ ...without, waits: (_plan, { rule, reason }) => told.push(`${rule} ${reason}`) }, queue, waiting.scope, never)
      assert.equal((await stage.drill(waiting.id)).state, 'planned')
      assert.deepEqual(told, ['S10 cloud could not be reached since this process started: connection refused'])
      await stage.clock.advance(6 * 60_000)
      await tick(without, queue, never)
      const [reading] = (await stage.ledger.state()).scopes
      assert.equal(reading?.unreadable, 'cloud could not be reached since this process started: connection refused')
      assert.equal((await stage.ledger.groups()).filter(group => group.present).length, 2)
      await stage.look()
      assert.notEqual((await stage.drill(struck.id)).state, 'planned')
    } finally {
      await stage.ledger.close()
    }
  })
})

describe('the plans of a run', () => {
  it('are struck by no service: the run may have been told of one victim, or of a number, or to end', async () => {
    const stage = await Stage.open()
    const engine = stage.engine()
    const woken: string[] = []
    const queue: Queue = { wake: async (kind, key) => void woken.push(`${kind} ${key}`), onWake: () => {}, close: async () => {} }
    const { signal } = new AbortController()
    try {
      stage.platform.add('web')
      const [plan] = await stage.plan('run:one')
      assert.ok(plan)
      await tick(engine, queue, signal)
      await strikeDue(engine, queue, stage.platform.scope.id, signal)
      assert.equal(stage.platform.sent.length, 0)
      assert.deepEqual(woken, [])
      assert.equal((await stage.drill(plan.id)).state, 'planned', 'its run may still be under way')
      await stage.clock.advance(24 * 3_600_000 + 1_000)
      await tick(engine, queue, signal)
      const ended = await stage.drill(plan.id)
      assert.deepEqual(ended.state === 'refused' && ended.refusal, { rule: 'run-ended', reason: 'its run ended before its turn' })
    } finally {
      await stage.ledger.close()
    }
  })

  it('of the day’s draw are another matter', async () => {
    const stage = await Stage.open()
    const { signal } = new AbortController()
    const queue: Queue = { wake: async () => {}, onWake: () => {}, close: async () => {} }
    try {
      stage.platform.add('web')
      await stage.plan()
      await strikeDue(stage.engine(), queue, stage.platform.scope.id, signal)
      assert.equal(stage.platform.sent.length, 1)
    } finally {
      await stage.ledger.close()
    }
  })
})

describe('a conclusion', () => {
  it('S3 wakes what waits for room in every scope: limits of a schedule or the installation span them', async () => {
    const stage = await Stage.open()
    const engine = stage.engine()
    const woken: string[] = []
    const queue: Queue = {
      wake: async (kind, key) => void woken.push(`${kind} ${key}`),
      onWake: () => {},
      close: async () => {},
    }
    try {
      stage.platform.add('web')
      const [drill] = await stage.plan()
      assert.ok(drill)
      const due = await stage.ledger.now()
      await stage.ledger.addPlans([plan('elsewhere', { scope: 'cloud:there', plannedFor: due, wakeAt: due })])
      await stage.attempt([drill])
      for (let look = 0; (await stage.drill(drill.id)).state !== 'concluded'; look++) {
        assert.ok(look < 500 && !woken.includes('drill cloud:there'), 'woken too early, or never')
        await watchAndWake(engine, queue, 'cloud:here', new AbortController().signal)
        await stage.clock.advance(5_000)
      }
      assert.ok(woken.includes('drill cloud:there'), woken.join(', '))
    } finally {
      await stage.ledger.close()
    }
  })
})
