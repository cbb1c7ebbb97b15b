import { z } from 'zod'

/** How a value is called in a message to people: "a duration", and one that is right: "15m". */
export interface Phrase {
  readonly what: string
  readonly example: string | null
  /** What stands there is never repeated: somebody may have written a secret. */
  readonly unshown?: true
}

const phrases = z.registry<Phrase>()

/** Gives a schema its words for messages. Last in a chain: a later refinement would make a schema without them. */
export function called<S extends z.ZodType>(schema: S, what: string, example: string | null = null): S {
  phrases.add(schema, { what, example })
  return schema
}

/** As `called`, for a place where a secret could stand by mistake. */
export function calledUnshown<S extends z.ZodType>(schema: S, what: string, example: string): S {
  phrases.add(schema, { what, example, unshown: true })
  return schema
}

/** `a duration such as 15m` */
export function wording({ what, example }: Phrase): string {
  return example === null ? what : `${what} such as ${example}`
}

/** The words of a schema, looked up inward through defaults, optional values and transformations. */
export function phraseOf(schema: z.ZodType | null): Phrase | null {
  for (let inner = schema; inner !== null; inner = unwrapped(inner)) {
    const phrase = phrases.get(inner)
    if (phrase !== undefined) return phrase
  }
  return null
}

/** The schema at a path inside another one; null where the path leaves it. */
export function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType | null {
  const [key, ...rest] = path
  if (key === undefined) return schema
  for (const candidate of alternatives(schema)) {
    const child = childOf(candidate, key)
    const found = child === null ? null : schemaAt(child, rest)
    if (found !== null) return found
  }
  return null
}

/** The keys that a map at this place may have; empty where it is no map or takes any key. */
export function keysOf(schema: z.ZodType | null): string[] {
  if (schema === null) return []
  const keys = alternatives(schema).flatMap(candidate => (candidate instanceof z.ZodObject ? Object.keys(candidate.shape) : []))
  return [...new Set(keys)]
}

/** What may stand under the key that tells the forms of a map apart. */
export function wordsOf(schema: z.ZodType | null, key: string): string[] {
  const forms = schema === null ? [] : alternatives(schema)
  return forms.flatMap(form => {
    const word = form instanceof z.ZodObject ? (form.shape as Record<string, z.ZodType>)[key] : undefined
    return word instanceof z.ZodLiteral ? [...word.values].map(String) : []
  })
}

/** The words for a key of the map at this place. */
export function keyPhraseOf(schema: z.ZodType | null): Phrase | null {
  if (schema === null) return null
  const record = alternatives(schema).find(candidate => candidate instanceof z.ZodRecord)
  return record === undefined ? null : phraseOf(record.keyType as z.ZodType)
}

function childOf(schema: z.ZodType, key: PropertyKey): z.ZodType | null {
  if (schema instanceof z.ZodObject) return (schema.shape as Record<PropertyKey, z.ZodType>)[key] ?? null
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType
  return null
}

/** What is left when wrappers are taken off: one schema, or each branch of a union. */
function alternatives(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodUnion) return (schema.options as z.ZodType[]).flatMap(alternatives)
  const inner = unwrapped(schema)
  return inner === null ? [schema] : alternatives(inner)
}

function unwrapped(schema: z.ZodType): z.ZodType | null {
  if (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable
  )
    return schema.unwrap() as z.ZodType
  if (schema instanceof z.ZodPipe) return (schema.in instanceof z.ZodTransform ? schema.out : schema.in) as z.ZodType
  return null
}
