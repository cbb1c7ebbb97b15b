import { createHash } from 'node:crypto'
import { style } from '../reports/html/style.ts'
import { liveScript } from './live/script.ts'
import { appStyle } from './style.ts'

export interface Asset {
  /** Named by its content, so that browsers may keep it for ever. */
  readonly path: string
  readonly type: string
  readonly text: string
}

const flame =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#c4391d" d="M8.6.8c.5 2.6-.6 3.8-1.9 5.2C5.4 7.4 3.2 9 3.2 11.2 3.2 13.8 5.3 15.4 8 15.4s4.8-1.7 4.8-4.3c0-1.7-.8-3-1.7-4-.1 1-.5 1.7-1.3 2.2C10.3 6 10.2 3 8.6.8z"/></svg>'

/** Everything that a page loads beside itself. The reports' own style comes first: one design for both. */
export const assets = {
  style: asset('css', 'text/css; charset=utf-8', `${style}${appStyle}`),
  script: asset('js', 'text/javascript; charset=utf-8', liveScript),
  icon: asset('svg', 'image/svg+xml', flame),
} as const satisfies Readonly<Record<string, Asset>>

function asset(extension: string, type: string, text: string): Asset {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16)
  return { path: `/assets/${hash}.${extension}`, type, text }
}
