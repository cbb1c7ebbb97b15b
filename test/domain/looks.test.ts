import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { encode } from '../../src/domain/codec.ts'
import type { Tracking } from '../../src/domain/drill.ts'
import type { GroupSnapshot, InstanceSnapshot } from '../../src/domain/group.ts'
import { awaitingProbes, type ProbeResult, recordAddresses, recordProbes, startTracking, track } from '../../src/domain/tracking.ts'
import { at, event, instance, order, reading, struckAt, victimId } from './fixtures.ts'

/*
 * Watching, look by look: what each look changes in what is known, and nothing else. golden/looks.txt has it in full, moments in
 * seconds after the strike. `GOLDEN=update` writes what is there now, to be read before it is committed.
 */

type Step = { readonly does: string; readonly fold: (seen: Tracking) => Tracking; readonly quiet?: boolean }
type Instances = readonly InstanceSnapshot[]

function look(seconds: number, instances: Instances, changes: Partial<GroupSnapshot> = {}, how = {}): Step {
  const members = instances.map(one => (others.includes(one) ? one.id : `${one.id} ${one.phase} ${one.health}`)).join(', ')
  return {
    does: `${seconds} s: ${members || 'nobody'}`,
    fold: seen => track(seen, order(), { at: at(seconds), observation: reading(seconds, instances, changes), hasProbes: false, ...how }),
  }
}

function probes(seconds: number, answers: Readonly<Record<string, readonly string[]>>, needed: readonly number[]): Step {
  const results = Object.entries(answers).flatMap(([id, own]) =>
    own.flatMap((answer, probe): ProbeResult[] => {
      if (answer === '-') return []
      const result = answer === 'passed' ? 'passed' : answer.startsWith('unknown') ? 'unknown' : 'failed'
      return [{ id, probe, result, detail: answer }]
    }),
  )
  const told = Object.entries(answers).map(([id, own]) => `${id} ${own.join(' | ')}`)
  return {
    does: `${seconds} s: probes of ${told.join(', ')}`,
    fold: seen => recordProbes(seen, { results, needed, at: at(seconds) }),
  }
}

function unreadable(seconds: number, why: string): Step {
  const observation = { kind: 'unreadable', why } as const
  return {
    does: `${seconds} s: unreadable, ${why}`,
    fold: seen => track(seen, order(), { at: at(seconds), observation, hasProbes: false }),
  }
}

function groupGone(seconds: number): Step {
  return {
    does: `${seconds} s: the group is gone`,
    fold: seen => track(seen, order(), { at: at(seconds), observation: { kind: 'gone' }, hasProbes: false }),
  }
}

/** An answer that began before the last look. */
function late(began: number, of: number, instances: Instances, changes: Partial<GroupSnapshot> = {}): Step {
  const observation = reading(of, instances, changes)
  return {
    does: `${began} s: a view as of ${of} s`,
    fold: seen => track(seen, order(), { at: at(began), observation, hasProbes: false }),
  }
}

const others = [instance('i-2'), instance('i-3')]
const victim = (changes: Partial<InstanceSnapshot> = {}) => instance(victimId, changes)
const fresh = (health: InstanceSnapshot['health'] = 'healthy', changes: Partial<InstanceSnapshot> = {}) =>
  instance('i-new', { health, launchedAt: at(10), ...changes })
/** Told in full once; the beginning of many. */
const up: readonly Step[] = [look(20, others), look(40, [...others, fresh()])].map(step => ({ ...step, quiet: true }))
const ended = (changes: Parameters<typeof event>[1] = {}) =>
  event('end', { kind: 'terminate', instance: 'i-new', cause: 'unhealthy', detail: 'failed its check', ...changes })
const launched = (changes: Parameters<typeof event>[1] = {}) => event('start', { instance: 'i-new', ...changes })
const check = (source: string, state: InstanceSnapshot['health'], detail = '', independent = true) => ({
  source,
  state,
  detail,
  independent,
})
const probing = { hasProbes: true }
const other = {
  id: 'cloud:here/web',
  provider: 'cloud',
  scope: 'cloud:here',
  name: 'web',
  incarnation: 'second',
  tags: {},
  optInById: null,
}

