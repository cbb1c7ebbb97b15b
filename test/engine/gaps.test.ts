import assert from 'node:assert/strict'
import type { Drill } from '../../src/domain/drill.ts'
import { Stage } from './stage.ts'

/** Every step of a stage is another process: what one knows of its looks, the next has from the ledger alone. */
describe('a recovery that nobody saw when it happened', () => {
  let stage: Stage

  beforeEach(async () => {
    stage = await Stage.open({ recovery: { target: 60_000, deadline: 900_000, soak: 60_000 } })
    stage.platform.replacementTime = 120_000
  })

  afterEach(() => stage.ledger.close())

  async function struck(): Promise<string> {
    stage.platform.add('web')
    const [plan] = await stage.plan()
    assert.ok(plan)
    assert.deepEqual(await stage.attempt([plan]), ['struck'])
    return plan.id
  }

  async function lookFor(seconds: number, every = 5): Promise<void> {
    for (let passed = 0; passed < seconds; passed += every) {
      await stage.look()
      await stage.clock.advance(every * 1000)
    }
  }

  function recoveryOf(drill: Drill): { after: number | null; at: number } {
    assert.ok('tracking' in drill && drill.tracking !== null)
    const { candidates, struckAt } = drill.tracking
    const since = (moment: Temporal.Instant) => Math.round((moment.epochMilliseconds - struckAt.epochMilliseconds) / 1000)
    const [successor] = candidates
    assert.ok(successor?.recoveredAt)
    return { after: successor.recoveredAfter === undefined ? null : since(successor.recoveredAfter), at: since(successor.recoveredAt) }
  }

  it('is exact where looks went on, though looks without news are not written and each was by another process', async () => {
    const id = await struck()
    await stage.watchToTheEnd()
    const drill = await stage.concluded(id)
    const { after, at } = recoveryOf(drill)
    assert.equal(after, null)
    assert.ok(at >= 120 && at <= 126, String(at))
    assert.deepEqual(
      drill.judgement.findings.map(one => one.kind),
      ['slow'],
    )
  })

  it('is "at most", and not slow, where the worker was down meanwhile', async () => {
    const id = await struck()
    await lookFor(50)
    await stage.clock.advance(300_000)
    await stage.watchToTheEnd()
    const drill = await stage.concluded(id)
    const { after, at } = recoveryOf(drill)
    assert.ok(after !== null && after > 20 && after <= 50, `known to have been watched until ${after} s`)
    assert.ok(at >= 345, String(at))
    assert.equal(drill.judgement.verdict, 'phoenix')
    assert.deepEqual(drill.judgement.findings, [])
    assert.match(
      drill.judgement.notCompared.find(one => one.what === 'recovery')?.why ?? '',
      /^whether the target of 60 s was met cannot be told: /,
    )
  })

  it('is slow where it was already late when the worker went down', async () => {
    const id = await struck()
    await lookFor(100)
    await stage.clock.advance(300_000)
    await stage.watchToTheEnd()
    const { judgement } = await stage.concluded(id)
    assert.deepEqual(
      judgement.findings.map(one => one.kind),
      ['slow'],
    )
    assert.match(judgement.findings[0]?.summary ?? '', /took between \d+(\.\d)? s and 4\d\d(\.\d)? s to recover/)
  })

  it('is "at most" where the platform could not be read meanwhile', async () => {
    const id = await struck()
    await lookFor(50)
    stage.platform.unreadable = 'Rate exceeded'
    await lookFor(200)
    stage.platform.unreadable = null
    await stage.watchToTheEnd()
    const { after, at } = recoveryOf(await stage.concluded(id))
    assert.ok(after !== null && after > 20 && after <= 50, String(after))
    assert.equal(at, 250)
  })
})
