import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { ConclusionRecord, Halt, HaltTarget, LedgerState, ScopeReading } from '../../src/domain/ledger-state.ts'
import type { Limits } from '../../src/domain/schedule.ts'
import type { LedgerFacts } from '../../src/rules/rule.ts'
import { allRefusals, firstRefusal, ledgerRules } from '../../src/rules/rules.ts'
import { busyThatMatter } from '../../src/rules/s03-limits.ts'
import { at, schedule } from '../domain/calendars.ts'
import { type Case, refusesIn } from './expect.ts'
import { ago, busy, conclusion, hour, ledgerFacts, minute, now, plan, strike } from './facts.ts'

const day = 24 * hour
const group = 'cloud:1/eu/asg/web'
const facts = ledgerFacts

function refuses(number: string, cases: readonly Case<LedgerFacts>[]): void {
  refusesIn(ledgerRules, number, cases)
}

function limits(changes: Partial<Limits>): { readonly schedule: LedgerFacts['schedule'] } {
  return { schedule: schedule({ limits: { ...schedule().limits, ...changes } }) }
}

function halted(target: HaltTarget, until: Temporal.Instant | null = null): LedgerFacts {
  const halt: Halt = { id: '1', target, reason: 'checkout is down', by: 'on-call', since: ago(hour), until }
  return facts({ halts: [halt] })
}

describe('S2 halts', () => {
  refuses('S2', [
    ['nothing without a halt', facts(), null],
    ['everything while the installation is halted', halted({ kind: 'installation' }), /everything is halted by on-call: checkout is down/],
    ['a halted schedule', halted({ kind: 'schedule', name: 'weekdays' }), /the schedule weekdays is halted/],
    ['another schedule', halted({ kind: 'schedule', name: 'nights' }), null],
    ['a halted scope', halted({ kind: 'scope', name: 'cloud:1/eu' }), /the scope cloud:1\/eu is halted/],
    ['another scope', halted({ kind: 'scope', name: 'cloud:1/us' }), null],
    ['a halted service', halted({ kind: 'service', name: group }), /the service .* is halted/],
    ['another service', halted({ kind: 'service', name: 'checkout' }), null],
    ['a halted group', halted({ kind: 'group', name: group }), /the group .* is halted/],
    ['a group that is halted by its name', halted({ kind: 'group', name: 'web' }), /the group web is halted/],
    ['a group that is halted by a glob', halted({ kind: 'group', name: 'w*' }), /the group w\* is halted/],
    ['a group that is halted by a glob on ids', halted({ kind: 'group', name: 'cloud:1/*' }), /halted/],
    ['another group', halted({ kind: 'group', name: 'cloud:1/eu/asg/api' }), null],
    ['another group by its name', halted({ kind: 'group', name: 'we' }), null],
    ['scopes that are halted by a glob', halted({ kind: 'scope', name: 'cloud:1/*' }), /the scope cloud:1\/\* is halted/],
    ['services that are halted by a glob', halted({ kind: 'service', name: '*asg/web' }), /the service .* is halted/],
    ['schedules that are halted by a glob', halted({ kind: 'schedule', name: 'week*' }), /the schedule week\* is halted/],
    ['a halt a moment before its end', halted({ kind: 'installation' }, ago(-1)), /until 2026-11-23T10:00:00.001Z/],
    ['a halt at its end', halted({ kind: 'installation' }, now), null],
    ['a kind of halt that nobody knows', halted({ kind: 'planet', name: 'earth' } as unknown as HaltTarget), /halted/],
    ['while the halt file exists', facts({}, { haltFile: true }), /halt file/],
  ])
})