const films: Readonly<Record<string, readonly Step[]>> = {
  'a replacement that goes well': [
    look(5, [victim({ phase: 'terminating' }), ...others]),
    look(10, others),
    look(20, [...others, fresh('starting', { phase: 'pending' })]),
    look(40, [...others, fresh()]),
    look(50, [...others, fresh()]),
  ],
  'a victim that is told to be terminated while it still reads in service': [
    look(5, [victim(), ...others], { events: [ended({ instance: victimId, outcome: 'in-progress' })] }),
    look(6, [victim(), ...others], { events: [ended({ instance: victimId, outcome: 'failed' })] }),
    look(7, [victim(), ...others], { events: [ended({ instance: victimId })] }),
  ],
  'a victim that drains, and is gone': [
    look(5, [victim({ phase: 'terminating' }), ...others]),
    look(6, [victim({ phase: 'gone' }), ...others]),
  ],
  'a victim that is alive again in an older view': [
    look(5, [victim({ phase: 'terminating' }), ...others, fresh()]),
    look(8, [victim(), ...others, fresh('unhealthy'), instance('i-late', { health: 'unhealthy' })], { desired: 7 }),
    look(9, [victim(), ...others]),
    look(12, [...others, fresh()]),
  ],
  'a victim that was gone at once and is alive in an older view': [look(5, others), look(8, [victim(), ...others])],
  'a successor that is well before the victim has left': [look(5, [victim(), ...others, fresh()]), look(9, [...others, fresh()])],
  'a successor whose facts come later': [
    look(20, [...others, fresh('unknown', { launchedAt: null, image: null, bornFrom: null, checks: [] })]),
    look(30, [...others, fresh('starting', { image: 'image-2', bornFrom: 'template:2', origin: 'pre-built' })]),
    look(40, [...others, fresh('starting', { launchedAt: at(11), image: null, bornFrom: null })]),
  ],
  'a successor that is healthy before it is in service': [
    look(20, [...others, fresh('healthy', { phase: 'pending' })]),
    look(30, [...others, fresh('healthy', { phase: 'standby' })]),
    look(40, [...others, fresh('unhealthy', { phase: 'pending' })]),
    look(50, [...others, fresh('healthy')]),
  ],
  'whose word makes a successor healthy': [
    look(20, [...others, fresh('healthy', { checks: [] })]),
    look(21, [...others, fresh('healthy', { checks: [check('platform', 'healthy', '', false), check('balancer', 'starting')] })]),
    look(22, [...others, fresh('healthy', { checks: [check('platform', 'healthy', '', false), check('balancer', 'healthy')] })]),
    look(23, [...others, fresh('healthy', { checks: [check('platform', 'healthy', '', false)] })]),
  ],
  'what the checks say': [
    look(20, [...others, fresh('starting', { checks: [check('platform', 'healthy'), check('hook', 'starting', 'waits')] })]),
    look(21, [...others, fresh('starting', { checks: [check('hook', 'starting'), check('balancer', 'unhealthy', '503')] })]),
    look(22, [...others, fresh('starting', { checks: [check('platform', 'healthy'), check('balancer', 'unknown')] })]),
    look(23, [...others, fresh('starting', { checks: [check('platform', 'healthy', 'runs')] })]),
  ],
  'health that breaks before recovery': [
    look(10, [victim(), ...others, fresh()]),
    look(11, [victim(), ...others, fresh('starting')]),
    look(12, [victim(), ...others, fresh()]),
  ],
  'one bad look, then a good one': [...up, look(50, [...others, fresh('unhealthy')]), look(60, [...others, fresh()])],
  'two bad looks in a row, and a third': [
    ...up,
    look(50, [...others, fresh('unhealthy')]),
    look(60, [...others, fresh('unhealthy')]),
    look(70, [...others, fresh('unhealthy')]),
  ],
  'looks that say nothing': [...up, look(50, [...others, fresh('starting')]), look(60, [...others, fresh('unknown')])],
  'a bad look that may show an older view': [
    ...up,
    look(49, [...others, fresh('unhealthy')], {}, { olderViews: 10_000 }),
    look(50, [...others, fresh('unhealthy')], {}, { olderViews: 10_000 }),
  ],
  'a successor that is missed once': [...up, look(50, others), look(60, [...others, fresh()])],
  'a successor that is missed twice, and is there again': [
    ...up,
    look(50, others),
    look(60, others),
    look(70, others),
    look(80, [...others, fresh()]),
  ],
  'a successor that is missed, with the word of the platform for it': [
    ...up,
    look(50, others, { events: [ended()] }),
    look(60, [...others, fresh()]),
  ],
  'a successor that the platform says is ended, and then is not': [
    ...up,
    look(50, others, { events: [ended({ cause: 'scale-in', detail: '', outcome: 'in-progress' })] }),
    look(60, [...others, fresh()], { events: [ended({ cause: 'scale-in', detail: '', outcome: 'failed' })] }),
    look(70, [...others, fresh()]),
  ],
  'a successor that went, and its ending was told to have failed': [
    ...up,
    look(50, others, { events: [ended({ outcome: 'in-progress' })] }),
    look(60, [...others, fresh()], { events: [ended({ outcome: 'failed' })] }),
  ],
  'a successor that is shut down, and read again after it': [
    ...up,
    look(50, [...others, fresh('unhealthy', { phase: 'terminating' })]),
    look(60, [...others, fresh()]),
  ],
  'a successor that is gone at once': [...up, look(50, [...others, fresh('unhealthy', { phase: 'gone' })])],
  'a successor whose cause is told later': [
    ...up,
    look(50, others),
    look(60, others),
    look(70, others, { events: [ended()] }),
    look(80, others, { events: [event('again', { kind: 'terminate', instance: 'i-new', cause: 'scale-in' })] }),
  ],
  'a successor whose cause is told later, without a word': [
    ...up,
    look(50, [...others, fresh('unhealthy', { phase: 'terminating' })]),
    look(60, others, { events: [ended({ cause: 'interruption', detail: '' })] }),
  ],
  'members that came and went between two looks': [
    look(20, others, {
      events: [
        launched(),
        ended({ detail: '' }),
        event('a', { instance: 'i-2' }),
        event('b', { kind: 'terminate', instance: 'i-2' }),
        event('c', { instance: 'i-alive' }),
        event('d', { instance: 'i-ending' }),
        event('e', { kind: 'terminate', instance: 'i-ending', outcome: 'in-progress' }),
        event('f', { kind: 'other', instance: 'i-odd' }),
        event('g', { kind: 'terminate', instance: 'i-odd' }),
        event('h', { instance: null }),
        event('i', { instance: victimId }),
        event('j', { kind: 'terminate', instance: victimId }),
      ],
    }),
    look(30, others, { events: [event('e', { kind: 'terminate', instance: 'i-ending', detail: 'stopped' })] }),
  ],
  'a member that is seen as it goes': [
    look(20, [...others, fresh('unhealthy', { phase: 'terminating' })], { events: [launched(), ended()] }),
  ],
  'answers that come late or twice': [
    ...up,
    late(40, 60, [...others, fresh('unhealthy')], { events: [launched()] }),
    late(30, 30, others, { summary: other, events: [event('stranger')] }),
    late(50, 39, [...others, fresh('unhealthy')], { desired: 9, events: [event('older')] }),
    late(55, 40, [...others, fresh()]),
  ],
  'a late answer that tells a cause': [...up, look(50, others), look(60, others), late(60, 60, others, { events: [ended()] })],
  'a group that cannot be read for a while': [
    unreadable(5, 'throttled'),
    unreadable(8, 'access denied'),
    look(20, others),
    unreadable(30, 'throttled'),
    groupGone(40),
  ],
  'a group that is gone, and was not': [...up, groupGone(50), groupGone(60), look(70, [...others, fresh()])],
  'a group that was made anew': [...up, look(50, [instance('i-x')], { summary: other })],
  'a desired size and a declaration that change': [
    look(20, others, { desired: 5, declarationVersion: 'template:2' }),
    look(30, others, { desired: 2, declarationVersion: 'template:3' }),
    look(40, others, { desired: 3 }),
  ],
  'when a group is whole': [
    look(20, [...others, fresh('healthy', { phase: 'pending' })]),
    look(21, [...others, fresh('unhealthy')]),
    look(22, [...others, fresh('healthy', { phase: 'standby' })]),
    look(23, [...others, fresh('healthy', { weight: 0.5 })]),
    look(24, [...others, fresh('healthy', { weight: 2 }), instance('i-x', { phase: 'standby', health: 'unhealthy' })]),
    look(25, [...others, fresh(), instance('i-x', { phase: 'terminating', health: 'unhealthy' })]),
    look(26, [...others, fresh(), instance('i-x', { phase: 'pending', health: 'starting' })]),
    look(27, [victim({ phase: 'terminating' }), ...others]),
    look(28, others, { desired: 2 }),
  ],
  'a group that lacks nothing while its victim has not left': [look(5, [victim(), ...others, fresh()], { desired: 3 })],
  'a group that is short while its victim shuts down': [look(5, [victim({ phase: 'terminating', weight: 5 }), instance('i-2')])],
  'probes that pass twice in a row': [
    look(20, others),
    look(40, [...others, fresh()], {}, probing),
    probes(41, { 'i-new': ['passed', '-'] }, [2, 1]),
    probes(42, { 'i-new': ['passed', 'refused'] }, [2, 1]),
    probes(43, { 'i-new': ['passed', 'passed'], 'i-2': ['passed', 'passed'] }, [2, 1]),
    look(44, [...others, fresh()], {}, probing),
  ],
  'a probe that fails in between counts anew': [
    look(20, others),
    look(40, [...others, fresh()], {}, probing),
    probes(41, { 'i-new': ['passed'] }, [2]),
    probes(42, { 'i-new': ['refused'] }, [2]),
    probes(43, { 'i-new': ['passed'] }, [2]),
    probes(44, { 'i-new': ['passed'] }, [2]),
  ],
  'probes of which several fail, or cannot be asked': [
    look(20, others),
    look(40, [...others, fresh()], {}, probing),
    probes(41, { 'i-new': ['refused', 'answered 500', 'passed'] }, [1, 1, 1]),
    probes(42, { 'i-new': ['unknown: no address', 'unknown: no route', 'passed'] }, [1, 1, 1]),
    probes(43, { 'i-new': ['passed', '-', 'passed'] }, [1, 1, 1]),
    probes(44, { 'i-new': ['passed', 'passed', 'passed'] }, [1, 1, 1]),
  ],
  'probes that are asked although there are none': [look(20, [...others, fresh()], {}, probing), probes(21, { 'i-new': [] }, [])],
  'probes that pass before the victim has left': [
    look(5, [victim(), ...others, fresh()], {}, probing),
    probes(6, { 'i-new': ['passed'] }, [1]),
  ],
  'probes that pass while the check does not': [
    look(20, [...others, fresh('starting')], {}, probing),
    probes(21, { 'i-new': ['passed'] }, [1]),
    look(22, [...others, fresh('starting')], {}, probing),
  ],
  'a probe that fails in the soak, and again': [
    look(20, others),
    look(40, [...others, fresh()], {}, probing),
    probes(41, { 'i-new': ['passed'] }, [1]),
    probes(50, { 'i-new': ['refused'] }, [1]),
    look(51, [...others, fresh()], {}, probing),
    probes(52, { 'i-new': ['unknown: no route'] }, [1]),
    probes(53, { 'i-new': ['passed'] }, [1]),
    probes(60, { 'i-new': ['refused'] }, [1]),
    probes(70, { 'i-new': ['refused'] }, [1]),
    probes(80, { 'i-new': ['passed'] }, [1]),
  ],
  'a check that fails in the soak where there are probes': [
    look(20, others),
    look(40, [...others, fresh()], {}, probing),
    probes(41, { 'i-new': ['passed'] }, [1]),
    look(50, [...others, fresh('unhealthy')], {}, probing),
    look(60, [...others, fresh()], {}, probing),
    look(70, [...others, fresh('unhealthy')], {}, probing),
  ],
  'probes of a successor that is missed': [
    look(20, [...others, fresh()], {}, probing),
    look(30, others, {}, probing),
    probes(31, { 'i-new': ['refused'] }, [1]),
  ],
  addresses: [
    look(20, [...others, fresh(), instance('i-other')]),
    { does: 'an address is read', fold: seen => recordAddresses(seen, new Map([['i-new', '10.0.0.7']])) },
    {
      does: 'one has none',
      fold: seen =>
        recordAddresses(
          seen,
          new Map([
            ['i-new', null],
            ['i-x', '10.0.0.8'],
          ]),
        ),
    },
  ],
  'what the platform tells, and when': [
    look(20, others, {
      clockSkew: 1000,
      events: [
        event('too-early', { at: at(-3.001), instance: 'i-2' }),
        event('just', { at: at(-3), instance: 'i-2' }),
        event('of-the-victim', { at: at(-9), instance: victimId }),
        event('of-nobody', { at: at(-9) }),
        event('of-a-newcomer', { at: at(-9), instance: 'i-new' }),
        event('b', { at: at(9) }),
        event('a', { at: at(9) }),
      ],
    }),
  ],
  'an account that grows': [
    look(20, others, { events: [launched({ cause: 'unknown', instance: null, outcome: 'in-progress' })] }),
    look(21, others, { events: [launched({ outcome: 'failed', error: { category: 'quota', message: 'too many' } })] }),
    look(22, others, { events: [launched({ cause: 'unknown', instance: null, outcome: 'in-progress', detail: 'older' })] }),
    look(23, others, { events: [launched({ outcome: 'failed', detail: 'newer' })] }),
    look(24, others, { events: [launched({ outcome: 'succeeded' })] }),
  ],
}

