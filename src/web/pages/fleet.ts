import { tellAccepted } from '../../domain/accepted.ts'
import { coverageDays, percentProven, proofSince } from '../../domain/coverage.ts'
import type { Drill } from '../../domain/drill.ts'
import type { LedgerState, ScopeReading } from '../../domain/ledger-state.ts'
import { type Shown, shownOf, shownOfCount } from '../../domain/standing.ts'
import type { FleetCount, FleetFilter, FleetGroup, FleetPage, Ledger } from '../../ledger/ledger.ts'
import { icon } from '../../reports/html/icons.ts'
import { type Markup, markup, name } from '../../reports/html/markup.ts'
import { drillCard } from '../../reports/report.ts'
import { clip } from '../../reports/safe-text.ts'
import { asSentence, plural, whyOf } from '../../reports/sentences.ts'
import { coverageChart } from '../charts/coverage.ts'
import type { CoverageDay } from '../fleet/history.ts'
import { shownIcons, shownNames, shownStandings, type Tally, tally, totalOf } from '../fleet/standing.ts'
import type { WebNeeds } from '../needs.ts'
import { openDrills, type Wounded, woundedDrills, woundedOf } from './in-progress.ts'
import type { Page } from './layout.ts'
import { ago, drillHref, groupHref, groupLink, lasting, link, pager, span, standingBadge } from './parts.ts'

/** Cells of one page, so that it stays below 100 kB with the longest names. */
const cellsPerPage = 210
/** So many or fewer say their names; more are squares. */
const mostNamed = 72
const mostUrgent = 6

export interface FleetSearch {
  readonly q?: string | undefined
  readonly provider?: string | undefined
  readonly scope?: string | undefined
  readonly service?: string | undefined
  readonly owner?: string | undefined
  readonly standing?: Shown | undefined
  readonly offset: number
}

interface FleetView {
  readonly now: Temporal.Instant
  readonly search: FleetSearch
  readonly counts: readonly FleetCount[]
  readonly page: FleetPage
  readonly urgent: readonly { readonly group: FleetGroup; readonly drill: Drill | null }[]
  readonly open: readonly Drill[]
  readonly wounded: Wounded
  readonly days: readonly CoverageDay[]
  readonly scopes: readonly ScopeReading[]
}

export async function fleetPage(needs: Pick<WebNeeds, 'ledger' | 'history'>, search: FleetSearch, state: LedgerState): Promise<Page> {
  const { ledger, history } = needs
  const { now } = state
  const filter = filterOf(search, now)
  const [counts, page, open, wounded, days, urgent] = await Promise.all([
    ledger.fleetCounts(proofSince(now)),
    ledger.fleet({ ...filter, limit: cellsPerPage, offset: search.offset }),
    ledger.drills({ states: ['striking', 'restoring', 'recovering', 'soaking'], limit: 50 }),
    woundedOf(ledger, state),
    history.days(now),
    urgentGroups(ledger, now),
  ])
  return {
    title: 'Fleet',
    active: 'fleet',
    main: fleetMain({ now, search, counts, page, urgent, open, wounded, days, scopes: state.scopes }),
  }
}

function filterOf(search: FleetSearch, now: Temporal.Instant): Omit<FleetFilter, 'limit' | 'offset'> {
  const { q, provider, scope, service, owner, standing } = search
  return {
    proofSince: proofSince(now),
    ...(q ? { text: q } : {}),
    ...(provider ? { provider } : {}),
    ...(scope ? { scope } : {}),
    ...(service ? { service } : {}),
    ...(owner ? { owner } : {}),
    ...(standing ? { standing } : {}),
  }
}

async function urgentGroups(ledger: Ledger, now: Temporal.Instant): Promise<FleetView['urgent']> {
  const { groups } = await ledger.fleet({ proofSince: proofSince(now), worstFirst: true, limit: mostUrgent, offset: 0 })
  const bad = groups.filter(group => group.standing === 'snowflake' || group.standing === 'forecast')
  return Promise.all(bad.map(async group => ({ group, drill: await tellingDrill(ledger, group) })))
}

