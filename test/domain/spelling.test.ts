import assert from 'node:assert/strict'
import { editDistance, hintFor, near } from '../../src/domain/spelling.ts'

describe('a misspelt word', () => {
  const cases: readonly [word: string, known: readonly string[], meant: readonly string[]][] = [
    ['chekcout', ['checkout', 'search'], ['checkout']],
    ['Mean_Days', ['mean-days', 'owner'], ['mean-days']],
    ['monday', ['mon', 'tue'], ['mon']],
    ['firedrill-colour', ['firedrill-owner', 'firedrill-soak'], []],
    ['x', [], []],
    ['web-2', ['web-3', 'web-1', 'api'], ['web-1', 'web-3']],
  ]
  for (const [word, known, meant] of cases)
    it(`${word} among ${known.join(', ') || 'nothing'} means ${meant.join(' or ') || 'nothing that is known'}`, () => {
      assert.deepEqual(near(word, known), meant)
    })

  it('may go on or stop early, where at least three letters are told', () => {
    assert.deepEqual(near('sat', ['saturday', 'sunday']), ['saturday'])
    assert.deepEqual(near('saturday', ['sat', 'sun']), ['sat'])
    assert.deepEqual(near('day', ['saturday']), [])
    assert.deepEqual(near('sa', ['saturday']), [])
    assert.deepEqual(near('saturday', ['sa']), [])
  })

  it('may differ by one letter in four of the shorter word, and always by one', () => {
    assert.deepEqual(near('abcdefgh', ['abxdexgh']), ['abxdexgh'])
    assert.deepEqual(near('abcdefgh', ['abxdexxh']), [])
    assert.deepEqual(near('ab', ['xb']), ['xb'])
    // Of the shorter one: four letters allow one, whatever the other allows.
    assert.deepEqual(near('xbcdefgh', ['bcde']), [])
  })

  it('is answered by no more than was asked for, the nearest first', () => {
    assert.deepEqual(near('web-5', ['web-4', 'web-3', 'web-2', 'web-1', 'web_5']), ['web_5', 'web-1', 'web-2'])
    assert.deepEqual(near('WEB 5', ['web:5', 'web.6'], 1), ['web:5'])
  })

  it('counts letters that are inserted, removed, changed or swapped', () => {
    const distances: readonly [string, string, number][] = [
      ['ab', 'ba', 1],
      ['xab', 'xba', 1],
      ['abcd', 'badc', 2],
      ['abxab', 'baxba', 2],
      ['ab', 'bc', 2],
      ['ab', 'ca', 2],
      ['abc', '', 3],
      ['kitten', 'sitting', 3],
      ['ab', 'xyba', 3],
    ]
    for (const [one, other, distance] of distances)
      assert.deepEqual([editDistance(one, other), editDistance(other, one)], [distance, distance], `${one} ${other}`)
  })

  it('counts two swapped neighbours as one edit', () => {
    assert.deepEqual([editDistance('firedirll', 'firedrill'), editDistance('abc', 'abc'), editDistance('', 'abc')], [1, 0, 3])
  })

  it('is answered with the one that was meant, or with all there are', () => {
    assert.equal(hintFor('shop', ['shops']), 'did you mean "shops"?')
    assert.equal(hintFor('zzz', ['shops', 'api']), 'there are "shops", "api"')
    assert.equal(hintFor('zzz', []), 'there are none')
  })
})
