import { setTimeout as sleep } from 'node:timers/promises'
import { loadSettings } from '../config/load.ts'
import { parseDuration } from '../domain/duration.ts'
import { type Haltable, isHaltedBy } from '../domain/halting.ts'
import type { HaltTarget } from '../domain/ledger-state.ts'
import { near } from '../domain/spelling.ts'
import { insist } from '../ledger/insist.ts'
import type { InFlight } from '../ledger/ledger.ts'
import { openStored, type Stored } from '../stored.ts'
import { EXIT, UsageError } from './exit.ts'
import { haltText, targetOf, targetText } from './halt-target.ts'
import { type Io, whoIsThere, writeJson, writeLine } from './io.ts'
import type { HaltOptions } from './options.ts'
import { clean, table, writeSentence } from './terminal.ts'

/** A permit lives for seconds; the ledger is asked this often, in ms, whether it has ended. */
const LOOK_AGAIN = 250
/** When it is first said that the ledger takes its time, in ms. */
const TELL_AFTER = 5_000

/** The emergency stop (S2): needs the ledger and nothing else. Prints the strikes whose call may still be sent. */
export async function halt(options: HaltOptions, io: Io): Promise<number> {
  const target = targetOf(options)
  const stored = await openStored(options, io)
  try {
    const { ledger } = stored
    const until = options.until === undefined ? null : momentOf(options.until, await ledger.now())
    const reason = options.reason?.trim() || 'no reason given'
    const set = await insistAndTell(() => ledger.halt({ target, reason, by: whoIsThere(io.env), until }), io)
    const inFlight = await ledger.strikesInFlight()
    if (options.json !== true) {
      writeLine(io.stdout, clean(`Halted ${haltText(set)}`))
      printInFlight(inFlight, io)
    }
    const problem = await whyNothingStops(target, ledger, () => schedulesOf(ledger, options, io))
    if (problem !== null) writeSentence(io.stderr, `firedrill: the halt is set, but ${problem}`)
    const over = options.wait !== true || (await waitForEach(inFlight, stored, io))
    if (options.json === true)
      writeJson(io, { halt: set, strikesInFlight: inFlight, waited: options.wait === true && over, knownTarget: problem === null })
    else if (options.wait === true && over)
      writeLine(io.stdout, `No strike is in flight any more${problem === null ? '; none will start' : ''}.`)
    return over && problem === null ? EXIT.ok : EXIT.failed
  } finally {
    await stored.close()
  }
}

async function insistAndTell<Result>(work: () => Promise<Result>, { stderr, signal }: Io): Promise<Result> {
  const answered = new AbortController()
  const tell = () =>
    writeSentence(
      stderr,
      'firedrill: nothing is halted yet: the ledger takes its time, perhaps because another process keeps it locked; still trying',
    )
  sleep(TELL_AFTER, undefined, { signal: answered.signal }).then(tell, () => {})
  try {
    return await insist(work, signal)
  } finally {
    answered.abort()
  }
}

function printInFlight(inFlight: readonly InFlight[], io: Io): void {
  writeLine(io.stdout, inFlight.length === 0 ? 'No strike is in flight.' : 'Strikes in flight, which may still be sent:')
  if (inFlight.length === 0) return
  const rows = inFlight.map(({ drill, victim, permitEnds, group }) => [
    drill.slice(0, 8),
    victim,
    permitEnds.toString({ smallestUnit: 'second' }),
    group,
  ])
  const columns = [{ title: 'DRILL' }, { title: 'VICTIM', max: 24 }, { title: 'AT THE LATEST' }, { title: 'GROUP' }]
  for (const line of table(rows, columns, { width: io.columns, colour: io.colour })) writeLine(io.stdout, line)
}

/** Waits for exactly the strikes that were in flight when the halt was set: others may go on starting elsewhere. */
async function waitForEach(inFlight: readonly InFlight[], { ledger }: Stored, io: Io): Promise<boolean> {
  const awaited = new Set(inFlight.map(({ drill }) => drill))
  while (awaited.size > 0) {
    try {
      await sleep(LOOK_AGAIN, undefined, { signal: io.signal })
    } catch {
      writeSentence(io.stderr, 'firedrill: interrupted while waiting; the halt stands, and strikes may still be in flight')
      return false
    }
    const now = new Set((await ledger.strikesInFlight()).map(({ drill }) => drill))
    for (const drill of awaited) if (!now.has(drill)) awaited.delete(drill)
  }
  return true
}

/**
 * A halt on a name that nobody knows stops nothing, and must not look as if it did. It stands all the same: what is seen for the first
 * time tomorrow may be meant. Null: there is something to stop.
 */
async function whyNothingStops(
  target: HaltTarget,
  ledger: Stored['ledger'],
  schedules: () => Promise<readonly string[]>,
): Promise<string | null> {
  if (target.kind === 'installation') return null
  const groups = await ledger.groups()
  const known: Readonly<Record<typeof target.kind, () => Promise<readonly Haltable[]>>> = {
    schedule: async () => (await schedules()).map(schedule => ({ schedule })),
    scope: async () => groups.map(({ summary: { scope } }) => ({ scope })),
    service: async () => groups.map(({ service }) => ({ service })),
    group: async () => groups.map(({ summary }) => ({ group: summary })),
  }
  const all = await known[target.kind]()
  if (all.some(one => isHaltedBy(target, one))) return null
  const names = all.flatMap(({ schedule, scope, service, group }) => schedule ?? scope ?? service ?? (group ? [group.name, group.id] : []))
  const meant = near(target.name, [...new Set(names)])
  const hint = meant.length > 0 ? `; did you mean ${meant.join(' or ')}?` : ''
  const looked = target.kind === 'schedule' ? 'there is no' : 'the ledger has not seen any'
  return `it stops nothing: ${looked} ${targetText(target)}${hint}`
}

/** Those that are written down, where they can be read, and those that drills were planned by. */
async function schedulesOf(ledger: Stored['ledger'], options: HaltOptions, io: Io): Promise<readonly string[]> {
  const written = await loadSettings({ file: options.config, env: io.env, cwd: io.cwd }).catch(() => null)
  const drills = await ledger.drills({ limit: 1000 })
  return [...new Set([...(written?.schedules ?? []).map(({ name }) => name), ...drills.map(({ schedule }) => schedule)])]
}

/** A moment in the future, absolute or from now. Throws UsageError. */
function momentOf(text: string, now: Temporal.Instant): Temporal.Instant {
  const duration = parseDuration(text)
  const moment = duration === null ? absolute(text) : now.add({ milliseconds: duration })
  if (moment === null)
    throw new UsageError(
      `--until must be a moment with its zone (2026-12-24T08:00:00Z, 2026-12-24T09:00+01:00) or a duration (2h), not "${text}"`,
    )
  if (Temporal.Instant.compare(moment, now) <= 0) throw new UsageError(`--until ${text} is not in the future`)
  return moment
}

function absolute(text: string): Temporal.Instant | null {
  for (const read of [() => Temporal.Instant.from(text), () => Temporal.ZonedDateTime.from(text).toInstant()]) {
    try {
      return read()
    } catch {}
  }
  return null
}