/** The newest drill that says why the group stands as it does. */
async function tellingDrill(ledger: Ledger, group: FleetGroup): Promise<Drill | null> {
  const states = group.standing === 'forecast' ? (['refused'] as const) : (['concluded'] as const)
  const drills = await ledger.drills({ group: group.id, states, limit: 5 })
  const drill = drills.find(one => drillCard({ drill: one, events: [], before: null, after: null }).outcome === group.standing)
  return drill === undefined ? null : tellAccepted(drill, await ledger.accepted(group.id))
}

function fleetMain(view: FleetView): Markup {
  const sums = tally(view.counts)
  const total = totalOf(sums)
  if (total === 0) return nobody()
  return markup`<header class="lead-in"><h1>${headline(sums, total)}</h1></header>
<div class="overview">${coverage(view, sums, total)}${standings(sums, total, view.search)}</div>
${woundedDrills(view.wounded, view.now)}
${urgentSection(view, sums)}
${openDrills(view.open, view.now)}
<section aria-labelledby="groups"><h2 id="groups">Groups</h2>
${searchForm(view)}
${cells(view)}</section>`
}

function nobody(): Markup {
  return markup`<header class="lead-in"><h1>No group is opted in yet.</h1></header>
<section class="panel prose"><p>A group takes part as soon as its owner gives it the tag <code>firedrill</code> with the value <code>enabled</code>. It is found within five minutes.</p><p>Nothing is struck until a schedule says <code>leashed: false</code>. <code>firedrill groups</code> shows every group that can be seen, and what stands in its way.</p></section>`
}

/** The answer that people come for, in one sentence. */
function headline(sums: Tally, total: number): string {
  const bad = sums.snowflake + sums.forecast
  const open = sums.inconclusive + sums.expired + sums.unproven
  if (bad === 0 && open === 0)
    return total === 1 ? 'The one group can be rebuilt.' : `All ${total.toLocaleString('en')} groups can be rebuilt.`
  const parts = [
    ...(bad > 0 ? [`${plural(bad, 'group')} cannot be rebuilt as ${bad === 1 ? 'it is' : 'they are'}`] : []),
    ...(sums.phoenix > 0
      ? [`${bad > 0 ? sums.phoenix.toLocaleString('en') : plural(sums.phoenix, 'group')} can${bad > 0 ? '' : ' be rebuilt'}`]
      : []),
    ...(open > 0
      ? [`${bad + sums.phoenix > 0 ? open.toLocaleString('en') : plural(open, 'group')} ${open === 1 ? 'is' : 'are'} not proven`]
      : []),
  ]
  return `${parts.join(', ')}.`
}

function coverage(view: FleetView, sums: Tally, total: number): Markup {
  return markup`<section class="panel" aria-labelledby="coverage"><h2 id="coverage">Coverage</h2>
<p class="big">${percentProven(sums.phoenix, total)} %</p><p class="small soft">${sums.phoenix.toLocaleString('en')} of ${plural(total, 'opted-in group')} proven in the last ${plural(coverageDays, 'day')}</p>
${coverageChart(view.days, total)}<p class="small soft">The curve is of the groups that are opted in today. It does not show forecasts that were taken back since.</p></section>`
}

function standings(sums: Tally, total: number, search: FleetSearch): Markup {
  return markup`<section class="panel" aria-labelledby="standing"><h2 id="standing">How the groups stand</h2>
<ul class="standings">${shownStandings.map(shown => {
    const count = sums[shown]
    const width = total === 0 ? 0 : (count / total) * 100
    const here = search.standing === shown
    return markup`<li class="${shown}${count === 0 ? ' none' : ''}"><a href="${link('/', { standing: here ? undefined : shown })}"${here ? markup` aria-current="true"` : null}>${icon(shownIcons[shown])}<span class="what">${shownNames[shown]}</span><b>${count.toLocaleString('en')}</b></a><svg aria-hidden="true" height="6" width="100%"><rect class="rest" width="100%" height="6" rx="3"/>${count === 0 ? null : markup`<rect class="share-bar" width="${Math.max(1.5, width).toFixed(2)}%" height="6" rx="3"/>`}</svg></li>`
  })}</ul></section>`
}

