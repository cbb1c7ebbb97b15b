import type { Outcome } from '../report.ts'
import { type Markup, markup, trusted } from './markup.ts'

/** One shape per outcome, so that colour is never the only difference. Drawn once, used by reference. */
const shapes: Readonly<Record<Outcome | 'strike' | 'warn' | 'check' | 'cross' | 'blank', string>> = {
  // a flame
  phoenix:
    '<path fill="currentColor" d="M8.6.8c.5 2.6-.6 3.8-1.9 5.2C5.4 7.4 3.2 9 3.2 11.2 3.2 13.8 5.3 15.4 8 15.4s4.8-1.7 4.8-4.3c0-1.7-.8-3-1.7-4-.1 1-.5 1.7-1.3 2.2C10.3 6 10.2 3 8.6.8z"/>',
  // six arms
  snowflake:
    '<path fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" d="M8 1.2v13.6M2.1 4.6l11.8 6.8M13.9 4.6L2.1 11.4M6.2 2.2L8 3.9l1.8-1.7M6.2 13.8L8 12.1l1.8 1.7M2.2 7.1l2.4-.7-.6-2.4M13.8 8.9l-2.4.7.6 2.4M2.2 8.9l2.4.7-.6 2.4M13.8 7.1l-2.4-.7.6-2.4"/>',
  forecast:
    '<path fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-dasharray="2.2 1.8" d="M8 1.2v13.6M2.1 4.6l11.8 6.8M13.9 4.6L2.1 11.4"/><circle cx="8" cy="8" r="1.7" fill="currentColor"/>',
  inconclusive:
    '<circle cx="8" cy="8" r="6.4" fill="none" stroke="currentColor" stroke-width="1.5"/><path fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" d="M6.2 6.3a1.85 1.85 0 1 1 2.7 1.65c-.6.35-.9.7-.9 1.35"/><circle cx="8" cy="11.5" r=".9" fill="currentColor"/>',
  open: '<circle cx="8" cy="8" r="6.4" fill="none" stroke="currentColor" stroke-width="1.5"/><path fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" d="M8 4.6V8l2.2 1.6"/>',
  leashed:
    '<circle cx="5.2" cy="8" r="3.4" fill="none" stroke="currentColor" stroke-width="1.5"/><circle cx="10.8" cy="8" r="3.4" fill="none" stroke="currentColor" stroke-width="1.5"/>',
  refused:
    '<circle cx="8" cy="8" r="6.4" fill="none" stroke="currentColor" stroke-width="1.5"/><path stroke="currentColor" stroke-width="1.7" stroke-linecap="round" d="M4.8 8h6.4"/>',
  planned: '<circle cx="8" cy="8" r="6.4" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2.5 2.5"/>',
  // a bolt
  strike: '<path fill="currentColor" d="M9.4.8L3.2 9.2h3.9l-1 6 6.7-8.7H8.7z"/>',
  warn: '<path fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" d="M8 2L15 14H1z"/><path stroke="currentColor" stroke-width="1.5" stroke-linecap="round" d="M8 6.5v3.5"/><circle cx="8" cy="12" r=".8" fill="currentColor"/>',
  check:
    '<path fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" d="M3 8.5l3.3 3.3L13 4.8"/>',
  cross: '<path stroke="currentColor" stroke-width="2" stroke-linecap="round" d="M4 4l8 8M12 4l-8 8"/>',
  blank: '<path stroke="currentColor" stroke-width="1.8" stroke-linecap="round" d="M4 8h8"/>',
}

export function iconSheet(): Markup {
  const symbols = Object.entries(shapes).map(([id, shape]) => `<symbol id="i-${id}" viewBox="0 0 16 16">${shape}</symbol>`)
  return trusted(`<svg width="0" height="0" class="hidden" aria-hidden="true">${symbols.join('')}</svg>`)
}

/** Always beside a word that says the same. */
export function icon(shape: keyof typeof shapes): Markup {
  return markup`<svg class="icon" aria-hidden="true"><use href="#i-${shape}"/></svg>`
}
