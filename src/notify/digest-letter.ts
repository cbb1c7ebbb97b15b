import { percentProven } from '../domain/coverage.ts'
import { asSentence, plural, ruleName } from '../reports/sentences.ts'
import type { DigestContents, Quiet } from './digest.ts'
import { type Draft, drillUrl, type LetterSection } from './letter.ts'

/** So many groups of a kind are named; the dashboard has the rest. */
const named = 10

export function digestLetter(
  period: { readonly from: Temporal.Instant; readonly to: Temporal.Instant },
  contents: DigestContents,
  origin: string | null,
): Draft {
  const { coverage, drills, newSnowflakes, better, quarantined, quiet } = contents
  const struck = drills.phoenix + drills.snowflake + drills.inconclusive
  const share = percentProven(coverage.now, coverage.optedIn)
  return {
    subject: `the week: ${coverage.optedIn === 0 ? 'no group has opted in' : `${share} % of ${plural(coverage.optedIn, 'group')} proven`}${newSnowflakes.length > 0 ? `, ${plural(newSnowflakes.length, 'new snowflake')}` : ''}`,
    tone: newSnowflakes.length > 0 ? 'snowflake' : quiet !== null ? 'inconclusive' : 'phoenix',
    lead: lead(contents),
    sections: [
      ...list(
        'New snowflakes',
        newSnowflakes.map(group => ({ text: group.byForecast ? `${group.name} (by forecast)` : group.name, drill: group.drill })),
        origin,
      ),
      ...list(
        'What got better',
        better.map(group => ({
          text: `${group.name} ${group.wasSnowflake ? 'was a snowflake and is a phoenix' : 'is proven'}`,
          drill: group.drill,
        })),
        origin,
      ),
      ...(quiet === null ? [] : quietSection(quiet)),
    ],
    rows: [
      ['Period', `${date(period.from)} to ${date(period.to)}`],
      [
        'Coverage',
        `${coverage.now} of ${coverage.optedIn} (${change(coverage.now - coverage.before)} in the week, not counting forecasts that were taken back since)`,
      ],
      [
        'Drills',
        struck === 0
          ? 'none'
          : `${struck}: ${plural(drills.phoenix, 'phoenix', 'phoenixes')}, ${plural(drills.snowflake, 'snowflake')}, ${drills.inconclusive} inconclusive`,
      ],
      ...(quarantined > 0 ? [['In quarantine', plural(quarantined, 'service')] as const] : []),
    ],
    links: origin === null ? [] : [{ text: 'The fleet', url: `${origin}/` }],
  }
}

function lead({ coverage, newSnowflakes, better, quiet }: DigestContents): string {
  if (coverage.optedIn === 0) return 'No group has opted in, so there is nothing to prove: the tag firedrill=enabled opts one in.'
  const proof = `${coverage.now} of ${plural(coverage.optedIn, 'group')} proved within ${coverage.days} days that they can be rebuilt.`
  if (quiet !== null) return `${proof} ${quietTitle(quiet)}.`
  if (newSnowflakes.length + better.length === 0) return `${proof} Nothing changed for better or worse.`
  return proof
}

function list(title: string, items: readonly { text: string; drill: string }[], origin: string | null): readonly LetterSection[] {
  if (items.length === 0) return []
  const points = items.slice(0, named).map(({ text, drill }) => (origin === null ? text : { text, url: drillUrl(origin, drill) }))
  return [{ title, points: [...points, ...(items.length > named ? [`And ${items.length - named} more.`] : [])] }]
}

function quietTitle({ days }: Quiet): string {
  return days === null ? 'Nothing has ever been struck' : `Nothing was struck for ${plural(days, 'day')}`
}

function quietSection(quiet: Quiet): readonly LetterSection[] {
  const { reasons, leashed, paused, halts } = quiet
  const points = [
    ...halts.map(asSentence),
    ...reasons.map(
      ({ rule, drills, example }) =>
        `${plural(drills, 'drill')} refused: ${ruleName(rule)}${/^S\d+$/.test(rule) ? ` (${rule})` : ''}. ${asSentence(example)}`,
    ),
    ...(leashed > 0 ? [`${plural(leashed, 'drill')} would have struck, but the schedule is leashed (leashed: true).`] : []),
    ...(paused > 0 ? [`${plural(paused, 'group')} paused by the tag firedrill-paused-until.`] : []),
  ]
  const none =
    quiet.optedIn === 0
      ? 'No group has opted in.'
      : 'No drill was drawn for these days. firedrill plan shows the odds, firedrill groups whether a schedule takes the groups.'
  return [{ title: `${quietTitle(quiet)}, because`, points: points.length > 0 ? points : [none] }]
}

function date(at: Temporal.Instant): string {
  return at.toString().slice(0, 10)
}

function change(by: number): string {
  return by === 0 ? 'unchanged' : by > 0 ? `+${by}` : `−${-by}`
}
