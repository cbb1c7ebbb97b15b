import type { Drill } from '../../src/domain/drill.ts'
import type { Schedule } from '../../src/domain/schedule.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'

/** A strike as the platform itself carried it out. */
export interface Carried {
  readonly at: Temporal.Instant
  readonly group: string
  readonly victim: string
  /** What the platform's own state said against it, by rule. */
  readonly against: readonly string[]
}

/** From a moment until another no group for which this holds may be struck. */
interface Ban {
  readonly rule: string
  readonly from: Temporal.Instant
  until: Temporal.Instant | null
  readonly concerns: (group: string) => boolean
}

const { compare } = Temporal.Instant
const hour = 3_600_000

/**
 * Knows the rules by heart and asks nobody: reckons windows from the wall clock, counts from the platform's own strikes and
 * from the drills as they change, and notes every violation. It shares no code with what it watches.
 */
export class Referee {
  readonly violations: string[] = []
  readonly strikes: Carried[] = []
  readonly #schedules: readonly Schedule[]
  readonly #closedOn: readonly string[]
  readonly #bans: Ban[] = []
  readonly #drills = new Map<string, Drill>()

  constructor(schedules: readonly Schedule[], closedOn: readonly string[] = []) {
    this.#schedules = schedules
    this.#closedOn = closedOn
  }

  /** From now on: no strike. Returns how to lift it. */
  forbid(rule: string, from: Temporal.Instant, concerns: (group: string) => boolean): (until: Temporal.Instant) => void {
    const ban: Ban = { rule, from, until: null, concerns }
    this.#bans.push(ban)
    return until => {
      ban.until = until
    }
  }