function urgentSection(view: FleetView, sums: Tally): Markup {
  const bad = sums.snowflake + sums.forecast
  if (view.urgent.length === 0) return markup``
  return markup`<section aria-labelledby="urgent"><h2 id="urgent">Cannot be rebuilt <span class="soft number">${bad.toLocaleString('en')}</span></h2>
<ul class="urgent">${view.urgent.map(({ group, drill }) => urgentItem(group, drill, view.now))}</ul>
${bad > view.urgent.length ? allOfThem(sums) : null}</section>`
}

function allOfThem(sums: Tally): Markup {
  const words = {
    snowflake: plural(sums.snowflake, 'snowflake'),
    forecast: plural(sums.forecast, 'snowflake by forecast', 'snowflakes by forecast'),
  }
  const kinds = (['snowflake', 'forecast'] as const).filter(shown => sums[shown] > 0)
  return markup`<p class="small more-of">${kinds.map(shown => markup`<a href="${link('/', { standing: shown })}">${sums[shown] > 1 ? 'All ' : null}${words[shown]}</a>`)}</p>`
}

function urgentItem(group: FleetGroup, drill: Drill | null, now: Temporal.Instant): Markup {
  const shown: Shown = group.standing === 'forecast' ? 'forecast' : 'snowflake'
  const why = drill === null ? '' : whyOf(drillCard({ drill, events: [], before: null, after: null }), 160)
  return markup`<li>${standingBadge(shown)}
<div><p>${groupLink(group)}${group.since === null ? null : markup` ·\u00a0<b>${lasting(group.since, now)}</b>`}${group.owner === null ? null : markup` <span class="soft">·\u00a0owner ${name(clip(group.owner, 40))}</span>`}</p>
<p>${why === '' ? null : name(asSentence(why))} ${drill === null ? null : markup`<a href="${drillHref(drill.id)}">See the drill</a>`}</p></div></li>`
}

function searchForm({ search, counts, page }: FleetView): Markup {
  const providers = [...new Set(counts.map(count => count.provider))]
  const scopes = [...new Set(counts.filter(count => !search.provider || count.provider === search.provider).map(count => count.scope))]
  const filtered = isFiltered(search)
  return markup`<form class="search" method="get" action="/" role="search">
<div><label for="q">Search</label><input id="q" name="q" type="search" value="${search.q ?? ''}" maxlength="200" placeholder="Name, id, service, owner"/></div>
${providers.length > 1 ? select('provider', 'Provider', providers, search.provider) : null}
${scopes.length > 1 || search.scope ? select('scope', 'Scope', scopes.slice(0, 200), search.scope) : null}
<div><label for="standing">Stands</label><select id="standing" name="standing"><option value="">any way</option>${shownStandings.map(
    shown =>
      markup`<option value="${shown}"${search.standing === shown ? markup` selected="selected"` : null}>${shownNames[shown]}</option>`,
  )}</select></div>
${search.service ? markup`<input type="hidden" name="service" value="${search.service}"/>` : null}${search.owner ? markup`<input type="hidden" name="owner" value="${search.owner}"/>` : null}
<button>Show</button>${filtered ? markup` <a class="clear" href="/">Clear</a>` : null}</form>
<p class="small soft" role="status">${plural(page.total, 'group')}${search.service ? markup` of the service ${name(search.service)}` : null}${search.owner ? markup` of ${name(search.owner)}` : null}${search.q ? markup` with “${name(search.q)}”` : null}${search.standing ? `, ${shownNames[search.standing]}` : ''}</p>`
}

function isFiltered({ q, provider, scope, service, owner, standing }: FleetSearch): boolean {
  return [q, provider, scope, service, owner, standing].some(Boolean)
}

function select(id: string, label: string, values: readonly string[], chosen: string | undefined): Markup {
  return markup`<div><label for="${id}">${label}</label><select id="${id}" name="${id}"><option value="">all</option>${values.map(
    value => markup`<option value="${value}"${value === chosen ? markup` selected="selected"` : null}>${clip(value, 60)}</option>`,
  )}</select></div>`
}

