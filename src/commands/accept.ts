import { isAcceptable } from '../domain/accepted.ts'
import type { Drill } from '../domain/drill.ts'
import type { Finding } from '../domain/finding.ts'
import { near } from '../domain/spelling.ts'
import { openStored } from '../stored.ts'
import { EXIT, UsageError } from './exit.ts'
import { type Io, whoIsThere, writeJson, writeLine } from './io.ts'
import type { AcceptOptions } from './options.ts'
import { findDrill } from './show.ts'
import { clean } from './terminal.ts'

/** Records a known difference as accepted until a day. Throws UsageError where the drill has no such difference. */
export async function accept(options: AcceptOptions, io: Io): Promise<number> {
  const note = options.note.trim()
  if (note === '') throw new UsageError('--note must say why it is accepted')
  const stored = await openStored(options, io)
  try {
    const { ledger } = stored
    const drill = await findDrill(ledger, options.drill)
    const until = endOf(options.until, await ledger.now())
    const differences = differencesAt(drill, options.path.trim())
    const by = whoIsThere(io.env)
    const accepted = []
    for (const { kind, path, expected, actual } of differences)
      accepted.push(await ledger.accept({ drill: drill.id, group: drill.group, kind, path: path ?? '', expected, actual, note, by, until }))
    const quarantined = (await ledger.quarantines()).find(({ service }) => service === drill.service)
    if (options.json === true) writeJson(io, { accepted })
    else {
      writeLine(io.stdout, clean(`Accepted ${options.path} of ${drill.group} until ${options.until}: ${note}`))
      if (quarantined !== undefined)
        writeLine(io.stdout, clean(`The service stays in quarantine: firedrill quarantine clear '${drill.service}' --note "…"`))
    }
    return EXIT.ok
  } finally {
    await stored.close()
  }
}

/** A config-drift and a state-drift never share a path, but victim and successor may both differ at one. */
function differencesAt(drill: Drill, path: string): readonly Finding[] {
  const findings = drill.state === 'concluded' ? drill.judgement.findings : 'findings' in drill ? drill.findings : []
  const here = findings.filter(finding => finding.path === path)
  const found = here.filter(isAcceptable)
  if (found.length > 0) return found
  if (here.length > 0)
    throw new UsageError(
      `${here.map(({ kind }) => kind).join(', ')} at ${path} is no difference of a setting and cannot be accepted; drift.ignore in the schedule may be what you look for`,
    )
  const paths = [...new Set(findings.filter(isAcceptable).flatMap(finding => finding.path ?? []))]
  if (paths.length === 0) throw new UsageError(`the drill ${drill.id} on ${drill.groupName} found no difference that could be accepted`)
  const meant = near(path, paths)
  const hint = meant.length > 0 ? `did you mean ${meant.join(' or ')}?` : `it found some at ${paths.join(', ')}`
  throw new UsageError(`the drill ${drill.id} found no difference at "${path}"; ${hint}`)
}

/** The end of that day in UTC. Throws UsageError for what is no day, or over. */
function endOf(text: string, now: Temporal.Instant): Temporal.Instant {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? dayOf(text) : null
  if (day === null) throw new UsageError(`--until must be a day such as 2026-12-31, not "${text}"`)
  const end = day.add({ days: 1 }).toZonedDateTime('UTC').toInstant()
  if (Temporal.Instant.compare(end, now) <= 0) throw new UsageError(`--until ${text} is over already`)
  return end
}

function dayOf(text: string): Temporal.PlainDate | null {
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' })
  } catch {
    return null
  }
}