  struck(strike: Carried): void {
    for (const said of strike.against) this.#note(strike, said)
    for (const ban of this.#bans) {
      const isOver = ban.until !== null && compare(ban.until, strike.at) <= 0
      if (!isOver && compare(ban.from, strike.at) <= 0 && ban.concerns(strike.group)) this.#note(strike, `${ban.rule} forbidden`)
    }
    const drill = [...this.#drills.values()].find(each => 'order' in each && each.order.victim.id === strike.victim)
    if (drill === undefined || !('order' in drill)) this.#note(strike, 'S9 no intent is recorded for this victim')
    else this.#checkStrike(strike, drill)
    this.strikes.push(strike)
  }

  /** Every change of a drill, as it is told after it was written. */
  changed(drill: Drill): void {
    const before = this.#drills.get(drill.id)
    if (before !== undefined && before.revision > drill.revision) return
    if (before?.state === 'concluded' && drill.state === 'concluded' && before.judgement.verdict !== drill.judgement.verdict)
      this.violations.push(`S11 the verdict of ${drill.id} changed from ${before.judgement.verdict} to ${drill.judgement.verdict}`)
    this.#drills.set(drill.id, drill)
  }

  /** When all is over: what can only be told from the whole. */
  async close(ledger: Ledger): Promise<void> {
    for (const drill of await ledger.drills({ limit: 100_000 })) {
      const events = await ledger.events(drill.id)
      const carried = this.strikes.filter(strike => 'order' in drill && strike.victim === drill.order.victim.id)
      const verdicts = events.filter(event => event.kind === 'concluded' || event.kind === 'not-struck').length
      if (carried.length > 1) this.violations.push(`S9 ${drill.id} struck ${carried.length} times`)
      if ('order' in drill && verdicts !== 1) this.violations.push(`S11 ${drill.id} has ${verdicts} verdicts and is ${drill.state}`)
      if (!('order' in drill) && events.some(event => event.kind === 'sending'))
        this.violations.push(`S9 ${drill.id} sent without an order`)
    }
    for (const schedule of this.#schedules) this.#checkGaps(schedule)
  }

  /** Whole days between two strikes of a group, by group. */
  gapsOf(schedule: Schedule): readonly number[] {
    const dates = Map.groupBy(this.strikes, strike => strike.group)
    return [...dates.values()].flatMap(strikes => {
      const days = strikes.map(strike => openedOn(schedule, strike.at))
      return days.slice(1).map((day, index) => openDaysBetween(schedule, this.#closedOn, { from: days[index] ?? day, to: day }))
    })
  }

  #checkStrike(strike: Carried, drill: Drill): void {
    const schedule = this.#schedules.find(one => one.name === drill.schedule)
    if (schedule === undefined) {
      this.#note(strike, 'S10 the schedule is unknown')
      return
    }
    if (schedule.leashed) this.#note(strike, 'S8 the schedule is leashed')
    if (!this.#isOpen(schedule, strike.at, drill.policy.deadline + drill.policy.soak)) this.#note(strike, 'S4 outside the window')
    this.#checkLimits(strike, drill, schedule)
  }

  #checkLimits(strike: Carried, drill: Drill, schedule: Schedule): void {
    const { limits } = schedule
    const others = this.strikes.filter(other => other.at.until(strike.at).total('milliseconds') < 24 * hour)
    const [last] = this.strikes.slice(-1)
    if (others.length >= limits.strikesPerDay) this.#note(strike, 'S3 too many strikes in a day')
    if (others.some(other => other.group === strike.group)) this.#note(strike, 'S3 the group was struck in the last 24 h')
    if (last !== undefined && last.at.until(strike.at).total('milliseconds') < limits.spacing)
      this.#note(strike, 'S3 too soon after the last')
    const open = [...this.#drills.values()].filter(each => each.id !== drill.id && isOpen(each))
    if (open.length >= limits.concurrent) this.#note(strike, `S3 ${open.length} drills were open already`)
    if (open.filter(each => each.scope === drill.scope).length >= limits.concurrentPerScope) this.#note(strike, 'S3 too many in the scope')
    if (open.some(each => each.service === drill.service)) this.#note(strike, 'S6 the service had an open drill')
  }

  /** By the wall clock alone: the hours of the day on which the window opened, and `length` before they end. */
  #isOpen(schedule: Schedule, at: Temporal.Instant, length: number): boolean {
    const local = at.toZonedDateTimeISO(schedule.timezone)
    const today = local.toPlainDate()
    return [today, today.subtract({ days: 1 })].some(date => {
      if (!schedule.days.includes(date.dayOfWeek as 1) || this.#closedOn.includes(date.toString())) return false
      const { opens, closes } = schedule.hours
      const from = wall(date, opens, schedule.timezone)
      const to = closes > opens ? wall(date, closes, schedule.timezone) : wall(date.add({ days: 1 }), closes, schedule.timezone)
      return compare(at, from) >= 0 && compare(at.add({ milliseconds: length }), to) <= 0
    })
  }

  #checkGaps(schedule: Schedule): void {
    for (const gap of this.gapsOf(schedule))
      if (gap < schedule.minDaysBetweenDrills) this.violations.push(`minDays: two strikes of a group only ${gap} days apart`)
  }

  #note(strike: Carried, what: string): void {
    this.violations.push(`${what}: ${strike.group} (${strike.victim}) at ${strike.at}`)
  }
}

function isOpen(drill: Drill): boolean {
  return ['striking', 'restoring', 'recovering', 'soaking'].includes(drill.state) || (drill.state === 'concluded' && drill.wounded)
}

/** Minutes after midnight on the wall; an hour that is skipped in spring counts as the one after it, one that comes twice as its first. */
function wall(date: Temporal.PlainDate, minutes: number, timeZone: string): Temporal.Instant {
  const day = minutes === 24 * 60 ? date.add({ days: 1 }) : date
  const time = Temporal.PlainTime.from({ hour: Math.floor((minutes % 1440) / 60), minute: minutes % 60 })
  return day.toZonedDateTime({ timeZone, plainTime: time }).toInstant()
}

/** A strike after midnight counts for the day its window opened. */
function openedOn(schedule: Schedule, at: Temporal.Instant): Temporal.PlainDate {
  const local = at.toZonedDateTimeISO(schedule.timezone)
  const isAfterMidnight = local.hour * 60 + local.minute < schedule.hours.opens
  return isAfterMidnight ? local.toPlainDate().subtract({ days: 1 }) : local.toPlainDate()
}

function openDaysBetween(
  schedule: Schedule,
  closedOn: readonly string[],
  { from, to }: { from: Temporal.PlainDate; to: Temporal.PlainDate },
) {
  let days = 0
  for (let date = from.add({ days: 1 }); Temporal.PlainDate.compare(date, to) <= 0; date = date.add({ days: 1 }))
    if (schedule.days.includes(date.dayOfWeek as 1) && !closedOn.includes(date.toString())) days++
  return days
}