describe('S3 drills at a time', () => {
  const own = { schedule: 'weekdays' }
  const three = ['a', 'b', 'c'].map(drill => busy({ ...own, drill }))
  refuses('S3', [
    ['one fewer than concurrent', facts({ busy: three.slice(1) }), null],
    ['as many as concurrent', facts({ busy: three }), /3 drills are open in the schedule, and at most 3/],
    ['drills of other schedules', facts({ busy: three.map(one => ({ ...one, schedule: 'nights' })) }), null],
    [
      'wounded groups as open drills',
      facts({ busy: three.map(one => ({ ...one, wounded: true })) }),
      /3 drills are open \(3 of a group that is still wounded\)/,
    ],
    ['its own record', facts({ busy: [busy({ drill: 'drill-1', scope: 'cloud:1/eu', service: group, group })] }), null],
    [
      'another drill in its scope, of any schedule',
      facts({ busy: [busy({ scope: 'cloud:1/eu' })] }),
      /1 drill is open in the scope, and at most 1/,
    ],
    ['one fewer than concurrentPerScope', facts({ busy: [busy({ scope: 'cloud:1/eu' })] }, limits({ concurrentPerScope: 2 })), null],
    ['a wounded group of its service', facts({ busy: [busy({ service: group, wounded: true })] }), /still wounded by drill drill-9/],
    [
      'a drill on its group under another service',
      facts({ busy: [busy({ group })] }),
      /cloud:1\/eu\/asg\/web of the service drill-9 is in drill/,
    ],
    ['anything where the limit is no number', facts({}, limits({ concurrent: Number.NaN })), /at most NaN/],
  ])

  it('S3 lets a plan wait for another drill and for spacing, and for nothing else', () => {
    const waits = (state: Partial<LedgerState>) => firstRefusal(ledgerRules, facts(state))?.transient === true
    assert.equal(waits({ busy: three }), true)
    assert.equal(waits({ busy: [busy({ service: group })] }), true)
    assert.equal(waits({ strikes: [strike({ at: ago(minute) })] }), true)
    assert.equal(waits({ strikes: [strike({ group })] }), false)
    assert.equal(waits({ conclusions: [conclusion('snowflake'), conclusion('snowflake')] }), false)
    assert.equal(waits({ busy: [busy({ scope: 'cloud:1/eu', wounded: true, failedRebuild: true })] }), false)
  })
})

describe('S3 wounded groups in a scope', () => {
  const wounded = { scope: 'cloud:1/eu', wounded: true, failedRebuild: true }
  const wide = { concurrentPerScope: 9 }
  const two = [busy({ ...wounded, drill: 'a' }), busy({ ...wounded, drill: 'b' })]
  refuses('S3', [
    [
      'one failed rebuild where none may be',
      facts({ busy: [busy(wounded)] }, limits(wide)),
      /is not whole after a failed rebuild, and at most 0/,
    ],
    ['a wound after a phoenix', facts({ busy: [busy({ ...wounded, failedRebuild: false })] }, limits(wide)), null],
    ['a failed rebuild in another scope', facts({ busy: [busy({ ...wounded, scope: 'cloud:1/us' })] }, limits(wide)), null],
    ['as many as allowed', facts({ busy: two }, limits({ ...wide, woundedPerScope: 2 })), null],
    ['one more than allowed', facts({ busy: two }, limits({ ...wide, woundedPerScope: 1 })), /are not whole.*at most 1/],
    [
      'two drills of one group as one',
      facts({ busy: two.map(one => ({ ...one, group: 'g' })) }, limits({ ...wide, woundedPerScope: 1 })),
      null,
    ],
  ])
})

describe('S3 strikes in a day and a run', () => {
  const own = { schedule: 'weekdays' }
  const many = (count: number, changes: Parameters<typeof strike>[0]) =>
    Array.from({ length: count }, (_, index) => strike({ drill: `d${index}`, ...changes }))
  refuses('S3', [
    ['one fewer than strikesPerDay', facts({ strikes: many(19, own) }), null],
    ['as many as strikesPerDay', facts({ strikes: many(20, own) }), /has struck 20 times in the last 24 h, and at most 20/],
    ['strikes of other schedules', facts({ strikes: many(20, {}) }), null],
    ['strikes exactly 24 h ago', facts({ strikes: many(20, { ...own, at: ago(day) }) }), null],
    ['strikes a moment younger', facts({ strikes: many(20, { ...own, at: ago(day - 1) }) }), /20 times/],
    [
      'a strike on the same group, by any schedule',
      facts({ strikes: [strike({ group })] }),
      /the group was struck once in the last 24 h, and at most 1/,
    ],
    ['a strike on the same group exactly 24 h ago', facts({ strikes: [strike({ group, at: ago(day) })] }), null],
    ['one fewer than strikesPerGroupPerDay', facts({ strikes: [strike({ group })] }, limits({ strikesPerGroupPerDay: 2 })), null],
    ['its own strike', facts({ strikes: [strike({ drill: 'drill-1', group, at: now })] }), null],
    ['one fewer than strikesPerRun', facts({ strikes: many(19, { run: 'r' }) }, { run: 'r' }), null],
    [
      'the one of strikesPerDay',
      facts({ strikes: many(1, own) }, limits({ strikesPerDay: 1 })),
      /has struck once in the last 24 h, and at most 1/,
    ],
    ['as many as strikesPerRun', facts({ strikes: many(20, { run: 'r' }) }, { run: 'r' }), /this run has struck 20 times/],
    ['strikes of another run', facts({ strikes: many(20, { run: 'other' }) }, { run: 'r' }), null],
    ['the service, which is no run', facts({ strikes: many(20, { run: null }) }), null],
    ['the service where a run may strike nobody', facts({}, limits({ strikesPerRun: 0 })), null],
  ])
})

