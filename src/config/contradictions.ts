import { describeDuration, formatDuration } from '../domain/duration.ts'
import type { Weekday } from '../domain/schedule.ts'
import type { Problem } from './config-error.ts'
import type { Path, SourceDocument } from './document.ts'
import type { WrittenSchedule } from './schedule-schema.ts'
import { nearTimeZones } from './timezone.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/**
 * What no single value shows: values that contradict each other. `schedule` holds only what is right by itself,
 * so that contradictions are found beside other mistakes.
 */
export function contradictions(schedule: Partial<WrittenSchedule>, doc: SourceDocument): Problem[] {
  return [gaps(schedule, doc), window(schedule, doc), target(schedule, doc), unleashed(schedule, doc), region(schedule, doc)].flat()
}

function gaps(
  { minDaysBetweenDrills: min, meanDaysBetweenDrills: mean, maxDaysBetweenDrills: max }: Partial<WrittenSchedule>,
  doc: SourceDocument,
) {
  if (mean === undefined) return []
  const found: Problem[] = []
  if (min !== undefined && min > mean)
    found.push(
      doc.problem(atOr(doc, ['minDaysBetweenDrills'], ['meanDaysBetweenDrills']), {
        message: `minDaysBetweenDrills (${min}${byDefault(doc, ['minDaysBetweenDrills'])}) is more than meanDaysBetweenDrills (${mean})`,
        suggestion: 'Write min ≤ mean ≤ max.',
      }),
    )
  if (max !== undefined && max < mean)
    found.push(
      doc.problem(atOr(doc, ['maxDaysBetweenDrills'], ['meanDaysBetweenDrills']), {
        message: `maxDaysBetweenDrills (${max}${byDefault(doc, ['maxDaysBetweenDrills'])}) is less than meanDaysBetweenDrills (${mean})`,
        suggestion: `Write for example maxDaysBetweenDrills: ${Math.ceil(mean * 4)}.`,
      }),
    )
  return found
}

function window({ hours, days, recovery }: Partial<WrittenSchedule>, doc: SourceDocument): Problem[] {
  if (hours === undefined || days === undefined || recovery === undefined) return []
  const open = longestOpening(hours, days)
  const needed = recovery.deadline + recovery.soak
  if (needed <= open) return []
  return [
    doc.problem(atOr(doc, ['hours'], ['recovery', 'deadline'], ['recovery', 'soak']), {
      message: `no drill can ever fit: the window is open for ${describeDuration(open)}, and a drill may take ${formatDuration(recovery.deadline)} (recovery.deadline) + ${formatDuration(recovery.soak)} (recovery.soak)`,
      suggestion: 'Open the window longer, or shorten recovery.deadline or recovery.soak.',
    }),
  ]
}

/** How long a window stays open at most; whole days that adjoin are one window, and all seven never close (S4). */
function longestOpening({ opens, closes }: WrittenSchedule['hours'], days: readonly Weekday[]): number {
  if (opens !== 0 || closes !== 1440) return ((closes - opens + 1440) % 1440) * MINUTE
  if (days.length === 7) return Number.POSITIVE_INFINITY
  let longest = 0
  for (const first of days) {
    let length = 1
    while (days.includes((((first - 1 + length) % 7) + 1) as Weekday)) length++
    longest = Math.max(longest, length)
  }
  return longest * DAY
}

function target({ recovery }: Partial<WrittenSchedule>, doc: SourceDocument): Problem[] {
  if (recovery === undefined || recovery.target <= recovery.deadline || !isWritten(doc, ['recovery', 'target'])) return []
  return [
    doc.problem(['recovery', 'target'], {
      message: `recovery.target (${formatDuration(recovery.target)}) is later than recovery.deadline (${formatDuration(recovery.deadline)})`,
      suggestion: 'The target is when a recovery counts as slow, the deadline when it counts as failed.',
    }),
  ]
}

function unleashed({ leashed, guards }: Partial<WrittenSchedule>, doc: SourceDocument): Problem[] {
  const written = writtenAt(doc, ['guards'])
  const isEmpty = written !== 'none' && guards?.length === 0
  if (leashed !== false || (written !== undefined && !isEmpty)) return []
  const suggestion = 'List the guards to ask before each strike, or write guards: none.'
  if (written !== undefined)
    return [doc.problem(['guards'], { message: 'leashed: false needs guards, and this list is empty (S8)', suggestion })]
  return [doc.problem(['leashed'], { at: 'key', message: 'leashed: false needs guards: to be written (S8)', suggestion })]
}

function region({ holidays }: Partial<WrittenSchedule>, doc: SourceDocument): Problem[] {
  if (holidays?.region === undefined || holidays.country !== undefined) return []
  return [
    doc.problem(['holidays', 'region'], {
      message: 'holidays.region needs a country',
      suggestion: 'Write for example { country: DE, region: BE }.',
    }),
  ]
}

/** A zone that does not exist, with zones that may have been meant. */
export function unknownTimeZone(name: string, doc: SourceDocument): Problem {
  const meant = nearTimeZones(name)
  return doc.problem(['timezone'], {
    message: `there is no time zone "${name}"`,
    suggestion: meant.length > 0 ? `Did you mean ${meant.join(' or ')}?` : 'Write a name such as Europe/Berlin or UTC.',
  })
}

function isWritten(doc: SourceDocument, path: Path): boolean {
  return writtenAt(doc, path) !== undefined
}

function writtenAt(doc: SourceDocument, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (isRecord(value) ? value[String(key)] : undefined), doc.value)
}

function byDefault(doc: SourceDocument, path: Path): string {
  return isWritten(doc, path) ? '' : ', the default'
}

/** The first of these places that the file really has. */
function atOr(doc: SourceDocument, ...paths: readonly Path[]): Path {
  return paths.find(path => isWritten(doc, path)) ?? []
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
