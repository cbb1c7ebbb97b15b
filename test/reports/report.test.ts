import assert from 'node:assert/strict'
import { coverage } from '../../src/domain/coverage.ts'
import type { FindingKind } from '../../src/domain/finding.ts'
import { buildReport } from '../../src/reports/report.ts'
import { advice, asSentence, headline, refusalSentence, ruleName, whyOf } from '../../src/reports/sentences.ts'
import { percentile } from '../../src/reports/summary.ts'
import { campaign, concluded, finding, fleet, groupsOf, leashed, open, planned, refused, reportInput, start } from './fixtures.ts'

function documentOf(drills: Parameters<typeof reportInput>[0]) {
  return buildReport(reportInput(drills)).document
}

describe('The report model', () => {
  it('counts every drill in exactly one place, a snowflake by forecast not again as refused', () => {
    const { summary, drills } = documentOf(fleet())
    const { phoenix, snowflake, snowflakeByForecast, inconclusive, refused: no, leashed: leash } = summary
    assert.deepEqual([phoenix, snowflake, snowflakeByForecast, inconclusive, no, leash], [8, 7, 1, 6, 6, 1])
    const notCounted = drills.filter(drill => drill.verdict === null && drill.refusal === null && drill.state !== 'leashed')
    assert.equal(phoenix + snowflake + snowflakeByForecast + inconclusive + no + leash + notCounted.length, drills.length)
  })

  it('keeps the drills in the order they were given, and shows what needs an owner first', () => {
    const drills = fleet()
    const report = buildReport(reportInput(drills))
    assert.deepEqual(
      report.document.drills.map(drill => drill.id),
      drills.map(({ drill }) => drill.id),
    )
    assert.deepEqual(
      [...new Set(report.cards.map(card => card.outcome))],
      ['snowflake', 'inconclusive', 'forecast', 'phoenix', 'open', 'leashed', 'refused', 'planned'],
    )
  })

  it('stringifies to the JSON of DESIGN.md §7 and nothing more', () => {
    const report = buildReport(reportInput(fleet()))
    assert.deepEqual(JSON.parse(JSON.stringify(report)), report.document)
    assert.deepEqual(Object.keys(report.document), ['version', 'generatedAt', 'period', 'summary', 'drills'])
    assert.deepEqual(Object.keys(report.document.drills[0] ?? {}), [
      'id',
      'schedule',
      'provider',
      'group',
      'groupName',
      'service',
      'state',
      'verdict',
      'method',
      'findings',
      'proven',
      'notCompared',
      'refusal',
      'victim',
      'successor',
      'declaredImages',
      'timeline',
    ])
  })

  it('writes absent moments and parts as null', () => {
    const [no, leash, plan, late] = documentOf([
      refused('a', 'S5', 'why'),
      leashed('b'),
      planned('c'),
      concluded({ name: 'd', verdict: 'snowflake', launched: null, recovered: null, whole: null }),
    ]).drills
    assert.deepEqual(
      [no?.verdict, no?.refusal, no?.victim, no?.successor, no?.declaredImages],
      [null, { rule: 'S5', reason: 'why' }, null, null, null],
    )
    assert.deepEqual(no?.timeline, {
      plannedFor: '2026-11-20T09:30:00.000Z',
      struck: null,
      victimGone: null,
      launched: null,
      healthy: null,
      recovered: null,
      recoveredAfter: null,
      concluded: null,
      whole: null,
    })
    assert.equal(leash?.victim?.id.slice(0, 2), 'i-')
    assert.equal(plan?.state, 'planned')
    assert.deepEqual([late?.successor, late?.timeline.launched, late?.timeline.recovered, late?.timeline.whole], [null, null, null, null])
    assert.equal(late?.timeline.concluded, '2026-11-20T09:30:47.100Z')
  })

  it('names the images that were promised for the method, victim and successor with what they really ran', () => {
    const [drill] = documentOf([concluded({ name: 'a', verdict: 'snowflake', victimImage: 'ami-old', successorImage: 'ami-new' })]).drills
    assert.deepEqual(
      [drill?.victim?.image, drill?.successor?.image, drill?.declaredImages],
      ['ami-old', 'ami-new', ['ami-0c1f9a7be2d34f501']],
    )
  })

  it('S13 counts as a forecast only with a finding that fails', () => {
    const outcome = (...findings: Parameters<typeof refused>[3][]) =>
      buildReport(reportInput([refused('a', 'S13', 'why', findings[0])])).cards[0]?.outcome
    assert.equal(outcome([finding('cannot-rebuild', 'gone')]), 'forecast')
    assert.equal(outcome([finding('cannot-rebuild', 'soon gone', { level: 'warn' })]), 'refused')
    assert.equal(outcome([finding('no-capacity', 'the platform is full')]), 'refused')
    assert.equal(outcome([]), 'refused')
  })

  it('shows the candidate that has come furthest while a drill is open', () => {
    const [soaking, striking] = documentOf([open('a', 'soaking'), open('b', 'striking')]).drills
    assert.equal(soaking?.verdict, null)
    assert.notEqual(soaking?.successor, null)
    assert.notEqual(soaking?.timeline.recovered, null)
    assert.deepEqual([striking?.successor, striking?.timeline.struck], [null, null])
  })

  it('has null for the time to recover when nothing recovered, and the measured values otherwise', () => {
    assert.deepEqual(documentOf([]).summary.timeToRecover, { p50Seconds: null, p95Seconds: null, maxSeconds: null, leftOut: 0 })
    const times = [4_000, 6_200, 3_900].map((recovered, index) => concluded({ name: `g${index}`, verdict: 'phoenix', recovered }))
    assert.deepEqual(documentOf(times).summary.timeToRecover, { p50Seconds: 4, p95Seconds: 6.2, maxSeconds: 6.2, leftOut: 0 })
  })

  it('takes percentiles by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1)
    assert.deepEqual([percentile(hundred, 0.5), percentile(hundred, 0.95), percentile(hundred, 1)], [50, 95, 100])
    assert.deepEqual([percentile([7], 0.5), percentile([], 0.5)], [7, null])
  })

  it('covers opted-in groups whose latest conclusive verdict is a phoenix and recent enough', () => {
    const [group] = groupsOf([concluded({ name: 'a', verdict: 'phoenix' })])
    assert.ok(group)
    const at = start.add({ hours: 24 * 31 })
    const old = { verdict: 'phoenix', at: start } as const
    const fresh = { verdict: 'phoenix', at: start.add({ hours: 48 }) } as const
    const groups = [
      { ...group, lastVerdict: fresh },
      { ...group, lastVerdict: old },
      { ...group, lastVerdict: { verdict: 'snowflake', at: fresh.at } as const },
      { ...group, lastVerdict: null },
      { ...group, lastVerdict: fresh, optedIn: false },
      { ...group, lastVerdict: fresh, present: false },
    ]
    assert.deepEqual(coverage(groups, at, 30), { provenGroups: 1, optedInGroups: 4, days: 30 })
  })
})

