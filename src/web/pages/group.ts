import { type AcceptedDifference, tellAccepted } from '../../domain/accepted.ts'
import { coverageDays, proofSince } from '../../domain/coverage.ts'
import type { Drill } from '../../domain/drill.ts'
import { matches } from '../../domain/glob.ts'
import { isHaltedBy } from '../../domain/halting.ts'
import { inZone } from '../../domain/instants.ts'
import type { Halt, Quarantine } from '../../domain/ledger-state.ts'
import { chooseSchedule, type OptIn, policyFor, readOptIn } from '../../domain/opt-in.ts'
import type { Schedule } from '../../domain/schedule.ts'
import type { GroupRecord } from '../../domain/seen-group.ts'
import { shownOf } from '../../domain/standing.ts'
import { unknownOwner } from '../../domain/tags.ts'
import type { FleetGroup } from '../../ledger/ledger.ts'
import { formatDuration } from '../../reports/durations.ts'
import { badge, findingList } from '../../reports/html/card.ts'
import { icon } from '../../reports/html/icons.ts'
import { type Markup, markup, name } from '../../reports/html/markup.ts'
import { recoveryInTable } from '../../reports/recovery.ts'
import { type DrillCard, drillCard } from '../../reports/report.ts'
import { clip } from '../../reports/safe-text.ts'
import { asSentence, plural, whyOf } from '../../reports/sentences.ts'
import { recoveryTimes } from '../../reports/summary.ts'
import { allRefusals } from '../../rules/rules.ts'
import { withinLimits } from '../../rules/s03-limits.ts'
import { scopeCalm } from '../../rules/s15-scope-calm.ts'
import { recoveryChart } from '../charts/recoveries.ts'
import type { WebNeeds } from '../needs.ts'
import type { Page, Shell } from './layout.ts'
import { drillHref, hidden, lasting, link, moment, since, standingBadge } from './parts.ts'

const drillsShown = 50

interface GroupView {
  readonly record: GroupRecord
  /** How it stands in the fleet; null: it is no longer opted in, or gone. */
  readonly standing: FleetGroup | null
  readonly now: Temporal.Instant
  readonly cards: readonly DrillCard[]
  /** The newest that were struck, however many were refused since. */
  readonly concluded: readonly DrillCard[]
  /** More and older drills than are shown. */
  readonly older: Temporal.Instant | null
  readonly until: Temporal.Instant | null
  readonly quarantine: Quarantine | null
  readonly halts: readonly Halt[]
  readonly wounded: boolean
  readonly optIn: OptIn
  readonly shell: Shell
}

/** Null: nobody has seen such a group. */
export async function groupPage(
  needs: WebNeeds,
  id: string,
  how: { readonly until: Temporal.Instant | null; readonly shell: Shell },
): Promise<Page | null> {
  const { ledger } = needs
  const record = await ledger.group(id)
  if (record === null) return null
  const { shell, until } = how
  const { now } = shell.state
  const [accepted, drills, concluded, { groups }] = await Promise.all([
    ledger.accepted(id),
    ledger.drills({ group: id, limit: drillsShown + 1, ...(until === null ? {} : { until }) }),
    ledger.drills({ group: id, states: ['concluded'], limit: drillsShown }),
    ledger.fleet({ group: id, proofSince: proofSince(now), limit: 1, offset: 0 }),
  ])
  const optIn = readOptIn(record.summary, now.toZonedDateTimeISO('UTC').toPlainDate())
  const view: GroupView = {
    record,
    standing: groups[0] ?? null,
    now,
    until,
    optIn,
    shell,
    cards: drills.slice(0, drillsShown).map(drill => cardOf(drill, accepted)),
    concluded: concluded.map(drill => cardOf(drill, accepted)),
    older: drills.length > drillsShown ? (drills.at(drillsShown - 1)?.plannedFor ?? null) : null,
    quarantine: shell.state.quarantines.find(one => one.service === record.service) ?? null,
    halts: shell.state.halts.filter(halt => concerns(halt, record)),
    wounded: shell.state.busy.some(drill => drill.group === id && drill.wounded),
  }
  return { title: record.summary.name, active: 'fleet', main: await groupMain(needs, view) }
}

