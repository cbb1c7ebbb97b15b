import { join } from 'node:path'
import type { ConcludedDrill, PlannedDrill } from '../../src/domain/drill.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { openLedger } from '../../src/ledger/open.ts'
import { withFiles } from '../config/folder.ts'
import { concluded, evidenceAfter, intent, plan, recovering } from '../ledger/examples.ts'

/** A folder with an initialised ledger, which this process has open beside the commands under test. */
export async function withLedger(use: (cwd: string, ledger: Ledger) => Promise<void>): Promise<void> {
  await withFiles({}, async cwd => {
    let ids = 0
    const ledger = await openLedger(
      { kind: 'embedded', file: join(cwd, '.firedrill/ledger.sqlite') },
      { clock: { now: () => Temporal.Now.instant() }, create: true, newId: () => `a${'abcdef'[ids] ?? 'f'}${ids++}-0000` },
    )
    try {
      await use(cwd, ledger)
    } finally {
      await ledger.close()
    }
  })
}

export async function planned(ledger: Ledger, name: string): Promise<PlannedDrill> {
  const [drill] = await ledger.addPlans([plan(name)])
  if (drill === undefined) throw new Error('not planned')
  return drill
}

/** A drill whose rebuild failed: struck, judged a snowflake, its service in quarantine. */
export async function snowflake(ledger: Ledger, name: string): Promise<ConcludedDrill> {
  const result = await ledger.intend(intent(await planned(ledger, name)))
  if (result.kind !== 'permitted') throw new Error(result.kind)
  await ledger.endPermit(result.drill.id)
  const candidate = {
    id: 'i-9',
    name: 'i-9',
    launchedAt: Temporal.Instant.from('2026-11-02T10:01:00Z'),
    seenAt: Temporal.Instant.from('2026-11-02T10:01:02Z'),
    origin: 'launched',
    bornFrom: '7',
    image: 'ami-1',
    health: 'healthy',
    independentlyHealthy: true,
    healthyAt: Temporal.Instant.from('2026-11-02T10:02:00Z'),
    recoveredAt: Temporal.Instant.from('2026-11-02T10:02:00Z'),
    lastProbeFailure: null,
    badLooks: 0,
    failedAt: null,
    gone: null,
    healthDetail: '',
  } as const
  const open = recovering(result.drill, { candidates: [candidate] })
  if (!(await ledger.advance({ drill: open, events: [{ at: open.plannedFor, kind: 'struck', data: { victim: `i-${name}` } }] })))
    throw new Error('not advanced')
  const base = concluded(open, { verdict: 'snowflake' })
  const finding = {
    kind: 'config-drift',
    level: 'fail',
    path: 'securityGroups',
    expected: ['sg-1'],
    actual: ['sg-1', 'sg-9'],
    summary: 'security group sg-9 was on the victim and is in no template',
  } as const
  const drill: ConcludedDrill = { ...base, judgement: { ...base.judgement, findings: [finding] } }
  const written = await ledger.advance({ drill, events: [], after: evidenceAfter(), quarantine: 'config-drift: securityGroups' })
  if (!written) throw new Error('not concluded')
  return drill
}
