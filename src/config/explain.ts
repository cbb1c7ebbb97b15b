import type { z } from 'zod'
import { near } from '../domain/spelling.ts'
import type { Problem } from './config-error.ts'
import type { Path, SourceDocument } from './document.ts'
import { keyPhraseOf, keysOf, phraseOf, schemaAt, wording, wordsOf } from './phrases.ts'
import { withoutCredentials } from './secret.ts'

type Issue = z.core.$ZodIssue

/** Where the checked part of a file begins, and what it was checked against. */
export interface Checked {
  readonly doc: SourceDocument
  readonly schema: z.ZodType
  readonly base?: Path
}

/** Turns what zod says into sentences for people, each at its place in the file. */
export function explainIssues(issues: readonly Issue[], checked: Checked): Problem[] {
  return issues.flatMap(issue => explainIssue(issue, checked))
}

function explainIssue(issue: Issue, checked: Checked): Problem[] {
  const { doc, schema, base = [] } = checked
  const path = [...base, ...issue.path]
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => unknownKey(key, { path, schema, known: keysOf(schemaAt(schema, issue.path)), doc }))
  if (issue.code === 'invalid_union') {
    const branch = branchMeant(issue.errors)
    if (branch !== null)
      return explainIssues(
        branch.map(inner => ({ ...inner, path: [...issue.path, ...inner.path] })),
        checked,
      )
  }
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) return [wrongForm(issue, path, checked)]
  if (issue.code === 'invalid_key') return [wrongKey(issue, path, checked)]
  if (issue.code === 'custom' && issue.message !== '' && issue.message !== 'Invalid input')
    return [doc.problem(path, { message: issue.message, suggestion: suggestionIn(issue), at: placeIn(issue) })]
  return [wrongValue(issue, path, checked)]
}

interface UnknownKey {
  readonly path: Path
  readonly schema: z.ZodType
  readonly known: readonly string[]
  readonly doc: SourceDocument
}

/** An unknown key, with the key that was probably meant. */
function unknownKey(key: string, { path, schema, known, doc }: UnknownKey): Problem {
  const where = path.length === 0 ? '' : ` in ${pathText(path)}`
  const meant = near(key, known)
  const home = keysOf(schema).find(parent => keysOf(schemaAt(schema, [parent])).includes(key))
  const list = known.length > 0 && known.length <= 10 ? `Known here: ${known.join(', ')}.` : null
  const suggestion = meant.length > 0 ? `Did you mean ${orList(meant)}?` : home !== undefined ? `It belongs under ${home}.` : list
  return doc.problem([...path, key], { message: `unknown key "${key}"${where}`, suggestion, at: 'key' })
}

/** Of several forms that one key tells apart none has this word there; or the word stands for the whole map. */
function wrongForm(issue: Issue, path: Path, { doc, schema }: Checked): Problem {
  const forms = wordsOf(schemaAt(schema, issue.path.slice(0, -1)), String(path.at(-1)))
  const bare = valueAt(doc.value, path.slice(0, -1))
  const at = typeof bare === 'string' ? path.slice(0, -1) : path
  const written = valueAt(doc.value, at)
  const known = `one of ${forms.join(', ')}`
  if (written === undefined) return doc.problem(at, { message: `${pathText(at)} is missing`, suggestion: `Write ${known}.` })
  const meant = typeof written === 'string' ? near(written, forms) : []
  if (meant.length === 0) return doc.problem(at, { message: `${pathText(at)} must be ${known}, not ${shown(written)}` })
  return doc.problem(at, { message: `${pathText(at)} cannot be ${shown(written)}`, suggestion: `Did you mean ${orList(meant)}?` })
}

function wrongKey(issue: Issue, path: Path, { doc, schema }: Checked): Problem {
  const phrase = keyPhraseOf(schemaAt(schema, issue.path.slice(0, -1)))
  const suggestion = phrase === null ? null : `Write ${wording(phrase)}.`
  return doc.problem(path, { message: `"${String(path.at(-1))}" cannot be a key here`, suggestion, at: 'key' })
}