function cardOf(drill: Drill, accepted: readonly AcceptedDifference[]): DrillCard {
  return drillCard({ drill: tellAccepted(drill, accepted), events: [], before: null, after: null })
}

function concerns({ target }: Halt, { summary, service }: GroupRecord): boolean {
  return isHaltedBy(target, { scope: summary.scope, service, group: summary })
}

async function groupMain(needs: WebNeeds, view: GroupView): Promise<Markup> {
  const { record, now } = view
  const { summary } = record
  return markup`<nav class="crumbs" aria-label="Where this is"><a href="/">Fleet</a> / <a href="${link('/', { scope: summary.scope })}">${name(clip(summary.scope, 80))}</a></nav>
<header class="lead-in"><h1>${name(clip(summary.name, 200))}</h1><p class="standing-line">${standingLine(view)}</p></header>
${quarantineSection(view)}
<div class="overview"><section class="panel" aria-labelledby="next"><h2 id="next">Next drill</h2>${await nextDrill(needs, view)}</section>
<section class="panel" aria-labelledby="recover"><h2 id="recover">Time to recover</h2>${recoveries(view)}</section></div>
${findings(view)}
${refusals(view)}
${drillsTable(view)}
<section aria-labelledby="about"><h2 id="about">About this group</h2>${facts(needs, view, now)}${haltHere(view)}</section>`
}

function standingLine({ record, standing, now, wounded }: GroupView): Markup {
  const badge = standing === null ? null : standingBadge(shownOf(standing, proofSince(now)))
  return markup`${badge}<span>${standing === null ? formerly(record, now) : standingWords(standing, record, now)}${wounded ? markup` <b>Wounded: not yet back at its size with every member healthy.</b>` : null}${record.optedIn ? null : markup` <b>Not opted in: it gets no drills.</b>`}${record.present ? null : markup` <b>No longer found in its scope.</b>`}</span>`
}

/** Whether it can be rebuilt, and since when. */
function standingWords(standing: FleetGroup, { lastPhoenixAt }: GroupRecord, now: Temporal.Instant): Markup {
  const { at } = standing
  const lastPhoenix = lastPhoenixAt === null ? 'Never seen as a phoenix.' : markup`Last a phoenix ${since(lastPhoenixAt, now)}.`
  const shown = shownOf(standing, proofSince(now))
  if (at === null || shown === 'unproven') return markup`No drill of it has come to a verdict yet.`
  const from = standing.since ?? at
  const again = Temporal.Instant.compare(from, at) === 0 ? null : markup` Seen again ${since(at, now)}.`
  switch (shown) {
    case 'phoenix':
      return markup`Can be rebuilt: proven ${since(at, now)}${again === null ? null : markup`, a phoenix ${lasting(from, now)}`}.`
    case 'expired':
      return markup`Was rebuilt ${since(at, now)}. A proof counts for ${coverageDays} days, so this one no longer does.`
    case 'snowflake':
      return markup`Cannot be rebuilt as it is, ${lasting(from, now)}.${again} ${lastPhoenix}`
    case 'forecast':
      return markup`A rebuild would fail, as can be seen without a strike, ${lasting(from, now)}.${again} ${lastPhoenix}`
    case 'inconclusive':
      return markup`Its drills proved nothing either way, the last ${since(at, now)}.`
  }
}

function formerly({ lastVerdict }: GroupRecord, now: Temporal.Instant): Markup {
  return lastVerdict === null
    ? markup`No drill of it has come to a verdict.`
    : markup`Last a ${lastVerdict.verdict} ${since(lastVerdict.at, now)}.`
}

