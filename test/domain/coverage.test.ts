import assert from 'node:assert/strict'
import { coverage, isProven, percentProven, proofSince } from '../../src/domain/coverage.ts'
import type { GroupRecord } from '../../src/domain/seen-group.ts'
import { at } from './calendars.ts'

const now = at('2026-11-23T12:00Z')

function record(changes: Partial<GroupRecord> = {}): GroupRecord {
  return {
    summary: { id: 'cloud:1/eu/asg/web', provider: 'cloud', scope: 'cloud:1/eu', name: 'web', incarnation: 'a', tags: {}, optInById: 'in' },
    optedIn: true,
    service: 'web',
    unsteady: null,
    barred: [],
    firstSeen: at('2026-01-01T00:00Z'),
    lastSeen: now,
    optedInSince: at('2026-01-01T00:00Z'),
    lastStrikeAt: null,
    lastVerdict: null,
    forecastSince: null,
    lastPhoenixAt: null,
    present: true,
    ...changes,
  }
}

function verdict(verdict: 'phoenix' | 'snowflake', when: string): Partial<GroupRecord> {
  return { lastVerdict: { verdict, at: at(when) } }
}

describe('coverage', () => {
  it('counts opted-in groups that are still there, and those of them whose newest verdict is phoenix', () => {
    const groups = [
      record(verdict('phoenix', '2026-11-20T12:00Z')),
      record(verdict('snowflake', '2026-11-20T12:00Z')),
      record({ ...verdict('snowflake', '2026-11-20T12:00Z'), lastPhoenixAt: at('2026-11-19T12:00Z') }),
      record(),
      record({ ...verdict('phoenix', '2026-11-20T12:00Z'), optedIn: false }),
      record({ ...verdict('phoenix', '2026-11-20T12:00Z'), present: false }),
    ]
    assert.deepEqual(coverage(groups, now, 30), { provenGroups: 1, optedInGroups: 4, days: 30 })
  })

  it('counts a proof up to exactly N days old', () => {
    assert.equal(coverage([record(verdict('phoenix', '2026-10-24T12:00Z'))], now, 30).provenGroups, 1)
    assert.equal(coverage([record(verdict('phoenix', '2026-10-24T11:59:59.999Z'))], now, 30).provenGroups, 0)
  })

  it('S13 counts no phoenix that a later forecast contradicts', () => {
    const proven = verdict('phoenix', '2026-11-20T12:00Z')
    assert.equal(coverage([record({ ...proven, forecastSince: at('2026-11-21T12:00Z') })], now, 30).provenGroups, 0)
    assert.equal(coverage([record({ ...proven, forecastSince: null })], now, 30).provenGroups, 1)
    assert.equal(coverage([record({ ...proven, forecastSince: at('2026-11-21T12:00Z') })], at('2026-11-21T11:59Z'), 30).provenGroups, 1)
    assert.equal(coverage([record({ ...proven, forecastSince: at('2026-11-21T12:00Z') })], at('2026-11-21T12:00Z'), 30).provenGroups, 0)
  })

  it('counts proofs of 30 days wherever no other number is given, and no phoenix of an unknown day', () => {
    assert.equal(String(proofSince(now)), '2026-10-24T12:00:00Z')
    assert.equal(String(proofSince(now, 2)), '2026-11-21T12:00:00Z')
    assert.equal(isProven({ phoenix: true, at: proofSince(now).epochMilliseconds, forecastSince: null }, now.epochMilliseconds), true)
    assert.equal(isProven({ phoenix: true, at: null, forecastSince: null }, 0), false)
  })

  it('is told in per cent that never say more than is proven', () => {
    assert.deepEqual([percentProven(199, 200), percentProven(200, 200), percentProven(2, 3), percentProven(0, 0)], [99, 100, 66, 0])
  })

  it('is nothing of nothing for no groups', () => {
    assert.deepEqual(coverage([], now, 30), { provenGroups: 0, optedInGroups: 0, days: 30 })
  })
})
