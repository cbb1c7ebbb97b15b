import assert from 'node:assert/strict'
import type { PlannedDrill } from '../../src/domain/drill.ts'
import { veto } from '../../src/engine/veto.ts'
import { Stage } from './stage.ts'

const words = { by: 'the link sent to sre', note: 'release day' }

describe('a veto', () => {
  let stage: Stage
  let plan: PlannedDrill

  beforeEach(async () => {
    stage = await Stage.open()
    stage.platform.add('web')
    const [planned] = await stage.plan()
    plan = planned ?? assert.fail('nothing was planned')
  })
  afterEach(() => stage.ledger.close())

  it('refuses a planned drill once, says who and why, leaves a line in the audit, and is told like any other end', async () => {
    const told: string[] = []
    const engine = {
      ...stage.engine(),
      changed: (_: unknown, events: readonly { kind: string }[]) => told.push(...events.map(e => e.kind)),
    }
    assert.equal(await veto(engine, plan.id, words), null)
    const drill = await stage.drill(plan.id)
    assert(drill.state === 'refused')
    assert.deepEqual(drill.refusal, { rule: 'veto', reason: 'the link sent to sre vetoed it: release day' })
    assert.deepEqual(await stage.attempt([plan]), ['lost'], 'what was vetoed is never struck')
    assert.equal(await veto(engine, plan.id, words), 'refused')
    assert.equal(await veto(engine, 'nobody', words), 'unknown')
    const [entry, ...others] = await stage.ledger.audit(10)
    assert.deepEqual([entry?.action, entry?.by, entry?.note, others], ['veto', words.by, words.note, []])
    assert.deepEqual(told, ['refused'])
  })

  it('that comes after the intent changes nothing, however far it had read', async () => {
    const { ledger } = stage
    const slow = Object.assign(Object.create(ledger), {
      // The strike is intended after the veto has read the plan.
      now: async () => {
        assert.deepEqual(await stage.attempt([plan]), ['struck'])
        return ledger.now()
      },
    })
    assert.equal(await veto({ ...stage.engine(), ledger: slow }, plan.id, words), (await stage.drill(plan.id)).state)
    assert.deepEqual(stage.platform.strikes.length, 1)
    assert.deepEqual(await ledger.audit(10), [])
  })
})