/** Paths of plain data and what is there; instants as seconds after the strike. */
function flat(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (value === null || typeof value !== 'object') return [[path, JSON.stringify(value)]]
  const entries = Object.entries(value)
  const [first] = entries
  if (first?.[0] === '$instant') return [[path, `${Temporal.Instant.from(String(first[1])).since(struckAt).total('seconds')} s`]]
  if (path === '') return entries.flatMap(([key, item]) => flat(item, key))
  if (entries.length === 0) return [[path, 'none']]
  const name = Array.isArray(value) ? (item: unknown, at: string) => (item as { id?: string }).id ?? at : (_: unknown, key: string) => key
  return entries.flatMap(([key, item]) => flat(item, `${path}/${name(item, key)}`))
}

function told(seen: Tracking): ReadonlyMap<string, string> {
  const asked = awaitingProbes(seen).map(({ id }) => id)
  return new Map([...flat(JSON.parse(encode(seen)), ''), ['would be probed', asked.join(', ') || 'nobody']])
}

/** What a new member does not have yet is not told. */
const nothing = ['null', 'false', '0', '""', 'none']

function changes(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const now = [...after].filter(([path, value]) => before.get(path) !== value && (before.has(path) || !nothing.includes(value)))
  const gone = [...before].filter(([path, value]) => !after.has(path) && value !== 'none')
  return [...now.map(([path, value]) => `  ${path} = ${value}`), ...gone.map(([path]) => `  ${path} is left out`)]
}