describe('The sentences of a report', () => {
  it('begin with a capital letter, but no id is written otherwise than it is', () => {
    assert.equal(asSentence('note: the group is gone'), 'Note: the group is gone.')
    assert.equal(asSentence('aws:123456789012/eu-west-1/asg/web is gone'), 'aws:123456789012/eu-west-1/asg/web is gone.')
  })

  it('has a title and advice for every kind of finding', () => {
    const kinds = new Set<FindingKind>(
      fleet()
        .flatMap(({ drill }) => (drill.state === 'concluded' ? drill.judgement.findings : 'findings' in drill ? drill.findings : []))
        .map(({ kind }) => kind),
    )
    assert.equal(kinds.size, Object.keys(advice).length, 'the fixtures have one finding of every kind')
    for (const kind of kinds) assert.match(advice[kind].fix, /\.$/)
  })

  it('says in its headline which groups can be rebuilt and which cannot', () => {
    const say = (drills: ReturnType<typeof fleet>) => headline(buildReport(reportInput(drills)))
    assert.equal(say(fleet()), '8 groups cannot be rebuilt as they are, 8 can, 6 are undecided.')
    assert.equal(say([]), 'No drills in this period.')
    assert.equal(say([refused('a', 'S5', 'x'), refused('b', 'S2', 'x')]), 'Nothing was struck: all 2 drills were refused.')
    assert.equal(say([concluded({ name: 'a', verdict: 'phoenix' })]), 'The one group drilled can be rebuilt.')
    assert.equal(say([concluded({ name: 'a', verdict: 'snowflake' })]), '1 group cannot be rebuilt as it is.')
    assert.equal(
      say([concluded({ name: 'a', verdict: 'phoenix' }), concluded({ name: 'b', verdict: 'inconclusive' })]),
      '1 group can be rebuilt, 1 is undecided.',
    )
    assert.equal(say([open('a')]), 'No verdict yet: drills are in progress.')
  })

  it('lets the newest result of a group decide the headline', () => {
    const drills = [
      concluded({ name: 'a', verdict: 'snowflake' }),
      concluded({ name: 'a', verdict: 'phoenix', at: start.add({ hours: 2 }) }),
    ]
    assert.equal(headline(buildReport(reportInput(drills))), 'The one group drilled can be rebuilt.')
  })

  it('names rules by number and guards by name', () => {
    assert.equal(refusalSentence({ rule: 'S5', reason: 'an instance refresh is in progress.' }), 'S5 an instance refresh is in progress')
    assert.equal(refusalSentence({ rule: 'cloudwatch-alarm', reason: 'it rings' }), 'cloudwatch-alarm: it rings')
    assert.equal(ruleName('S5'), 'The group is not steady')
    assert.equal(ruleName('constructor'), 'Guard constructor')
  })

  it('gives the deciding finding as the reason, and how many more there are', () => {
    const [card] = buildReport(
      reportInput([
        concluded({
          name: 'a',
          verdict: 'snowflake',
          findings: [finding('slow', 'slow', { level: 'warn' }), finding('config-drift', 'One.'), finding('config-drift', 'Two.')],
        }),
      ]),
    ).cards
    assert.ok(card)
    assert.equal(whyOf(card), 'One (+1 more)')
  })

  it('leaves a phoenix without findings without a reason', () => {
    for (const card of buildReport(reportInput(campaign(1))).cards) assert.equal(whyOf(card), '')
  })
})
