import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { encode } from '../../src/domain/codec.ts'
import { openLedger } from '../../src/ledger/open.ts'
import { fleet } from '../reports/fixtures.ts'
import { noon, WebStage } from './stage.ts'

export const groups = 5_000
export const drills = 100_000
const hour = 3_600_000

/** The pages of a large installation: each kind, the first and a late page of a listing, a filter that finds little. */
export const paths = [
  '/',
  '/?standing=snowflake',
  '/?q=checkout-of-the-77',
  '/?offset=4800',
  `/group?id=${encodeURIComponent(groupId(77))}`,
  '/refusals',
  '/refusals?days=90&rule=S5&offset=500',
  '/schedules',
  '/changes',
  '/drills/d-77',
]

export interface LargeInstallation {
  readonly stage: WebStage
  close(): Promise<void>
}

/** A dashboard over an embedded ledger of 5,000 groups and 100,000 drills. */
export async function openLarge(): Promise<LargeInstallation> {
  const folder = await mkdtemp(join(tmpdir(), 'firedrill-size-'))
  const file = join(folder, 'ledger.sqlite')
  const ledger = await openLedger({ kind: 'embedded', file }, { clock: { now: () => noon }, create: true, newId: () => 'x' })
  fill(file)
  const stage = await WebStage.open({ ledger })
  return {
    stage,
    async close() {
      await stage.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function groupId(index: number): string {
  const scope = `aws:12345678901${index % 10}/eu-west-${(index % 3) + 1}`
  return `${scope}/asg/checkout-of-the-${index}th-shop-with-a-long-name-in-production`
}

/** Past the ledger, in one transaction: its own ways are for one drill at a time. */
function fill(file: string): void {
  const database = new DatabaseSync(file)
  const now = noon.epochMilliseconds
  const [concluded] = fleet()
  const refusal = fleet().find(({ drill }) => drill.state === 'refused')
  assert(concluded && refusal)
  database.exec('begin')
  const group = database.prepare(
    `insert into groups (id, scope, incarnation, service, opted_in, opted_in_since, first_seen, last_seen, present, last_verdict, last_verdict_at, summary, name, provider, standing, standing_at, standing_since)
     values (?, ?, 'first', ?, 1, ?, ?, ?, 1, ?, ?, ?, ?, 'aws', ?, ?, ?)`,
  )
  for (let index = 0; index < groups; index++) {
    const id = groupId(index)
    const scope = id.slice(0, id.indexOf('/asg/'))
    const name = id.slice(id.lastIndexOf('/') + 1)
    const verdict = index % 40 === 0 ? 'snowflake' : 'phoenix'
    const at = now - (index % 900) * hour
    const summary = encode({
      id,
      provider: 'aws',
      scope,
      name,
      incarnation: 'first',
      tags: { firedrill: 'enabled', team: 'payments' },
      optInById: null,
    })
    group.run(id, scope, name, now - 90 * 24 * hour, now, now, verdict, at, summary, name, verdict, at, at)
  }
  const drill = database.prepare(
    `insert into drills (id, schedule, provider, scope, group_id, service, plan_key, state, revision, planned_for, concluded_at, verdict, rule, wounded, failed_rebuild, busy, body)
     values (?, 'weekdays', 'aws', ?, ?, ?, ?, ?, 9, ?, ?, ?, ?, 0, 0, 0, ?)`,
  )
  const judged = encode(concluded.drill)
  for (let index = 0; index < drills; index++) {
    const id = groupId(index % groups)
    const at = now - Math.floor((drills - index) * ((200 * 24 * hour) / drills))
    const refused = index % 4 === 0
    const body = refused
      ? encode({
          ...refusal.drill,
          id: `d-${index}`,
          group: id,
          refusal: { rule: `S${(index % 7) + 1}`, reason: 'a scaling activity is in progress' },
        })
      : judged
    drill.run(
      `d-${index}`,
      id.slice(0, id.indexOf('/asg/')),
      id,
      id,
      `k-${index}`,
      refused ? 'refused' : 'concluded',
      at,
      refused ? null : at,
      refused ? null : index % 50 === 1 ? 'snowflake' : 'phoenix',
      refused ? `S${(index % 7) + 1}` : null,
      body,
    )
  }
  database.exec('commit')
  database.close()
}
