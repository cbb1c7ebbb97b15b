import type { Drill } from '../../domain/drill.ts'
import { describeDuration } from '../../domain/duration.ts'
import { isHaltedBy } from '../../domain/halting.ts'
import type { LedgerState } from '../../domain/ledger-state.ts'
import type { InstallationLimits, Schedule, WallClockHours } from '../../domain/schedule.ts'
import { icon } from '../../reports/html/icons.ts'
import { type Markup, markup, name } from '../../reports/html/markup.ts'
import { clip } from '../../reports/safe-text.ts'
import { asSentence, plural } from '../../reports/sentences.ts'
import { breakerTripped } from '../../rules/s03-limits.ts'
import { mostUnsteady } from '../../rules/s15-scope-calm.ts'
import { fortnight } from '../charts/fortnight.ts'
import type { WebNeeds } from '../needs.ts'
import type { ComingDrill } from '../plans/coming.ts'
import type { Page, Shell } from './layout.ts'
import { drillHref, groupHref, hidden, lasting, span } from './parts.ts'

const comingShown = 8

/** Plans whose time has come are few: they strike, are refused or wait for a limit. */
const mostWaiting = 200

export async function schedulesPage(needs: Pick<WebNeeds, 'settings' | 'plans' | 'ledger'>, shell: Shell): Promise<Page> {
  const { schedules, limits: installation } = needs.settings
  const { now } = shell.state
  const [coming, planned] = await Promise.all([
    needs.plans.all(now),
    needs.ledger.drills({ states: ['planned'], until: now, limit: mostWaiting }),
  ])
  const main = markup`<header class="lead-in"><h1>${schedules.length === 0 ? 'There is no schedule.' : plural(schedules.length, 'schedule')}</h1>
<p class="soft">When drills may happen, which are drawn, and how much of each limit is used. The draw can move with every strike.</p></header>
${installationLimits(installation, shell.state)}
${schedules.length === 0 ? markup`<section class="panel"><p>Write one into the folder that <code>schedules:</code> names in firedrill.yaml; <code>firedrill init</code> makes a sample. What it does not say has a careful default, and it is leashed.</p></section>` : null}
${schedules.map((schedule, index) => section(schedule, { index, coming: coming.filter(drill => drill.schedule === schedule.name), waiting: planned.filter(drill => drill.schedule === schedule.name), shell }))}`
  return { title: 'Schedules', active: 'schedules', main }
}

interface Around {
  readonly index: number
  readonly coming: readonly ComingDrill[]
  readonly waiting: readonly Drill[]
  readonly shell: Shell
}

function section(schedule: Schedule, { index, coming, waiting, shell }: Around): Markup {
  const { state } = shell
  const tripped = breakerTripped(schedule, state.conclusions, state.now)
  const halted = state.halts.some(({ target }) => target.kind === 'schedule' && isHaltedBy(target, { schedule: schedule.name }))
  return markup`<section class="card schedule" aria-labelledby="s-${index}"><header><h2 id="s-${index}">${name(schedule.name)}</h2>${leash(schedule)}${halted ? markup`<span class="badge live">${icon('refused')}halted</span>` : null}<p class="result">each group every ${schedule.meanDaysBetweenDrills === 1 ? 'day' : `${schedule.meanDaysBetweenDrills} days`} on average</p></header>
<p class="soft small">${hoursText(schedule.hours)}, ${schedule.timezone}${schedule.holidays.country === null ? null : markup`, holidays of ${[schedule.holidays.country, schedule.holidays.region].filter(Boolean).join(' ')}`} · ${schedule.method}, deadline ${describeDuration(schedule.recovery.deadline)}, soak ${describeDuration(schedule.recovery.soak)} · guards: ${schedule.guards.length === 0 ? 'none' : schedule.guards.map(guard => guard.kind).join(', ')}</p>
${tripped === null ? null : markup`<p class="notice">${icon('warn')}<span>The circuit breaker is open: ${name(asSentence(tripped))} Resuming the schedule starts its count anew.</span></p>`}
${fortnight(schedule, coming, state.now)}
<div class="facts"><div><h3>Coming drills</h3>${waitingList(waiting, state.now)}${comingList(schedule, coming)}</div><div><h3>Limits in use</h3>${limits(schedule, state)}</div></div>
${haltSchedule(schedule, { index, shell, stopped: halted || tripped !== null })}</section>`
}

function leash(schedule: Schedule): Markup {
  return schedule.leashed
    ? markup`<span class="badge leashed">${icon('leashed')}leashed: strikes nothing</span>`
    : markup`<span class="badge live">${icon('strike')}not leashed: strikes</span>`
}

function hoursText({ opens, closes }: WallClockHours): string {
  const text = (minutes: number) => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
  return `${text(opens)}–${text(closes)}`
}

/** What a limit holds back until it passes by itself; when the window closes it is refused. */
function waitingList(waiting: readonly Drill[], now: Temporal.Instant): Markup {
  if (waiting.length === 0) return markup``
  return markup`<ul class="plain small">${waiting.slice(0, comingShown).map(drill => markup`<li><b>waiting</b> <span class="soft">${lasting(drill.plannedFor, now)}</span> <a href="${drillHref(drill.id)}">${name(clip(drill.groupName, 80))}</a></li>`)}</ul>`
}

function comingList(schedule: Schedule, coming: readonly ComingDrill[]): Markup {
  if (coming.length === 0) return markup`<p class="soft small">Nothing is drawn for the coming two weeks.</p>`
  const left = coming.length - comingShown
  return markup`<ul class="plain small coming">${coming.slice(0, comingShown).map(drill => markup`<li><time class="number soft" datetime="${drill.at.toString({ smallestUnit: 'second' })}">${localText(drill.at, schedule)}</time> <a href="${groupHref(drill.group)}">${name(clip(drill.name, 80))}</a></li>`)}</ul>${left > 0 ? markup`<p class="small soft">${left.toLocaleString('en')} more in these two weeks. Times are in ${schedule.timezone}.</p>` : markup`<p class="small soft">Times are in ${schedule.timezone}.</p>`}`
}