function quarantineSection({ quarantine, shell, record }: GroupView): Markup {
  if (quarantine === null) return markup``
  const form =
    shell.identity.role === 'operator'
      ? markup`<form class="clear-quarantine" method="post" action="/quarantine/clear">${hidden(shell)}<input type="hidden" name="service" value="${record.service}"/>
<label for="note">What was done about it</label><input id="note" name="note" required="required" maxlength="1000" autocomplete="off"/><button>Clear the quarantine</button></form>`
      : markup`<p class="small">An operator can clear it.</p>`
  return markup`<section class="quarantine" aria-labelledby="quarantine"><h2 id="quarantine">In quarantine</h2>
<p>The service ${name(clip(quarantine.service, 200))} gets no more drills until somebody clears this. It has been so ${lasting(quarantine.since, shell.state.now)}: ${name(asSentence(quarantine.reason))} <a href="${drillHref(quarantine.drill)}">See the drill</a></p>${form}</section>`
}

async function nextDrill(needs: WebNeeds, view: GroupView): Promise<Markup> {
  const { record, now, optIn } = view
  const planned = view.cards.find(card => card.outcome === 'planned')
  const draws = record.optedIn && record.present ? await needs.plans.of(record, now) : []
  const drawn = draws.find(draw => draw.at !== null && Temporal.Instant.compare(draw.at, now) > 0)
  // A day whose moment has passed gives no more chances.
  const today = draws.find(draw => draw.odds > 0 && (draw.at === null || Temporal.Instant.compare(draw.at, now) > 0))
  const obstacles = obstaclesOf(needs, view)
  const zone = zoneOf(needs, view)
  const when =
    planned !== undefined
      ? markup`<p class="big day">${inZone(planned.moments.plannedFor, zone)}</p><p class="small soft">Planned. Every rule is asked again right before the strike.</p>`
      : drawn?.at != null
        ? markup`<p class="big day">${inZone(drawn.at, zone)}</p><p class="small soft">By the draw as it stands now.</p>`
        : markup`<p class="big day">none in two weeks</p><p class="small soft">${optIn.paused ? `Paused until ${optIn.tags.pausedUntil}.` : 'By the draw as it stands now.'}</p>`
  const odds =
    today === undefined
      ? null
      : markup`<p class="small soft">First possible on ${today.date.toString()}, with odds of ${Math.round(today.odds * 100)} % on that day.</p>`
  return markup`${when}${odds}${obstacles.length === 0 ? null : markup`<h3>What stands in its way now</h3><ul class="plain">${obstacles.map(text => markup`<li>${icon('refused')}<span>${text}</span></li>`)}</ul>`}`
}

/** A drill that is to come is told by its schedule's own clock, as its window is. */
function zoneOf(needs: WebNeeds, { record, optIn }: GroupView): string {
  const chosen = chooseSchedule(record.summary, optIn, needs.settings.schedules)
  return chosen.kind === 'schedule' ? chosen.schedule.timezone : 'UTC'
}

/** What is known without asking the platform; the rules ask again, and more. */
function obstaclesOf(needs: WebNeeds, view: GroupView): readonly Markup[] {
  const { record, optIn, halts, quarantine, shell } = view
  const chosen = chooseSchedule(record.summary, optIn, needs.settings.schedules)
  const schedule = chosen.kind === 'schedule' ? chosen.schedule : null
  const scheduleHalt =
    schedule === null
      ? undefined
      : shell.state.halts.find(({ target }) => target.kind === 'schedule' && isHaltedBy(target, { schedule: schedule.name }))
  const texts = [
    ...(record.optedIn ? [] : [optIn.why]),
    ...(matches(needs.settings.never, record.summary) ? ['It is matched by never: in firedrill.yaml.'] : []),
    ...(schedule === null && chosen.kind !== 'schedule' ? [asSentence(chosen.why)] : []),
    ...(schedule === null ? [] : policyFor(schedule, optIn).problems.map(asSentence)),
    ...optIn.problems.map(asSentence),
    ...(schedule?.leashed ? [`The schedule ${schedule.name} is leashed: everything but the strike is done.`] : []),
    ...(shell.haltFile ? ['Everything is halted by the halt file.'] : []),
    ...[...halts, ...(scheduleHalt === undefined ? [] : [scheduleHalt])].map(haltSentence),
    ...(quarantine === null ? [] : ['Its service is in quarantine.']),
    ...(view.wounded ? ['It is not whole since its last drill.'] : []),
    ...record.barred.map(({ reason }) => asSentence(reason)),
    ...(record.unsteady === null ? [] : [asSentence(record.unsteady)]),
    ...(schedule === null ? [] : limitsSay(needs, view, schedule)),
  ]
  return texts.map(text => name(text))
}

