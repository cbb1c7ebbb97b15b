import type { Path } from './declaration.ts'
import type { Value } from './finding.ts'
import { isSet, membersWithout, showValue } from './value.ts'

/** Whose setting a sentence is about. A member lives; a victim is gone once the sentence is read. */
export type Subject = 'member' | 'victim' | 'successor'

export interface Deviation {
  readonly path: Path
  readonly expected: Value
  readonly actual: Value
  /** A whole part (a volume with all that belongs to it) is there or missing. */
  readonly whole: boolean
}

/** What people call a value that is an id. */
export type Names = Readonly<Record<string, string>>

interface About {
  readonly subject: Subject
  readonly source: string
  readonly names: Names
}

/** One sentence that says what differs from the declaration and what the owner can do about it. */
export function deviationSentence(deviation: Deviation, about: About): string {
  const { subject, source } = about
  const { path, expected, actual } = deviation
  if (isSet(expected) && isSet(actual)) return setSentence(deviation, { ...about, expected, actual })
  const where = `on the ${subject}`
  const number = numberOf(deviation)
  if (expected === null)
    return `${shown(deviation)} ${being(subject, number)} ${where} but ${are(number)} not in ${source}: ${adviceForExtra(subject, number)}`
  if (actual === null)
    return `${shown(deviation)} ${are(number)} in ${source} but ${being(subject, number)} not ${where}: ${adviceForMissing(subject, number)}`
  return `${noun(path)} ${being(subject, 'one')} ${showValue(actual)} ${where} but ${showValue(expected)} in ${source}: ${adviceForOther(subject, 'one')}`
}

function setSentence(deviation: Deviation, about: About & { expected: readonly string[]; actual: readonly string[] }): string {
  const { subject, source, names, expected, actual } = about
  const where = `on the ${subject}`
  const extra = membersWithout(actual, expected)
  const missing = membersWithout(expected, actual)
  if (extra.length > 0 && missing.length > 0) {
    const number = actual.length === 1 && expected.length === 1 ? 'one' : 'several'
    return `${members(deviation.path, number)} ${being(subject, number)} ${called(actual, names)} ${where} but ${called(expected, names)} in ${source}: ${adviceForOther(subject, number)}`
  }
  const number = extra.length + missing.length === 1 ? 'one' : 'several'
  const which = `${members(deviation.path, number)} ${called([...extra, ...missing], names)}`
  return extra.length > 0
    ? `${which} ${being(subject, number)} ${where} but ${are(number)} not in ${source}: ${adviceForExtra(subject, number)}`
    : `${which} ${are(number)} in ${source} but ${being(subject, number)} not ${where}: ${adviceForMissing(subject, number)}`
}

/** For a setting that no declaration decides and that differs between victim and successor. */
export function changeSentence(deviation: Deviation, { environment, names }: { environment: boolean; names: Names }): string {
  const { path, expected, actual } = deviation
  const advice = environment
    ? 'a default of the account or subnet has moved'
    : 'no declaration explains it, so write the right value into the declaration'
  if (isSet(expected) && isSet(actual)) {
    const only = (subject: Subject, values: readonly string[]) =>
      values.length === 0
        ? []
        : [`${called(values, names)} ${being(subject, values.length === 1 ? 'one' : 'several')} on the ${subject} only`]
    const parts = [...only('victim', membersWithout(expected, actual)), ...only('successor', membersWithout(actual, expected))]
    return `${noun(path)} ${isPlural(noun(path)) ? 'differ' : 'differs'}: ${parts.join(' and ')}: ${advice}`
  }
  const number = numberOf(deviation)
  if (expected === null)
    return `${shown(deviation)} ${are(number)} on the successor but ${being('victim', number)} not on the victim: ${advice}`
  if (actual === null)
    return `${shown(deviation)} ${being('victim', number)} on the victim but ${are(number)} not on the successor: ${advice}`
  return `${noun(path)} was ${showValue(expected)} on the victim but is ${showValue(actual)} on the successor: ${advice}`
}

/** Whether a sentence is about one thing or about several. */
type GrammaticalNumber = 'one' | 'several'

