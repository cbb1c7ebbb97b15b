import { ApiError } from './api-error.ts'

interface Node {
  value: string | undefined
  readonly children: Map<string, Node>
}

/**
 * The parameters of a request. The query protocol flattens structures into dotted names, with lists
 * counted as `X.member.1` (query) or `X.1` (EC2); JSON bodies are read into the same shape.
 */
export class Parameters {
  readonly #node: Node

  private constructor(node: Node) {
    this.#node = node
  }

  static fromForm(body: string): Parameters {
    const root: Node = { value: undefined, children: new Map() }
    for (const [name, value] of new URLSearchParams(body)) {
      let node = root
      for (const part of name.split('.')) node = child(node, part)
      node.value = value
    }
    return new Parameters(root)
  }

  static fromJson(json: unknown): Parameters {
    return new Parameters(toNode(json))
  }

  has(name: string): boolean {
    return this.#node.children.has(name)
  }

  text(name: string): string | undefined {
    const value = this.#node.children.get(name)?.value
    return value === '' ? undefined : value
  }

  required(name: string): string {
    const value = this.text(name)
    if (value === undefined) throw new ApiError('MissingParameter', `The request must contain the parameter ${name}`)
    return value
  }

  integer(name: string): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    if (!/^-?\d+$/.test(value)) throw new ApiError('ValidationError', `${name} must be an integer, not ${value}`)
    return Number(value)
  }

  boolean(name: string): boolean | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    if (value !== 'true' && value !== 'false') throw new ApiError('ValidationError', `${name} must be true or false, not ${value}`)
    return value === 'true'
  }

  list(name: string): string[] {
    return this.#items(name).flatMap(node => node.value ?? [])
  }

  structures(name: string): Parameters[] {
    return this.#items(name).map(node => new Parameters(node))
  }

  structure(name: string): Parameters {
    return new Parameters(this.#node.children.get(name) ?? { value: undefined, children: new Map() })
  }

  /** Whether any value anywhere is exactly this. */
  mentions(text: string): boolean {
    return mentions(this.#node, text)
  }

  #items(name: string): Node[] {
    const node = this.#node.children.get(name)
    if (node === undefined) return []
    const list = node.children.get('member') ?? node
    return [...list.children.entries()]
      .filter(([key]) => /^\d+$/.test(key))
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([, item]) => item)
  }
}

function child(node: Node, name: string): Node {
  const known = node.children.get(name)
  if (known !== undefined) return known
  const made: Node = { value: undefined, children: new Map() }
  node.children.set(name, made)
  return made
}

function toNode(json: unknown): Node {
  const node: Node = { value: undefined, children: new Map() }
  if (Array.isArray(json)) for (const [index, item] of json.entries()) node.children.set(String(index + 1), toNode(item))
  else if (typeof json === 'object' && json !== null) for (const [key, value] of Object.entries(json)) node.children.set(key, toNode(value))
  else if (json !== null && json !== undefined) node.value = String(json)
  return node
}

function mentions(node: Node, text: string): boolean {
  return node.value === text || [...node.children.values()].some(each => mentions(each, text))
}