function wrongValue(issue: Issue, path: Path, { doc, schema, base = [] }: Checked): Problem {
  const place = schemaAt(schema, issue.path)
  const phrase = phraseOf(place)
  const what = phrase === null ? plainType(issue, path.length === 0 ? [] : keysOf(place)) : wording(phrase)
  const name = path.length === 0 ? 'this file' : pathText(path)
  const written = valueAt(doc.value, path)
  if (written === undefined && path.length > base.length)
    return doc.problem(path, { message: `${name} is missing`, suggestion: `Write ${what}.` })
  // A provider's or check's own schema brings its own words.
  if (phrase === null && !/^(Invalid|Too |Unrecognized)/.test(issue.message))
    return doc.problem(path, {
      message: issue.message.startsWith('is ') ? `${name} ${shown(written)} ${issue.message}` : `${name}: ${issue.message}`,
    })
  const choices = issue.code === 'invalid_value' ? issue.values.map(String) : []
  const meant = typeof written === 'string' ? near(written, choices) : []
  const suggestion = meant.length > 0 ? `Did you mean ${orList(meant)}?` : phrase === null ? insteadOf(written, issue, choices) : null
  const instead = phrase?.unshown === true ? '' : `, not ${shown(written)}`
  return doc.problem(path, { message: `${name} must be ${what}${instead}`, suggestion })
}

/** What to write where a schema without words of its own is not met. */
function insteadOf(written: unknown, issue: Issue, choices: readonly string[]): string | null {
  if (choices.length > 0) return `Write ${orList(choices)}.`
  const oneOfList = issue.code === 'invalid_type' && issue.expected === 'array' && typeof written === 'string' && !written.includes('@')
  return oneOfList ? `Write [${/^[\w./-]+$/.test(written) ? written : JSON.stringify(written)}].` : null
}

function plainType(issue: Issue, keys: readonly string[]): string {
  if (issue.code === 'invalid_value') return `one of ${issue.values.map(String).join(', ')}`
  if (issue.code === 'too_small' && typeof issue.minimum === 'number')
    return `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${lengthOf(issue.origin)}`
  if (issue.code === 'too_big' && typeof issue.maximum === 'number') return `at most ${issue.maximum}${lengthOf(issue.origin)}`
  if (issue.code !== 'invalid_type') return 'something else'
  if (issue.expected === 'object' || issue.expected === 'record')
    return keys.length > 0 && keys.length <= 4 ? `a map that may hold ${keys.join(', ')}` : 'a map of keys and values'
  if (issue.expected === 'array') return 'a list'
  if (issue.expected === 'boolean') return 'true or false'
  if (issue.expected === 'string') return 'a text'
  if (issue.expected === 'int') return 'a whole number'
  return `a ${issue.expected}`
}

function lengthOf(origin: string): string {
  return origin === 'string' ? ' characters' : origin === 'array' ? ' in a list' : ''
}

/** Of a union's branches the one that was meant: where the outer form was right and only something inside is wrong. */
function branchMeant(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  return branches.find(issues => issues.every(issue => issue.path.length > 0 || issue.code === 'unrecognized_keys')) ?? null
}

function suggestionIn(issue: Issue): string | null {
  const suggestion = issue.code === 'custom' ? issue.params?.suggestion : null
  return typeof suggestion === 'string' ? suggestion : null
}

function placeIn(issue: Issue): 'key' | 'value' {
  return issue.code === 'custom' && issue.params?.at === 'key' ? 'key' : 'value'
}

/** `accounts[1].roleArn` */
function pathText(path: Path): string {
  return path.map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`)).join('')
}

export function orList(words: readonly string[]): string {
  const quoted = words.map(word => `"${word}"`)
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (part, key) => (typeof part === 'object' && part !== null ? (part as Record<PropertyKey, unknown>)[key] : undefined),
    value,
  )
}

/** A value as it stands in the file: variables unfilled, and what may hold a password hidden. */
function shown(value: unknown): string {
  if (value === null || value === undefined) return 'empty'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'a map'
  if (typeof value !== 'string') return String(value)
  // An address that is mistyped is no URL, and still holds its password.
  if (value.includes('@') && !value.includes('://')) return '"***"'
  const text = value.includes('://') ? withoutCredentials(value) : value.length > 60 ? `${value.slice(0, 60)}…` : value
  return JSON.stringify(text)
}
