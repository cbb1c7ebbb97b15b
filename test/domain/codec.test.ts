import assert from 'node:assert/strict'
import fc from 'fast-check'
import { decode, encode } from '../../src/domain/codec.ts'
import { anyEvidence } from './arbitraries.ts'
import { at } from './fixtures.ts'

describe('codec', () => {
  it('writes an instant so that nothing else can be taken for one', () => {
    assert.equal(encode({ at: at(0) }), '{"at":{"$instant":"2026-11-03T10:00:00Z"}}')
    const trap = { tags: { $instant: '2026-11-03T10:00:00Z' }, $$instant: at(1), $: 1, __proto__x: 2 }
    assert.deepEqual(decode(encode(trap)), trap)
  })

  it('gives back any evidence, and any plain data, as they were', () => {
    fc.assert(
      fc.property(anyEvidence(), given => assert.deepEqual(decode(encode(given)), given)),
      { numRuns: 50 },
    )
    const plain = fc.jsonValue({ noUnicodeString: false }).map(one => JSON.parse(JSON.stringify(one)) as unknown)
    fc.assert(fc.property(plain, given => assert.deepEqual(decode(encode(given)), given)))
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.constantFrom(1, 'x', null), { noNullPrototype: true }), given =>
        assert.deepEqual(decode(encode({ $instant: given })), { $instant: given }),
      ),
    )
  })

  it('refuses what JSON would lose in silence', () => {
    for (const lost of [Number.NaN, 1n, () => 1, new Date(0), Symbol('x')])
      assert.throws(() => encode({ deep: [lost] }), /\$\.deep\[0\] cannot be stored/)
    assert.equal(encode({ missing: undefined, kept: null }), '{"kept":null}')
  })
})
