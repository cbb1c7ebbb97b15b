import assert from 'node:assert/strict'
import { barring, lastingRefusals } from '../../src/rules/lasting.ts'
import type { GroupFacts } from '../../src/rules/rule.ts'
import { allRefusals } from '../../src/rules/rules.ts'
import { schedule } from '../domain/calendars.ts'
import { groupFacts, instance, minute, now, seen, summary } from './facts.ts'

const protection = 'it is protected from scale-in'

function barredBy(changes: Partial<GroupFacts>): readonly string[] {
  return allRefusals(barring, groupFacts(changes)).map(({ rule, reason }) => `${rule} ${reason}`)
}

describe('what only somebody’s doing changes', () => {
  const cases: readonly (readonly [string, Partial<GroupFacts>, RegExp | null])[] = [
    ['a group that every rule lets pass', {}, null],
    ['another controller', seen({ controller: 'the group belongs to a cluster' }), /^S7 the group belongs to a cluster$/],
    ['a group of one', seen({ desired: 1, instances: [instance('i-1')] }), /^S7 the group has 1 member in service, and 2 are needed/],
    ['a group short of its second member', seen({ desired: 2, instances: [instance('i-1')] }), null],
    [
      'members all protected',
      seen({ instances: ['i-1', 'i-2', 'i-3'].map(id => instance(id, { protection })) }),
      /^S7 i-1 must not be struck: it is protected/,
    ],
    ['one member unprotected', seen({ instances: [instance('i-1', { protection }), instance('i-2'), instance('i-3')] }), null],
    ['a deletion', seen({ unsteady: [{ reason: 'deleting', detail: 'the group is being deleted' }] }), /^S5 the group is being deleted$/],
    ['a deployment', seen({ unsteady: [{ reason: 'deploying', detail: 'a deployment is in progress' }] }), null],
    ['a replacement that is switched off', seen({ replacementOff: 'repairs are off' }), /^S5 repairs are off$/],
    ['members launched a moment ago', seen({ membershipChangedAt: now.subtract({ milliseconds: minute }) }), null],
    ['what could not be read', { observation: { kind: 'unreadable', why: 'denied' } }, null],
  ]
  for (const [name, changes, reason] of cases)
    it(`${reason === null ? 'does not bar' : 'bars'} for ${name}`, () => {
      const found = barredBy(changes)
      assert.equal(found.length, reason === null ? 0 : 1, found.join('; '))
      if (reason !== null) assert.match(found[0] ?? '', reason)
    })

  it('is told with what tags and never: say; a pause is none of it, since it ends by itself', () => {
    const barred = [{ rule: 'S7', reason: 'the group belongs to a cluster' }]
    const told = (tags: Record<string, string>, never: readonly string[] = []) =>
      lastingRefusals(
        { summary: summary({ tags: { firedrill: 'enabled', ...tags } }), barred },
        { schedules: [schedule()], never, now },
      ).map(({ rule, reason }) => `${rule} ${reason}`)
    assert.deepEqual(told({ 'firedrill-paused-until': '2027-01-01' }), ['S7 the group belongs to a cluster'])
    assert.deepEqual(told({ 'firedrill-soak': 'long' }, ['web']), [
      'S1 firedrill.yaml says never: "web" matches the group',
      'S1 the tag firedrill-soak is "long": it must be a duration such as 90s, 15m or 1h',
      'S7 the group belongs to a cluster',
    ])
    assert.deepEqual(told({ 'firedrill-schedule': 'nope' }), [
      'S1 its tag firedrill-schedule names "nope", which is not a schedule: there are "weekdays"',
    ])
  })
})
