import assert from 'node:assert/strict'
import { notReplaced, staleImage, wrongImage } from '../../src/domain/findings.ts'
import type { PlatformEvent } from '../../src/domain/group.ts'
import { candidate, declaredSet, event } from './fixtures.ts'

const image = (gallery: string, version: string) =>
  `/subscriptions/s/groups/g/providers/p/galleries/${gallery}/images/web/versions/${version}`

describe('the sentence about a victim that nothing replaced', () => {
  it('says why, in the words of the platform, or what stands in the way of any replacement, or where to look', () => {
    const error = { category: 'broken' as const, message: 'the key is gone' }
    const said = (...[failure, off]: readonly [PlatformEvent | null, string?]) => notReplaced(900_000, failure, off).summary
    assert.equal(
      said(event('e', { outcome: 'failed', error })),
      'nothing replaced the victim within 900 s, a rebuild fails: the key is gone',
    )
    assert.equal(
      said(null, 'process Launch is suspended'),
      'nothing replaced the victim within 900 s, and it cannot be: process Launch is suspended',
    )
    assert.match(said(null), /the platform gave no error: check whether the group can launch at all$/)
  })
})

describe('the sentence of a finding about images', () => {
  it('tells long ids by their ends, and holds them in full', () => {
    const declared = declaredSet({ images: [image('a', '2')], source: 'the model', since: null })
    const wrong = wrongImage(candidate('i-new'), image('a', '1'), declared)
    assert.match(wrong.summary, /runs image …\/images\/web\/versions\/1, but the model promises …\/images\/web\/versions\/2$/)
    assert.deepEqual([wrong.expected, wrong.actual], [image('a', '2'), image('a', '1')])
    assert.match(
      staleImage('fail', image('a', '1'), declared).summary,
      /ran image …\/images\/web\/versions\/1, but the model has declared …\//,
    )
  })

  it('tells digests by their beginnings, as engines do', () => {
    const digest = (letter: string) => `sha256:${letter.repeat(64)}`
    const declared = declaredSet({ images: [digest('b')], source: 'the service', since: null })
    const stale = staleImage('fail', digest('a'), declared)
    assert.match(stale.summary, /ran image sha256:a{12}, but the service has declared sha256:b{12}: /)
    assert.deepEqual([stale.expected, stale.actual], [digest('b'), digest('a')])
  })

  it('tells them whole where their ends are the same, and short ones as they are', () => {
    const declared = declaredSet({ images: [image('b', '1')], source: 'the model' })
    assert.ok(wrongImage(candidate('i-new'), image('a', '1'), declared).summary.includes(image('a', '1')))
    const short = declaredSet({ images: ['ami-2'], source: 'the template' })
    assert.match(wrongImage(candidate('i-new'), 'ami-1', short).summary, /runs image ami-1, but the template promises ami-2$/)
  })
})
