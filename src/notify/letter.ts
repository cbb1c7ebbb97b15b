import { describeDuration } from '../domain/duration.ts'
import { inZone } from '../domain/instants.ts'
import type { DrillFacts, Notice, NoticeFacts } from '../domain/notice.ts'
import { visibleLine } from '../reports/safe-text.ts'
import { advice, asSentence } from '../reports/sentences.ts'
import type { DigestContents } from './digest.ts'
import { digestLetter } from './digest-letter.ts'

/** What is told, before it takes the form of a target. Every text is visible and on one line. */
export interface Letter {
  readonly subject: string
  readonly tone: 'phoenix' | 'snowflake' | 'inconclusive' | 'notice'
  readonly urgent: boolean
  readonly lead: string
  readonly sections: readonly LetterSection[]
  readonly rows: readonly (readonly [string, string])[]
  readonly links: readonly LetterLink[]
  readonly foot: string
}

export interface LetterSection {
  readonly title: string | null
  readonly points: readonly Point[]
}

/** A sentence, or one that leads somewhere. */
export type Point = string | LetterLink

export interface LetterLink {
  readonly text: string
  readonly url: string
}

export interface LetterContext {
  /** Where the dashboard is; null: it has no address that others know. */
  readonly origin: string | null
  /** Where this strike can be vetoed; null: nowhere. */
  readonly vetoUrl: string | null
  /** Of a digest. */
  readonly digest: DigestContents | null
  /** When it is told. */
  readonly now: Temporal.Instant
}

type FactsOf<What extends NoticeFacts['what']> = Extract<NoticeFacts, { what: What }>

export function letterOf(notice: Notice, context: LetterContext): Letter {
  const { facts, urgent } = notice
  switch (facts.what) {
    case 'concluded':
      return finish(concluded(facts), { facts, urgent, context })
    case 'whole':
      return finish(whole(facts), { facts, urgent, context })
    case 'restore':
      return finish(restore(facts), { facts, urgent, context })
    case 'breaker':
      return finish(breaker(facts, context), { facts, urgent, context })
    case 'strike':
      return finish(strike(facts, context), { facts, urgent, context })
    case 'digest':
      if (context.digest === null) throw new Error('a digest is told with its contents')
      return finish(digestLetter(facts, context.digest, context.origin), { facts, urgent, context })
    case 'test':
      return finish(test(facts), { facts, urgent, context })
  }
}

/** A letter as its kind writes it; what is the same for all is added afterwards. */
export type Draft = Pick<Letter, 'subject' | 'tone' | 'lead'> & Partial<Pick<Letter, 'sections' | 'rows' | 'links'>>

function finish(draft: Draft, { facts, urgent, context }: { facts: NoticeFacts; urgent: boolean; context: LetterContext }): Letter {
  const drill = 'drill' in facts ? facts.drill : null
  const page = drill === null || context.origin === null ? [] : [{ text: 'The drill', url: drillUrl(context.origin, drill.id) }]
  return {
    subject: `${urgent ? 'URGENT: ' : ''}${visibleLine(draft.subject)}`,
    tone: draft.tone,
    urgent,
    lead: visibleLine(draft.lead),
    sections: (draft.sections ?? []).map(({ title, points }) => ({ title, points: points.map(shown) })),
    rows: [...(draft.rows ?? []), ...(drill === null ? [] : rowsOf(drill))].map(([term, value]) => [term, visibleLine(value)] as const),
    links: [...(draft.links ?? []), ...page],
    foot: drill === null ? 'Told by Firedrill.' : `Told by Firedrill about drill ${drill.id}.`,
  }
}

function shown(point: Point): Point {
  return typeof point === 'string' ? visibleLine(point) : { text: visibleLine(point.text), url: point.url }
}

function rowsOf({ group, service, groupName, schedule, owner }: DrillFacts): readonly (readonly [string, string])[] {
  return [
    ['Group', group],
    ...(service === groupName || service === group ? [] : [['Service', service] as const]),
    ['Schedule', schedule],
    ...(owner === null ? [] : [['Owner', owner] as const]),
  ]
}

export function drillUrl(origin: string, drill: string): string {
  return `${origin}/drills/${encodeURIComponent(drill)}`
}

const verdicts = {
  phoenix: 'is a phoenix',
  snowflake: 'is a hidden snowflake',
  inconclusive: 'could not be judged',
} as const

