import assert from 'node:assert/strict'
import { lacksPromisedImages } from '../../src/domain/comparison.ts'
import type { Declaration } from '../../src/domain/declaration.ts'
import { declaration, evidence, readAfter, readBefore } from './fixtures.ts'

const throttled = { unread: [{ what: 'image', why: 'throttled' }] }
const half = declaration(throttled)
const none = declaration({ ...throttled, images: [] })

function lacks(then: Declaration, now: Declaration | null): boolean {
  return lacksPromisedImages(
    evidence({
      before: readBefore({ declaration: then }),
      after: readAfter({ declaration: now, declarationWhy: now === null ? 'throttled' : null }),
    }),
  )
}

/** As a repair does, the platform repeats what the victim was born from. */
function repeating(declared: Declaration): Declaration {
  return { ...declared, promises: { retire: 'born', crash: 'born' } }
}

describe('promised images', () => {
  it('are to be read again where all or some of them were known before the strike and are not any more', () => {
    assert.deepEqual(
      [declaration(), half, none, null].map(now => lacks(declaration(), now)),
      [false, true, true, true],
    )
  })

  it('are not asked for again where they were not known before the strike either, and where other things are unread', () => {
    assert.deepEqual([lacks(half, half), lacks(none, none), lacks(half, declaration())], [false, false, false])
    assert.equal(lacks(declaration(), declaration({ unread: [{ what: 'volumes', why: 'throttled' }] })), false)
  })

  it('are those of the declaration that the victim was born from, where the platform repeats it', () => {
    const then = repeating(declaration())
    assert.equal(lacks(then, repeating({ ...none, born: declaration().born })), false)
    assert.equal(lacks(then, repeating({ ...declaration(), born: {} })), true)
    assert.equal(lacks({ ...then, born: {} }, then), false)
  })
})