/** Several values of what has one at a time are alternatives. */
function numberOf({ path, expected, actual, whole }: Deviation): GrammaticalNumber {
  const value = expected ?? actual
  return !whole && isSet(value) && value.length > 1 && isPlural(noun(path)) ? 'several' : 'one'
}

function being(subject: Subject, number: GrammaticalNumber): string {
  if (subject !== 'victim') return are(number)
  return number === 'one' ? 'was' : 'were'
}

function are(number: GrammaticalNumber): string {
  return number === 'one' ? 'is' : 'are'
}

function members(path: Path, number: GrammaticalNumber): string {
  return number === 'one' ? singular(noun(path)) : noun(path)
}

function isPlural(text: string): boolean {
  return singular(text) !== text
}

/** `emergency (sg-0a1)`: the name first, for whoever reads; the id, for whoever searches. */
function called(values: readonly string[], names: Names): string {
  return values.map(value => (Object.hasOwn(names, value) && names[value] !== value ? `${names[value]} (${value})` : value)).join(', ')
}

function adviceForExtra(subject: Subject, number: GrammaticalNumber): string {
  const [it, need] = number === 'one' ? ['it', 'the need for it'] : ['them', 'the need for them']
  return subject === 'successor'
    ? `find what adds ${it} after launch, and declare ${it} or stop it`
    : `add ${it} to the declaration or remove ${need}`
}

function adviceForMissing(subject: Subject, number: GrammaticalNumber): string {
  const [they, it] = number === 'one' ? ['it was', 'it'] : ['they were', 'them']
  return subject === 'successor'
    ? `find out why a rebuild does not get ${it}`
    : `${they} taken away by hand; take ${it} out of the declaration too, or put ${it} back`
}

function adviceForOther(subject: Subject, number: GrammaticalNumber): string {
  return subject === 'successor'
    ? 'find out why a rebuild does not get what is declared'
    : `${number === 'one' ? 'it was' : 'they were'} changed by hand; write the right ${number === 'one' ? 'value' : 'values'} into the declaration`
}

/** Part, name and attributes. What is mounted is named by where, so that its name may have slashes. */
export function partsOf(path: Path): readonly [string, string | undefined, ...string[]] {
  const [part = path, name, ...rest] = path.split('/')
  const attribute = rest.at(-1)
  return part === 'mounts' && attribute !== undefined ? [part, [name, ...rest.slice(0, -1)].join('/'), attribute] : [part, name, ...rest]
}

/** `volumes/xvdf/size` → "size of volume xvdf", `tags/Name` → "tag Name", `securityGroups` → "security groups". */
function noun(path: Path): string {
  const [first, name, ...rest] = partsOf(path)
  if (name === undefined) return words(first)
  const thing = singular(words(first))
  // Below a plural stands what tells one of many: its name. Below a singular stand attributes.
  if (thing === words(first)) return [thing, words(name), ...rest].join(' ')
  // A tag's own key may have slashes.
  if (first === 'tags') return `${thing} ${[name, ...rest].join('/')}`
  return rest.length > 0 ? `${rest.map(words).join(' ')} of ${thing} ${name}` : `${thing} ${name}`
}

/** `volumes/xvdf` → "volume xvdf", `mounts/srv/files` → "mount srv/files". */
function nounOfWhole(path: Path): string {
  const [part = path, ...name] = path.split('/')
  return `${singular(words(part))} ${name.join('/')}`
}

/** "instance profile web", "security group sg-1", "volume xvdf (size 9)" */
function shown({ path, expected, actual, whole }: Deviation): string {
  const value = expected ?? actual
  if (whole) return `${nounOfWhole(path)} (${showValue(value)})`
  return `${members(path, isSet(value) && value.length === 1 ? 'one' : 'several')} ${showValue(value)}`
}

function words(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, (_, before: string, capital: string) => `${before} ${capital.toLowerCase()}`)
}

function singular(text: string): string {
  if (text.endsWith('ies')) return `${text.slice(0, -3)}y`
  return text.endsWith('s') && !/(ss|dns)$/.test(text) ? text.slice(0, -1) : text
}
