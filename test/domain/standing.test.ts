import assert from 'node:assert/strict'
import { shownOf, shownOfCount } from '../../src/domain/standing.ts'
import { at } from './calendars.ts'

describe('how a group stands', () => {
  const since = at('2026-10-24T12:00Z')
  const before = at('2026-10-24T11:59:59.999Z')

  it('is its newest result; a phoenix proves until its day is over, and nothing after it', () => {
    assert.equal(shownOf({ standing: 'phoenix', at: since }, since), 'phoenix')
    assert.equal(shownOf({ standing: 'phoenix', at: before }, since), 'expired')
    assert.equal(shownOf({ standing: 'phoenix', at: null }, since), 'expired')
    assert.equal(shownOfCount({ standing: 'phoenix', fresh: true }), 'phoenix')
  })

  it('stays a snowflake, a forecast or inconclusive, however old that is', () => {
    for (const standing of ['snowflake', 'forecast', 'inconclusive'] as const) {
      assert.equal(shownOf({ standing, at: before }, since), standing)
      assert.equal(shownOfCount({ standing, fresh: false }), standing)
    }
  })

  it('is unproven where nobody has drilled it', () => {
    assert.equal(shownOf({ standing: null, at: since }, since), 'unproven')
    assert.equal(shownOf({ standing: null, at: null }, since), 'unproven')
  })
})
