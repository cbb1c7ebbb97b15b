export interface Element {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: (Element | string)[]
}

const token =
  /<\?xml [^?]*\?>|<!DOCTYPE html>|<\/([A-Za-z][\w-]*)\s*>|<([A-Za-z][\w-]*)((?:\s+[A-Za-z][\w:-]*="[^"<]*")*)\s*(\/?)>|([^<]+)/gy
const entities: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" }

/** A strict reader of the XML that reports may be: anything else, from a bare ampersand to a lone surrogate, throws. */
export function parseXml(text: string): Element {
  const illegal = /(?![\t\n\r])[\p{Cc}\p{Cs}\ufffe\uffff]/u.exec(text)
  if (illegal) throw new Error(`character ${illegal[0].codePointAt(0)} at ${illegal.index}`)
  const root: Element = { name: '#root', attributes: new Map(), children: [] }
  const open = [root]
  let at = 0
  token.lastIndex = 0
  while (at < text.length) {
    token.lastIndex = at
    const match = token.exec(text)
    if (!match) throw new Error(`not well-formed at ${at}: ${text.slice(at, at + 80)}`)
    take(match, open)
    at = token.lastIndex
  }
  if (open.length !== 1) throw new Error(`<${open.at(-1)?.name}> is never closed`)
  const [top, ...others] = root.children.filter(child => typeof child !== 'string')
  if (!top || others.length > 0) throw new Error('one element must hold everything')
  return top
}

export function walk(element: Element): Element[] {
  return [element, ...element.children.flatMap(child => (typeof child === 'string' ? [] : walk(child)))]
}

export function textOf(element: Element): string {
  return element.children.map(child => (typeof child === 'string' ? child : textOf(child))).join('')
}

function take(match: RegExpExecArray, open: Element[]): void {
  const [, closing, opening, attributes = '', selfClosing, text] = match
  const parent = open.at(-1)
  if (!parent) throw new Error('nothing is open')
  if (text !== undefined) parent.children.push(decode(text))
  if (closing !== undefined && open.pop()?.name !== closing) throw new Error(`</${closing}> closes something else at ${match.index}`)
  if (opening === undefined) return
  const element: Element = { name: opening, attributes: readAttributes(attributes), children: [] }
  parent.children.push(element)
  if (selfClosing !== '/') open.push(element)
}

function readAttributes(text: string): Map<string, string> {
  const read = new Map<string, string>()
  for (const [, name = '', value = ''] of text.matchAll(/([\w:-]+)="([^"]*)"/g)) {
    if (read.has(name)) throw new Error(`${name} is there twice`)
    read.set(name, decode(value))
  }
  return read
}

function decode(text: string): string {
  return text.replace(/&[^;\s]*;?/g, entity => {
    const character = entities[entity]
    if (character === undefined) throw new Error(`unknown entity ${entity}`)
    return character
  })
}
