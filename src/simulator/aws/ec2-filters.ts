import type { Tags } from '../world/model.ts'
import { ApiError } from './api-error.ts'
import type { Parameters } from './parameters.ts'
import type { Result } from './render.ts'

export type Filterable<T> = Readonly<Record<string, (item: T) => string | readonly string[] | null | undefined>>

/** EC2's filters: values are alternatives and may hold `*` and `?`, filters are conditions. */
export function ec2Filter<T>(input: Parameters, fields: Filterable<T>, tagsOf?: (item: T) => Tags): (item: T) => boolean {
  const filters = input.structures('Filter').map(filter => {
    const name = filter.required('Name')
    const values = filter.list('Value')
    const matchers = values.map(matcher)
    const matches = (actual: string | readonly string[] | null | undefined) =>
      (typeof actual === 'string' ? [actual] : (actual ?? [])).some(text => matchers.some(each => each(text)))
    const read = fields[name]
    if (read !== undefined) return (item: T) => matches(read(item))
    if (tagsOf !== undefined && name.startsWith('tag:')) return (item: T) => matches(tagsOf(item)[name.slice('tag:'.length)])
    if (tagsOf !== undefined && name === 'tag-key') return (item: T) => matches(Object.keys(tagsOf(item)))
    throw new ApiError('InvalidParameterValue', `The filter '${name}' is invalid`)
  })
  return item => filters.every(filter => filter(item))
}

function matcher(pattern: string): (text: string) => boolean {
  if (!/[*?]/.test(pattern)) return text => text === pattern
  const expression = new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  )
  return text => expression.test(text)
}

export function tagSet(tags: Tags): Result[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }))
}

/** Throws as EC2 does for one that does not exist; ids of another form are malformed. */
export function requireAll(asked: readonly string[], known: (id: string) => boolean, { prefix, code, noun }: IdKind): void {
  const malformed = asked.find(id => !new RegExp(`^${prefix}-[0-9a-f]{8}([0-9a-f]{9})?$`).test(id))
  if (malformed !== undefined) throw new ApiError(`${code}.Malformed`, `Invalid id: "${malformed}"`)
  const missing = asked.filter(id => !known(id))
  if (missing.length === 0) return
  const [first] = missing
  throw new ApiError(
    `${code}.NotFound`,
    missing.length === 1 ? `The ${noun} ID '${first}' does not exist` : `The ${noun} IDs '${missing.join(', ')}' do not exist`,
  )
}

export interface IdKind {
  readonly prefix: string
  readonly code: string
  readonly noun: string
}