function concluded(facts: FactsOf<'concluded'>): Draft {
  const { drill, verdict, findings, wounded, quarantined, timeToRecover, restore: owed } = facts
  const [first] = findings
  const recovered =
    timeToRecover === null
      ? ''
      : ` It took ${facts.recoveredAfter === undefined ? '' : 'at most '}${describeDuration(timeToRecover)} to recover.`
  const why = first === undefined ? '' : ` ${asSentence(first.summary)}`
  const leads = {
    phoenix: `A replacement came up from the same image and the same configuration.${recovered}`,
    snowflake: `One server was lost on purpose, and ${whatCameBack(first?.kind)}.${why}`,
    inconclusive: `The drill could not tell whether the group can be rebuilt.${why}`,
  }
  const fix = verdict === 'snowflake' && first !== undefined ? adviceFor(first.kind) : null
  const follows = [
    ...(wounded
      ? [`The group is not back at its size yet${owed === null ? '' : ` (its restore: ${owed})`}. Firedrill goes on watching it.`]
      : []),
    ...(quarantined ? [`The service ${drill.service} is in quarantine: it gets no more drills until somebody clears it with a note.`] : []),
    ...(fix === null ? [] : [`What to do: ${fix}`]),
  ]
  const points = findings.map(({ level, summary }) => `${level === 'warn' ? 'Warning: ' : ''}${asSentence(summary)}`)
  const more = facts.moreFindings > 0 ? [`And ${facts.moreFindings} more.`] : []
  return {
    subject: `${drill.groupName} ${verdicts[verdict]}${wounded ? ' and is not back at its size' : ''}`,
    tone: verdict,
    lead: leads[verdict],
    sections: [
      ...(points.length > 1 ? [{ title: 'Findings', points: [...points, ...more] }] : []),
      ...(follows.length > 0 ? [{ title: 'What follows', points: follows }] : []),
    ],
    rows: [
      ['Verdict', verdict],
      ['Struck', facts.victim],
      ['Successor', facts.successor ?? 'none'],
    ],
  }
}

function whatCameBack(kind: string | undefined): string {
  if (kind === 'not-replaced') return 'nothing came in its place'
  return kind === 'unhealthy' || kind === 'died-young' ? 'what came in its place is not well' : 'what came back is not what was there'
}

function adviceFor(kind: string): string | null {
  return Object.hasOwn(advice, kind) ? advice[kind as keyof typeof advice].fix : null
}

function whole({ drill, after }: FactsOf<'whole'>): Draft {
  return {
    subject: `${drill.groupName} is back at its size`,
    tone: 'phoenix',
    lead: `The group is back at its size with every member healthy, ${describeDuration(after)} after the strike.`,
  }
}

function restore({ drill, detail, after }: FactsOf<'restore'>): Draft {
  return {
    subject: `${drill.groupName} cannot be restored yet`,
    tone: 'snowflake',
    lead: `${describeDuration(after)} after the strike the platform has not taken the request to bring the group back to its size. Firedrill goes on asking; a person may be faster.`,
    sections: [{ title: 'What the platform says', points: [detail] }],
  }
}

function breaker({ schedule, reason }: FactsOf<'breaker'>, { origin }: LetterContext): Draft {
  return {
    subject: `the circuit breaker halted the schedule ${schedule}`,
    tone: 'inconclusive',
    lead: `Too many drills went badly: ${asSentence(reason)} Nothing more is struck by this schedule.`,
    sections: [{ title: 'What to do', points: [`Look at the last drills, and resume with: firedrill resume --schedule ${schedule}`] }],
    rows: [['Schedule', schedule]],
    links: origin === null ? [] : [{ text: 'The schedules', url: `${origin}/schedules` }],
  }
}

function strike({ drill, plannedFor, before, timezone }: FactsOf<'strike'>, { vetoUrl, now }: LetterContext): Draft {
  const earliest = now.add({ milliseconds: before })
  const at = Temporal.Instant.compare(plannedFor, earliest) > 0 ? plannedFor : earliest
  const local = at.toZonedDateTimeISO(timezone)
  const time = inZone(at, timezone)
  return {
    subject: `${drill.groupName} loses a server at ${local.toPlainTime().toString({ smallestUnit: 'minute' })} or later`,
    tone: 'notice',
    lead: `Firedrill will strike one server of ${drill.groupName} at ${time} or later, unless a guard, a rule or somebody says no.`,
    sections: [
      {
        title: null,
        points: [
          vetoUrl === null
            ? `To stop it: firedrill halt --group '${drill.group}' --until 24h`
            : 'Whoever has this message can veto the strike with the link; the veto is written down, and is for this drill only.',
        ],
      },
    ],
    rows: [
      ['Not before', time],
      ['Method', drill.method],
    ],
    links: vetoUrl === null ? [] : [{ text: 'Veto this strike', url: vetoUrl }],
  }
}

function test({ by }: FactsOf<'test'>): Draft {
  return {
    subject: 'a test message',
    tone: 'notice',
    lead: `${by} tried out whether this target can be told. It can: nothing was struck and nothing has to be done.`,
  }
}