function cells(view: FleetView): Markup {
  const { page, search } = view
  if (page.total === 0) return markup`<p class="panel">No group matches. <a href="/">Show all</a></p>`
  const named = page.total <= mostNamed
  const byScope = [...Map.groupBy(page.groups, group => group.scope)]
  const to = search.offset + page.groups.length
  const { offset: _offset, ...rest } = search
  return markup`${byScope.map(([scope, groups]) => scopeCells(scope, groups, { view, named }))}
${pager({ from: search.offset, to, total: page.total, size: cellsPerPage, href: offset => link('/', { ...rest, offset: offset === 0 ? undefined : String(offset) }) })}
${legend()}`
}

function scopeCells(scope: string, groups: readonly FleetGroup[], how: { readonly view: FleetView; readonly named: boolean }): Markup {
  const { counts, now } = how.view
  const own = counts.filter(count => count.scope === scope)
  const words = shownStandings.flatMap(shown => {
    const sum = own.filter(count => shownOfCount(count) === shown).reduce((total, count) => total + count.groups, 0)
    return sum === 0 ? [] : [`${sum.toLocaleString('en')} ${shownNames[shown]}`]
  })
  return markup`<section class="scope"><h3><a href="${link('/', { scope })}">${name(clip(scope, 90))}</a> <span class="soft">${isFiltered(how.view.search) ? 'in all ' : null}${words.join(', ')}</span></h3>${trouble(how.view.scopes.find(reading => reading.scope === scope))}
<ul class="${how.named ? 'cells' : 'cells dense'}">${groups.map(group => (how.named ? namedCell(group, now) : square(group, now)))}</ul></section>`
}

/** What an incident looks like before a drill is refused for it (S15). */
function trouble(reading: ScopeReading | undefined): Markup | null {
  if (reading === undefined || (reading.unreadable === null && reading.unsteady === 0)) return null
  const { unsteady, optedIn, unreadable } = reading
  const words =
    unreadable !== null
      ? `The last discovery could not read this scope, and nothing is struck in it: ${unreadable}`
      : `${unsteady.toLocaleString('en')} of ${plural(optedIn, 'group')} ${unsteady === 1 ? 'is' : 'are'} degraded or unreadable; too many stop every strike in this scope`
  return markup`<p class="trouble small">${icon('warn')}<span>${name(clip(asSentence(words), 400))}</span></p>`
}

function namedCell(group: FleetGroup, now: Temporal.Instant): Markup {
  const shown = shownOf(group, proofSince(now))
  const age = ageOf(group, now)
  return markup`<li><a class="cell ${shown} ${ageClass(group, now)}" href="${groupHref(group.id)}">${icon(shownIcons[shown])}<span class="who">${name(clip(group.name, 44))}</span><span class="when">${shownNames[shown]}${age === '' ? null : markup` <span class="age">· ${age}</span>`}</span></a></li>`
}

/** Since when it cannot be rebuilt; of everything else how old the result is. */
function ageOf({ standing, at, since }: FleetGroup, now: Temporal.Instant): string {
  if (at === null) return ''
  const bad = standing === 'snowflake' || standing === 'forecast'
  return bad ? `for ${span(now.epochMilliseconds - (since ?? at).epochMilliseconds)}` : ago(at, now)
}

function square(group: FleetGroup, now: Temporal.Instant): Markup {
  const shown = shownOf(group, proofSince(now))
  const words = `${clip(group.name, 60)}: ${`${shownNames[shown]} ${ageOf(group, now)}`.trimEnd()}`
  return markup`<li><a class="cell ${shown} ${ageClass(group, now)}" href="${groupHref(group.id)}" title="${words}">${icon(shownIcons[shown])}</a></li>`
}

/** Fades in quarters of the days for which a proof counts. */
function ageClass(group: FleetGroup, now: Temporal.Instant): string {
  if (group.at === null) return 'age-3'
  const days = (now.epochMilliseconds - group.at.epochMilliseconds) / 86_400_000
  return `age-${Math.max(0, Math.min(3, Math.floor((days / coverageDays) * 4)))}`
}

function legend(): Markup {
  return markup`<p class="legend small soft">${shownStandings.map(shown => markup`<span class="${shown}">${icon(shownIcons[shown])}${shownNames[shown]}</span>`)}<span>The paler, the older the result.</span></p>`
}
