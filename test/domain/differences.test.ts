import assert from 'node:assert/strict'
import type { Configuration } from '../../src/domain/declaration.ts'
import { agreed, differencesBetween, type Examination, examine, isIgnored } from '../../src/domain/differences.ts'
import type { Value } from '../../src/domain/finding.ts'
import { configuration, declaredSet } from './fixtures.ts'

const declared = declaredSet({ values: { type: ['large'], keys: [[], ['k-1']], 'volumes/xvda/size': [8] }, open: ['notes/**'] })

function is(values: Readonly<Record<string, Value>>, ...unread: readonly string[]): Configuration {
  return { ...configuration('i-x'), values, unread: unread.map(what => ({ what, why: 'denied' })) }
}

const paths = (found: { readonly differences: readonly { readonly path: string }[] }): string[] => found.differences.map(({ path }) => path)
const whats = (unread: Examination['unread']): string[] => unread.map(({ what }) => what)

describe('examining what an instance is', () => {
  it('finds what is other, what is too much and what is missing, in the order of their paths', () => {
    const found = examine(is({ type: 'tiny', extra: 1 }), declared, [])
    assert.deepEqual(found.differences, [
      { path: 'extra', allowed: [], actual: 1 },
      { path: 'type', allowed: ['large'], actual: 'tiny' },
      { path: 'volumes/xvda/size', allowed: [8], actual: null },
    ])
    assert.deepEqual([found.unread, found.blocking], [[], []])
  })

  it('takes one of several declared values for right, and nothing where nothing is one of them', () => {
    const right = { type: 'large', 'volumes/xvda/size': 8 }
    for (const keys of [['k-1'], [], null] as const) assert.deepEqual(paths(examine(is({ ...right, keys }), declared, [])), [])
    assert.deepEqual(paths(examine(is({ ...right, keys: ['k-2'] }), declared, [])), ['keys'])
    // Not declared at all, so nothing is there to be missed.
    assert.deepEqual(paths(examine(is({ ...right, other: null }), declared, [])), [])
  })

  it('S10 holds up the proof where a declared setting could not be read, and only tells of one that is not declared', () => {
    const found = examine(is({ 'volumes/xvda/size': 8 }, 'type', 'profile', 'notes/a'), declared, [])
    assert.deepEqual(paths(found), [])
    assert.deepEqual([whats(found.blocking), whats(found.unread)], [['type'], ['profile', 'notes/a']])
  })

  it('lets an unread part stand for everything below it, and for nothing beside it', () => {
    const volumes = examine(is({ type: 'large' }, 'volumes'), declared, [])
    assert.deepEqual([paths(volumes), whats(volumes.blocking)], [[], ['volumes']])
    const beside = examine(is({ type: 'large' }, 'volumes/xvdb', 'volume', 'notes'), declared, [])
    assert.deepEqual([paths(beside), whats(beside.blocking)], [['volumes/xvda/size'], []])
    const globbed = examine(is({ type: 'large' }, 'volumes/*/size'), declared, [])
    assert.deepEqual([paths(globbed), whats(globbed.blocking)], [[], ['volumes/*/size']])
    const elsewhere = examine(is({ type: 'large' }, 'volumes/*/type'), declared, [])
    assert.deepEqual(paths(elsewhere), ['volumes/xvda/size'])
  })

  it('takes a name with brackets for itself and not for a pattern', () => {
    const odd = declaredSet({ values: { 'tags/a': [1] }, open: [] })
    assert.deepEqual(paths(examine(is({}, 'tags/[a]'), odd, [])), ['tags/a'])
  })

  it('believes what was read although its part is told unread', () => {
    const found = examine(is({ type: 'tiny', 'volumes/xvda/size': 8 }, 'type'), declared, [])
    assert.deepEqual([paths(found), whats(found.blocking), whats(found.unread)], [['type'], [], ['type']])
  })

  it('tells once what the declaration itself could not say, and compares it with nothing', () => {
    const blind = { ...declared, unread: [{ what: 'profile', why: 'denied' }] }
    const found = examine(is({ type: 'large', 'volumes/xvda/size': 8, profile: 'p' }), blind, [])
    assert.deepEqual([paths(found), whats(found.unread)], [[], ['profile']])
  })

  it('does not even tell what is ignored', () => {
    const found = examine(is({ type: 'tiny' }, 'volumes', 'profile'), declared, ['type', 'profile', 'volumes/**'])
    assert.deepEqual([paths(found), found.unread, whats(found.blocking)], [[], [], []])
  })

  it('ignores below the name of a whole part, and nothing that only begins like it', () => {
    assert.ok(isIgnored('volumes/xvdf/size', ['volumes/xvdf']))
    assert.ok(!isIgnored('volumes/xvdfoo/size', ['volumes/xvdf']))
    assert.ok(!isIgnored('volumes', ['volumes/xvdf']))
  })
})

