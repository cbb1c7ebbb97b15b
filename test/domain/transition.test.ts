import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { ConcludedDrill, Drill, Judgement } from '../../src/domain/drill.ts'
import { type DrillStep, IllegalTransition, transition } from '../../src/domain/transition.ts'
import { at, candidate, order, plannedDrill, tracking } from './fixtures.ts'

const judgement: Judgement = { verdict: 'phoenix', findings: [], proven: [], notCompared: [], successor: 'i-new' }
const victim = order().victim
const intend: DrillStep = { kind: 'intend', order: order() }
const struck: DrillStep = { kind: 'struck', at: at(0), mustRestore: false, declarationVersion: 'template:1', desired: 3 }
const nothingYet = tracking({ candidates: [], events: [], victimGoneAt: null, lookedAt: at(10), wholeAt: null })

function drill(...steps: readonly DrillStep[]): Drill {
  return steps.reduce<Drill>(transition, plannedDrill())
}

function concluded(whole: boolean): ConcludedDrill {
  const last = drill(intend, struck, { kind: 'conclude', judgement, at: at(330), whole })
  assert.ok(last.state === 'concluded')
  return last
}

const starts: Readonly<Record<string, Drill>> = {
  planned: plannedDrill(),
  refused: drill({ kind: 'refuse', refusal: { rule: 'S5', reason: 'deploying' }, findings: [], at: at(0) }),
  leashed: drill({ kind: 'leash', victim, findings: [], at: at(0) }),
  striking: drill(intend),
  restoring: drill(intend, { ...struck, mustRestore: true }),
  recovering: drill(intend, struck),
  soaking: drill(intend, struck, { kind: 'looked', tracking: tracking({ lookedAt: at(40) }), at: at(40) }),
  wounded: concluded(false),
  whole: concluded(true),
}

const steps: readonly DrillStep[] = [
  { kind: 'refuse', refusal: { rule: 'S5', reason: 'deploying' }, findings: [], at: at(0) },
  { kind: 'leash', victim, findings: [], at: at(0) },
  intend,
  { kind: 'attempt', at: at(0) },
  struck,
  { ...struck, mustRestore: true },
  { kind: 'not-struck', at: at(0), why: 'the victim is alive' },
  { kind: 'restore', progress: { state: 'requested', detail: '' } },
  { kind: 'restore', progress: { state: 'done', detail: '' }, at: at(50) },
  { kind: 'looked', tracking: nothingYet, at: at(10) },
  { kind: 'looked', tracking: tracking({ lookedAt: at(40) }), at: at(40) },
  { kind: 'looked', tracking: tracking(), at: at(330) },
  { kind: 'conclude', judgement, at: at(330), whole: true },
  { kind: 'conclude', judgement, at: at(330), whole: false },
  { kind: 'looked-wounded', at: at(400), whole: false },
  { kind: 'looked-wounded', tracking: tracking(), at: at(400), whole: true },
]

const legal: Readonly<Record<string, readonly DrillStep['kind'][]>> = {
  planned: ['refuse', 'leash', 'intend'],
  refused: [],
  leashed: [],
  striking: ['attempt', 'struck', 'not-struck'],
  restoring: ['restore', 'looked', 'conclude'],
  recovering: ['restore', 'looked', 'conclude'],
  soaking: ['restore', 'looked', 'conclude'],
  wounded: ['restore', 'looked-wounded'],
  whole: [],
}

const isOver = (one: Drill): boolean => one.state === 'refused' || one.state === 'leashed' || (one.state === 'concluded' && !one.wounded)

describe('transition', () => {
  for (const [state, from] of Object.entries(starts)) {
    it(`knows exactly the steps of a ${state} drill, and counts each`, () => {
      for (const step of steps) {
        if (legal[state]?.includes(step.kind)) assert.equal(transition(from, step).revision, from.revision + 1)
        else assert.throws(() => transition(from, step), IllegalTransition, `${state} took ${step.kind}`)
      }
    })
  }

  it('S9 takes only an order that was made for this very drill and group', () => {
    for (const changes of [{ drill: 'drill-2' }, { group: 'cloud:here/api' }, { incarnation: 'second' }])
      assert.throws(() => transition(plannedDrill(), { kind: 'intend', order: order(changes) }), IllegalTransition)
  })

  it('S9 counts every attempt, and wakes only after the permit of that attempt has run out', () => {
    const twice = drill(intend, { kind: 'attempt', at: at(0) }, { kind: 'attempt', at: at(20) })
    assert.ok(twice.state === 'striking')
    assert.deepEqual([twice.attempts, String(twice.lastAttemptAt)], [2, String(at(20))])
    assert.ok(twice.wakeAt && Temporal.Instant.compare(twice.wakeAt, at(30)) > 0)
  })

  it('S11 concludes a strike that did not happen, with the reason, and looks no more', () => {
    const last = drill(intend, { kind: 'not-struck', at: at(5), why: 'the victim is alive' })
    assert.ok(last.state === 'concluded')
    assert.deepEqual(
      [last.judgement.verdict, last.judgement.findings.map(one => one.kind), last.tracking, last.wounded, last.wakeAt],
      ['inconclusive', ['not-struck'], null, false, null],
    )
  })

  it('restores first where the platform does not replace, until that is done', () => {
    const { restoring } = starts
    assert.ok(restoring)
    assert.equal(restoring.state, 'restoring')
    assert.equal(transition(restoring, { kind: 'restore', progress: { state: 'requested', detail: '' } }).state, 'restoring')
    assert.equal(transition(restoring, { kind: 'restore', progress: { state: 'done', detail: '' } }).state, 'recovering')
  })

  it('goes back from soaking when a further possible successor shows up', () => {
    const rival = candidate('i-rival', { seenAt: at(60), health: 'starting', healthyAt: null, recoveredAt: null })
    const seen = tracking({ candidates: [candidate('i-new'), rival], lookedAt: at(60) })
    const next = transition(starts.soaking as Drill, { kind: 'looked', tracking: seen, at: at(60) })
    assert.equal(next.state, 'recovering')
    assert.ok(!('soakEndsAt' in next))
  })

  it('wakes at once when nothing is left to wait for', () => {
    const next = transition(starts.soaking as Drill, { kind: 'looked', tracking: tracking(), at: at(330) })
    assert.deepEqual([next.state, String(next.wakeAt)], ['soaking', String(at(330))])
  })

  it('watches a wounded group until it is whole, and then no more', () => {
    const { wounded } = starts
    assert.ok(wounded?.wakeAt)
    const whole = transition(wounded, { kind: 'looked-wounded', at: at(500), whole: true })
    assert.ok(whole.state === 'concluded')
    assert.deepEqual([whole.wounded, whole.wakeAt, String(whole.tracking?.wholeAt)], [false, null, String(at(500))])
  })

  it('never leaves an end, always grows the revision, and always knows when to look at what is open', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...steps), { maxLength: 30 }), taken => {
        let now: Drill = plannedDrill()
        for (const step of taken) {
          let next: Drill
          try {
            next = transition(now, step)
          } catch (error) {
            assert.ok(error instanceof IllegalTransition)
            continue
          }
          assert.ok(!isOver(now), `${now.state} was left`)
          assert.equal(next.revision, now.revision + 1)
          assert.equal(next.wakeAt === null, isOver(next))
          if (now.state === 'concluded') assert.ok(next.state === 'concluded' && next.judgement === now.judgement)
          now = next
        }
      }),
      { numRuns: 500 },
    )
  })
})