function play(steps: readonly Step[]): string {
  let seen = startTracking(order(), struckAt)
  return steps
    .flatMap(({ does, fold, quiet }) => {
      const before = told(seen)
      seen = fold(seen)
      return [`- ${does}`, ...(quiet ? [] : changes(before, told(seen)))]
    })
    .join('\n')
}

const golden = new URL('golden/looks.txt', import.meta.url)

describe('watching, look by look', () => {
  const section = (name: string, film: string): string => `# ${name}\n${film}\n`
  if (process.env.GOLDEN === 'update')
    writeFileSync(
      golden,
      Object.entries(films)
        .map(([name, steps]) => section(name, play(steps)))
        .join('\n'),
    )
  const sections = readFileSync(golden, 'utf8').split(/\n(?=# )/)

  for (const [name, steps] of Object.entries(films))
    it(`is as written down for ${name}`, () => {
      const written = sections.find(one => one.startsWith(`# ${name}\n`)) ?? ''
      assert.equal(section(name, play(steps)).trim(), written.trim())
    })

  it('is written down for nothing that is not tried', () => assert.equal(sections.length, Object.keys(films).length))

  it('begins with what was read when the victim was struck', () => {
    const plain = Object.fromEntries(told(startTracking(order(), struckAt)))
    assert.deepEqual(
      [plain.struckAt, plain.desired, plain.declarationVersion, plain.restore, plain.victimDraining, plain.candidates],
      ['0 s', '3', '"template:1"', 'null', 'false', 'none'],
    )
    const given = startTracking(order(), struckAt, { desired: 5, declarationVersion: 'template:2', mustRestore: true })
    const { desired, declarationVersion, restore } = given
    assert.deepEqual(
      { desired, declarationVersion, restore },
      { desired: 5, declarationVersion: 'template:2', restore: { state: 'waiting', detail: 'the restore has not been asked for yet' } },
    )
  })

  it('counts a group as whole only once a restore that is owed is done or was left to others', () => {
    for (const [state, whole] of [
      ['waiting', false],
      ['requested', false],
      ['done', true],
      ['yielded', true],
    ] as const) {
      const owed = { ...startTracking(order(), struckAt), restore: { state, detail: '' } }
      const seen = look(20, [...others, fresh()]).fold(owed)
      assert.equal(seen.wholeAt !== null, whole, state)
    }
  })

  it('keeps no more events than a row holds: those of the victim and of newcomers first, then failures, then the newest', () => {
    const many = Array.from({ length: 70 }, (_, n) => event(`e-${String(n).padStart(2, '0')}`, { at: at(n), instance: 'i-2' }))
    const noRoom = { category: 'capacity', message: 'no room' } as const
    const special = many.map((one, n) =>
      n === 0 ? { ...one, instance: victimId } : n === 1 ? { ...one, instance: 'i-new' } : n === 2 ? { ...one, error: noRoom } : one,
    )
    const { events } = look(100, others, { events: special }).fold(startTracking(order(), struckAt))
    const kept = [0, 1, 2, ...Array.from({ length: 57 }, (_, n) => n + 13)].map(n => `e-${String(n).padStart(2, '0')}`)
    assert.deepEqual(
      events.map(({ id }) => id),
      kept,
    )
  })
})
