import { z } from 'zod'
import { parseDuration } from '../domain/duration.ts'
import type { Weekday } from '../domain/schedule.ts'
import { called } from './phrases.ts'

const DURATION = /^\d{1,15}(ms|s|m|h|d)$/

/** `15m` → milliseconds. `atLeast` is in milliseconds: 0 allows `0s`. */
export function duration(example: string, atLeast = 0) {
  const schema = z
    .string()
    .regex(DURATION)
    .transform((text, context) => {
      const milliseconds = parseDuration(text)
      if (milliseconds === null || milliseconds < atLeast) {
        context.issues.push({ code: 'custom', message: '', input: text })
        return z.NEVER
      }
      return milliseconds
    })
  return called(schema, atLeast > 0 ? 'a duration longer than nothing' : 'a duration', example)
}

/** `50%` → 0.5. `atLeast` in per cent. */
export function percentage(example: string, atLeast = 0) {
  const schema = z
    .string()
    .regex(/^\d{1,3}(\.\d+)?%$/)
    .transform((text, context) => {
      const share = Number(text.slice(0, -1)) / 100
      if (share > 1 || share * 100 < atLeast) {
        context.issues.push({ code: 'custom', message: '', input: text })
        return z.NEVER
      }
      return share
    })
  return called(schema, `a percentage from ${atLeast}% to 100%`, example)
}

export function wholeNumber(atLeast: number, example: string) {
  return called(z.int().min(atLeast).max(1_000_000), `a whole number of at least ${atLeast}`, example)
}

export function daysBetween(example: string) {
  return called(z.number().min(1).max(3650), 'a number of days, at least 1,', example)
}

/** Short texts in a list. */
export function texts(one: string, { many, example }: { many: string; example: string }) {
  const item = called(z.string().trim().min(1), one, `"${example}"`)
  return called(z.array(item), `a list of ${many}`, `["${example}"]`)
}

/** Globs in a list; `refuse` says what else is wrong with one. */
export function globs(example: string, { many = 'globs', refuse = () => null }: GlobsWanted = {}) {
  const item = z
    .string()
    .trim()
    .min(1)
    .superRefine((glob, context) => {
      const message = wrongGlob(glob) ?? refuse(glob)
      if (message !== null) context.addIssue({ code: 'custom', message })
    })
  return called(z.array(called(item, 'a glob', `"${example}"`)), `a list of ${many}`, `["${example}"]`)
}

interface GlobsWanted {
  readonly many?: string
  readonly refuse?: (glob: string) => string | null
}

/** What is left open matches nothing that was meant. A backslash takes a bracket literally, and in a class a brace is one of its letters. */
function wrongGlob(glob: string): string | null {
  const rest = glob.replace(/\\./g, '').replace(/\[[!^]?\]?[^\]]*\]/g, '')
  const open = rest.includes('[') ? '[' : unclosedBrace(rest)
  if (open === null) return null
  return `the glob "${glob}" opens a "${open}" that it does not close; a "${open}" of a name itself is written "\\${open}"`
}

function unclosedBrace(glob: string): '{' | null {
  const left = glob.replace(/[^{}]/g, '')
  const closed = left.replace(/\{\}/g, '')
  if (closed === left) return left.includes('{') ? '{' : null
  return unclosedBrace(closed)
}

export const yesOrNo = called(z.boolean(), 'true or false')

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

export const weekday = called(z.enum(WEEKDAYS), 'a day (mon, tue, wed, thu, fri, sat, sun)', 'mon').transform(
  day => (WEEKDAYS.indexOf(day) + 1) as Weekday,
)

/** `2026-12-24`; a date that the calendar has. */
export const date = called(
  z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/)
    .transform((text, context) => {
      if (isDate(text)) return text
      context.issues.push({ code: 'custom', message: `${text} is a date that does not exist`, input: text })
      return z.NEVER
    }),
  'a date (year-month-day)',
  '2026-12-24',
)

function isDate(text: string): boolean {
  try {
    Temporal.PlainDate.from(text, { overflow: 'reject' })
    return true
  } catch {
    return false
  }
}

const CLOCK = /^(\d{2}):(\d{2})-(\d{2}):(\d{2})$/

/** `09:30-15:30` → minutes after local midnight. */
export const hours = called(
  z
    .string()
    .regex(/^\d{2}:\d{2}-\d{2}:\d{2}$/)
    .transform((text, context) => {
      const [h1 = 0, m1 = 0, h2 = 0, m2 = 0] = (CLOCK.exec(text) ?? []).slice(1).map(Number)
      const window = { opens: h1 * 60 + m1, closes: h2 * 60 + m2 }
      const message = wrongHours(text, [h1, m1, h2, m2])
      if (message === null) return window
      context.issues.push({ code: 'custom', message, input: text })
      return z.NEVER
    }),
  'hours from opening to closing',
  '"09:30-15:30"',
)

function wrongHours(text: string, [h1, m1, h2, m2]: readonly [number, number, number, number]): string | null {
  if (h1 > 23 || m1 > 59 || m2 > 59 || h2 > 24 || (h2 === 24 && m2 > 0))
    return `hours must be times of a day from 00:00 to 24:00, not "${text}"`
  if (h1 * 60 + m1 === h2 * 60 + m2) return `hours open and close at the same time (${text}); the whole day is "00:00-24:00"`
  return null
}
