import type { WireNode } from './wire.ts'

/** Whether the scheduler may put a task there at all. */
export function takesTasks(node: WireNode): boolean {
  return node.Status?.State === 'ready' && node.Spec?.Availability === 'active'
}

/** Whether a node satisfies a constraint (`node.labels.disk == ssd`); null: this version does not know what it asks for. */
export function satisfies(node: WireNode, constraint: string): boolean | null {
  const [, key = '', operator, wanted = ''] = /^\s*([^\s=!]+)\s*(==|!=)\s*(.*?)\s*$/.exec(constraint) ?? []
  const actual = operator === undefined ? null : attributeOf(node, key)
  if (actual === null) return null
  const isSame = actual.toLowerCase() === wanted.toLowerCase()
  return operator === '==' ? isSame : !isSame
}

/** What is not set is empty; null: an unknown key. */
function attributeOf({ ID: id, Spec: spec, Description: description, Status: status }: WireNode, key: string): string | null {
  const [, kind, label = ''] = /^(node|engine)\.labels\.(.+)$/.exec(key) ?? []
  if (kind === 'node') return spec?.Labels?.[label] ?? ''
  if (kind === 'engine') return description?.Engine?.Labels?.[label] ?? ''
  switch (key) {
    case 'node.id':
      return id ?? ''
    case 'node.hostname':
      return description?.Hostname ?? ''
    case 'node.role':
      return spec?.Role ?? ''
    case 'node.ip':
      return status?.Addr ?? ''
    case 'node.platform.os':
      return description?.Platform?.OS ?? ''
    case 'node.platform.arch':
      return description?.Platform?.Architecture ?? ''
    default:
      return null
  }
}
