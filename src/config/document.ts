import { type Alias, isMap, isNode, isPair, LineCounter, type Node, parseDocument, visit, type YAMLError } from 'yaml'
import type { Problem } from './config-error.ts'

export type Path = readonly PropertyKey[]

/** A YAML file, read so that every value in it can be pointed at. */
export interface SourceDocument {
  /** As it is shown to people. */
  readonly file: string
  /** Plain data; `{}` for an empty file. Undefined where the file is no YAML, then only `problems` says something. */
  readonly value: unknown
  /** Syntax errors and duplicate keys. */
  readonly problems: readonly Problem[]
  /** A problem at a value (or its key), or at the nearest place that exists. */
  problem(path: Path, about: { message: string; suggestion?: string | null; at?: 'key' | 'value' }): Problem
}

export function readDocument(file: string, text: string): SourceDocument {
  const lines = new LineCounter()
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  const offsetOf = (path: Path, at: 'key' | 'value'): number => {
    for (let length = path.length; length >= 0; length--) {
      // A value that is not there is pointed at by the key of what should hold it.
      const offset = rangeStart(doc, path.slice(0, length), length < path.length ? 'key' : at)
      if (offset !== null) return offset
    }
    return 0
  }
  const problems = withoutConsequences(doc.errors).map(error => ({ ...place(error.pos[0]), ...explainSyntax(error, text) }))
  const broken = doc.errors.some(error => error.code !== 'DUPLICATE_KEY')
  const read = broken ? { value: undefined, problem: null } : toPlainData(doc)
  return {
    file,
    value: read.value,
    problems: read.problem === null ? problems : [...problems, { ...place(read.problem.offset), ...read.problem.about }],
    problem: (path, { message, suggestion = null, at = 'value' }) => ({ ...place(offsetOf(path, at)), message, suggestion }),
  }
}

const separate: readonly YAMLError['code'][] = ['DUPLICATE_KEY', 'TAB_AS_INDENT', 'MULTIPLE_DOCS']

/** A parser that has lost its way says many things about one mistake: the first of them is where it is. */
function withoutConsequences(errors: readonly YAMLError[]): readonly YAMLError[] {
  const lost = errors.find(({ code }) => !separate.includes(code))
  return errors.filter(error => separate.includes(error.code) || error === lost)
}

interface Unusable {
  readonly offset: number
  readonly about: { readonly message: string; readonly suggestion: string | null }
}

function toPlainData(doc: ReturnType<typeof parseDocument>): { value: unknown; problem: Unusable | null } {
  try {
    return { value: doc.toJS({ maxAliasCount: 100 }) ?? {}, problem: null }
  } catch (error) {
    return { value: undefined, problem: explainAliases(doc, error) }
  }
}

function explainAliases(doc: ReturnType<typeof parseDocument>, error: unknown): Unusable {
  const lost: Alias[] = []
  visit(doc, {
    Alias(_, alias) {
      if (alias.resolve(doc) === undefined) lost.push(alias)
    },
  })
  const [first] = lost
  if (first !== undefined) {
    const message = `there is no anchor &${first.source} before this *${first.source}`
    return { offset: start(first) ?? 0, about: { message, suggestion: 'Put a text that begins with "*" in quotes.' } }
  }
  if (error instanceof ReferenceError)
    return { offset: 0, about: { message: 'its aliases (*name) repeat far too much', suggestion: 'Write out what they stand for.' } }
  return {
    offset: 0,
    about: { message: `this YAML cannot be used: ${error instanceof Error ? error.message : String(error)}`, suggestion: null },
  }
}

function rangeStart(doc: ReturnType<typeof parseDocument>, path: Path, at: 'key' | 'value'): number | null {
  if (at === 'key' && path.length > 0) {
    const parent: unknown = path.length === 1 ? doc.contents : doc.getIn(path.slice(0, -1), true)
    const pair = isMap(parent) ? parent.items.find(item => isPair(item) && String(item.key) === String(path.at(-1))) : undefined
    const key = pair?.key
    if (isNode(key)) return start(key)
  }
  const node: unknown = path.length === 0 ? doc.contents : doc.getIn(path, true)
  return isNode(node) ? start(node) : null
}

function start(node: Node): number | null {
  return node.range?.[0] ?? null
}

function explainSyntax(error: YAMLError, text: string): { message: string; suggestion: string | null } {
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^[^\s:]+/.exec(text.slice(error.pos[0]))?.[0] ?? 'this key'
    return { message: `the key "${key}" stands here a second time`, suggestion: 'Keep one of them: only one could count.' }
  }
  if (error.code === 'TAB_AS_INDENT') return { message: 'a tab indents this line', suggestion: 'Indent YAML with spaces.' }
  if (error.code === 'MULTIPLE_DOCS')
    return { message: 'a second YAML document starts here', suggestion: 'Write one document per file, without "---" between them.' }
  const indented = ['BLOCK_AS_IMPLICIT_KEY', 'MULTILINE_IMPLICIT_KEY', 'BAD_INDENT'].includes(error.code)
  const suggestion = indented ? 'Look at how this line and the next are indented, and put a text that holds ": " in quotes.' : null
  return { message: `this is not valid YAML: ${error.message}`, suggestion }
}
