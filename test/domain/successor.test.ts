import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { GroupSnapshot, InstanceSnapshot, PlatformEvent } from '../../src/domain/group.ts'
import { contenders, successors } from '../../src/domain/successor.ts'
import { startTracking, track } from '../../src/domain/tracking.ts'
import { at, candidate, event, instance, order, policy, reading, struckAt, tracking, victimId } from './fixtures.ts'

/** What may happen in a group after the strike, in any order. `replace` makes up for the victim, `lose` for another member. */
type Happening = 'replace' | 'scale-out' | 'scale-in' | 'rebalance' | 'lose' | 'look'

/** A small platform: it knows why it launches, and tells it as an event that may come late, twice or without its cause. */
class Platform {
  members: InstanceSnapshot[] = [instance('i-2'), instance('i-3')]
  readonly events: PlatformEvent[] = []
  readonly replacements: string[] = []
  successor: string | null = null
  #made = 0

  happen(what: Happening): void {
    if (what === 'replace' && this.successor === null) this.successor = this.#launch('replacement')
    if (what === 'scale-out') this.#launch('scale-out')
    if (what === 'scale-in') this.#terminate('scale-in')
    if (what === 'rebalance' && this.#terminate('rebalance')) this.#launch('rebalance')
    if (what === 'lose' && this.#terminate('unhealthy')) this.#launch('replacement')
  }

  #launch(cause: PlatformEvent['cause']): string {
    const id = `i-new-${++this.#made}`
    this.members.push(instance(id, { launchedAt: at(this.#made) }))
    this.events.push(event(`launch-${id}`, { instance: id, cause, at: at(this.#made) }))
    if (cause === 'replacement') this.replacements.push(id)
    return id
  }

  /** Never the last one. */
  #terminate(cause: PlatformEvent['cause']): boolean {
    const [oldest] = this.members
    if (oldest === undefined || this.members.length < 2) return false
    this.members = this.members.slice(1)
    this.events.push(event(`terminate-${oldest.id}`, { kind: 'terminate', instance: oldest.id, cause, at: at(this.#made + 0.5) }))
    return true
  }
}

const happenings = fc
  .array(fc.constantFrom<Happening>('scale-out', 'scale-in', 'rebalance', 'lose', 'look'), { maxLength: 10 })
  .chain(others => fc.nat(others.length).map(place => [...others.slice(0, place), 'replace' as const, ...others.slice(place)]))

interface Telling {
  /** How many of the newest events are not told yet. */
  readonly delayed: number
  readonly doubled: boolean
  readonly shuffled: number
  /** The cause of every n-th event is missing; 0: none is. */
  readonly causeless: number
}

function told(platform: Platform, { delayed, doubled, shuffled, causeless }: Telling): GroupSnapshot['events'] {
  const known = platform.events.slice(0, Math.max(0, platform.events.length - delayed))
  const events = known.map((one, n): PlatformEvent => (causeless > 0 && n % causeless === 0 ? { ...one, cause: 'unknown' } : one))
  const turned = [...events.slice(shuffled % (events.length || 1)), ...events.slice(0, shuffled % (events.length || 1))]
  return doubled ? [...turned, ...turned] : turned
}

function play(steps: readonly Happening[], telling: (step: number) => Telling) {
  const platform = new Platform()
  let seen = startTracking(order(), struckAt)
  const look = (seconds: number, how: Telling): void => {
    const observation = reading(seconds, platform.members, { events: told(platform, how), desired: platform.members.length })
    seen = track(seen, order(), { at: at(seconds), observation, hasProbes: false })
  }
  steps.forEach((step, n) => {
    platform.happen(step)
    look(20 + n, telling(n))
  })
  look(100, telling(steps.length))
  return { platform, found: successors(seen, order()).candidates.map(one => one.id) }
}

describe('successors', () => {
  it('leaves out whoever the platform says came for another reason', () => {
    const candidates = [candidate('i-a'), candidate('i-b'), candidate('i-c')]
    const events = [event('1', { instance: 'i-a' }), event('2', { instance: 'i-b', cause: 'scale-out' })]
    const found = successors(tracking({ candidates, events }), order())
    assert.deepEqual(
      found.candidates.map(one => one.id),
      ['i-a', 'i-c'],
    )
    assert.equal(found.certain, false)
    assert.match(found.how, /1 as a replacement and no cause for 1 more; 1 more came for other reasons/)
  })

  it('never takes an old member or the victim for the successor', () => {
    const candidates = [candidate(victimId), candidate('i-2'), candidate('i-new')]
    assert.deepEqual(
      successors(tracking({ candidates, events: [] }), order()).candidates.map(one => one.id),
      ['i-new'],
    )
  })

  it('counts those that came before the deadline, later ones only where nobody looked in time', () => {
    const late = candidate('i-late', { seenAt: at(1000) })
    const ids = (candidates: readonly ReturnType<typeof candidate>[]) =>
      contenders(tracking({ candidates, events: [] }), policy()).candidates.map(one => one.id)
    assert.deepEqual(ids([candidate('i-new'), late]), ['i-new'])
    assert.deepEqual(ids([late]), ['i-late'])
  })

  it('always hold the true one, under any interleaving, with events late, doubled, in any order and without causes', () => {
    const telling = fc.record({ delayed: fc.nat(3), doubled: fc.boolean(), shuffled: fc.nat(5), causeless: fc.nat(3) })
    fc.assert(
      fc.property(happenings, fc.array(telling, { minLength: 1, maxLength: 12 }), (steps, tellings) => {
        const { platform, found } = play(
          steps,
          n => tellings[n % tellings.length] ?? { delayed: 0, doubled: false, shuffled: 0, causeless: 0 },
        )
        assert.ok(platform.successor !== null && found.includes(platform.successor), `${platform.successor} is not among ${found}`)
      }),
      { numRuns: 1000 },
    )
  })

  it('are exactly the replacements once every cause is told', () => {
    fc.assert(
      fc.property(happenings, fc.nat(3), fc.boolean(), (steps, delayed, doubled) => {
        const last = steps.length
        const { platform, found } = play(steps, n => ({ delayed: n === last ? 0 : delayed, doubled, shuffled: n, causeless: 0 }))
        assert.deepEqual([...found].sort(), [...platform.replacements].sort())
      }),
      { numRuns: 1000 },
    )
  })
})

describe('who may be the successor', () => {
  const launch = (instance_: string, cause: PlatformEvent['cause']) => event(`launch-${instance_}`, { instance: instance_, cause })
  const among = (causes: Readonly<Record<string, PlatformEvent['cause'] | null>>) => {
    const events = Object.entries(causes).flatMap(([id, cause]) => (cause === null ? [] : [launch(id, cause)]))
    return successors(tracking({ candidates: Object.keys(causes).map(id => candidate(id)), events }), order())
  }

  it('is whom the platform launched to make up for a loss, then whom it names no cause for', () => {
    const { candidates, certain } = among({
      a: 'unhealthy',
      b: 'unknown',
      c: 'strike',
      d: 'scale-out',
      e: null,
      f: 'replacement',
      g: 'deployment',
    })
    assert.deepEqual([candidates.map(({ id }) => id), certain], [['a', 'c', 'f', 'b', 'e'], false])
  })

  it('is told in a sentence', () => {
    const how = (causes: Parameters<typeof among>[0]) => among(causes).how
    assert.equal(how({}), 'no new member that could be the successor')
    assert.equal(how({ a: 'scale-out' }), 'no new member that could be the successor; 1 more came for other reasons')
    assert.equal(how({ a: 'replacement' }), 'the platform names one new member as a replacement')
    assert.equal(
      how({ a: 'replacement', b: 'strike', c: 'rebalance' }),
      'the platform names 2 new members as a replacement; 1 more came for other reasons',
    )
    assert.equal(how({ a: null }), 'the platform names no cause for the only new member')
    assert.equal(how({ a: null, b: 'unknown' }), 'the platform names no cause for 2 new members')
    assert.equal(how({ a: null, b: 'replacement' }), 'the platform names 1 as a replacement and no cause for 1 more')
  })

  it('is never a member of before, nor the victim, also where the members do not list it', () => {
    const seen = tracking({ candidates: ['i-2', victimId, 'i-new'].map(id => candidate(id)), events: [] })
    const { candidates } = successors(seen, order({ members: ['i-2', 'i-3'] }))
    assert.deepEqual(
      candidates.map(({ id }) => id),
      ['i-new'],
    )
  })

  it('counts where it came until the very deadline, and later only where nobody came in time', () => {
    const at900 = candidate('i-at', { seenAt: at(900) })
    const at901 = candidate('i-late', { seenAt: at(901) })
    const ids = (candidates: readonly (typeof at900)[]) =>
      contenders(tracking({ candidates, events: [] }), policy()).candidates.map(({ id }) => id)
    assert.deepEqual(ids([at901, at900]), ['i-at'])
    assert.deepEqual(ids([at901]), ['i-late'])
  })
})