describe('what several declarations agree on', () => {
  const examination = (different: readonly string[], blocking: readonly string[], unread: readonly string[] = []): Examination => ({
    differences: different.map(path => ({ path, allowed: [], actual: 1 })),
    blocking: blocking.map(what => ({ what, why: 'denied' })),
    unread: unread.map(what => ({ what, why: 'denied' })),
  })

  it('is a difference only where each of them calls it one', () => {
    const both = agreed([examination(['a', 'b', 'c'], []), examination(['b', 'c', 'd'], []), examination(['c', 'b'], [])])
    assert.deepEqual(paths(both), ['b', 'c'])
    assert.deepEqual(paths(agreed([examination(['a'], []), examination([], [])])), [])
    // One that has others beside it is not one that has this.
    assert.deepEqual(paths(agreed([examination(['a'], []), examination(['a'], []), examination(['z'], [])])), [])
  })

  it('holds up the proof only where each of them needs what could not be read', () => {
    const both = agreed([examination([], ['a', 'b'], ['x']), examination([], ['b'], ['y']), examination([], ['b', 'c'])])
    assert.deepEqual([whats(both.blocking), whats(both.unread)], [['b'], ['x', 'y']])
    assert.deepEqual(whats(agreed([examination([], ['a']), examination([], ['a']), examination([], ['z'])]).blocking), [])
  })

  it('is what the only one says', () => {
    const only = examination(['a'], ['b'], ['c'])
    assert.deepEqual(agreed([only]), only)
    assert.deepEqual(agreed([]), { differences: [], unread: [], blocking: [] })
  })
})

describe('differences between two instances', () => {
  const between = (victim: Configuration, successor: Configuration, ignore: readonly string[] = []) =>
    differencesBetween(victim, successor, { victimDeclared: declared, successorDeclared: declared, ignore })

  it('are of what is open on both sides, in the order of their paths', () => {
    const found = between(is({ 'notes/b': 1, 'notes/a': 'x', type: 'large' }), is({ 'notes/b': 2, type: 'tiny' }))
    assert.deepEqual(found, [
      { path: 'notes/a', allowed: ['x'], actual: null },
      { path: 'notes/b', allowed: [1], actual: 2 },
    ])
    assert.deepEqual(between(is({}), is({ 'notes/a': 'x' })), [{ path: 'notes/a', allowed: [], actual: 'x' }])
  })

  it('are none between nothing and nothing, whichever way it is written', () => {
    assert.deepEqual(between(is({ 'notes/a': null, 'notes/b': [] }), is({ 'notes/b': null })), [])
  })

  it('are not of what is ignored, or was unread on either side', () => {
    const [one, other] = [
      { 'notes/a': 1, 'notes/b': 1, 'notes/c': 1 },
      { 'notes/a': 2, 'notes/b': 2, 'notes/c': 2 },
    ]
    const found = between(is(one, 'notes/a'), is(other, 'notes/b'), ['notes/d'])
    assert.deepEqual(
      found.map(({ path }) => path),
      ['notes/c'],
    )
    assert.deepEqual(between(is(one), is(other), ['notes/**']), [])
  })
})
