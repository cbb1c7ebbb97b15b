import { tellAccepted } from '../domain/accepted.ts'
import type { Drill } from '../domain/drill.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { openStored } from '../stored.ts'
import { drillPage } from './drill-page.ts'
import { EXIT, UsageError } from './exit.ts'
import { type Io, writeJson, writeLine } from './io.ts'
import type { ShowOptions } from './options.ts'

/** One drill with everything that is recorded of it. Throws UsageError where the id names none, or several. */
export async function show(options: ShowOptions, io: Io): Promise<number> {
  const stored = await openStored(options, io)
  try {
    const { ledger } = stored
    const drill = await findDrill(ledger, options.drill)
    const [events, before, after] = await Promise.all([ledger.events(drill.id), ledger.before(drill.id), ledger.after(drill.id)])
    const record = { drill: tellAccepted(drill, await ledger.accepted(drill.group)), events, before, after }
    if (options.json === true) writeJson(io, record)
    else for (const line of drillPage(record, { width: io.columns, colour: io.colour })) writeLine(io.stdout, line)
    return EXIT.ok
  } finally {
    await stored.close()
  }
}

/** By its id or the beginning of it. Throws UsageError where that names none, or several. */
export async function findDrill(ledger: Ledger, text: string): Promise<Drill> {
  const id = text.trim()
  if (id === '') throw new UsageError('name a drill by its id or the beginning of it; "firedrill drills" lists them')
  const exact = await ledger.drill(id)
  if (exact !== null) return exact
  const found = (await ledger.drills({})).filter(drill => drill.id.startsWith(id))
  const [only, ...others] = found
  if (only === undefined) throw new UsageError(`there is no drill "${id}"; "firedrill drills" lists them`)
  if (others.length > 0) {
    const some = found.slice(0, 5).map(drill => `${drill.id} (${drill.groupName})`)
    throw new UsageError(`${found.length} drills begin with "${id}": ${some.join(', ')}${found.length > 5 ? ' …' : ''}`)
  }
  return only
}
