import type { Configuration, DeclaredSet } from '../domain/declaration.ts'
import type { After, Before, Candidate, Drill, DrillEvent, StrikeOrder, Tracking } from '../domain/drill.ts'
import { describeDuration } from '../domain/duration.ts'
import type { Finding, Value } from '../domain/finding.ts'
import { padCells, wrap } from '../reports/columns.ts'
import { clockText, momentText } from './moment-text.ts'
import { clean, colourOf, type Paint, paint } from './terminal.ts'
import { verdictOf, whyOf } from './why.ts'

/** Everything that the ledger holds of one drill. */
export interface DrillRecord {
  readonly drill: Drill
  readonly events: readonly DrillEvent[]
  readonly before: Before | null
  readonly after: After | null
}

interface Page {
  readonly width: number
  readonly colour: boolean
}

/** One drill as lines for a terminal: what it was, when what happened, why, and what is known. */
export function drillPage(record: DrillRecord, page: Page): string[] {
  const { drill } = record
  const parts = [
    heading(drill, page),
    section('Timeline', timeline(drill), page),
    section(
      'Findings',
      findingsOf(drill).flatMap(finding => findingLines(finding, page)),
      page,
    ),
    section('Proven', proven(drill), page),
    section('Evidence', evidence(record), page),
    section(
      'History',
      record.events.map(event => `${clockText(event.at)}  ${padCells(clean(event.kind), 14)} ${clean(dataText(event.data))}`),
      page,
    ),
  ]
  return parts.flatMap(part => (part.length === 0 ? [] : ['', ...part])).slice(1)
}

function heading(drill: Drill, page: Page): string[] {
  const word = verdictOf(drill) ?? drill.state
  const tint = colourOf(word)
  const rows: [string, string][] = [
    ['group', drill.group],
    ['service', drill.owner === null ? drill.service : `${drill.service} (owner: ${drill.owner})`],
    ['schedule', `${drill.schedule}, planned for ${momentText(drill.plannedFor)}`],
    ['policy', policyText(drill)],
    ['state', drill.state === 'concluded' && drill.wounded ? 'concluded; the group is not whole yet' : drill.state],
    ['why', whyOf(drill)],
  ]
  const title = `${paint(clean(drill.groupName), 'bold', page.colour)}  ${tint === null ? word : paint(word, tint, page.colour)}  ${clean(drill.id)}`
  return [title, ...rows.filter(([, text]) => text !== '').flatMap(row => labelled(row, page))]
}

function policyText({ policy }: Drill): string {
  return `${policy.method}, recovered within ${describeDuration(policy.target)} (at most ${describeDuration(policy.deadline)}), soak ${describeDuration(policy.soak)}`
}

function section(title: string, lines: readonly string[], page: Page): string[] {
  return lines.length === 0 ? [] : [paint(title, 'bold', page.colour), ...lines.flatMap(line => indented(line, page))]
}

/** Wraps at the page's width; what goes on stands a little further in. Colours take no room. */
function indented(line: string, page: Page): string[] {
  const indent = 2 + (/^ */.exec(line)?.[0].length ?? 0)
  if (page.colour && line.includes(String.fromCharCode(27))) return [`${' '.repeat(indent)}${line}`]
  const [first = '', ...rest] = wrap(line.trimStart(), page.width - indent - 2)
  return [`${' '.repeat(indent)}${first}`, ...rest.map(piece => `${' '.repeat(indent + 2)}${piece}`)]
}

function labelled([label, text]: readonly [string, string], page: Page): string[] {
  const column = 10
  return wrap(clean(text), page.width - column).map((piece, index) => `${padCells(index === 0 ? label : '', column)}${piece}`)
}

/** Each moment, and how long after the strike it was. */
function timeline(drill: Drill): string[] {
  if (!('tracking' in drill) || drill.tracking === null) return []
  const { tracking, order } = drill
  const successor = successorOf(drill, tracking)
  const moments: [string, Temporal.Instant | null, string][] = [
    ['intent written', order.intendedAt, ''],
    ['struck', tracking.struckAt, order.victim.id],
    ['victim gone', tracking.victimGoneAt, ''],
    ['launched', successor?.launchedAt ?? successor?.seenAt ?? null, successor?.id ?? ''],
    ['healthy', successor?.healthyAt ?? null, ''],
    ['recovered', successor?.recoveredAt ?? null, atMost(successor, tracking.struckAt)],
    ['failed', successor?.failedAt ?? null, successor?.healthDetail ?? ''],
    ['concluded', drill.state === 'concluded' ? drill.concludedAt : null, ''],
    ['whole again', tracking.wholeAt, ''],
  ]
  return moments
    .flatMap(([what, at, detail]) => (at === null ? [] : [{ what, at, detail }]))
    .sort((a, b) => Temporal.Instant.compare(a.at, b.at))
    .map(({ what, at, detail }) =>
      `${clockText(at)}  ${padCells(after(tracking.struckAt, at), 10, 'right')}  ${padCells(what, 14)} ${clean(detail)}`.trimEnd(),
    )
}

