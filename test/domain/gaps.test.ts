import assert from 'node:assert/strict'
import { decode, encode } from '../../src/domain/codec.ts'
import type { Tracking } from '../../src/domain/drill.ts'
import { isGap, isWorthKeeping } from '../../src/domain/gaps.ts'
import type { InstanceSnapshot, Observation } from '../../src/domain/group.ts'
import { type ProbeResult, recordProbes, startTracking, track } from '../../src/domain/tracking.ts'
import { at, instance, order, policy, reading, struckAt } from './fixtures.ts'

const paced = { struckAt, policy: { deadline: 900_000 } }
const others = [instance('i-2'), instance('i-3')]
const fresh = (health: InstanceSnapshot['health']) =>
  instance('i-new', { health, launchedAt: at(10), ...(health === 'starting' ? { phase: 'pending' } : {}) })

type Step = readonly [seconds: number, seen: InstanceSnapshot['health'] | 'nobody' | 'unreadable', probe?: ProbeResult['result']]

/** Look by look, the successor's health and what its probe said. */
function watch(steps: readonly Step[], needed = 1): Tracking {
  return steps.reduce(
    (seen, [seconds, health, probe]) => {
      const observation: Observation =
        health === 'unreadable'
          ? { kind: 'unreadable', why: 'Throttling' }
          : reading(seconds, health === 'nobody' ? others : [...others, fresh(health)])
      const hasProbes = steps.some(step => step.length > 2)
      const looked = track(seen, order(), { at: at(seconds), observation, hasProbes, policy: policy() })
      if (probe === undefined) return looked
      const before = seen.lookedAt ?? seen.struckAt
      const results = [{ id: 'i-new', probe: 0, result: probe, detail: probe }]
      return recordProbes(looked, { results, needed: [needed], at: at(seconds), paced: { before, policy: policy() } })
    },
    startTracking(order(), struckAt),
  )
}

function recovery(seen: Tracking): { after: string | null; at: string | null } {
  const [only] = seen.candidates
  const text = (moment: Temporal.Instant | null | undefined) =>
    moment ? String((moment.epochMilliseconds - at(0).epochMilliseconds) / 1000) : null
  return { after: text(only?.recoveredAfter), at: text(only?.recoveredAt) }
}

describe('a recovery that fell into a gap between two looks', () => {
  const cases: readonly {
    readonly of: string
    readonly steps: readonly Step[]
    readonly after: string | null
    readonly needed?: number
  }[] = [
    {
      of: 'close looks is exact',
      steps: [
        [5, 'nobody'],
        [20, 'starting'],
        [40, 'healthy'],
      ],
      after: null,
    },
    {
      of: 'a worker that was down',
      steps: [
        [5, 'nobody'],
        [20, 'starting'],
        [300, 'healthy'],
      ],
      after: '20',
    },
    {
      of: 'a worker that was down before it had seen anybody',
      steps: [
        [5, 'nobody'],
        [300, 'healthy'],
      ],
      after: '5',
    },
    { of: 'a worker that went down right after the strike', steps: [[300, 'healthy']], after: '0' },
    {
      of: 'a group that could not be read',
      steps: [
        [5, 'nobody'],
        [20, 'starting'],
        [30, 'unreadable'],
        [200, 'unreadable'],
        [210, 'healthy'],
      ],
      after: '20',
    },
    {
      of: 'an outage that ended before it was well is exact',
      steps: [
        [5, 'nobody'],
        [300, 'starting'],
        [310, 'healthy'],
      ],
      after: null,
    },
    {
      of: 'a health check that could not be read',
      steps: [
        [5, 'nobody'],
        [20, 'starting'],
        [30, 'unknown'],
        [45, 'unknown'],
        [60, 'unknown'],
        [75, 'healthy'],
      ],
      after: '20',
    },
    {
      of: 'one look that could not tell is exact',
      steps: [
        [20, 'starting'],
        [30, 'unknown'],
        [40, 'healthy'],
      ],
      after: null,
    },
    {
      of: 'a check that could be read again before it was well is exact',
      steps: [
        [20, 'starting'],
        [30, 'unknown'],
        [60, 'unknown'],
        [70, 'starting'],
        [80, 'healthy'],
      ],
      after: null,
    },
    {
      of: 'a probe that could not be asked',
      steps: [
        [20, 'healthy', 'failed'],
        [30, 'healthy', 'unknown'],
        [55, 'healthy', 'unknown'],
        [70, 'healthy', 'passed'],
      ],
      after: '20',
    },
    {
      of: 'passes that began after a gap',
      steps: [
        [20, 'healthy', 'failed'],
        [200, 'healthy', 'passed'],
        [205, 'healthy', 'passed'],
      ],
      needed: 2,
      after: '20',
    },
    {
      of: 'an outage after which a probe failed still is exact',
      steps: [
        [20, 'healthy', 'failed'],
        [200, 'healthy', 'failed'],
        [205, 'healthy', 'passed'],
      ],
      after: null,
    },
  ]
  for (const { of, steps, after, needed } of cases) {
    it(`by ${of}`, () => {
      const [seconds = 0] = steps.at(-1) ?? []
      assert.deepEqual(recovery(watch(steps, needed)), { after, at: String(seconds) })
    })
  }

  it('is kept through the soak and in the ledger, and nothing is written where there is none', () => {
    const seen = watch([
      [5, 'nobody'],
      [300, 'healthy'],
      [310, 'unknown'],
      [320, 'healthy'],
      [330, 'healthy'],
    ])
    assert.equal(recovery(decode<Tracking>(encode(seen))).after, '5')
    assert.doesNotMatch(
      encode(
        watch([
          [5, 'nobody'],
          [20, 'healthy'],
        ]),
      ),
      /recoveredAfter/,
    )
  })

  it('is one of more than twice what the pace of the looks plans', () => {
    assert.deepEqual(
      [at(130), at(131)].map(to => isGap(at(100), to, paced)),
      [false, true],
    )
    const rehearsal = { struckAt, policy: { deadline: 8_000 } }
    assert.deepEqual(
      [at(2), at(3), at(9)].map(to => isGap(at(1), to, rehearsal)),
      [false, false, true],
    )
  })

  it('is never made by looks that are written only once the last that was is worth it', () => {
    for (const from of [0, 1, 10, 100, 1_000])
      for (let to = from; to < from + 200; to++)
        if (!isWorthKeeping(at(from), at(to), paced)) assert.ok(!isGap(at(from), at(to + 15), paced), `${from} to ${to}`)
  })
})
