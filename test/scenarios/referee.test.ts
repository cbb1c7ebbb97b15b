import assert from 'node:assert/strict'
import type { Drill } from '../../src/domain/drill.ts'
import type { Schedule } from '../../src/domain/schedule.ts'
import { schedule } from '../domain/calendars.ts'
import { order, policy } from '../domain/fixtures.ts'
import { Referee } from './referee.ts'

/** The referee must be able to find fault: each of these strikes is against the one rule that its name gives. */
describe('the referee of the scenarios', () => {
  const noon = Temporal.Instant.from('2026-11-03T11:00:00Z')
  const open = schedule({ leashed: false })

  function striking(id: string, group: string, service = group): Drill {
    const victim = { id: `i-${id}`, name: `i-${id}`, zone: null, image: null, bornFrom: null }
    const base = {
      id,
      group,
      groupName: group,
      service,
      schedule: 'weekdays',
      provider: 'cloud',
      scope: 'cloud:here',
      incarnation: 'first',
    }
    const plan = { owner: null, planKey: '2026-11-03', plannedFor: noon, policy: policy(), revision: 1, wakeAt: noon }
    return { ...base, ...plan, state: 'striking', order: { ...order(), drill: id, group, victim }, attempts: 1, lastAttemptAt: noon }
  }

  function violations(
    under: Schedule,
    strikes: readonly (readonly [Drill, string])[],
    prepare: (referee: Referee) => void = () => {},
  ): string[] {
    const referee = new Referee([under], ['2026-11-04'])
    prepare(referee)
    for (const [drill, at] of strikes) {
      referee.changed(drill)
      referee.struck({ at: Temporal.Instant.from(at), group: drill.group, victim: `i-${drill.id}`, against: [] })
    }
    return referee.violations.map(violation => violation.split(':')[0] ?? '')
  }

  const cases: readonly (readonly [string, string[]])[] = [
    ['nothing', violations(open, [[striking('a', 'web'), '2026-11-03T11:00:00Z']])],
    ['S4 outside the window', violations(open, [[striking('a', 'web'), '2026-11-03T08:00:00Z']])],
    ['S4 outside the window', violations(open, [[striking('a', 'web'), '2026-11-03T14:20:00Z']])],
    ['S4 outside the window', violations(open, [[striking('a', 'web'), '2026-11-04T11:00:00Z']])],
    ['S4 outside the window', violations(open, [[striking('a', 'web'), '2026-11-07T11:00:00Z']])],
    ['S8 the schedule is leashed', violations(schedule(), [[striking('a', 'web'), '2026-11-03T11:00:00Z']])],
    [
      'S2 forbidden',
      violations(open, [[striking('a', 'web'), '2026-11-03T11:00:00Z']], referee => void referee.forbid('S2', noon, () => true)),
    ],
  ]
  for (const [what, found] of cases) {
    it(`finds ${what}`, () => assert.deepEqual(found, what === 'nothing' ? [] : [what]))
  }

  it('finds a second strike too soon, on the same group, in the same scope and service', () => {
    const found = violations(open, [
      [striking('a', 'web'), '2026-11-03T11:00:00Z'],
      [striking('b', 'web'), '2026-11-03T11:05:00Z'],
    ])
    const wanted = [
      'S3 the group was struck in the last 24 h',
      'S3 too soon after the last',
      'S3 too many in the scope',
      'S6 the service had an open drill',
    ]
    assert.deepEqual(found, wanted)
  })

  it('finds a victim that nobody recorded', () => {
    const referee = new Referee([open])
    referee.struck({ at: noon, group: 'web', victim: 'i-other', against: [] })
    assert.match(referee.violations[0] ?? '', /^S9 no intent/)
  })
})
