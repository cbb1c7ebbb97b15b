import assert from 'node:assert/strict'
import type { GroupFacts } from '../../src/rules/rule.ts'
import { allRefusals, firstRefusal, groupRules } from '../../src/rules/rules.ts'
import { at, everyDay, hours, schedule, wholeDays } from '../domain/calendars.ts'
import { type Case, refusesIn } from './expect.ts'
import { ago, declaration, finding, groupFacts, instance, minute, now, plan, seen, shortOf, summary, tagged } from './facts.ts'

const facts = groupFacts
const second = 1000

function refuses(number: string, cases: readonly Case<GroupFacts>[]): void {
  refusesIn(groupRules, number, cases)
}

/** The facts at another moment; the look is as fresh as ever and the plan is for that day's window. */
function moment(text: string, changes: Partial<GroupFacts> = {}, planKey = '2026-11-23'): GroupFacts {
  const of = changes.schedule ?? schedule()
  return facts({ now: at(text), plan: plan({ planKey, plannedFor: at(text) }, of), ...changes })
}

describe('S1 opted in at the moment of the strike', () => {
  refuses('S1', [
    ['a group that is opted in', facts(), null],
    ['a group that no longer exists', facts({ observation: { kind: 'gone' } }), /no longer exists/],
    ['a group without the tag', facts(seen({ summary: summary({ tags: {} }) })), /not opted in: it has no tag/],
    ['a near miss', facts(seen({ summary: summary({ tags: { firedrill: 'true' } }) })), /"firedrill" = "true" is not firedrill = enabled/],
    ['a group whose tag says no', facts(seen({ summary: summary({ tags: { firedrill: 'disabled' }, optInById: 'in' }) })), /opts it out/],
    ['a group opted in by id', facts(seen({ summary: summary({ tags: {}, optInById: 'in' }) })), null],
    ['a group opted out by id', facts(seen({ summary: summary({ optInById: 'out' }) })), /firedrill.yaml opts it out/],
    ['what never: names', facts({ never: ['api', 'w*'] }), /never: "w\*" matches/],
    ['what never: matches by id', facts({ never: ['cloud:1/*'] }), /never: "cloud:1\/\*"/],
    ['what never: does not match', facts({ never: ['*-db', 'cloud:2/*'] }), null],
    ['a bad tag', facts(tagged({ 'firedrill-soak': 'long' })), /firedrill-soak is "long"/],
    ['a misspelt tag', facts(tagged({ 'firedrill-pause-until': '2026-12-01' })), /write firedrill-paused-until/],
    ['a tag beyond its schedule', facts(tagged({ 'firedrill-mean-days': '2' })), /firedrill-mean-days is "2".* 5 to 20/],
    ['the day before a pause ends', facts(tagged({ 'firedrill-paused-until': '2026-11-24' })), /paused until 2026-11-24/],
    ['the day on which a pause ends', facts(tagged({ 'firedrill-paused-until': '2026-11-23' })), null],
    [
      'a group that its schedule excludes',
      facts({ schedule: schedule({ groups: { providers: ['cloud'], include: ['*'], exclude: ['web'] } }) }),
      /no schedule matches/,
    ],
    ['a group that names another schedule', facts(tagged({ 'firedrill-schedule': 'nights' })), /"nights", which is not a schedule/],
    [
      'a group that several schedules claim',
      facts({ schedules: [schedule(), schedule({ name: 'nights' })] }),
      /weekdays, nights all match it/,
    ],
    [
      'a group that chose another schedule',
      facts({ ...tagged({ 'firedrill-schedule': 'nights' }), schedules: [schedule(), schedule({ name: 'nights' })] }),
      /belongs to the schedule nights/,
    ],
    [
      'a group that chose this schedule',
      facts({ ...tagged({ 'firedrill-schedule': 'weekdays' }), schedules: [schedule(), schedule({ name: 'nights' })] }),
      null,
    ],
    [
      'a crash where the group asks for retire since',
      facts({ schedule: schedule({ method: 'crash' }), ...tagged({ 'firedrill-method': 'retire' }) }),
      /now asks for retire/,
    ],
    ['a crash that schedule and group agree on', facts({ schedule: schedule({ method: 'crash' }) }), null],
  ])

  it('S1 judges a pause by the date in the schedule’s own zone', () => {
    const auckland = schedule({ timezone: 'Pacific/Auckland', days: everyDay, hours: wholeDays })
    const paused = { schedule: auckland, ...tagged({ 'firedrill-paused-until': '2026-11-24' }) }
    assert.equal(firstRefusal(groupRules, moment('2026-11-23T12:00Z', paused, '2026-11-24')), null, 'it is the 24th there')
    assert.equal(firstRefusal(groupRules, moment('2026-11-23T10:00Z', paused, '2026-11-23'))?.rule, 'S1')
  })
})

