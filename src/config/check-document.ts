import type { z } from 'zod'
import type { Problem } from './config-error.ts'
import type { Path, SourceDocument } from './document.ts'
import { type Environment, fillFromEnvironment } from './environment.ts'
import { explainIssues } from './explain.ts'

type Shape = Record<string, z.ZodType>

export interface CheckedDocument<S extends Shape> {
  /** Each key's value that is right by itself, so that contradictions are found beside other mistakes. */
  readonly valid: { readonly [Key in keyof S]?: z.output<S[Key]> }
  /** Null where anything is wrong. */
  readonly whole: z.output<z.ZodObject<S>> | null
  readonly problems: readonly Problem[]
  /** Whether a value's variable is missing: that is the mistake to report, whatever the value looks like. */
  readonly isUnfilled: (path: Path) => boolean
  /** Of the map under a key, what is right by itself though another part of the map is wrong. */
  readonly partsOf: <M extends Shape>(key: keyof S & string, map: z.ZodObject<M>) => Parts<M>
}

type Parts<S extends Shape> = { -readonly [Key in keyof S]?: z.output<S[Key]> }

/** Fills a file's variables and checks it against its schema; everything that is wrong comes back together. */
export function checkDocument<S extends Shape>(schema: z.ZodObject<S>, doc: SourceDocument, env: Environment): CheckedDocument<S> {
  if (doc.value === undefined) return { valid: {}, whole: null, problems: doc.problems, isUnfilled: () => true, partsOf: () => ({}) }
  const filled = fillFromEnvironment(doc.value, env)
  const isUnfilled = (path: Path) => filled.failures.some(failure => startsWith(path, failure.path))
  const unfilled = filled.failures.map(({ path, ...failure }) => doc.problem(path, failure))
  const result = schema.safeParse(filled.value)
  const issues = result.success
    ? []
    : explainIssues(
        result.error.issues.filter(issue => !isUnfilled(issue.path)),
        { doc, schema },
      )
  const problems = [...doc.problems, ...unfilled, ...issues]
  const valid = validParts(schema.shape, filled.value)
  for (const { path } of filled.failures) delete valid[String(path[0])]
  const partsOf = <M extends Shape>(key: string, map: z.ZodObject<M>): Parts<M> => {
    const parts = validParts(map.shape, isRecord(filled.value) ? filled.value[key] : undefined)
    for (const part of Object.keys(parts)) if (isUnfilled([key, part])) delete parts[part]
    return parts
  }
  const whole = result.success && problems.length === 0 ? (result.data as z.output<z.ZodObject<S>>) : null
  return { valid, whole, problems, isUnfilled, partsOf }
}

function validParts<S extends Shape>(shape: S, value: unknown): Parts<S> {
  const parts: Parts<S> = {}
  if (!isRecord(value)) return parts
  for (const key of Object.keys(shape) as (keyof S & string)[]) {
    const part = shape[key]?.safeParse(value[key])
    if (part?.success) parts[key] = part.data as z.output<S[typeof key]>
  }
  return parts
}

function startsWith(path: Path, beginning: Path): boolean {
  return beginning.every((key, index) => path[index] === key)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
