import assert from 'node:assert/strict'
import type { GroupSummary } from '../../src/domain/group.ts'
import type { Guard, GuardQuestion } from '../../src/guards/guard.ts'
import { guardKinds, openGuard } from '../../src/guards/registry.ts'

export const never = new AbortController().signal

export const group: GroupSummary = {
  id: 'cloud:here/group/web',
  provider: 'cloud',
  scope: 'cloud:here',
  name: 'web',
  incarnation: 'first',
  tags: { firedrill: 'enabled' },
  optInById: null,
}

export const question: GuardQuestion = { group, schedule: 'weekdays', timezone: 'Europe/Berlin', lasts: 20 * 60_000 }

export interface Around {
  readonly env?: Record<string, string>
  readonly folder?: string
  readonly now?: string
}

/** A guard as a schedule would open it: through its schema, and a stay in the ledger. */
export function guard(kind: string, written: Record<string, unknown>, { env = {}, folder = '/', now }: Around = {}): Guard {
  const parsed = guardKinds[kind]?.schema.safeParse(written)
  assert.ok(parsed?.success, JSON.stringify(parsed?.error?.issues))
  const settings = JSON.parse(JSON.stringify(parsed.data))
  const at = Temporal.Instant.from(now ?? '2026-11-03T09:30:00Z')
  return openGuard({ kind, settings }, { env, folder, now: () => at, brought: {} })
}

/** What is wrong with settings, or an empty list. */
export function complaints(kind: string, written: Record<string, unknown>): string[] {
  const parsed = guardKinds[kind]?.schema.safeParse(written)
  assert.ok(parsed, kind)
  return parsed.success ? [] : parsed.error.issues.map(issue => issue.message)
}
