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

  it('counts two swapped neighbours as one edit', () => {
    assert.deepEqual([editDistance('firedirll', 'firedrill'), editDistance('abc', 'abc'), editDistance('', 'abc')], [1, 0, 3])
  })

  it('is answered with the one that was meant, or with all there are', () => {
    assert.equal(hintFor('shop', ['shops']), 'did you mean "shops"?')
    assert.equal(hintFor('zzz', ['shops', 'api']), 'there are "shops", "api"')
    assert.equal(hintFor('zzz', []), 'there are none')
  })
})
