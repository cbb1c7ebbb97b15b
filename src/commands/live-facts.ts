import type { Drill, DrillEvent } from '../domain/drill.ts'
import { changesSince, type LiveLook } from './live-looks.ts'

/** What one drill on a live platform shows of what documentation leaves open. Null: this drill could not tell. */
export interface LiveFacts {
  readonly group: string
  readonly drill: string
  readonly method: string
  readonly outcome: string
  readonly why: string | null
  /** From the strike, by the platform's own account as far as it gives one. */
  readonly secondsUntilVictimGone: number | null
  readonly secondsUntilLaunched: number | null
  readonly secondsUntilHealthy: number | null
  readonly secondsUntilWhole: number | null
  /** Whether the successor has the victim's name. */
  readonly nameKept: boolean | null
  /** Whether the exact image of the successor is told. */
  readonly imageTold: boolean | null
  /** Each size that the group showed after the strike. */
  readonly sizes: readonly { readonly afterSeconds: number; readonly from: unknown; readonly to: unknown }[]
  /** How the group stood right before the strike, and whenever that changed after it. */
  readonly looks: readonly (Omit<LiveLook, 'at'> & { readonly afterSeconds: number })[]
  /** How Firedrill brought the size back, in its own words; empty where the platform replaces by itself. */
  readonly restore: readonly { readonly afterSeconds: number; readonly detail: string }[]
  /** What the platform itself said of launches and terminations. */
  readonly said: readonly string[]
}

/** Reads a drill that has ended; nothing is asked of the platform again. */
export function liveFacts(drill: Drill, events: readonly DrillEvent[], looks: readonly LiveLook[]): LiveFacts {
  const tracking = 'tracking' in drill ? (drill.tracking ?? null) : null
  const order = 'order' in drill ? drill.order : null
  const after = (at: Temporal.Instant | null | undefined): number | null =>
    tracking === null || !at ? null : Math.round(at.since(tracking.struckAt).total('milliseconds')) / 1000
  const successor = tracking?.candidates[0]
  const of = (kind: string) => events.filter(event => event.kind === kind)
  return {
    group: drill.group,
    drill: drill.id,
    method: order?.method ?? drill.policy.method,
    outcome: drill.state === 'concluded' ? drill.judgement.verdict : drill.state,
    why: whyOf(drill),
    secondsUntilVictimGone: after(tracking?.victimGoneAt),
    secondsUntilLaunched: after(successor?.launchedAt),
    secondsUntilHealthy: after(successor?.healthyAt),
    secondsUntilWhole: after(tracking?.wholeAt),
    nameKept: order === null || successor === undefined ? null : successor.name === order.victim.name,
    imageTold: successor === undefined ? null : successor.image !== null,
    sizes: of('size-changed').map(({ at, data }) => ({ afterSeconds: after(at) ?? 0, from: data.from, to: data.to })),
    looks: (tracking === null ? [] : changesSince(looks, tracking.struckAt)).map(({ at, ...look }) => ({
      afterSeconds: after(at) ?? 0,
      ...look,
    })),
    restore: of('restore').map(({ at, data }) => ({ afterSeconds: after(at) ?? 0, detail: String(data.detail ?? '') })),
    said: (tracking?.events ?? []).map(({ kind, cause, outcome, detail }) => `${kind} ${outcome} (${cause}): ${detail}`),
  }
}

function whyOf(drill: Drill): string | null {
  if (drill.state === 'refused') return `${drill.refusal.rule}: ${drill.refusal.reason}`
  return drill.state === 'concluded' ? (drill.judgement.findings[0]?.summary ?? null) : null
}

/** For people, one fact a line. */
export function factLines(facts: LiveFacts): string[] {
  const seconds = (value: number | null) => (value === null ? 'not seen' : `${value} s after the strike`)
  const told = (value: boolean | null) => (value === null ? 'not seen' : value ? 'yes' : 'no')
  return [
    `${facts.group}: ${facts.outcome}${facts.why === null ? '' : ` (${facts.why})`}`,
    `  victim gone: ${seconds(facts.secondsUntilVictimGone)}`,
    `  successor launched: ${seconds(facts.secondsUntilLaunched)}; healthy: ${seconds(facts.secondsUntilHealthy)}`,
    `  group whole again: ${seconds(facts.secondsUntilWhole)}`,
    `  name kept: ${told(facts.nameKept)}; exact image told: ${told(facts.imageTold)}`,
    ...facts.sizes.map(({ afterSeconds, from, to }) => `  size ${String(from)} → ${String(to)} after ${afterSeconds} s`),
    ...facts.looks.map(({ afterSeconds, desired, members, unsteady }) => {
      const counts = Object.entries(members).map(([phase, count]) => `${count} ${phase}`)
      return `  at ${afterSeconds} s: ${desired} desired, ${counts.join(', ') || 'no member'}; ${unsteady.join('; ') || 'steady'}`
    }),
    ...facts.restore.map(({ afterSeconds, detail }) => `  restore after ${afterSeconds} s: ${detail}`),
    ...facts.said.map(line => `  ${line}`),
  ]
}
