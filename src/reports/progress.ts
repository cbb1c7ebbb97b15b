import type { Drill } from '../domain/drill.ts'
import { fitCells, padCells } from './columns.ts'
import { compactDuration } from './durations.ts'
import { elapsed, successorOf, trackingOf, victimOf } from './moments.ts'
import { type NameColumn, nameColumn } from './names.ts'
import type { Paint, Style } from './paint.ts'
import { visibleLine } from './safe-text.ts'

export interface ProgressView {
  /** Cells and lines of the terminal that may be used. */
  readonly width: number
  readonly height: number
  readonly now: Temporal.Instant
  readonly paint: Paint
}

const barWidth = 12
const stateWidth = 10
const timeWidth = 6
const gap = 2
/** "i-0f93…b1 is starting" */
const narrowestDetail = 21

/** A plan that a limit leaves waiting: the limit passes by itself. */
export interface Waiting {
  readonly groupName: string
  readonly rule: string
  readonly reason: string
}

/**
 * One line per drill in flight, oldest strike first, to be drawn over the last ones. Where there are more
 * than lines, the last line says how many. One more line tells who waits and for what. Ends without a line feed; empty when
 * nothing is in flight and nothing waits.
 */
export function renderProgress(drills: readonly Drill[], view: ProgressView, waiting: readonly Waiting[] = []): string {
  const open = drills.filter(drill => step(drill) !== null).toSorted((a, b) => since(a, view.now) - since(b, view.now))
  const room = Math.max(1, view.height)
  const shown = open.length > room ? open.slice(0, room - 1) : open
  const columns = layOut(open, view.width)
  const lines = shown.map(drill => renderLiveLine(drill, columns, view))
  const left = open.length - shown.length
  const more = left > 0 ? [view.paint('soft', fitCells(`… and ${left} more in flight`, view.width))] : []
  return [...lines, ...more, ...waitingLine(waiting, view)].join('\n')
}

/** "api and 2 more wait: S3 10 min must lie between two strikes" */
function waitingLine([first, ...rest]: readonly Waiting[], { width, paint }: ProgressView): string[] {
  if (first === undefined) return []
  const who = rest.length === 0 ? `${first.groupName} waits` : `${first.groupName} and ${rest.length} more wait`
  return [paint('soft', fitCells(visibleLine(`${who}: ${first.rule} ${first.reason}`), width))]
}

interface Columns {
  readonly name: NameColumn
  readonly bar: number
  readonly detail: number
}

/** Names get 14 cells, more where they could not be told apart otherwise. */
function layOut(open: readonly Drill[], width: number): Columns {
  const bar = width >= 70 ? barWidth + gap : 0
  const room = width - (gap + stateWidth + gap + bar + timeWidth + gap)
  const names = open.map(drill => visibleLine(drill.groupName))
  const name = nameColumn(names, { least: 14, most: room - narrowestDetail })
  return { name, bar, detail: Math.max(0, room - name.width) }
}

/** "checkout       recovering  ███░░░░░░░░░   4.1 s  i-0f93…b1 is starting" */
function renderLiveLine(drill: Drill, columns: Columns, { now, paint }: ProgressView): string {
  const at = step(drill)
  const start = struckAt(drill)
  const spent = start === null ? 0 : Math.max(0, elapsed(start, now))
  const name = padCells(columns.name.fit(visibleLine(drill.groupName)), columns.name.width)
  const state = paint(at?.style ?? 'soft', padCells(at?.word ?? drill.state, stateWidth))
  const time = padCells(start === null ? '' : compactDuration(spent), timeWidth, 'right')
  const bar = columns.bar === 0 ? [] : [paintBar(soakShare(drill, now) ?? spent / drill.policy.deadline, at?.style ?? 'soft', paint)]
  const detail = paint('soft', fitCells(at?.detail ?? '', columns.detail))
  return [name, state, ...bar, time, detail].join(' '.repeat(gap)).trimEnd()
}

interface Step {
  readonly word: string
  readonly style: Style
  readonly detail: string
}

/** Null: not in flight. A wounded group is watched still, but its drill is over. */
function step(drill: Drill): Step | null {
  const victim = short(victimOf(drill)?.id ?? 'the victim')
  switch (drill.state) {
    case 'striking':
      return { word: 'striking', style: 'bad', detail: `terminating ${victim}` }
    case 'restoring':
      return {
        word: 'restoring',
        style: 'unsure',
        detail: visibleLine(drill.tracking.restore?.detail ?? 'bringing the group back to its size'),
      }
    case 'recovering':
      return { word: 'recovering', style: 'unsure', detail: recoveringDetail(drill, victim) }
    case 'soaking':
      return { word: 'soaking', style: 'good', detail: `${short(successorOf(drill)?.id ?? 'the successor')} is up and must stay so` }
    default:
      return null
  }
}

function recoveringDetail(drill: Drill, victim: string): string {
  const tracking = trackingOf(drill)
  if (tracking?.unreadableWhy) return `unreadable: ${visibleLine(tracking.unreadableWhy)}`
  const successor = successorOf(drill)
  if (!successor) return tracking?.victimGoneAt ? `${victim} is gone, nothing has come yet` : `${victim} is going`
  if (successor.healthyAt && successor.lastProbeFailure) return `${short(successor.id)}: ${visibleLine(successor.lastProbeFailure)}`
  if (successor.healthyAt) return `${short(successor.id)} is healthy, probing`
  return `${short(successor.id)} is ${successor.health === 'unhealthy' ? 'unhealthy' : 'starting'}`
}

function paintBar(share: number, style: Style, paint: Paint): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * barWidth)
  return paint(style, '█'.repeat(full)) + paint('soft', '░'.repeat(barWidth - full))
}

/** While soaking the bar shows the soak; before, how much of the deadline is used. */
function soakShare(drill: Drill, now: Temporal.Instant): number | null {
  if (drill.state !== 'soaking') return null
  return drill.policy.soak === 0 ? 1 : 1 - elapsed(now, drill.soakEndsAt) / drill.policy.soak
}

function struckAt(drill: Drill): Temporal.Instant | null {
  return trackingOf(drill)?.struckAt ?? ('lastAttemptAt' in drill ? drill.lastAttemptAt : null)
}

function since(drill: Drill, now: Temporal.Instant): number {
  return (struckAt(drill) ?? now).epochMilliseconds
}

function short(id: string): string {
  return fitCells(visibleLine(id), 9, 'middle')
}
