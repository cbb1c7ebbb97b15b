/** A result as its operation gives it: wire names to values; undefined and null are left out. */
export type Result = { readonly [name: string]: ResultValue }
export type ResultValue = string | number | boolean | Date | null | undefined | Result | readonly ResultValue[]

/** XML of a structure's members. Lists repeat `itemTag`: `member` in the query protocol, `item` in EC2's. */
export function xml(result: Result, itemTag: 'member' | 'item'): string {
  let text = ''
  for (const name in result) {
    const value = result[name]
    if (value !== undefined && value !== null) text += element(name, value, itemTag)
  }
  return text
}

function element(name: string, value: ResultValue, itemTag: 'member' | 'item'): string {
  if (Array.isArray(value)) {
    let items = ''
    for (const item of value as readonly ResultValue[]) items += element(itemTag, item, itemTag)
    return items === '' ? `<${name}/>` : `<${name}>${items}</${name}>`
  }
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) return `<${name}>${xml(value as Result, itemTag)}</${name}>`
  return `<${name}>${scalar(value as string | number | boolean | Date)}</${name}>`
}

function scalar(value: string | number | boolean | Date): string {
  if (typeof value === 'string') return escapeXml(value)
  if (value instanceof Date) return value.toISOString()
  return String(value)
}

const NEEDS_ESCAPING = /[&<>"'\r]/

export function escapeXml(text: string): string {
  if (!NEEDS_ESCAPING.test(text)) return text
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replaceAll('\r', '&#xD;')
}

/** JSON 1.0 as AWS writes it: moments are epoch seconds. */
export function toJson(value: ResultValue): unknown {
  if (value instanceof Date) return value.getTime() / 1000
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value as Result).flatMap(([name, each]) => (each == null ? [] : [[name, toJson(each)]])))
  return value
}
