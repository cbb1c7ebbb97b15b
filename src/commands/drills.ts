import type { Drill, DrillState } from '../domain/drill.ts'
import { matches } from '../domain/glob.ts'
import type { DrillFilter, Ledger } from '../ledger/ledger.ts'
import { openStored } from '../stored.ts'
import { EXIT } from './exit.ts'
import { type Io, writeJson, writeLine } from './io.ts'
import { momentText } from './moment-text.ts'
import type { DrillsOptions } from './options.ts'
import { colourOf, table } from './terminal.ts'
import { verdictOf, whyOf } from './why.ts'

/** What happened, open drills first, then the newest. */
export async function drills(options: DrillsOptions, io: Io): Promise<number> {
  const stored = await openStored(options, io)
  try {
    const found = await find(stored.ledger, options)
    if (options.json === true) writeJson(io, found)
    else if (found.length === 0) writeLine(io.stdout, 'No drills match.')
    else print(found, io)
    return EXIT.ok
  } finally {
    await stored.close()
  }
}

async function find(ledger: Ledger, options: DrillsOptions): Promise<readonly Drill[]> {
  const filter: DrillFilter = {
    ...(options.since !== undefined && { since: (await ledger.now()).subtract({ milliseconds: options.since }) }),
    ...(options.state !== undefined && { states: options.state as readonly DrillState[] }),
  }
  const glob = options.group
  if (glob === undefined) return ledger.drills({ ...filter, limit: options.limit })
  // The ledger knows ids only; names and globs are looked for here.
  const all = await ledger.drills(filter)
  return all.filter(({ group, groupName }) => group === glob || matches([glob], { id: group, name: groupName })).slice(0, options.limit)
}

function print(found: readonly Drill[], io: Io): void {
  const rows = found.map(drill => [
    momentText(drill.plannedFor),
    drill.id.slice(0, 8),
    drill.groupName,
    drill.state,
    verdictOf(drill) ?? '–',
    whyOf(drill),
  ])
  const columns = [
    { title: 'WHEN' },
    { title: 'DRILL' },
    { title: 'GROUP', max: 24 },
    { title: 'STATE', colour: colourOf },
    { title: 'VERDICT', colour: colourOf },
    { title: 'WHY' },
  ]
  for (const line of table(rows, columns, { width: io.columns, colour: io.colour })) writeLine(io.stdout, line)
}
