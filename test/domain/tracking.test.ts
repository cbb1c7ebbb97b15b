import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Candidate, Tracking } from '../../src/domain/drill.ts'
import type { Observation } from '../../src/domain/group.ts'
import { KEPT_EVENTS } from '../../src/domain/platform-events.ts'
import { awaitingProbes, type ProbeResult, phaseOf, recordProbes, startTracking, track } from '../../src/domain/tracking.ts'
import { at, candidate, event, instance, order, policy, reading, struckAt, tracking, victimId } from './fixtures.ts'

const others = [instance('i-2'), instance('i-3')]
const fresh = (health: 'healthy' | 'unhealthy' | 'starting' | 'unknown' = 'healthy') =>
  instance('i-new', { health, launchedAt: at(10), ...(health === 'starting' ? { phase: 'pending' } : {}) })

type Step = readonly [seconds: number, observation: Observation]

function watch(steps: readonly Step[], hasProbes = false, from = startTracking(order(), struckAt)): Tracking {
  return steps.reduce((seen, [seconds, observation]) => track(seen, order(), { at: at(seconds), observation, hasProbes }), from)
}

function theCandidate(seen: Tracking): Candidate {
  const [only] = seen.candidates
  assert.ok(only)
  return only
}

const recovered: readonly Step[] = [
  [5, reading(5, others)],
  [20, reading(20, [...others, fresh('starting')])],
  [40, reading(40, [...others, fresh()])],
]

function result(result: ProbeResult['result'], probe: number): ProbeResult {
  return { id: 'i-new', probe, result, detail: result === 'passed' ? '' : 'refused' }
}

/** The first probes of the policy answered like this. */
function probed(from: Tracking, seconds: number, results: readonly ProbeResult['result'][], needed = results.map(() => 1)): Tracking {
  return recordProbes(from, { results: results.map(result), needed, at: at(seconds) })
}

