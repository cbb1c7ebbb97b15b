import type { AcceptedDifference } from '../domain/accepted.ts'
import { decode, encode } from '../domain/codec.ts'
import type { FindingKind } from '../domain/finding.ts'
import type { GroupId } from '../domain/group.ts'
import type { ExceptionsTable } from './schema.ts'
import { record } from './stops.ts'
import { moment, type Store } from './store.ts'

/**
 * An acceptance of the same difference from before is ended, and kept. Another difference at the same place keeps its own: a victim
 * and its successor may both differ there, and are accepted one after the other.
 */
export function accept({ dialect, newId }: Store, wish: Omit<AcceptedDifference, 'since'>): Promise<AcceptedDifference> {
  const { drill, group, kind, path, expected, actual, note, by, until } = wish
  return dialect.underLock(async transaction => {
    const since = (await dialect.now(transaction)).epochMilliseconds
    const difference = encode([expected, actual])
    await transaction
      .updateTable('exceptions')
      .set({ ended_at: since, ended_by: by })
      .where('group_id', '=', group)
      .where('kind', '=', kind)
      .where('path', '=', path)
      .where('difference', '=', difference)
      .where('ended_at', 'is', null)
      .execute()
    const row = { id: newId(), group_id: group, drill, kind, path, difference, note, by, since, until: until.epochMilliseconds }
    await transaction.insertInto('exceptions').values(row).execute()
    await record(transaction, { id: newId(), at: since, by, action: 'accept', subject: `${path} of ${group}`, note })
    return { ...wish, since: moment(since) }
  })
}

export async function accepted({ dialect }: Store, group?: GroupId): Promise<readonly AcceptedDifference[]> {
  const now = await dialect.now(dialect.db)
  let query = dialect.db.selectFrom('exceptions').selectAll().where('until', '>', now.epochMilliseconds).where('ended_at', 'is', null)
  if (group !== undefined) query = query.where('group_id', '=', group)
  const rows = await query.orderBy('since').orderBy('id').execute()
  return rows.map(toAccepted)
}

function toAccepted(row: ExceptionsTable): AcceptedDifference {
  const [expected = null, actual = null] = decode<AcceptedDifference['actual'][]>(row.difference)
  return {
    drill: row.drill,
    group: row.group_id,
    kind: row.kind as FindingKind,
    path: row.path,
    expected,
    actual,
    note: row.note,
    by: row.by,
    since: moment(row.since),
    until: moment(row.until),
  }
}
