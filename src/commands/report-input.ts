import { tellAccepted } from '../domain/accepted.ts'
import { coverageDays } from '../domain/coverage.ts'
import type { Drill, DrillId } from '../domain/drill.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { ReportedDrill, ReportInput } from '../reports/model.ts'

/** Collects from the ledger what a report is made from: the named drills, or every drill of a period. */
export async function reportInput(
  ledger: Ledger,
  what: { title: string; from: Temporal.Instant; drills: readonly DrillId[] | null },
): Promise<ReportInput> {
  const generatedAt = await ledger.now()
  const found = what.drills === null ? await ledger.drills({ since: what.from, limit: 100_000 }) : await named(ledger, what.drills)
  const accepted = await ledger.accepted()
  const drills: ReportedDrill[] = []
  for (const drill of found) {
    const [events, before, after] = await Promise.all([ledger.events(drill.id), ledger.before(drill.id), ledger.after(drill.id)])
    drills.push({ drill: tellAccepted(drill, accepted), events, before, after })
  }
  return { generatedAt, from: what.from, to: generatedAt, coverageDays, drills, groups: await ledger.groups(), title: what.title }
}

async function named(ledger: Ledger, ids: readonly DrillId[]): Promise<Drill[]> {
  const drills = await Promise.all(ids.map(id => ledger.drill(id)))
  return drills.filter(drill => drill !== null)
}
