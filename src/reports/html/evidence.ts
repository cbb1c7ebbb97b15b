import type { DrillEvent } from '../../domain/drill.ts'
import type { PlatformEvent } from '../../domain/group.ts'
import { formatClock, formatMoment } from '../durations.ts'
import { elapsed, trackingOf } from '../moments.ts'
import type { DrillCard } from '../report.ts'
import { clip } from '../safe-text.ts'
import { plural } from '../sentences.ts'
import { type Markup, markup, name } from './markup.ts'

const rowLimit = 100
const textLimit = 600

/** What was recorded, for whoever doubts the verdict: the order, the moments, the platform's own words. */
export function evidenceSection(card: DrillCard): Markup {
  const { drill, events } = card.source
  const platform = trackingOf(drill)?.events ?? []
  return markup`<details class="fold evidence"><summary>Evidence: order, moments, events</summary>
${orderList(card)}${momentTable(card)}${platform.length > 0 ? platformTable(platform) : null}${events.length > 0 ? eventTable(events) : null}</details>`
}

function orderList({ source: { drill, before } }: DrillCard): Markup {
  const order = 'order' in drill ? drill.order : null
  const facts: readonly (readonly [string, string])[] = [
    ['Drill', drill.id],
    ['Group', drill.group],
    ['Incarnation', drill.incarnation],
    ['Schedule', `${drill.schedule}, plan ${drill.planKey}`],
    ...(drill.owner === null ? [] : [['Owner', drill.owner] as const]),
    ...(order
      ? [
          [
            'Victim',
            [order.victim.id, order.victim.name, order.victim.zone, order.victim.image].filter(part => part !== null).join(', '),
          ] as const,
          ['Born from', order.victim.bornFrom ?? 'not told by the platform'] as const,
          ['Declaration', order.declarationVersion] as const,
          ['Members before', clip(`${order.members.length} of ${order.desired} wanted: ${order.members.join(', ')}`, textLimit)] as const,
          ['Strike', `${order.method}, intended ${formatMoment(order.intendedAt)}, request ${order.requestId}`] as const,
        ]
      : []),
    ...(before?.guards ?? []).map(({ guard, reason, evidence }) => {
      return ['Guard', clip(`${guard}: ${reason} ${JSON.stringify(evidence)}`, textLimit)] as const
    }),
  ]
  return markup`<h4>Order</h4><dl>${facts.map(([term, text]) => markup`<dt>${term}</dt><dd>${name(text)}</dd>`)}</dl>`
}

function momentTable({ moments }: DrillCard): Markup {
  const { struck } = moments
  const names = {
    plannedFor: 'planned for',
    struck: 'struck',
    victimGone: 'victim gone',
    launched: 'successor launched',
    healthy: 'healthy by the provider',
    recoveredAfter: 'not yet well',
    recovered: moments.recoveredAfter === null ? 'recovered' : 'recovered, at the latest',
    soakOver: 'soak over',
    concluded: 'concluded',
    whole: 'whole again',
  } satisfies Record<keyof typeof moments, string>
  const reached = (Object.keys(names) as (keyof typeof names)[]).flatMap(key =>
    moments[key] ? [{ label: names[key], at: moments[key] }] : [],
  )
  return markup`<h4>Moments</h4><table><caption class="hidden">Moments of the drill</caption><thead><tr><th scope="col">Moment</th><th scope="col">When</th><th scope="col">After the strike</th></tr></thead>
<tbody>${reached.map(({ label, at }) => markup`<tr><td>${label}</td><td class="when">${formatMoment(at)}</td><td class="number">${struck ? offset(elapsed(struck, at)) : '–'}</td></tr>`)}</tbody></table>`
}

function platformTable(events: readonly PlatformEvent[]): Markup {
  return markup`<h4>What the platform says happened</h4><table><caption class="hidden">Platform activities</caption><thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Cause</th><th scope="col">In its own words</th></tr></thead>
<tbody>${events
    .slice(0, rowLimit)
    .map(
      event =>
        markup`<tr><td class="when">${formatClock(event.at)}</td><td>${event.kind} ${event.outcome}${event.instance === null ? null : markup`<br/>${name(event.instance)}`}</td><td>${event.cause}</td><td>${name(clip(event.detail, textLimit))}${event.error ? markup`<br/><span class="error">${event.error.category}: ${name(clip(event.error.message, textLimit))}</span>` : null}</td></tr>`,
    )}</tbody></table>${leftOut(events.length)}`
}

function eventTable(events: readonly DrillEvent[]): Markup {
  return markup`<h4>What Firedrill recorded</h4><table><caption class="hidden">Events of the drill</caption><thead><tr><th scope="col">When</th><th scope="col">Event</th><th scope="col">Data</th></tr></thead>
<tbody>${events
    .slice(0, rowLimit)
    .map(
      event =>
        markup`<tr><td class="when">${formatClock(event.at)}</td><td>${name(event.kind)}</td><td class="mono">${name(dataText(event.data))}</td></tr>`,
    )}</tbody></table>${leftOut(events.length)}`
}

function dataText(data: DrillEvent['data']): string {
  return clip(
    Object.entries(data)
      .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(', '),
    textLimit,
  )
}

function leftOut(count: number): Markup | null {
  return count > rowLimit ? markup`<p class="soft">${plural(count - rowLimit, 'more row')} left out.</p>` : null
}

function offset(time: number): string {
  return `${time < 0 ? '−' : '+'}${(Math.abs(time) / 1000).toFixed(1)} s`
}