describe('S4 in time', () => {
  const night = { schedule: schedule({ hours: hours('22:00', '04:00') }) }
  const always = { schedule: schedule({ days: everyDay, hours: wholeDays }) }
  refuses('S4', [
    ['the moment before the window opens', moment('2026-11-23T09:29:59.999+01:00'), /not opened yet.*|closed at/],
    ['the moment the window opens', moment('2026-11-23T09:30+01:00'), null],
    ['what ends exactly when the window closes', moment('2026-11-23T15:10+01:00'), null],
    ['what would end a moment later', moment('2026-11-23T15:10:00.001+01:00'), /window closes in 19 min 59 s.*need 20 min/],
    ['a drill that wakes when its window has closed', moment('2026-11-23T15:30+01:00'), /after that day's window had closed/],
    ['a drill that wakes in the next day’s window', moment('2026-11-24T11:00+01:00'), /after that day's window had closed/],
    ['a drill that wakes before its day', moment('2026-11-23T11:00+01:00', {}, '2026-11-24'), /2026-11-24, whose window has not opened/],
    [
      'a plan for what has become a holiday',
      moment('2026-11-23T11:00+01:00', { schedule: schedule({ closedOn: ['2026-11-23'] }) }),
      /2026-11-23 is a holiday/,
    ],
    ['a night drill after midnight', moment('2026-11-24T03:40+01:00', night), null],
    ['a night drill that would end after the night', moment('2026-11-24T03:40:00.001+01:00', night), /need 20 min/],
    ['a run on demand in the window', moment('2026-11-23T11:00+01:00', {}, 'run-7'), null],
    [
      'a run on demand outside of it',
      moment('2026-11-23T16:00+01:00', {}, 'run-7'),
      /closed at 2026-11-23 16:00 Europe\/Berlin: its hours/,
    ],
    ['a run on demand on a Sunday', moment('2026-11-22T11:00+01:00', {}, 'run-7'), /2026-11-22 is a Sunday/],
    ['a drill past midnight where windows adjoin', moment('2026-11-24T00:05+01:00', always), null],
    [
      'a drill exactly a day late where windows adjoin',
      facts({ ...always, plan: plan({ plannedFor: ago(24 * 60 * minute) }, always.schedule) }),
      null,
    ],
    [
      'a drill more than a day late where windows adjoin',
      facts({ ...always, plan: plan({ plannedFor: ago(24 * 60 * minute + 1) }, always.schedule) }),
      /woke 1 d late/,
    ],
    ['a clock 30 s ahead of the ledger', facts({ ledgerSkew: 30 * second, lookedAt: now.add({ seconds: 30 }) }), null],
    [
      'a clock more than 30 s ahead of the ledger',
      facts({ ledgerSkew: 30 * second + 1, lookedAt: now.add({ seconds: 31 }) }),
      /30 s ahead of the ledger/,
    ],
    ['a clock 30 s behind the ledger', facts({ ledgerSkew: -30 * second }), null],
    ['a clock more than 30 s behind the ledger', facts({ ledgerSkew: -30 * second - 1 }), /30 s behind the ledger/],
    ['a clock 30 s from the provider’s', facts(seen({ clockSkew: -30 * second })), null],
    ['a clock more than 30 s from the provider’s', facts(seen({ clockSkew: -30 * second - 1 })), /behind the provider's/],
    ['a provider that does not tell its time', facts(seen({ clockSkew: null })), null],
    ['a clock that could not be compared', facts(seen({ clockSkew: Number.NaN })), /could not be compared/],
    ['a group without a plan, outside the window', moment('2026-11-22T11:00+01:00', { plan: null }), null],
  ])

  it('S4 judges by the effective deadline and soak', () => {
    assert.equal(
      firstRefusal(groupRules, moment('2026-11-23T15:10+01:00', { policy: { deadline: 15 * minute, soak: 5 * minute + 1 } }))?.rule,
      'S4',
    )
    assert.equal(firstRefusal(groupRules, moment('2026-11-23T15:29:59.999+01:00', { policy: { deadline: 1, soak: 0 } })), null)
  })
})

describe('S5 steady', () => {
  const members = (...instances: ReturnType<typeof instance>[]) => facts(seen({ instances, desired: instances.length }))
  const three = [instance('i-1'), instance('i-2'), instance('i-3')] as const
  refuses('S5', [
    [
      'a group the platform calls unsteady',
      facts(seen({ unsteady: [{ reason: 'refreshing', detail: 'an instance refresh is in progress (30 %)' }] })),
      /^an instance refresh is in progress \(30 %\)$/,
    ],
    ['a group that cannot replace', facts(seen({ replacementOff: 'the process Launch is suspended' })), /Launch is suspended/],
    ['another incarnation', facts(seen({ summary: summary({ incarnation: 'uuid-2' }) })), /deleted and made again/],
    ['another incarnation where there is no plan', facts({ plan: null, ...seen({ summary: summary({ incarnation: 'uuid-2' }) }) }), null],
    [
      'a group with a pending member beyond its size',
      facts(seen({ instances: [...three, instance('i-4', { phase: 'pending' })] })),
      /i-4 is pending/,
    ],
    [
      'a group with a member that is leaving',
      facts(seen({ instances: [...three, instance('i-4', { phase: 'terminating' })] })),
      /i-4 is terminating/,
    ],
    ['a group with a member that is gone already', facts(seen({ instances: [...three, instance('i-4', { phase: 'gone' })] })), null],
    [
      'an unhealthy member',
      members(
        ...three,
        instance('i-4', { health: 'unhealthy', checks: [{ source: 'lb', state: 'unhealthy', independent: true, detail: 'returns 503' }] }),
      ),
      /i-4 is unhealthy: returns 503/,
    ],
    ['a member that is starting', members(...three, instance('i-4', { health: 'starting' })), /i-4 is still starting/],
    ['a member of unknown health', members(...three, instance('i-4', { health: 'unknown' })), /i-4 is of unknown health/],
    ['an ailing member on standby', facts(seen({ instances: [...three, instance('i-4', { phase: 'standby', health: 'unknown' })] })), null],
    ['a group below its size', facts(seen({ desired: 4 })), /only 3 of 4 units/],
    ['a group above its size', facts(seen({ desired: 2 })), /3 units of capacity are in service where 2 are desired/],
    [
      'a weighted group that overshoots by less than its largest member',
      facts(seen({ desired: 5, instances: three.map(one => ({ ...one, weight: 2 })) })),
      null,
    ],
    [
      'a weighted group that overshoots by its largest member',
      facts(seen({ desired: 4, instances: three.map(one => ({ ...one, weight: 2 })) })),
      /about to scale in/,
    ],
    [
      'a weighted group below its size',
      facts(seen({ desired: 7, instances: three.map(one => ({ ...one, weight: 2 })) })),
      /only 6 of 7 units/,
    ],
    ['a change exactly as long ago as settle', facts(seen({ membershipChangedAt: ago(10 * minute) })), null],
    [
      'a change a moment younger than settle',
      facts(seen({ membershipChangedAt: ago(10 * minute - 1) })),
      /changed 9 min 59 s ago, and 10 min/,
    ],
    ['a change in the future', facts(seen({ membershipChangedAt: ago(-second) })), /changed 0 ms ago/],
    [
      'a launch that the platform reports no change for',
      members(...three, instance('i-4', { launchedAt: ago(5 * minute) })),
      /changed 5 min ago/,
    ],
    [
      'a group that the platform does not fill up after this method',
      groupFacts({
        ...seen({ notReplacedAfter: { crash: 'it stays away' } }),
        policy: { deadline: minute, soak: minute, method: 'crash' },
      }),
      /it stays away/,
    ],
    [
      'a group that the platform does not fill up after another method only',
      groupFacts({
        ...seen({ notReplacedAfter: { crash: 'it stays away' } }),
        policy: { deadline: minute, soak: minute, method: 'retire' },
      }),
      null,
    ],
    ['a size that is no number', facts(seen({ desired: Number.NaN })), /only 3 of NaN/],
  ])
})

describe('S6 the same service as planned', () => {
  refuses('S6', [
    [
      'a group that has moved to another service',
      facts(tagged({ 'firedrill-service': 'checkout' })),
      /now belongs to the service checkout/,
    ],
    [
      'a group whose service is the planned one',
      facts({ ...tagged({ 'firedrill-service': 'checkout' }), plan: plan({ service: 'checkout' }) }),
      null,
    ],
  ])
})

describe('S7 a group that can lose a member', () => {
  const two = [instance('i-1'), instance('i-2')]
  refuses('S7', [
    ['a group that another controller owns', facts(seen({ controller: 'a cluster autoscaler owns the group' })), /cluster autoscaler owns/],
    ['a group of exactly minGroupSize', facts(seen({ desired: 2, instances: two })), null],
    ['a group of one fewer', facts(seen({ desired: 1, instances: two.slice(1) })), /1 member in service, and 2 are needed/],
    [
      'a group of two with one on standby',
      facts(seen({ desired: 1, instances: [instance('i-1'), instance('i-2', { phase: 'standby' })] })),
      /1 member in service/,
    ],
    ['an empty group', facts(seen({ desired: 0, instances: [] })), /0 members in service/],
  ])
})

describe('S10 nothing unread', () => {
  refuses('S10', [
    [
      'a group that could not be read',
      facts({ observation: { kind: 'unreadable', why: 'access denied' } }),
      /could not be read: access denied/,
    ],
    [
      'a group that could not be read, and whose forecast knows nothing that must fail',
      facts({ observation: { kind: 'unreadable', why: 'access denied' }, forecast: [finding('warn', 'w')] }),
      /could not be read: access denied/,
    ],
    [
      'a group that could not be read, nor its forecast',
      facts({ observation: { kind: 'unreadable', why: 'access denied' }, forecast: null }),
      /could not be read/,
    ],
    ['an answer about another group', facts({ group: 'cloud:1/eu/asg/api' }), /about cloud:1\/eu\/asg\/web/],
    ['a look exactly 5 s old', facts({ lookedAt: ago(5 * second) }), null],
    ['a look older than 5 s', facts({ lookedAt: ago(5 * second + 1) }), /looked at 5 s ago/],
    ['a look that is only old by the ledger’s clock', facts({ lookedAt: ago(20 * second), ledgerSkew: -20 * second }), null],
    ['a look that only seems fresh by the ledger’s clock', facts({ lookedAt: now, ledgerSkew: 10 * second }), /looked at 10 s ago/],
    ['a declaration that could not be read', facts({ declaration: null }), /declares a rebuild/],
    [
      'a declaration that could not be read where the forecast says nothing of it',
      facts({ declaration: null, forecast: [finding('warn', 'the template could not be checked')] }),
      /declares a rebuild/,
    ],
    ['a forecast that could not be made', facts({ forecast: null }), /whether a rebuild would work/],
  ])
})

describe('S13 a rebuild that can work', () => {
  refuses('S13', [
    ['a forecast with warnings only', facts({ forecast: [finding('warn', 'the image will be deprecated soon')] }), null],
    [
      'a forecast of failure',
      facts({ forecast: [finding('warn', 'w'), finding('fail', 'image-1 is gone'), finding('fail', 'b')] }),
      /a rebuild would fail: image-1 is gone \(and 1 more\)/,
    ],
  ])

  refuses('S13', [
    [
      'a declaration of what the forecast says is gone',
      facts({ declaration: null, forecast: [finding('fail', 'template-1 does not exist')] }),
      /^a rebuild would fail: template-1 does not exist$/,
    ],
    [
      'a group that could not be read because of what the forecast says is gone',
      facts({
        observation: { kind: 'unreadable', why: 'template-1 does not exist' },
        forecast: [finding('fail', 'template-1 does not exist')],
      }),
      /^a rebuild would fail: template-1 does not exist$/,
    ],
    ['a platform that has just had no capacity', facts({ forecast: [shortOf('fail')] }), /^a rebuild would hardly come now: no capacity$/],
    ['a platform that had no capacity hours ago', facts({ forecast: [shortOf('warn')] }), null],
    [
      'a rebuild that must fail, and no capacity for it either',
      facts({ forecast: [shortOf('fail'), finding('fail', 'image-1 is gone')] }),
      /^a rebuild would fail: image-1 is gone$/,
    ],
  ])

  it('S10 refuses what could not be read also where the platform has no capacity, which explains none of it', () => {
    const forecast = [shortOf('fail')]
    const unreadable = { observation: { kind: 'unreadable', why: 'access denied' } } as const
    assert.equal(firstRefusal(groupRules, facts({ forecast, ...unreadable }))?.rule, 'S10')
    assert.equal(firstRefusal(groupRules, facts({ forecast, declaration: null }))?.rule, 'S10')
  })

  it('S13 says of what is known to be gone only that, and not that it could not be read', () => {
    const gone = facts({ declaration: null, forecast: [finding('fail', 'template-1 does not exist')] })
    assert.deepEqual(
      allRefusals(groupRules, gone).map(({ rule }) => rule),
      ['S13'],
    )
  })

  it('S13 keeps every finding of the forecast', () => {
    const forecast = [finding('warn', 'w'), finding('fail', 'image-1 is gone')]
    assert.deepEqual(firstRefusal(groupRules, facts({ forecast }))?.findings, forecast)
  })
})

describe('the order of the group rules', () => {
  it('says first that the group cannot be read, then that nobody opted in, and what a rebuild needs last', () => {
    const everything = { ...seen({ summary: summary({ tags: {} }), desired: 9, controller: 'x' }), declaration: null, ledgerSkew: 99_000 }
    assert.equal(firstRefusal(groupRules, facts({ ...everything, lookedAt: ago(60 * second) }))?.rule, 'S10')
    const fresh = { ...everything, lookedAt: now.add({ seconds: 99 }) }
    assert.equal(firstRefusal(groupRules, facts(fresh))?.rule, 'S1')
    assert.equal(firstRefusal(groupRules, facts({ ...fresh, ...seen({ desired: 9, controller: 'x' }) }))?.rule, 'S4')
    assert.equal(firstRefusal(groupRules, facts({ ...seen({ desired: 9, controller: 'x' }), declaration: null }))?.rule, 'S5')
    assert.equal(firstRefusal(groupRules, facts({ ...seen({ controller: 'x' }), declaration: null }))?.rule, 'S7')
    assert.equal(firstRefusal(groupRules, facts({ declaration }))?.rule, undefined)
  })
})
