import { parseDuration } from './duration.ts'
import type { GroupSummary } from './group.ts'
import type { StrikeMethod } from './schedule.ts'
import { hintFor, near } from './spelling.ts'
import type { Milliseconds } from './time.ts'

/** The optional tags beside `firedrill` = `enabled` (DESIGN.md §7); null where missing or bad. */
export interface OptInTags {
  readonly schedule: string | null
  readonly service: string | null
  readonly meanDays: number | null
  readonly deadline: Milliseconds | null
  readonly soak: Milliseconds | null
  readonly method: StrikeMethod | null
  readonly pausedUntil: Temporal.PlainDate | null
  readonly owner: string | null
}

export interface ReadTags {
  readonly tags: OptInTags
  readonly problems: readonly string[]
}

/** How one tag's text becomes a value; null: not a right value, and `right` says what would be. */
interface TagReader<Value> {
  readonly name: string
  readonly right: string
  read(text: string): Value | null
}

type Readers = { readonly [Field in keyof OptInTags]: TagReader<NonNullable<OptInTags[Field]>> }

const readers: Readers = {
  schedule: { name: 'firedrill-schedule', right: 'the name of a schedule', read: readWord },
  service: { name: 'firedrill-service', right: 'letters, digits and . _ : / - without spaces', read: readService },
  meanDays: { name: 'firedrill-mean-days', right: 'a number of days such as 10', read: readDays },
  deadline: { name: 'firedrill-deadline', right: 'a duration such as 90s, 15m or 1h, longer than 0s', read: readDeadline },
  soak: { name: 'firedrill-soak', right: 'a duration such as 90s, 15m or 1h', read: parseDuration },
  method: { name: 'firedrill-method', right: '"retire" or "crash"', read: readMethod },
  pausedUntil: { name: 'firedrill-paused-until', right: 'a date written YYYY-MM-DD', read: readDate },
  owner: { name: 'firedrill-owner', right: 'a slug of letters, digits, - and _, as in owners: of firedrill.yaml', read: readSlug },
}

/** The exact keys of all optional tags. */
export const tagNames: readonly string[] = Object.values(readers).map(reader => reader.name)

export function readTags(given: GroupSummary['tags']): ReadTags {
  const problems: string[] = []
  function value<Value>(reader: TagReader<Value>): Value | null {
    const text = given[reader.name]
    if (text === undefined) return null
    const read = reader.read(text)
    if (read === null) problems.push(`the tag ${reader.name} is ${JSON.stringify(text)}: it must be ${reader.right}`)
    return read
  }
  const tags: OptInTags = {
    schedule: value(readers.schedule),
    service: value(readers.service),
    meanDays: value(readers.meanDays),
    deadline: value(readers.deadline),
    soak: value(readers.soak),
    method: value(readers.method),
    pausedUntil: value(readers.pausedUntil),
    owner: value(readers.owner),
  }
  return { tags, problems: [...problems, ...unknownTags(given)] }
}

/** An owner whom nobody can find is no danger, so it refuses nothing; but whoever set the tag believes that somebody is told. Null: all is well. */
export function unknownOwner(owner: string | null, owners: readonly string[]): string | null {
  if (owner === null || owners.includes(owner)) return null
  return `the tag firedrill-owner is ${JSON.stringify(owner)}, and owners: of firedrill.yaml has no such owner, so nobody is told by it: ${hintFor(owner, owners)}`
}

/** A misspelt pause or method that did nothing in silence would be worse than a refusal. */
function unknownTags(given: GroupSummary['tags']): readonly string[] {
  return Object.entries(given)
    .filter(([key]) => /^firedrill[\s._:/-]/i.test(key.trim()) && !tagNames.includes(key))
    .map(([key, value]) => `the tag ${JSON.stringify(key)} = ${JSON.stringify(value)} means nothing: ${suggestion(key)}`)
}

function suggestion(key: string): string {
  const [close] = near(key, tagNames, 1)
  return close === undefined ? `remove it, or use one of ${tagNames.join(', ')}` : `write ${close}, or remove it`
}

function readWord(text: string): string | null {
  return /^\S+$/.test(text) ? text : null
}

function readService(text: string): string | null {
  return /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,254}$/.test(text) ? text : null
}

function readSlug(text: string): string | null {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(text) ? text : null
}

function readDays(text: string): number | null {
  return /^\d{1,4}(\.\d{1,3})?$/.test(text) && Number(text) > 0 ? Number(text) : null
}

function readDeadline(text: string): Milliseconds | null {
  const length = parseDuration(text)
  return length === 0 ? null : length
}

function readMethod(text: string): StrikeMethod | null {
  return text === 'retire' || text === 'crash' ? text : null
}

function readDate(text: string): Temporal.PlainDate | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null
  try {
    return Temporal.PlainDate.from(text)
  } catch {
    return null
  }
}
