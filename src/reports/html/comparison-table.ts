import { UNCHANGED } from '../../domain/drill.ts'
import type { Value } from '../../domain/finding.ts'
import { sameValue } from '../../domain/value.ts'
import { type ComparedRow, type Comparison, compare, type DeclaredValue, type InsideComparison, type Shown } from '../comparison.ts'
import type { DrillCard, Outcome } from '../report.ts'
import { plural } from '../sentences.ts'
import { type Markup, markup, name } from './markup.ts'

/** Victim, declaration, successor: differences first, what is equal folded away. */
export function comparisonSection(card: DrillCard): Markup {
  const comparison = compare(card)
  if (!comparison) return markup``
  // A successor of which nothing could be read says so once, not in every row.
  const unseen = comparison.rows.length > 0 && comparison.rows.every(row => row.successor.kind === 'unread')
  const tells = (row: ComparedRow) => (unseen ? row.victimDiffers : row.mark !== 'equal')
  const telling = comparison.rows.filter(tells)
  const equal = comparison.rows.filter(row => !tells(row))
  return markup`<h4>Victim, declaration, successor</h4>
${telling.length > 0 ? table(telling, comparison, 'Settings that differ or could not be read') : null}
${equal.length > 0 ? markup`<details class="fold"><summary>${equalWords(equal, telling.length > 0, card.outcome)}</summary>${table(equal, comparison, 'Settings that are equal')}</details>` : null}
${comparison.inside ? insideSection(comparison.inside) : null}`
}

function equalWords(equal: readonly ComparedRow[], others: boolean, outcome: Outcome): string {
  const settings = plural(equal.length, others ? 'other setting' : 'setting')
  const single = equal.some(row => row.successor.kind === 'none')
  const unread = equal.some(row => row.successor.kind === 'unread')
  const missing =
    outcome === 'open'
      ? 'the successor is described when its soak is over'
      : unread
        ? 'the successor could not be described'
        : 'no successor to compare with'
  return `${others ? '' : 'All '}${settings} ${single || unread ? `of the victim as declared; ${missing}` : 'equal'}`
}

function table(rows: readonly ComparedRow[], comparison: Comparison, caption: string): Markup {
  return markup`<table class="compare"><caption class="hidden">${caption}</caption>
<thead><tr><th scope="col">Setting</th><th scope="col">Victim</th><th scope="col">Declaration${comparison.successorSource === null ? null : markup`<span class="note">${name(comparison.successorSource)}</span>`}</th><th scope="col">Successor</th></tr></thead>
<tbody>${rows.map(row => rowMarkup(row))}</tbody></table>`
}

function rowMarkup(row: ComparedRow): Markup {
  const note = row.mark === 'ignored' ? markup`<span class="note">differs by design, or is ignored</span>` : null
  return markup`<tr class="${row.mark}"><th scope="row">${name(row.path)}${note}</th>
<td${off(row.victimDiffers)}><span class="label">Victim</span><span>${side(row.victim, row.born)}</span></td>
<td><span class="label">Declaration</span><span>${declared(row)}</span></td>
<td${off(row.successorDiffers)}><span class="label">Successor</span><span>${side(row.successor, row.promised)}</span></td></tr>
`
}

function off(differs: boolean): Markup | null {
  return differs ? markup` class="off"` : null
}

function side(shown: Shown, against: DeclaredValue): Markup {
  switch (shown.kind) {
    case 'value':
      return valueMarkup(shown.value, against.kind === 'set' && against.values.length === 1 ? (against.values[0] ?? null) : null)
    case 'absent':
      return markup`<span class="quiet">not there</span>`
    case 'unread':
      return markup`<span class="quiet">not read: ${name(shown.why)}</span>`
    case 'none':
      return markup`<span class="quiet">none came</span>`
  }
}

/** Members of a set that the other side does not have are marked. */
function valueMarkup(value: Value, against: Value): Markup {
  if (value === null || value === '') return markup`<span class="quiet">${value === null ? 'none' : 'empty'}</span>`
  if (typeof value !== 'object') return name(String(value))
  if (value.length === 0) return markup`<span class="quiet">none</span>`
  const known = typeof against === 'object' && against !== null ? against : null
  return markup`${value.map((item, index) => markup`${index > 0 ? ', ' : null}${known && !known.includes(item) ? markup`<ins>${name(item)}</ins>` : name(item)}`)}`
}

function declared({ born, promised }: ComparedRow): Markup {
  if (sameDeclared(born, promised)) return declaredMarkup(promised)
  return markup`<span class="note">for the victim</span>${declaredMarkup(born)}<span class="note">for the successor</span>${declaredMarkup(promised)}`
}

function declaredMarkup(value: DeclaredValue): Markup {
  switch (value.kind) {
    case 'open':
      return markup`<span class="quiet">left open</span>`
    case 'absent':
      return markup`<span class="quiet">not declared</span>`
    case 'unread':
      return markup`<span class="quiet">not read: ${name(value.why)}</span>`
    case 'set':
      if (value.values.length === 1) return valueMarkup(value.values[0] ?? null, null)
      return markup`<span class="note">any of</span>${value.values.map((item, index) => markup`${index > 0 ? ' · ' : null}${valueMarkup(item, null)}`)}`
  }
}

function sameDeclared(a: DeclaredValue, b: DeclaredValue): boolean {
  if (a.kind !== 'set' || b.kind !== 'set') return a.kind === b.kind
  return a.values.length === b.values.length && a.values.every((value, index) => sameValue(value, b.values[index] ?? null))
}

const insideLimit = 200

function insideSection({ shows, differing, equal }: InsideComparison): Markup {
  if (differing.length === 0) return markup`<p class="small soft">Inside: ${plural(equal, 'fact')} of the fingerprints are equal.</p>`
  const shown = differing.slice(0, insideLimit)
  const missing = shows === 'changes' ? UNCHANGED : 'not there'
  return markup`<h4>Inside the instances</h4><table class="compare"><caption class="hidden">Fingerprints that differ</caption>
<thead><tr><th scope="col">Fact</th><th scope="col">Victim</th><th scope="col">Successor</th></tr></thead>
<tbody>${shown.map(
    ({ path, victim, successor }) =>
      markup`<tr class="fail"><th scope="row">${name(path)}</th><td class="off"><span class="label">Victim</span><span>${fact(victim, missing)}</span></td><td class="off"><span class="label">Successor</span><span>${fact(successor, missing)}</span></td></tr>`,
  )}</tbody></table>
${factsLeft(differing.length - shown.length, equal)}`
}

function factsLeft(more: number, equal: number): Markup | null {
  const words = [
    ...(more > 0 ? [`${plural(more, 'more fact')} differ.`] : []),
    ...(equal > 0 ? [`${plural(equal, 'other fact')} equal.`] : []),
  ]
  return words.length === 0 ? null : markup`<p class="small soft">${words.join(' ')}</p>`
}

function fact(value: string | null, missing: string): Markup {
  return value === null ? markup`<span class="quiet">${missing}</span>` : name(value)
}