describe('S3 the budget of the installation', () => {
  const budget = (concurrent: number | null, strikesPerDay: number | null) => ({ limits: { concurrent, strikesPerDay } })
  const elsewhere = ['a', 'b', 'c'].map(drill => busy({ drill }))
  const strikes = ['a', 'b'].map(drill => strike({ drill, schedule: drill }))
  refuses('S3', [
    ['nothing where there is none', facts({ busy: elsewhere, strikes }, budget(null, null)), null],
    ['one fewer at a time', facts({ busy: elsewhere }, budget(4, null)), null],
    [
      'as many at a time, whosever they are',
      facts({ busy: elsewhere }, budget(3, null)),
      /3 drills are open in the installation, and at most 3/,
    ],
    ['one strike fewer in a day', facts({ strikes }, budget(null, 3)), null],
    [
      'as many strikes in a day, of whatever schedules',
      facts({ strikes }, budget(null, 2)),
      /the installation has struck 2 times in the last 24 h/,
    ],
    ['strikes of more than a day ago', facts({ strikes: strikes.map(one => ({ ...one, at: ago(day) })) }, budget(null, 2)), null],
  ])

  it('S3 lets a plan wait for room at a time, and refuses when the day is used up', () => {
    assert.equal(firstRefusal(ledgerRules, facts({ busy: elsewhere }, budget(3, null)))?.transient, true)
    assert.equal(firstRefusal(ledgerRules, facts({ strikes }, budget(null, 2)))?.transient, undefined)
  })
})

describe('S3 what is read for a decision', () => {
  it('S3 is bounded, and decides as everything would', () => {
    const one = fc.record({
      schedule: fc.constantFrom('weekdays', 'other'),
      scope: fc.constantFrom('cloud:1/eu', 'cloud:2/us'),
      service: fc.constantFrom(group, 'x', 'y'),
      wounded: fc.boolean(),
      failedRebuild: fc.boolean(),
    })
    const property = fc.property(
      fc.array(one, { maxLength: 40 }),
      fc.nat(6),
      fc.nat(6),
      fc.nat(3),
      (all, concurrent, perScope, wounded) => {
        const own = limits({ concurrent, concurrentPerScope: perScope, woundedPerScope: wounded })
        const drills = all.map((each, index) =>
          busy({ ...each, failedRebuild: each.wounded && each.failedRebuild, drill: `d-${index}`, group: `g-${index}` }),
        )
        const most = busyThatMatter(own.schedule, undefined)
        const parts = [
          drills,
          drills.filter(each => each.scope === 'cloud:1/eu'),
          drills.filter(each => each.scope === 'cloud:1/eu' && each.failedRebuild),
          drills.filter(each => each.schedule === 'weekdays'),
          drills.filter(each => each.service === group),
          drills.filter(each => each.service === group && !each.wounded),
        ]
        const few = [...new Set(parts.flatMap(part => part.slice(0, most)))]
        const rules = (seen: typeof drills) => allRefusals(ledgerRules, facts({ busy: seen }, own)).map(({ rule }) => rule)
        assert.deepEqual(rules(few), rules(drills))
      },
    )
    fc.assert(property, { numRuns: 400 })
  })
})