describe('tracking', () => {
  it('dates the moments of a replacement', () => {
    const seen = watch(recovered)
    const { seenAt, healthyAt, recoveredAt, independentlyHealthy } = theCandidate(seen)
    assert.deepEqual(
      [seen.victimGoneAt, seenAt, healthyAt, recoveredAt, seen.wholeAt].map(String),
      [at(5), at(20), at(40), at(40), at(40)].map(String),
    )
    assert.equal(independentlyHealthy, true)
  })

  it('counts nothing as recovered while the victim still reads in service', () => {
    const early = watch([[5, reading(5, [instance(victimId), ...others, fresh()])]])
    assert.equal(theCandidate(early).recoveredAt, null)
    assert.equal(early.wholeAt, null)
    const later = watch([[9, reading(9, [instance(victimId, { phase: 'terminating' }), ...others, fresh()])]], false, early)
    assert.equal(String(theCandidate(later).recoveredAt), String(at(9)))
    assert.equal(later.victimDraining, true)
  })

  it('begins the run of health anew when it breaks before recovery', () => {
    const seen = watch(
      [
        [5, reading(5, [...others, fresh()])],
        [10, reading(10, [...others, fresh('unhealthy')])],
        [15, reading(15, [...others, fresh()])],
      ],
      true,
    )
    assert.equal(String(theCandidate(seen).healthyAt), String(at(15)))
    assert.equal(theCandidate(seen).recoveredAt, null)
  })

  it('forgives one bad look and fails a candidate after two in a row', () => {
    const once = watch([[50, reading(50, [...others, fresh('unhealthy')])]], false, watch(recovered))
    assert.equal(theCandidate(once).failedAt, null)
    const well = watch([[55, reading(55, [...others, fresh()])]], false, once)
    assert.equal(theCandidate(well).badLooks, 0)
    const twice = watch([[55, reading(55, [...others, fresh('unhealthy')])]], false, once)
    assert.equal(String(theCandidate(twice).failedAt), String(at(55)))
    assert.match(theCandidate(twice).healthDetail, /answered 500/)
  })

  it('counts no bad look so soon after recovery that an older view may have shown it, and counts it later', () => {
    const bad = (seconds: number, before: Tracking) =>
      track(before, order(), {
        at: at(seconds),
        observation: reading(seconds, [...others, fresh('unhealthy')]),
        hasProbes: false,
        olderViews: 60_000,
      })
    const start = watch(recovered)
    const since = theCandidate(start).recoveredAt ?? assert.fail('it is recovered')
    const seconds = (since.epochMilliseconds - at(0).epochMilliseconds) / 1000
    const soon = bad(seconds + 59, bad(seconds + 30, start))
    assert.deepEqual([theCandidate(soon).badLooks, theCandidate(soon).failedAt, theCandidate(soon).health], [0, null, 'unhealthy'])
    const later = bad(seconds + 62, bad(seconds + 60, soon))
    assert.notEqual(theCandidate(later).failedAt, null)
  })

  it('takes neither "starting" nor "unknown" for a bad look', () => {
    const seen = watch(
      [
        [50, reading(50, [...others, fresh('unknown')])],
        [55, reading(55, [...others, fresh('starting')])],
        [60, reading(60, [...others, fresh('unknown')])],
      ],
      false,
      watch(recovered),
    )
    assert.equal(theCandidate(seen).badLooks, 0)
    assert.equal(seen.wholeAt, null)
  })

  it('believes that a member is gone when it is missing twice, or when the platform says so', () => {
    const missing = watch([[50, reading(50, others)]], false, watch(recovered))
    assert.equal(theCandidate(missing).gone, null)
    assert.equal(theCandidate(watch([[55, reading(55, others)]], false, missing)).gone?.cause, 'unknown')
    assert.equal(theCandidate(watch([[55, reading(55, [...others, fresh()])]], false, missing)).gone, null)
    const told = event('t', { kind: 'terminate', instance: 'i-new', cause: 'scale-in', at: at(45), detail: 'desired was lowered' })
    const gone = theCandidate(watch([[50, reading(50, others, { events: [told] })]], false, watch(recovered))).gone
    assert.deepEqual([gone?.cause, gone?.detail], ['scale-in', 'desired was lowered'])
  })

  it('learns the cause of a disappearance that is told later', () => {
    const gone = watch([[50, reading(50, [...others, instance('i-new', { phase: 'terminating' })])]], false, watch(recovered))
    assert.equal(theCandidate(gone).gone?.cause, 'unknown')
    const told = event('t', { kind: 'terminate', instance: 'i-new', cause: 'interruption', at: at(45) })
    assert.equal(theCandidate(watch([[55, reading(55, others, { events: [told] })]], false, gone)).gone?.cause, 'interruption')
  })

  it('believes that a candidate is there where the platform takes back its word that it was gone', () => {
    const word = (outcome: 'succeeded' | 'failed') =>
      event('gone:i-new', { kind: 'terminate', instance: 'i-new', at: at(45), outcome, detail: 'it was taken out' })
    const told = watch([[45, reading(45, others, { events: [word('succeeded')] })]], false, watch(recovered))
    assert.notEqual(theCandidate(told).gone, null)
    const again = [...others, fresh()]
    const still = watch([[50, reading(50, again, { events: [word('succeeded')] })]], false, told)
    assert.notEqual(theCandidate(still).gone, null)
    const back = watch([[55, reading(55, again, { events: [word('failed')] })]], false, still)
    assert.equal(theCandidate(back).gone, null)
    assert.equal(theCandidate(back).health, 'healthy')
  })

  it('does not judge a successor that is gone before anybody could say why: a cause is told later than a disappearance', () => {
    const away = reading(50, [...others, instance('i-new', { phase: 'terminating' })])
    const gone = watch([[50, away]], false, watch(recovered))
    assert.notEqual(phaseOf(gone, policy(), at(50)).phase, 'judge')
    assert.notEqual(phaseOf(watch([[139, reading(139, others)]], false, gone), policy(), at(139)).phase, 'judge')
    const silent = watch([[140, reading(140, others)]], false, gone)
    assert.deepEqual(phaseOf(silent, policy(), at(140)), { phase: 'judge', because: 'failed' })
    assert.deepEqual(phaseOf(gone, policy(), at(350)), { phase: 'judge', because: 'failed' }, 'though nothing can be read')
    const told = event('t', { kind: 'terminate', instance: 'i-new', cause: 'unhealthy', at: at(45) })
    const explained = watch([[55, reading(55, others, { events: [told] })]], false, gone)
    assert.deepEqual(phaseOf(explained, policy(), at(55)), { phase: 'judge', because: 'failed' })
  })

  it('knows of a candidate that came and went between two looks', () => {
    const events = [
      event('l', { instance: 'i-brief', at: at(8) }),
      event('t', { kind: 'terminate', instance: 'i-brief', cause: 'unhealthy', at: at(15), detail: 'failed its check' }),
    ]
    assert.equal(theCandidate(watch([[20, reading(20, others, { events })]])).gone?.cause, 'unhealthy')
  })

  it('does not believe an older view that shows the victim alive again', () => {
    const seen = watch([[50, reading(50, [instance(victimId), ...others])]], false, watch(recovered))
    assert.equal(String(seen.victimGoneAt), String(at(5)))
    assert.equal(theCandidate(seen).absentSince, null)
    assert.equal(String(seen.victimBackAt), String(at(50)))
    assert.equal(watch([[55, reading(55, [...others, fresh()])]], false, seen).victimBackAt, null)
  })

  it('takes nothing but events from a look that is repeated, late, or from an older snapshot', () => {
    const seen = watch(recovered)
    for (const stale of [
      [40, reading(40, others)],
      [30, reading(30, others)],
      [50, reading(10, others)],
    ] as const)
      assert.deepEqual({ ...watch([stale], false, seen), lookedAt: null }, { ...seen, lookedAt: null })
    const late = event('e', { instance: 'i-new' })
    assert.deepEqual(watch([[30, reading(30, others, { events: [late] })]], false, seen).events, [late])
  })

  it('keeps an event once, with its latest outcome and best known cause', () => {
    const seen = watch([
      [5, reading(5, others, { events: [event('e', { outcome: 'in-progress' })] })],
      [6, reading(6, others, { events: [event('e', { cause: 'unknown', outcome: 'succeeded', instance: 'i-new' })] })],
      [7, reading(7, others, { events: [event('e', { outcome: 'in-progress' })] })],
    ])
    assert.deepEqual(
      seen.events.map(one => [one.outcome, one.cause, one.instance]),
      [['succeeded', 'replacement', 'i-new']],
    )
  })

  it("leaves out what happened before the strike, by the platform's own clock", () => {
    const events = [event('old', { at: at(-60) }), event('skewed', { at: at(-20) })]
    assert.deepEqual(watch([[5, reading(5, others, { events })]]).events, [])
    assert.deepEqual(
      watch([[5, reading(5, others, { events, clockSkew: 25_000 })]]).events.map(one => one.id),
      ['skewed'],
    )
  })

  it('bounds the events and keeps those of candidates and failures', () => {
    const noise = Array.from({ length: 200 }, (_, n) => event(`n${n}`, { kind: 'other', at: at(20 + n), instance: 'i-2' }))
    const failure = event('failure', { outcome: 'failed', error: { category: 'broken', message: 'gone' } })
    const launch = event('launch', { instance: 'i-new' })
    const kept = watch([[300, reading(300, others, { events: [failure, launch, ...noise] })]]).events
    assert.equal(kept.length, KEPT_EVENTS)
    assert.deepEqual(
      kept.slice(0, 2).map(one => one.id),
      ['failure', 'launch'],
    )
  })

  it('remembers since when a group has been unreadable, and that a declaration changed although it was taken back', () => {
    const dark = watch([
      [5, { kind: 'unreadable', why: 'throttled' }],
      [9, { kind: 'unreadable', why: 'denied' }],
    ])
    assert.deepEqual([String(dark.unreadableSince), dark.unreadableWhy, dark.lookedAt], [String(at(5)), 'denied', null])
    const back = watch(
      [
        [12, reading(12, others, { declarationVersion: 'template:2' })],
        [15, reading(15, others)],
      ],
      false,
      dark,
    )
    assert.equal(back.unreadableSince, null)
    assert.equal(back.declarationVersion, 'template:2')
  })

  it('knows why the group replaces nobody, for as long as that is so', () => {
    const off = watch([[5, reading(5, others, { replacementOff: 'process Launch is suspended' })]])
    assert.equal(off.replacementOff, 'process Launch is suspended')
    assert.equal('replacementOff' in watch([[9, reading(9, others)]], false, off), false)
  })

  it('takes a version that a look could not tell for no change, and notices one that comes after it', () => {
    const dark = watch([[12, reading(12, others, { declarationVersion: null })]])
    assert.equal(dark.declarationVersion, watch([[12, reading(12, others)]]).declarationVersion)
    assert.equal(watch([[15, reading(15, others, { declarationVersion: 'template:2' })]], false, dark).declarationVersion, 'template:2')
  })

  it('needs a second look to believe that the group is gone', () => {
    const once = watch([[5, { kind: 'gone' }]])
    assert.equal(phaseOf(once, policy(), at(5)).phase, 'recovering')
    assert.deepEqual(phaseOf(watch([[6, { kind: 'gone' }]], false, once), policy(), at(6)), { phase: 'judge', because: 'group-gone' })
    assert.equal(watch([[6, reading(6, others)]], false, once).groupGoneAt, null)
    const remade = reading(6, others)
    assert.ok(remade.kind === 'snapshot')
    const summary = { ...remade.snapshot.summary, incarnation: 'second' }
    assert.ok(watch([[6, { kind: 'snapshot', snapshot: { ...remade.snapshot, summary } }]]).groupGoneAt)
  })

  it('counts weights and every member towards being whole, and a restore that is still under way against it', () => {
    const heavy = reading(20, [instance('i-2', { weight: 2 }), instance('i-new', { weight: 1 })])
    assert.ok(watch([[20, heavy]]).wholeAt)
    assert.equal(watch([[20, reading(20, [...others, fresh('unhealthy')])]]).wholeAt, null)
    assert.equal(watch([[20, reading(20, others)]]).wholeAt, null)
    assert.equal(watch([[20, heavy]], false, startTracking(order(), struckAt, { mustRestore: true })).wholeAt, null)
    const hurt = watch([[60, reading(60, others)]], false, watch(recovered))
    assert.equal(hurt.wholeAt, null)
  })

  it('lets a probe decide recovery, and two failed ones in the soak end it', () => {
    const seen = watch(recovered, true)
    assert.deepEqual(
      awaitingProbes(seen).map(one => one.id),
      ['i-new'],
    )
    const failing = probed(seen, 41, ['failed'])
    assert.deepEqual([theCandidate(failing).recoveredAt, theCandidate(failing).lastProbeFailure], [null, 'refused'])
    const passed = probed(failing, 45, ['passed', 'passed'])
    assert.equal(String(theCandidate(passed).recoveredAt), String(at(45)))
    const fails = (seconds: number, from: Tracking): Tracking =>
      probed(watch([[seconds, reading(seconds, [...others, fresh()])]], true, from), seconds, ['failed'])
    assert.ok(theCandidate(fails(55, fails(50, passed))).failedAt)
  })

  it('counts passes in a row, for each probe by itself, before it calls a candidate recovered', () => {
    const needed = [2, 1]
    const once = probed(watch(recovered, true), 41, ['passed', 'passed'], needed)
    assert.equal(theCandidate(once).recoveredAt, null)
    const broken = probed(once, 43, ['failed'], needed)
    const again = probed(broken, 45, ['passed'], needed)
    assert.deepEqual([theCandidate(again).recoveredAt, theCandidate(again).lastProbeFailure], [null, 'refused'])
    const twice = probed(again, 47, ['passed'], needed)
    assert.deepEqual([String(theCandidate(twice).recoveredAt), theCandidate(twice).lastProbeFailure], [String(at(47)), null])
  })

  it('begins to count anew when the provider takes its word back', () => {
    const once = probed(watch(recovered, true), 41, ['passed'], [2])
    const ill = watch([[42, reading(42, [...others, fresh('unhealthy')])]], true, once)
    const well = watch([[43, reading(43, [...others, fresh()])]], true, ill)
    assert.equal(theCandidate(probed(well, 43, ['passed'], [2])).recoveredAt, null)
  })

  it('S10 takes a probe that could not be asked neither for a pass nor for a failure', () => {
    const unsure = probed(watch(recovered, true), 41, ['unknown'])
    assert.deepEqual([theCandidate(unsure).recoveredAt, theCandidate(unsure).lastProbeFailure], [null, null])
    const passed = probed(unsure, 43, ['passed'])
    assert.ok(theCandidate(passed).recoveredAt)
    const soaking = [50, 55, 60].reduce((from, seconds) => probed(from, seconds, ['unknown']), passed)
    assert.deepEqual([theCandidate(soaking).failedAt, theCandidate(soaking).badLooks], [null, 0])
    assert.equal(theCandidate(soaking).probeUnknown, 'refused')
  })

  it('does not take one probe that passes for the answer of another that failed', () => {
    const passed = probed(watch(recovered, true), 41, ['passed', 'passed'], [1, 1])
    const oneFails = probed(passed, 50, ['failed'], [1, 1])
    const otherPasses = recordProbes(oneFails, { results: [result('passed', 1)], needed: [1, 1], at: at(52) })
    assert.equal(theCandidate(otherPasses).badLooks, 1)
    assert.ok(theCandidate(probed(otherPasses, 55, ['failed'], [1, 1])).failedAt)
  })

  it('asks no probe while the victim has not left', () => {
    assert.deepEqual(awaitingProbes(watch([[5, reading(5, [instance(victimId), ...others, fresh()])]], true)), [])
  })

  it('un-happens nothing, whatever is looked at in whatever order', () => {
    const member = fc.constantFrom(
      instance(victimId),
      instance(victimId, { phase: 'terminating' }),
      fresh(),
      fresh('unhealthy'),
      fresh('starting'),
      instance('i-2'),
      instance('i-other'),
    )
    const step = fc.record({
      looked: fc.integer({ min: 0, max: 60 }),
      observed: fc.integer({ min: 0, max: 60 }),
      members: fc.uniqueArray(member, { selector: one => one.id }),
      kind: fc.constantFrom('snapshot', 'snapshot', 'snapshot', 'gone', 'unreadable'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.boolean(), (steps, hasProbes) => {
        let seen = startTracking(order(), struckAt)
        for (const { looked, observed, members, kind } of steps) {
          const observation: Observation =
            kind === 'snapshot' ? reading(observed, members) : kind === 'gone' ? { kind } : { kind: 'unreadable', why: 'denied' }
          const look = { at: at(looked), observation, hasProbes }
          const next = track(seen, order(), look)
          if (seen.victimGoneAt !== null) assert.equal(String(next.victimGoneAt), String(seen.victimGoneAt))
          for (const was of seen.candidates) {
            const is = next.candidates.find(one => one.id === was.id)
            assert.ok(is, 'a candidate was forgotten')
            if (was.recoveredAt !== null) assert.equal(String(is.recoveredAt), String(was.recoveredAt))
            if (was.failedAt !== null) assert.equal(String(is.failedAt), String(was.failedAt))
          }
          assert.ok(next.candidates.every(one => one.recoveredAt === null || next.victimGoneAt !== null))
          assert.ok(next.candidates.every(one => !order().members.includes(one.id)))
          assert.deepEqual(track(next, order(), look), next, 'the same look twice')
          seen = next
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('phase', () => {
  const phase = (changes: Partial<Tracking>, seconds: number) => phaseOf(tracking(changes), policy(), at(seconds))

  it('soaks from recovery, and lets the deadline pass meanwhile', () => {
    const late = { candidates: [candidate('i-new', { healthyAt: at(890), recoveredAt: at(890) })], lookedAt: at(1000) }
    assert.deepEqual(phase({ lookedAt: at(100) }, 100), { phase: 'soaking', endsAt: at(330) })
    assert.equal(phase(late, 1000).phase, 'soaking')
    assert.deepEqual(phase({}, 330), { phase: 'judge', because: 'soaked' })
  })

  it('judges at the deadline, counted from the strike', () => {
    assert.equal(phase({ candidates: [], lookedAt: at(899) }, 899).phase, 'recovering')
    assert.deepEqual(phase({ candidates: [], lookedAt: at(900) }, 900), { phase: 'judge', because: 'deadline' })
  })

  it('holds a verdict that hangs on a look that failed, but not for ever', () => {
    assert.equal(phase({ candidates: [], lookedAt: at(600) }, 901).phase, 'recovering')
    assert.deepEqual(phase({ candidates: [], lookedAt: at(600) }, 1200), { phase: 'judge', because: 'deadline' })
    const doubtful = { candidates: [candidate('i-new', { health: 'unknown' as const })] }
    assert.equal(phase(doubtful, 330).phase, 'soaking')
    assert.deepEqual(phase(doubtful, 630), { phase: 'judge', because: 'soaked' })
  })

  it('judges at once when the only successor failed, though its own replacement is on its way', () => {
    const failed = candidate('i-new', { health: 'unhealthy', badLooks: 2, failedAt: at(60) })
    const next = candidate('i-next', { seenAt: at(70), health: 'starting', healthyAt: null, recoveredAt: null })
    assert.deepEqual(phase({ candidates: [failed, next] }, 80), { phase: 'judge', because: 'failed' })
    const rival = { ...next, seenAt: at(20) }
    assert.equal(phase({ candidates: [failed, rival], events: [] }, 80).phase, 'recovering')
  })

  it('waits for the word on one that went without a cause, though another is well or nobody came', () => {
    const away = candidate('i-other', { gone: { at: at(325), cause: 'unknown', detail: 'it was shut down' } })
    const seen = { candidates: [candidate('i-new'), away], events: [] }
    assert.equal(phase({ ...seen, lookedAt: at(330) }, 330).phase, 'soaking')
    assert.deepEqual(phase({ ...seen, lookedAt: at(415) }, 415), { phase: 'judge', because: 'soaked' })
    assert.deepEqual(phase({ ...seen, lookedAt: at(330) }, 630), { phase: 'judge', because: 'soaked' }, 'though nothing can be read')
    const told = { ...away, gone: { at: at(325), cause: 'scale-in' as const, detail: '' } }
    assert.deepEqual(phase({ candidates: [candidate('i-new'), told], events: [] }, 330), { phase: 'judge', because: 'soaked' })
    const last = { ...away, healthyAt: null, recoveredAt: null, gone: { at: at(890), cause: 'unknown' as const, detail: '' } }
    assert.equal(phase({ candidates: [last], lookedAt: at(900) }, 900).phase, 'recovering')
    assert.deepEqual(phase({ candidates: [last], lookedAt: at(980) }, 980), { phase: 'judge', because: 'deadline' })
    const broken = event('launch', { instance: 'i-next', outcome: 'failed', error: { category: 'broken', message: 'no such mount' } })
    const loop = phase({ candidates: [last], events: [broken], lookedAt: at(900) }, 900)
    assert.deepEqual(loop, { phase: 'judge', because: 'deadline' }, 'the platform knows that launches fail, and said so')
  })

  it('waits for a further possible successor, but not past the deadline', () => {
    const candidates = [candidate('i-new'), candidate('i-other', { health: 'starting', healthyAt: null, recoveredAt: null })]
    assert.equal(phase({ candidates, events: [], lookedAt: at(400) }, 400).phase, 'recovering')
    assert.deepEqual(phase({ candidates, events: [], lookedAt: at(900) }, 900), { phase: 'judge', because: 'soaked' })
    const named = [event('a', { instance: 'i-new' }), event('b', { instance: 'i-other', cause: 'scale-out' })]
    assert.deepEqual(phase({ candidates, events: named }, 330), { phase: 'judge', because: 'soaked' })
  })
})