/** Limits that pass by themselves are left out: a plan waits for those. */
function limitsSay({ settings }: WebNeeds, { record, shell }: GroupView, schedule: Schedule): readonly string[] {
  const { summary, service } = record
  const plan = { id: '', schedule: schedule.name, scope: summary.scope, service, group: summary.id, groupName: summary.name }
  const facts = { state: shell.state, plan, schedule, limits: settings.limits, run: null, haltFile: shell.haltFile }
  return allRefusals([...scopeCalm, ...withinLimits], facts).flatMap(({ reason, transient }) => (transient ? [] : [asSentence(reason)]))
}

function haltSentence({ target, by, reason }: Halt): string {
  const what = target.kind === 'installation' ? 'Everything' : `The ${target.kind}${target.kind === 'schedule' ? ` ${target.name}` : ''}`
  return asSentence(`${what} is halted by ${by}: ${reason}`)
}

function recoveries({ concluded }: GroupView): Markup {
  const times = recoveryTimes(concluded)
  const middle = times[Math.floor((times.length - 1) / 2)]
  if (concluded.every(card => card.moments.struck === null)) return markup`<p class="soft">Nothing was struck yet.</p>`
  return markup`${middle === undefined ? null : markup`<p class="small soft">Median <b>${formatDuration(middle)}</b> over ${plural(times.length, 'recovery', 'recoveries')}</p>`}${recoveryChart(concluded)}`
}

/** What its newest conclusive drill found, and what a look without a strike found since. */
function findings({ cards, concluded, until, now }: GroupView): Markup {
  if (until !== null) return markup``
  const judged = concluded.find(card => card.outcome === 'snowflake' || card.outcome === 'phoenix') ?? concluded[0]
  const forecast = cards.find(card => card.outcome === 'forecast' || card.outcome === 'leashed')
  const news = forecast !== undefined && (judged === undefined || isLater(forecast, judged)) ? forecast : undefined
  return markup`${findingSection(news, { id: 'forecast', title: 'Forecast', from: 'Seen without a strike, by the', now })}${findingSection(judged, { id: 'findings', title: 'Current findings', from: 'From the', now })}`
}

function isLater(card: DrillCard, than: DrillCard): boolean {
  return Temporal.Instant.compare(settled(card), settled(than)) > 0
}

function settled({ moments }: DrillCard): Temporal.Instant {
  return moments.concluded ?? moments.plannedFor
}

interface FindingWords {
  readonly id: string
  readonly title: string
  readonly from: string
  readonly now: Temporal.Instant
}

function findingSection(card: DrillCard | undefined, { id, title, from, now }: FindingWords): Markup {
  if (card === undefined || card.document.findings.length === 0) return markup``
  const mild = card.outcome === 'inconclusive' ? markup` class="inconclusive-card"` : null
  return markup`<section${mild} aria-labelledby="${id}"><h2 id="${id}">${title}</h2><p class="lead">${from} <a href="${drillHref(card.document.id)}">drill</a> ${since(settled(card), now)}.</p>${findingList(card)}</section>`
}

function refusals({ cards, until, now }: GroupView): Markup {
  if (until !== null) return markup``
  const refused = cards.filter(card => card.document.refusal !== null).slice(0, 10)
  if (refused.length === 0) return markup``
  return markup`<section aria-labelledby="refusals"><h2 id="refusals">Why nothing was killed</h2><ul class="plain panel">${refused.map(
    card =>
      markup`<li>${icon(card.outcome)}<span>${name(whyOf(card, 400))} <a class="soft small" href="${drillHref(card.document.id)}">${since(card.moments.plannedFor, now)}</a></span></li>`,
  )}</ul></section>`
}

