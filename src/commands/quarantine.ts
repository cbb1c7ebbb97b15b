import { matches } from '../domain/glob.ts'
import { near } from '../domain/spelling.ts'
import { openStored } from '../stored.ts'
import { EXIT, UsageError } from './exit.ts'
import { type Io, whoIsThere, writeJson, writeLine } from './io.ts'
import { momentText } from './moment-text.ts'
import type { QuarantineClearOptions, QuarantineOptions } from './options.ts'
import { clean, table } from './terminal.ts'

/** Lists the services that get no drills (S6). */
export async function quarantine(options: QuarantineOptions, io: Io): Promise<number> {
  const stored = await openStored(options, io)
  try {
    const quarantines = await stored.ledger.quarantines()
    if (options.json === true) writeJson(io, quarantines)
    else if (quarantines.length === 0) writeLine(io.stdout, 'No service is in quarantine.')
    else {
      const rows = quarantines.map(({ service, since, drill, reason }) => [service, momentText(since), drill.slice(0, 8), reason])
      const columns = [{ title: 'SERVICE', max: 32 }, { title: 'SINCE' }, { title: 'DRILL' }, { title: 'WHY' }]
      for (const line of table(rows, columns, { width: io.columns, colour: io.colour })) writeLine(io.stdout, line)
    }
    return EXIT.ok
  } finally {
    await stored.close()
  }
}

/** Lets services be drilled again. Throws UsageError without a note, or where no service in quarantine matches. */
export async function quarantineClear(options: QuarantineClearOptions, io: Io): Promise<number> {
  const note = options.note.trim()
  if (note === '') throw new UsageError('--note must say what was done about it')
  const stored = await openStored(options, io)
  try {
    const names = (await stored.ledger.quarantines()).map(({ service }) => service)
    const meant = names.filter(name => matches([options.services], { id: name, name }))
    if (meant.length === 0) throw new UsageError(nothingMatches(options.services, names))
    const cleared: string[] = []
    // Somebody else may have cleared one meanwhile; then it is not ours to report.
    for (const service of meant) if (await stored.ledger.clearQuarantine(service, note, whoIsThere(io.env))) cleared.push(service)
    if (options.json === true) writeJson(io, { cleared, note })
    else for (const service of cleared) writeLine(io.stdout, clean(`Cleared ${service}: ${note}`))
    return EXIT.ok
  } finally {
    await stored.close()
  }
}

function nothingMatches(glob: string, names: readonly string[]): string {
  if (names.length === 0) return 'no service is in quarantine'
  const meant = near(glob, names)
  return `no service in quarantine matches "${glob}"${meant.length > 0 ? `; did you mean ${meant.join(' or ')}?` : ''}`
}
