import type { Shown } from '../../domain/standing.ts'
import { formatMoment } from '../../reports/durations.ts'
import { icon } from '../../reports/html/icons.ts'
import { type Markup, markup, name } from '../../reports/html/markup.ts'
import { elapsed } from '../../reports/moments.ts'
import { clip } from '../../reports/safe-text.ts'
import { shownIcons, shownNames } from '../fleet/standing.ts'
import type { Shell } from './layout.ts'

export function standingBadge(shown: Shown): Markup {
  return markup`<span class="badge ${shown}">${icon(shownIcons[shown])}${shownNames[shown]}</span>`
}

/** A group's name as a link, and its scope: names are used again in every account and region. */
export function groupLink(
  group: { readonly id: string; readonly name: string; readonly scope: string },
  href = groupHref(group.id),
): Markup {
  return markup`<a class="strong" href="${href}">${name(clip(group.name, 80))}</a> <span class="soft where">${name(clip(group.scope, 60))}</span>`
}

/** What every form needs: proof that it is ours, and where to come back to. */
export function hidden(shell: Pick<Shell, 'formKey' | 'here'>): Markup {
  return markup`<input type="hidden" name="key" value="${shell.formKey}"/><input type="hidden" name="back" value="${shell.here}"/>`
}

export function moment(at: Temporal.Instant): Markup {
  return markup`<time datetime="${at.toString({ smallestUnit: 'second' })}">${formatMoment(at)}</time>`
}

/** `3 h ago`, with the moment itself for whoever points at it. */
export function since(at: Temporal.Instant, now: Temporal.Instant): Markup {
  return markup`<time datetime="${at.toString({ smallestUnit: 'second' })}" title="${formatMoment(at)}">${ago(at, now)}</time>`
}

/** `for 3 h`, with the moment since which. */
export function lasting(at: Temporal.Instant, now: Temporal.Instant): Markup {
  return markup`<time datetime="${at.toString({ smallestUnit: 'second' })}" title="${formatMoment(at)}">for ${span(elapsed(at, now))}</time>`
}

export function ago(at: Temporal.Instant, now: Temporal.Instant): string {
  const time = elapsed(at, now)
  return time < 5_000 ? 'just now' : `${span(time)} ago`
}

/** One unit is enough for an age: `40 s`, `12 min`, `5 h`, `9 d`. */
export function span(time: number): string {
  const seconds = Math.max(0, Math.round(time / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} d`
}

export function groupHref(id: string): string {
  return `/group?id=${encodeURIComponent(wellFormed(id))}`
}

export function drillHref(id: string): string {
  return `/drills/${encodeURIComponent(wellFormed(id))}`
}

/** Half a surrogate pair cannot be part of an address. */
function wellFormed(text: string): string {
  return text.toWellFormed()
}

/** An address of this site with some of its search changed; what is empty is left out. */
export function link(path: string, search: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams(Object.entries(search).flatMap(([key, value]) => (value ? [[key, value]] : [])))
  const text = query.toString()
  return text === '' ? path : `${path}?${text}`
}

/** Previous and next, with where one is. */
export function pager(page: {
  readonly from: number
  readonly to: number
  readonly total: number
  readonly href: (offset: number) => string
  readonly size: number
}): Markup {
  if (page.total <= page.size) return markup``
  const previous = page.from > 0 ? markup`<a rel="prev" href="${page.href(Math.max(0, page.from - page.size))}">← Previous</a>` : null
  const next = page.to < page.total ? markup`<a rel="next" href="${page.href(page.to)}">Next →</a>` : null
  return markup`<nav class="pager" aria-label="Parts of the list">${previous}<span class="number">${(page.from + 1).toLocaleString('en')}–${page.to.toLocaleString('en')} of ${page.total.toLocaleString('en')}</span>${next}</nav>`
}
