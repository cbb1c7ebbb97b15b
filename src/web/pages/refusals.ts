import type { Drill } from '../../domain/drill.ts'
import { type Markup, markup, name } from '../../reports/html/markup.ts'
import { clip } from '../../reports/safe-text.ts'
import { asSentence, plural, ruleName } from '../../reports/sentences.ts'
import type { WebNeeds } from '../needs.ts'
import type { Page } from './layout.ts'
import { drillHref, groupHref, link, pager, since } from './parts.ts'

export const refusalPeriods = [1, 7, 30, 90] as const
export type RefusalPeriod = (typeof refusalPeriods)[number]

const shownPerRule = 5
const shownOfOne = 50

export interface RefusalSearch {
  readonly days: RefusalPeriod
  readonly rule: string | null
  readonly offset: number
}

/** Why nothing was killed: the question that users of such tools ask most. */
export async function refusalsPage({ ledger }: Pick<WebNeeds, 'ledger'>, search: RefusalSearch): Promise<Page> {
  const now = await ledger.now()
  const from = now.subtract({ hours: search.days * 24 })
  const counts = await ledger.refusalCounts(from)
  const total = counts.reduce((sum, count) => sum + count.drills, 0)
  const chosen = search.rule === null ? counts : counts.filter(count => count.rule === search.rule)
  const limit = search.rule === null ? shownPerRule : search.offset + shownOfOne
  const sections = await Promise.all(
    chosen.map(async ({ rule, drills }) => {
      const listed = await ledger.drills({ rule, states: ['refused'], since: from, limit })
      return section({ rule, count: drills, drills: listed.slice(search.offset), search, now })
    }),
  )
  const main = markup`${search.rule === null ? null : markup`<nav class="crumbs" aria-label="Where this is"><a href="${link('/refusals', { days: String(search.days) })}">Refusals</a></nav>`}
<header class="lead-in"><h1>${total === 0 ? `Nothing was refused in ${periodText(search.days)}.` : `Why nothing was killed: ${plural(total, 'refusal')} in ${periodText(search.days)}`}</h1>
<p class="soft">A planned drill is refused when a guard, a rule or a limit says no. Nothing was touched.</p></header>
<nav class="choices" aria-label="Period"><ul>${refusalPeriods.map(
    days =>
      markup`<li><a href="${link('/refusals', { days: String(days), rule: search.rule ?? undefined })}"${days === search.days ? markup` aria-current="true"` : null}>${periodText(days)}</a></li>`,
  )}</ul></nav>
<div class="rules">${sections}</div>`
  return { title: 'Refusals', active: 'refusals', main }
}

function periodText(days: RefusalPeriod): string {
  return days === 1 ? '24 h' : `${days} days`
}

interface Section {
  readonly rule: string
  readonly count: number
  readonly drills: readonly Drill[]
  readonly search: RefusalSearch
  readonly now: Temporal.Instant
}

function section({ rule, count, drills, search, now }: Section): Markup {
  const whole = link('/refusals', { days: String(search.days), rule })
  const left = count - drills.length
  const all =
    search.rule === null
      ? left > 0
        ? markup`<p class="small"><a href="${whole}">All ${count.toLocaleString('en')}</a></p>`
        : null
      : pager({
          from: search.offset,
          to: search.offset + drills.length,
          total: count,
          size: shownOfOne,
          href: offset => link('/refusals', { days: String(search.days), rule, offset: offset === 0 ? undefined : String(offset) }),
        })
  return markup`<section class="panel"><h2>${/^S\d+$/.test(rule) ? markup`<span class="rule">${rule}</span>` : null}${name(clip(ruleName(rule), 120))}<span class="n">${plural(count, 'drill')}</span></h2>
<ul>${drills.map(drill => item(drill, now))}</ul>${all}</section>`
}

function item(drill: Drill, now: Temporal.Instant): Markup {
  const reason = drill.state === 'refused' ? asSentence(drill.refusal.reason) : ''
  return markup`<li><span class="whose"><b><a href="${groupHref(drill.group)}">${name(clip(drill.groupName, 80))}</a></b> <span class="soft small">${name(clip(drill.scope, 60))}</span></span><span>${name(clip(reason, 500))} <a class="small soft" href="${drillHref(drill.id)}">${since(drill.plannedFor, now)}</a></span></li>`
}