/** `Mon 23 Nov 10:40`, by the schedule's own clock, as its window is. */
function localText(at: Temporal.Instant, { timezone }: Schedule): string {
  const local = at.toZonedDateTimeISO(timezone)
  return `${local.toLocaleString('en-GB', { weekday: 'short', day: 'numeric', month: 'short' }).replace(',', '')} ${local.toPlainTime().toString({ smallestUnit: 'minute' })}`
}

interface Use {
  readonly what: string
  readonly used: number
  readonly most: number
  /** So many may be, and only more stop strikes; else so many are all there may be. */
  readonly tolerated?: boolean
}

function limits(schedule: Schedule, state: LedgerState): Markup {
  const dayAgo = state.now.subtract({ hours: 24 })
  const busy = state.busy.filter(drill => drill.schedule === schedule.name)
  const struck = state.strikes.filter(strike => strike.schedule === schedule.name && Temporal.Instant.compare(strike.at, dayAgo) > 0)
  const scopes = [...Map.groupBy(state.busy, drill => drill.scope).values()].map(drills => drills.length)
  const wounded = [
    ...Map.groupBy(
      state.busy.filter(drill => drill.failedRebuild),
      drill => drill.scope,
    ).values(),
  ].map(drills => drills.length)
  const uses: readonly Use[] = [
    { what: 'open or wounded', used: busy.length, most: schedule.limits.concurrent },
    { what: 'in the busiest scope', used: Math.max(0, ...scopes), most: schedule.limits.concurrentPerScope },
    { what: 'strikes in 24 h', used: struck.length, most: schedule.limits.strikesPerDay },
    { what: 'failed rebuilds in a scope', used: Math.max(0, ...wounded), most: schedule.limits.woundedPerScope, tolerated: true },
    ...degraded(schedule, state),
  ]
  return markup`<ul class="limits small">${uses.map(use)}</ul>${spacing(schedule, state)}`
}

/** In the scope that is nearest to an incident (S15). */
function degraded(schedule: Schedule, { scopes }: LedgerState): readonly Use[] {
  const uses = scopes.map(({ unsteady, optedIn }) => ({ used: unsteady, most: Math.floor(mostUnsteady(schedule, optedIn)) }))
  const [worst] = uses.sort((a, b) => b.used - b.most - (a.used - a.most))
  return worst === undefined ? [] : [{ what: 'degraded groups in a scope', ...worst, tolerated: true }]
}

/** Between any two strikes, whichever schedule made the other. */
function spacing({ limits: { spacing: between } }: Schedule, { strikes, now }: LedgerState): Markup | null {
  const newest = strikes.reduce((latest, { at }) => Math.max(latest, at.epochMilliseconds), Number.NEGATIVE_INFINITY)
  const passed = now.epochMilliseconds - newest
  if (between === 0 || passed >= between) return null
  return markup`<p class="small soft">The last strike was ${span(passed)} ago; ${describeDuration(between)} must lie between two.</p>`
}

/** What all schedules together may do; most installations set nothing here. */
function installationLimits({ concurrent, strikesPerDay }: InstallationLimits, state: LedgerState): Markup {
  const dayAgo = state.now.subtract({ hours: 24 })
  const struck = state.strikes.filter(strike => Temporal.Instant.compare(strike.at, dayAgo) > 0)
  const uses: readonly Use[] = [
    ...(concurrent === null ? [] : [{ what: 'open or wounded', used: state.busy.length, most: concurrent }]),
    ...(strikesPerDay === null ? [] : [{ what: 'strikes in 24 h', used: struck.length, most: strikesPerDay }]),
  ]
  if (uses.length === 0) return markup``
  return markup`<section class="panel" aria-labelledby="installation"><h2 id="installation">All schedules together</h2><ul class="limits small">${uses.map(use)}</ul></section>`
}

function use({ what, used, most, tolerated = false }: Use): Markup {
  const full = tolerated ? used > most : used > 0 && used >= most
  const width = most === 0 ? (used > 0 ? 100 : 0) : Math.min(100, (used / most) * 100)
  return markup`<li class="${full ? 'full' : 'free'}"><span>${what}</span><b class="number">${used.toLocaleString('en')}${tolerated ? `, ${most.toLocaleString('en')} allowed` : ` of ${most.toLocaleString('en')}`}</b><svg aria-hidden="true" width="100%" height="6"><rect class="rest" width="100%" height="6" rx="3"/>${width === 0 ? null : markup`<rect class="used" width="${width.toFixed(1)}%" height="6" rx="3"/>`}</svg></li>`
}

function haltSchedule(schedule: Schedule, around: { readonly index: number; readonly shell: Shell; readonly stopped: boolean }): Markup {
  const { index, shell, stopped } = around
  if (shell.identity.role !== 'operator') return markup``
  const target = markup`${hidden(shell)}<input type="hidden" name="kind" value="schedule"/><input type="hidden" name="name" value="${schedule.name}"/>`
  if (stopped)
    return markup`<div class="halt-here"><form method="post" action="/resume">${target}<button>Resume this schedule</button></form></div>`
  return markup`<div class="halt-here"><form method="post" action="/halt">${target}<label class="hidden" for="reason-${index}">Reason for halting this schedule</label><input id="reason-${index}" name="reason" maxlength="500" placeholder="Reason" autocomplete="off"/><button>Halt this schedule</button></form></div>`
}