describe('S3 spacing', () => {
  refuses('S3', [
    ['exactly the spacing after a strike of any schedule', facts({ strikes: [strike({ at: ago(10 * minute) })] }), null],
    ['a moment earlier', facts({ strikes: [strike({ at: ago(10 * minute - 1) })] }), /last strike was 9 min 59 s ago, and 10 min/],
    ['what is too near to the newest of several', facts({ strikes: [strike(), strike({ drill: 'x', at: ago(minute) })] }), /1 min ago/],
    ['two strikes at once where spacing is 0s', facts({ strikes: [strike({ at: now })] }, limits({ spacing: 0 })), null],
    ['a strike in the future', facts({ strikes: [strike({ at: ago(-minute) })] }), /10 min/],
  ])
})

describe('S3 the circuit breaker', () => {
  const row = (...verdicts: ConclusionRecord['verdict'][]) =>
    verdicts.map((verdict, index) => conclusion(verdict, ago((index + 1) * minute)))
  const calm = (changes: Partial<NonNullable<Limits['breaker']>>) => limits({ breaker: { inARow: 99, shareOfDay: 0.5, ...changes } })
  refuses('S3', [
    ['one bad drill', facts({ conclusions: row('snowflake', 'phoenix') }), null],
    [
      'as many bad drills in a row as inARow',
      facts({ conclusions: row('snowflake', 'inconclusive', 'phoenix') }),
      /last 2 drills of the schedule weekdays in a row were no phoenix/,
    ],
    ['bad drills with a phoenix between', facts({ conclusions: row('snowflake', 'phoenix', 'phoenix', 'snowflake', 'phoenix') }), null],
    ['bad drills before the newest phoenix', facts({ conclusions: row('phoenix', 'snowflake', 'snowflake', 'phoenix', 'phoenix') }), null],
    ['bad drills of another schedule', facts({ conclusions: row('snowflake', 'snowflake').map(one => ({ ...one, schedule: 'x' })) }), null],
    [
      'bad drills in a row, however old',
      facts({ conclusions: [conclusion('snowflake', ago(9 * day)), conclusion('snowflake', ago(8 * day))] }),
      /in a row/,
    ],
    [
      'half of four bad drills in a day',
      facts({ conclusions: row('phoenix', 'snowflake', 'phoenix', 'snowflake') }, calm({})),
      /2 of the 4 drills/,
    ],
    ['less than half of five', facts({ conclusions: row('phoenix', 'snowflake', 'phoenix', 'snowflake', 'phoenix') }, calm({})), null],
    ['two of three: too few for a share', facts({ conclusions: row('snowflake', 'phoenix', 'snowflake') }, calm({})), null],
    [
      'half of four, one of them 24 h ago',
      facts({ conclusions: [...row('phoenix', 'snowflake', 'phoenix'), conclusion('snowflake', ago(day))] }, calm({})),
      null,
    ],
    [
      'four phoenixes where no share may be bad',
      facts({ conclusions: row('phoenix', 'phoenix', 'phoenix', 'phoenix') }, calm({ shareOfDay: 0 })),
      null,
    ],
    [
      'anything where the breaker is off',
      facts({ conclusions: row('snowflake', 'snowflake', 'snowflake', 'snowflake') }, limits({ breaker: null })),
      null,
    ],
  ])

  it('S3 sees the same row whatever order the ledger gives', () => {
    const conclusions = row('snowflake', 'snowflake', 'phoenix', 'phoenix', 'phoenix')
    fc.assert(
      fc.property(fc.shuffledSubarray(conclusions, { minLength: 5 }), shuffled => {
        assert.match(firstRefusal(ledgerRules, facts({ conclusions: shuffled }))?.reason ?? '', /last 2 drills/)
      }),
    )
  })
})