/** Where looks were missed. */
function atMost(successor: Candidate | null, struckAt: Temporal.Instant): string {
  return successor?.recoveredAfter === undefined
    ? ''
    : `at the latest: no look since ${after(struckAt, successor.recoveredAfter)} could tell`
}

function after(start: Temporal.Instant, at: Temporal.Instant): string {
  const length = at.epochMilliseconds - start.epochMilliseconds
  return `${length < 0 ? '-' : '+'}${describeDuration(length)}`
}

function successorOf(drill: Drill, tracking: Tracking): Candidate | null {
  const judged = drill.state === 'concluded' ? drill.judgement.successor : null
  return tracking.candidates.find(({ id }) => id === judged) ?? tracking.candidates.at(-1) ?? null
}

function findingsOf(drill: Drill): readonly Finding[] {
  if (drill.state === 'concluded') return drill.judgement.findings
  return 'findings' in drill ? drill.findings : []
}

const LEVEL: Readonly<Record<Finding['level'], Paint>> = { fail: 'red', warn: 'yellow' }

function findingLines({ kind, level, path, expected, actual, summary, accepted }: Finding, page: Page): string[] {
  const title = `${paint(accepted === undefined ? level : `${level}, accepted`, LEVEL[level], page.colour)}  ${kind}${path === null ? '' : `  ${clean(path)}`}`
  const values =
    expected === null && actual === null ? [] : [`    expected ${clean(valueText(expected))}, found ${clean(valueText(actual))}`]
  return [title, `    ${clean(summary)}`, ...values]
}

function valueText(value: Value): string {
  if (value === null) return 'nothing'
  return typeof value === 'object' ? value.join(', ') || 'nothing' : String(value)
}

function proven(drill: Drill): string[] {
  if (drill.state !== 'concluded') return []
  const { proven, notCompared } = drill.judgement
  return [
    proven.length === 0 ? 'nothing' : proven.join(', '),
    ...notCompared.map(({ what, why }) => `not compared: ${clean(what)} (${clean(why)})`),
  ]
}

function evidence({ drill, before, after }: DrillRecord): string[] {
  const order = 'order' in drill ? drill.order : null
  const tracking = 'tracking' in drill ? drill.tracking : null
  const successor = tracking === null ? null : successorOf(drill, tracking)
  return [
    ...(order === null ? [] : victimLines(order)),
    ...(before === null
      ? []
      : [configurationText('victim', before.victim), declarationText('declared before', before.declaration.current)]),
    ...(before?.guards ?? []).map(({ guard, reason }) => clean(`guard ${guard}: ${reason}`)),
    ...(before === null ? [] : [fingerprintText('victim', before.fingerprint, before.fingerprintWhy)]),
    ...(successor === null
      ? []
      : [clean(`successor ${successor.id}, image ${successor.image ?? 'unknown'}, ${successor.origin}, ${successor.health}`)]),
    ...(after === null ? [] : afterLines(after, successor)),
    ...(tracking?.events ?? []).map(event =>
      clean(
        `${clockText(event.at)}  ${event.kind} ${event.instance ?? ''} ${event.cause}, ${event.outcome}: ${event.error?.message ?? event.detail}`,
      ),
    ),
  ]
}

function victimLines({ victim, members, desired, declarationVersion }: StrikeOrder): string[] {
  const parts = [`victim ${victim.id}`, `image ${victim.image ?? 'unknown'}`, ...(victim.zone === null ? [] : [victim.zone])]
  return [
    clean([...parts, `born from ${victim.bornFrom ?? 'an unknown version'}`].join(', ')),
    clean(`group before: ${members.length} members, desired ${desired}, declaration ${declarationVersion}`),
  ]
}

function afterLines(after: After, successor: Candidate | null): string[] {
  const configuration = successor === null ? undefined : after.configurations[successor.id]
  const fingerprint = successor === null ? undefined : after.fingerprints[successor.id]
  return [
    after.declaration === null
      ? clean(`declaration afterwards: not read (${after.declarationWhy})`)
      : declarationText('declared after', after.declaration.current),
    ...(configuration === undefined ? [] : [configurationText('successor', configuration)]),
    ...(fingerprint === undefined ? [] : [fingerprintText('successor', fingerprint, null)]),
  ]
}

function declarationText(label: string, { source, images, values }: DeclaredSet): string {
  return clean(`${label}: ${source}, images ${images.join(', ') || 'unknown'}, ${Object.keys(values).length} settings`)
}

function configurationText(label: string, { image, values, unread }: Configuration): string {
  const missing = unread.length === 0 ? '' : `, not read: ${unread.map(({ what }) => what).join(', ')}`
  return clean(`${label} as it was: image ${image ?? 'unknown'}, ${Object.keys(values).length} settings${missing}`)
}

function fingerprintText(label: string, fingerprint: Readonly<Record<string, string>> | null, why: string | null): string {
  if (fingerprint === null) return clean(`${label} inside: not looked at (${why ?? 'no fingerprint is set'})`)
  return clean(`${label} inside: ${Object.keys(fingerprint).length} entries`)
}

function dataText(data: Readonly<Record<string, unknown>>): string {
  return Object.entries(data)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('  ')
}