function drillsTable(view: GroupView): Markup {
  const { cards, older, record, until } = view
  if (cards.length === 0)
    return markup`<section aria-labelledby="drills"><h2 id="drills">Drills</h2><p class="panel">None ${until === null ? 'yet' : 'before that'}.</p></section>`
  return markup`<section aria-labelledby="drills"><h2 id="drills">Drills</h2><div class="fleet"><table role="table"><caption class="hidden">Drills of this group, newest first</caption>
<thead role="rowgroup"><tr role="row"><th scope="col">Planned for</th><th scope="col">Result</th><th scope="col" class="time">Recovered in</th><th scope="col">Why</th></tr></thead>
<tbody role="rowgroup">${cards.map(card => drillRow(card))}</tbody></table></div>
${older === null ? null : markup`<p class="small"><a href="${link('/group', { id: record.summary.id, until: older.toString() })}">Older drills</a></p>`}${until === null ? null : markup`<p class="small"><a href="${link('/group', { id: record.summary.id })}">Newest drills</a></p>`}</section>`
}

function drillRow(card: DrillCard): Markup {
  return markup`<tr role="row"><th scope="row" role="rowheader"><a href="${drillHref(card.document.id)}">${moment(card.moments.plannedFor)}</a></th><td role="cell" class="verdict">${badge(card.outcome)}</td><td role="cell" class="time">${recoveryInTable(card.moments)}</td><td role="cell" class="why">${name(whyOf(card, 200))}</td></tr>
`
}

function facts(needs: WebNeeds, { record, optIn }: GroupView, now: Temporal.Instant): Markup {
  const { summary } = record
  const chosen = chooseSchedule(summary, optIn, needs.settings.schedules)
  const owner = optIn.tags.owner
  const contacts = owner !== null && Object.hasOwn(needs.settings.owners, owner) ? needs.settings.owners[owner] : undefined
  const nobody = unknownOwner(owner, Object.keys(needs.settings.owners))
  const rows: readonly (readonly [string, Markup | string])[] = [
    ['Id', markup`<span class="mono">${name(summary.id)}</span>`],
    ['Service', markup`<a href="${link('/', { service: record.service })}">${name(record.service)}</a>`],
    ['Schedule', chosen.kind === 'schedule' ? name(chosen.schedule.name) : name(asSentence(chosen.why))],
    ...(owner === null
      ? []
      : [
          [
            'Owner',
            markup`<a href="${link('/', { owner })}">${name(owner)}</a>${contacts === undefined ? null : Object.entries(contacts).map(([kind, at]) => markup` · ${name(kind)} ${name(at)}`)}${nobody === null ? null : markup`<br/><span class="small soft">${name(asSentence(nobody))}</span>`}`,
          ] as const,
        ]),
    ...(record.optedInSince === null ? [] : [['Opted in', since(record.optedInSince, now)] as const]),
    ['Last seen', since(record.lastSeen, now)],
    ...(record.lastStrikeAt === null ? [] : [['Last strike', since(record.lastStrikeAt, now)] as const]),
  ]
  return markup`<dl class="facts-list panel">${rows.map(([term, value]) => markup`<dt>${term}</dt><dd>${value}</dd>`)}</dl>`
}

function haltHere({ record, shell }: GroupView): Markup {
  if (shell.identity.role !== 'operator') return markup``
  const target = (kind: 'group' | 'service', value: string, label: string) =>
    markup`<form method="post" action="/halt">${hidden(shell)}<input type="hidden" name="kind" value="${kind}"/><input type="hidden" name="name" value="${value}"/><label class="hidden" for="reason-${kind}">Reason for halting the ${kind}</label><input id="reason-${kind}" name="reason" maxlength="500" placeholder="Reason" autocomplete="off"/><button>${label}</button></form>`
  return markup`<div class="halt-here">${target('group', record.summary.id, 'Halt this group')}${target('service', record.service, 'Halt this service')}</div>`
}
