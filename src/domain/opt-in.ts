import type { GroupSummary } from './group.ts'
import { editDistance } from './spelling.ts'
import { type OptInTags, readTags, tagNames } from './tags.ts'

export { chooseSchedule, policyFor, scheduleOnRecord } from './policy.ts'

/**
 * Whether a group takes part (S1). Only the exact tag `firedrill` = `enabled`, or its id in firedrill.yaml,
 * says yes; "no" said anywhere wins; what looks like a yes but is not spelt so is a near miss, never a yes.
 */
export interface OptIn {
  readonly state: 'in' | 'out' | 'near-miss' | 'none'
  /** A sentence about the state, with what to do about a near miss. */
  readonly why: string
  /** What the `firedrill-*` tags say; null where a tag is missing or bad. */
  readonly tags: OptInTags
  /** `firedrill-paused-until` lies ahead: no drill before the beginning of that day. */
  readonly paused: boolean
  /** Each names a tag and its value and says what is right. Any problem forbids strikes. */
  readonly problems: readonly string[]
}

const KEY = 'firedrill'
const VALUE = 'enabled'
const RIGHT = `${KEY} = ${VALUE}`

/** Words by which somebody clearly says no, in any case, also under a misspelt key. */
const noWords = new Set([
  'disabled',
  'disable',
  'false',
  'off',
  'no',
  'n',
  'f',
  '0',
  'out',
  'opt-out',
  'never',
  'none',
  'null',
  'stop',
  'deny',
  'exclude',
  'excluded',
])

/** Reads a group's tags. `today` is the local date in the time zone of the schedule (for the pause). */
export function readOptIn(summary: GroupSummary, today: Temporal.PlainDate): OptIn {
  const marks = marksOf(summary.tags)
  const { tags, problems } = readTags(summary.tags)
  const paused = tags.pausedUntil !== null && Temporal.PlainDate.compare(today, tags.pausedUntil) < 0
  return { ...stateOf(summary, marks), tags, paused, problems: [...problemsOf(summary, marks), ...problems] }
}

/** A tag that says, or tries to say, whether the group takes part. */
interface Mark {
  readonly key: string
  readonly value: string
  readonly says: 'in' | 'out' | 'unclear'
}

function marksOf(tags: GroupSummary['tags']): readonly Mark[] {
  return Object.entries(tags)
    .filter(([key]) => isMarkKey(key))
    .map(([key, value]) => ({ key, value, says: saysOf(key, value) }))
}

/** The key itself, or one that was clearly meant to be it. The exact optional tags are never marks. */
function isMarkKey(key: string): boolean {
  if (key === KEY) return true
  const plain = key.toLowerCase().replace(/[^a-z0-9]/g, '')
  return editDistance(plain, KEY) <= 1 || plain === `${KEY}${VALUE}` || plain === `${KEY}enable`
}

function saysOf(key: string, value: string): Mark['says'] {
  if (noWords.has(value.trim().toLowerCase())) return 'out'
  return key === KEY && value === VALUE ? 'in' : 'unclear'
}

function stateOf(summary: GroupSummary, marks: readonly Mark[]): Pick<OptIn, 'state' | 'why'> {
  const out = marks.find(mark => mark.says === 'out')
  if (out !== undefined) return { state: 'out', why: `its tag ${shown(out)} opts it out` }
  if (summary.optInById === 'out') return { state: 'out', why: 'firedrill.yaml opts it out by its id' }
  if (marks.some(mark => mark.says === 'in')) return { state: 'in', why: `its tag ${RIGHT} opts it in` }
  if (summary.optInById === 'in') return { state: 'in', why: 'firedrill.yaml opts it in by its id' }
  const unclear = marks[0]
  if (unclear !== undefined)
    return { state: 'near-miss', why: `its tag ${shown(unclear)} is not ${RIGHT}, which is the one spelling that opts in` }
  const beside = Object.keys(summary.tags).find(key => tagNames.includes(key))
  if (beside !== undefined) return { state: 'near-miss', why: `it has the tag ${beside}, but not ${RIGHT}, which alone opts in` }
  return { state: 'none', why: `it has no tag ${RIGHT}` }
}

/** A mark that nobody can read stands beside one that says yes: somebody meant something, so ask. */
function problemsOf(summary: GroupSummary, marks: readonly Mark[]): readonly string[] {
  const isIn = stateOf(summary, marks).state === 'in'
  if (!isIn) return []
  return marks
    .filter(mark => mark.says === 'unclear')
    .map(mark => `the tag ${shown(mark)} is neither yes nor no: write ${RIGHT}, or remove it`)
}

function shown({ key, value }: Pick<Mark, 'key' | 'value'>): string {
  return `${JSON.stringify(key)} = ${JSON.stringify(value)}`
}

/** What users see behind the group: the tag `firedrill-service`, or the group alone. */
export function serviceOf(summary: GroupSummary, optIn: OptIn): string {
  return optIn.tags.service ?? summary.id
}
