import type { Drill } from '../domain/drill.ts'
import type { LedgerDialect } from './dialect.ts'
import { fromBody } from './drill-row.ts'

/** What every part of the repository works with. */
export interface Store {
  readonly dialect: LedgerDialect
  readonly newId: () => string
  /** A drill as it was read before, where its text is the same: what is watched is asked for several times a second. */
  readonly decoded: (body: string) => Drill
}

/** A campaign has some dozens open. Of thousands none would be found again before it is pushed out, and each costs memory. */
const keptDrills = 200

export function newStore(dialect: LedgerDialect, newId: () => string): Store {
  const kept = new Map<string, Drill>()
  const decoded = (body: string): Drill => {
    const known = kept.get(body)
    if (known !== undefined) return known
    const drill = fromBody({ body })
    const [oldest] = kept.size < keptDrills ? [] : kept.keys()
    if (oldest !== undefined) kept.delete(oldest)
    kept.set(body, drill)
    return drill
  }
  return { dialect, newId, decoded }
}

/** Rows per statement: PostgreSQL takes 65,535 parameters at most, SQLite 32,766. */
const rowsPerStatement = 500

export function batches<T>(rows: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(rows.length / rowsPerStatement)
  return Array.from({ length: count }, (_, index) => rows.slice(index * rowsPerStatement, (index + 1) * rowsPerStatement))
}

/** By code unit: every process takes row locks in the same order, so no two wait for each other. */
export function sortedBy<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  return items
    .map(item => ({ item, key: key(item) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ item }) => item)
}

export function moment(ms: number): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(ms)
}

export function momentOrNull(ms: number | null): Temporal.Instant | null {
  return ms === null ? null : moment(ms)
}
