import { z } from 'zod'
import { tellAccepted } from '../../domain/accepted.ts'
import { coverageDays, proofSince } from '../../domain/coverage.ts'
import type { Drill } from '../../domain/drill.ts'
import type { Halt, HaltTarget } from '../../domain/ledger-state.ts'
import { shownOf } from '../../domain/standing.ts'
import { drillSchema } from '../../reports/document.ts'
import { drillCard } from '../../reports/report.ts'
import { ruleName } from '../../reports/sentences.ts'
import { breakerTripped } from '../../rules/s03-limits.ts'
import { changesOf } from '../actions.ts'
import { shownStandings, tally, totalOf } from '../fleet/standing.ts'
import type { WebNeeds } from '../needs.ts'
import { drillRecord } from './documents.ts'
import { type Endpoint, endpoint } from './endpoint.ts'
import * as schemas from './schemas.ts'

const most = 500
const paging = { limit: wholeNumber(1, most).default(100), offset: wholeNumber(0, 1_000_000).default(0) }
const word = z.string().max(300).optional()
const states = ['planned', 'refused', 'leashed', 'striking', 'restoring', 'recovering', 'soaking', 'concluded'] as const

export function endpoints(needs: WebNeeds): readonly Endpoint[] {
  return [...fleetEndpoints(needs), ...drillEndpoints(needs), ...stopEndpoints(needs)]
}

function fleetEndpoints({ ledger, history, plans, settings }: WebNeeds): readonly Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/groups',
      summary: 'Opted-in groups and how they stand, by provider, scope and name',
      query: z.object({
        q: word,
        provider: word,
        scope: word,
        service: word,
        owner: word,
        standing: z.enum(shownStandings).optional(),
        ...paging,
      }),
      answer: schemas.groupsDocument,
      async handle({ query: { q, limit, offset, ...filter } }) {
        const since = proofSince(await ledger.now())
        const wanted = Object.fromEntries(Object.entries({ ...filter, text: q }).filter(([, value]) => value !== undefined))
        const page = await ledger.fleet({ ...wanted, proofSince: since, limit, offset })
        const groups = page.groups.map(group => ({
          ...group,
          standing: shownOf(group, since),
          at: stamp(group.at),
          since: stamp(group.since),
        }))
        return { total: page.total, offset, groups }
      },
    }),
    endpoint({
      method: 'get',
      path: '/coverage',
      summary: 'How many groups are proven to be rebuildable, now and over the last 90 days',
      answer: schemas.coverageDocument,
      async handle() {
        const now = await ledger.now()
        const standings = tally(await ledger.fleetCounts(proofSince(now)))
        const days = (await history.days(now)).map(day => ({ at: day.at.toString(), provenGroups: day.proven }))
        return { days: coverageDays, optedInGroups: totalOf(standings), standings, history: days }
      },
    }),
    endpoint({
      method: 'get',
      path: '/schedules',
      summary: 'Schedules, and what is in store for the coming two weeks',
      answer: schemas.schedulesDocument,
      async handle() {
        const { now, conclusions } = await ledger.state()
        const coming = await plans.all(now)
        const schedules = settings.schedules.map(schedule => ({
          name: schedule.name,
          timezone: schedule.timezone,
          leashed: schedule.leashed,
          method: schedule.method,
          meanDaysBetweenDrills: schedule.meanDaysBetweenDrills,
          breaker: breakerTripped(schedule, conclusions, now),
          coming: coming
            .filter(drill => drill.schedule === schedule.name)
            .map(drill => ({ group: drill.group, name: drill.name, at: drill.at.toString() })),
        }))
        return { schedules }
      },
    }),
  ]
}

