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

  it('stays restoring while a look shows nothing and the restore is owed, and only then', () => {
    const look = (from: Drill, state: 'waiting' | 'requested' | 'done') =>
      transition(from, { kind: 'looked', tracking: { ...nothingYet, restore: { state, detail: '' } }, at: at(10) }).state
    const { restoring, recovering } = starts
    assert.ok(restoring && recovering)
    assert.deepEqual(
      [look(restoring, 'waiting'), look(restoring, 'requested'), look(restoring, 'done')],
      ['restoring', 'restoring', 'recovering'],
    )
    assert.deepEqual([look(recovering, 'waiting'), look(recovering, 'requested')], ['recovering', 'recovering'])
  })

  it('takes its phase anew from a restore that was looked at with it, and keeps it otherwise', () => {
    const done = { kind: 'restore', progress: { state: 'done', detail: '' } } as const
    const seen: Drill = { ...(starts.restoring as Drill & { state: 'restoring' }), tracking: tracking({ lookedAt: at(40) }) }
    assert.equal(transition(seen, { ...done, at: at(40) }).state, 'soaking')
    assert.equal(transition(seen, done).state, 'recovering')
    const waiting = transition(seen, { kind: 'restore', progress: { state: 'waiting', detail: 'locked' } })
    assert.ok(waiting.state === 'restoring')
    assert.deepEqual(waiting.tracking.restore, { state: 'waiting', detail: 'locked' })
    const { soaking } = starts
    assert.ok(soaking)
    assert.equal(transition(soaking, done).state, 'soaking')
  })

  it('keeps what was seen when it is concluded, and since when the group was whole', () => {
    const conclude = (seen: Parameters<typeof tracking>[0], whole: boolean) => {
      const open: Drill = { ...(starts.soaking as Drill & { state: 'soaking' }), tracking: tracking(seen) }
      const last = transition(open, { kind: 'conclude', judgement, at: at(330), whole })
      assert.ok(last.state === 'concluded' && last.tracking && !('soakEndsAt' in last))
      return [last.tracking.candidates.length, String(last.tracking.wholeAt), last.wounded, last.wakeAt === null]
    }
    assert.deepEqual(conclude({ wholeAt: at(30) }, true), [1, String(at(30)), false, true])
    assert.deepEqual(conclude({ wholeAt: null }, true), [1, String(at(330)), false, true])
    assert.deepEqual(conclude({ wholeAt: at(30) }, false), [1, 'null', true, false])
  })

  it('S3 leaves a group wounded, and its restore known, until it is seen whole', () => {
    const { wounded } = starts
    assert.ok(wounded?.state === 'concluded')
    const again = transition(wounded, { kind: 'looked-wounded', at: at(500), whole: false })
    assert.ok(again.state === 'concluded')
    assert.deepEqual([again.wounded, again.tracking?.wholeAt], [true, null])
    assert.ok(again.wakeAt && Temporal.Instant.compare(again.wakeAt, at(500)) > 0)
    const restored = transition(wounded, { kind: 'restore', progress: { state: 'requested', detail: 'asked' } })
    assert.ok(restored.state === 'concluded')
    assert.deepEqual([restored.tracking?.restore?.detail, restored.tracking?.desired], ['asked', 3])
    const seen = transition(wounded, {
      kind: 'looked-wounded',
      tracking: tracking({ desired: 7, wholeAt: at(450) }),
      at: at(500),
      whole: true,
    })
    assert.ok(seen.state === 'concluded')
    assert.deepEqual([seen.tracking?.desired, String(seen.tracking?.wholeAt)], [7, String(at(450))])
    const untracked: Drill = { ...wounded, tracking: null }
    assert.throws(() => transition(untracked, { kind: 'looked-wounded', at: at(500), whole: true }), IllegalTransition)
  })

  it('keeps why it was refused or not struck, and proves nothing by it', () => {
    const { refused, leashed } = starts
    assert.ok(refused?.state === 'refused' && leashed?.state === 'leashed')
    assert.deepEqual([refused.refusal, String(refused.refusedAt)], [{ rule: 'S5', reason: 'deploying' }, String(at(0))])
    assert.deepEqual(leashed.victim, victim)
    const last = drill(intend, { kind: 'not-struck', at: at(5), why: 'the victim is alive' })
    assert.ok(last.state === 'concluded')
    const { findings, ...rest } = last.judgement
    assert.deepEqual(rest, { verdict: 'inconclusive', proven: [], notCompared: [], successor: null })
    assert.match(findings[0]?.summary ?? '', /the victim is alive$/)
    assert.ok(!('attempts' in last) && !('lastAttemptAt' in last))
  })

  it('names the drill and the step that do not fit', () => {
    assert.throws(() => transition(plannedDrill(), struck), {
      name: 'IllegalTransition',
      message: 'a planned drill knows no step "struck" (drill drill-1, revision 0)',
    })
    assert.throws(() => transition(plannedDrill(), { kind: 'intend', order: order({ drill: 'drill-2' }) }), {
      message: 'the order is for drill drill-2 on cloud:here/web, not for drill drill-1 on cloud:here/web',
    })
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