describe('S4 in ledger time', () => {
  refuses('S4', [
    [
      'what ends when the window closes',
      facts({ now: at('2026-11-23T15:10+01:00'), scopes: [calmScope(at('2026-11-23T15:10+01:00'))] }),
      null,
    ],
    [
      'what would end later by the ledger’s clock',
      facts({ now: at('2026-11-23T15:10:01+01:00'), scopes: [calmScope(at('2026-11-23T15:10+01:00'))] }),
      /need 20 min/,
    ],
    ['a plan of another day', facts({}, { plan: plan({ planKey: '2026-11-20' }) }), /after that day's window had closed/],
  ])
})

describe('S6 the service', () => {
  const quarantine = { service: group, drill: 'drill-0', reason: 'billing was a snowflake', since: ago(day) }
  refuses('S6', [
    ['a service in quarantine', facts({ quarantines: [quarantine] }), /in quarantine since drill drill-0: billing was a snowflake/],
    ['another service in quarantine', facts({ quarantines: [{ ...quarantine, service: 'x' }] }), null],
  ])

  it('S6 refuses a service with an open drill, in another scope as well', () => {
    const refusal = firstRefusal(ledgerRules, facts({ busy: [busy({ service: group })] }))
    assert.deepEqual([refusal?.rule, refusal?.transient], ['S6', true])
    assert.match(refusal?.reason ?? '', /open drill: drill-9/)
  })

  const cooling = limits({ serviceCooldown: 30 * minute })
  refuses('S6', [
    [
      'a moment before the cooldown is over',
      facts({ strikes: [strike({ service: group, at: ago(30 * minute - 1) })] }, cooling),
      /between two strikes on it/,
    ],
    ['the cooldown exactly over', facts({ strikes: [strike({ service: group, at: ago(30 * minute) })] }, cooling), null],
    ['a strike on another service', facts({ strikes: [strike({ at: ago(20 * minute) })] }, cooling), null],
    ['its own strike, asked again', facts({ strikes: [strike({ drill: 'drill-1', service: group, at: now })] }, cooling), null],
  ])

  it('S6 lets a plan wait for the cooldown of its service', () => {
    assert.equal(firstRefusal(ledgerRules, facts({ strikes: [strike({ service: group, at: ago(minute) })] }, cooling))?.transient, true)
  })
})

function calmScope(when: Temporal.Instant): ScopeReading {
  return { scope: 'cloud:1/eu', at: when, optedIn: 10, unsteady: 0, unreadable: null }
}

describe('S15 a calm scope', () => {
  const scope = (changes: Partial<ScopeReading>) => facts({ scopes: [{ ...calmScope(now), ...changes }] })
  refuses('S15', [
    ['two unsteady groups in a scope however small', scope({ optedIn: 2, unsteady: 2 }), null],
    ['three of ten', scope({ unsteady: 3 }), /3 of 10 opted-in groups .* incident/],
    ['a tenth of fifty', scope({ optedIn: 50, unsteady: 5 }), null],
    ['one more than a tenth of fifty', scope({ optedIn: 50, unsteady: 6 }), /6 of 50/],
    ['an unreadable scope', scope({ unreadable: 'access denied' }), /could not be read: access denied/],
    ['a scope that nobody has discovered', facts({ scopes: [{ ...calmScope(now), scope: 'cloud:1/us' }] }), /not been discovered/],
    ['a reading exactly 15 min old', scope({ at: ago(15 * minute) }), null],
    ['an older reading', scope({ at: ago(15 * minute + 1) }), /last discovered 15 min ago/],
    ['a reading without numbers', scope({ unsteady: Number.NaN }), /NaN of 10/],
  ])
})

describe('the ledger rules', () => {
  it('S2 say first that everything is halted', () => {
    const everything = { quarantines: [{ service: group, drill: 'x', reason: 'y', since: now }], scopes: [], busy: [busy({ group })] }
    assert.equal(firstRefusal(ledgerRules, facts(everything, { haltFile: true }))?.rule, 'S2')
    assert.deepEqual(
      allRefusals(ledgerRules, facts(everything, { haltFile: true })).map(refusal => refusal.rule),
      ['S2', 'S15', 'S6', 'S3'],
    )
  })

  it('S10 refuse where a rule cannot be evaluated', () => {
    const broken = facts({}, { schedule: schedule({ timezone: 'Nowhere/Never' }) })
    assert.match(firstRefusal(ledgerRules, broken)?.reason ?? '', /could not be evaluated/)
  })
})