function drillEndpoints({ ledger }: WebNeeds): readonly Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/drills',
      summary: 'Drills, open ones first, then the newest',
      query: z.object({
        group: word,
        service: word,
        schedule: word,
        rule: word,
        state: z.enum(states).optional(),
        since: z.iso.datetime({ offset: true }).optional().describe('Planned for then or later.'),
        until: z.iso
          .datetime({ offset: true })
          .optional()
          .describe('Planned for before then: the last one of a list asks for what is older.'),
        limit: paging.limit,
      }),
      answer: z.strictObject({ drills: z.array(drillSchema) }),
      async handle({ query: { state, since, until, limit, ...filter } }) {
        const wanted = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
        const drills = await ledger.drills({
          ...wanted,
          limit,
          ...(state === undefined ? {} : { states: [state] }),
          ...(since === undefined ? {} : { since: Temporal.Instant.from(since) }),
          ...(until === undefined ? {} : { until: Temporal.Instant.from(until) }),
        })
        const accepted = await ledger.accepted()
        const sources = drills.map(drill => ({ drill: tellAccepted(drill, accepted), events: [], before: null, after: null }))
        return { drills: sources.map(source => drillCard(source).document) }
      },
    }),
    endpoint({
      method: 'get',
      path: '/drills/{id}',
      summary: 'One drill, with everything that is recorded of it',
      answer: z.strictObject({
        drill: drillSchema,
        record: z.unknown().describe('As it is stored: drill, events, evidence before and after.'),
      }),
      async handle({ id }) {
        const drill: Drill | null = await ledger.drill(id)
        if (drill === null) return null
        const [events, before, after] = await Promise.all([ledger.events(id), ledger.before(id), ledger.after(id)])
        const source = { drill, events, before, after }
        const told = { ...source, drill: tellAccepted(drill, await ledger.accepted(drill.group)) }
        return { drill: drillCard(told).document, record: drillRecord(source) }
      },
    }),
    endpoint({
      method: 'get',
      path: '/refusals',
      summary: 'Why nothing was killed: refusals by rule',
      query: z.object({ days: wholeNumber(1, 366).default(7) }),
      answer: schemas.refusalsDocument,
      async handle({ query: { days } }) {
        const since = (await ledger.now()).subtract({ hours: days * 24 })
        const rules = (await ledger.refusalCounts(since)).map(({ rule, drills }) => ({ rule, name: ruleName(rule), drills }))
        return { since: since.toString(), rules }
      },
    }),
  ]
}

function stopEndpoints(needs: WebNeeds): readonly Endpoint[] {
  const { ledger } = needs
  const changes = changesOf(needs)
  return [
    endpoint({
      method: 'get',
      path: '/halts',
      summary: 'What is halted',
      answer: schemas.haltsDocument,
      handle: async () => ({ haltFile: needs.haltFileExists(), halts: (await ledger.state()).halts.map(haltText) }),
    }),
    endpoint({
      method: 'post',
      path: '/halts',
      summary: 'Halt: no strike from any process once this has answered, but those in flight',
      body: schemas.haltRequest,
      answer: schemas.haltDocument,
      async handle({ body: { target, reason, until }, identity }) {
        return haltText(
          await changes.halt(targetOf(target), { reason, until: until === null ? null : Temporal.Instant.from(until) }, identity),
        )
      },
    }),
    endpoint({
      method: 'post',
      path: '/halts/resume',
      summary: 'End the halts on exactly one target, or all',
      body: schemas.resumeRequest,
      answer: schemas.endedDocument,
      async handle({ body: { target }, identity }) {
        const ended = await changes.resume(target === null ? null : targetOf(target), identity)
        return { ended: ended.map(haltText) }
      },
    }),
    endpoint({
      method: 'get',
      path: '/strikes-in-flight',
      summary: 'Strikes whose call may still be sent; after a halt this list empties within seconds',
      answer: schemas.inFlightDocument,
      handle: async () => ({
        strikes: (await ledger.strikesInFlight()).map(strike => ({ ...strike, permitEnds: strike.permitEnds.toString() })),
      }),
    }),
    endpoint({
      method: 'get',
      path: '/quarantines',
      summary: 'Services that get no drills until somebody clears them',
      answer: schemas.quarantinesDocument,
      handle: async () => ({ quarantines: (await ledger.quarantines()).map(one => ({ ...one, since: one.since.toString() })) }),
    }),
    endpoint({
      method: 'post',
      path: '/quarantines/clear',
      summary: 'Let a service be drilled again',
      body: schemas.clearRequest,
      answer: z.strictObject({ cleared: z.boolean().describe('False: it was not in quarantine.') }),
      handle: async ({ body: { service, note }, identity }) => ({ cleared: await changes.clearQuarantine(service, note, identity) }),
    }),
    endpoint({
      method: 'get',
      path: '/changes',
      summary: 'Who halted, resumed and cleared, newest first',
      query: z.object({ limit: paging.limit }),
      answer: schemas.auditDocument,
      handle: async ({ query: { limit } }) => ({
        changes: (await ledger.audit(limit)).map(entry => ({ ...entry, at: entry.at.toString() })),
      }),
    }),
  ]
}

function targetOf(target: z.output<typeof schemas.targetDocument>): HaltTarget {
  return target.kind === 'installation' ? { kind: 'installation' } : target
}

function haltText({ id, target, reason, by, since, until }: Halt) {
  return { id, target, reason, by, since: since.toString(), until: stamp(until) }
}

function stamp(at: Temporal.Instant | null): string | null {
  return at === null ? null : at.toString()
}

function wholeNumber(least: number, most: number) {
  const error = `must be a whole number from ${least} to ${most}`
  return z.coerce.number(error).int(error).min(least, error).max(most, error)
}
