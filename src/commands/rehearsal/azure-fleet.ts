import type { WorldInput } from '../../simulator/index.ts'
import { type Rehearsed, shortLife } from './fleet.ts'

type ScaleSet = NonNullable<NonNullable<WorldInput['azure']>['groups']>[number]

/** Subscriptions: one for most, one whose default has moved. */
export const subscriptions = { home: '7c1c5f0e-6f0d-4b8e-9a55-0f3f4f6b1d20', moved: '2f0a4d6c-93b1-4a7e-8c1d-5d2b7e6f4a31' } as const

const times = { detect: 200, boot: 900, health: 400, drain: 100, terminate: 200 }
const wellFor = times.health + shortLife
const flexible = { mode: 'flexible' } as const

/** The Azure part of the rehearsal's fleet: both kinds of scale sets, and what looks different there. */
export const azureFleet: readonly Rehearsed<ScaleSet>[] = [
  drilled('az-checkout', 'phoenix'),
  drilled('az-catalogue', 'phoenix', flexible),
  drilled('az-accounts', 'phoenix', { image: 'marketplace', version: 'fixed', health: 'rich' }),
  drilled('az-batch', 'health-unproven'),
  drilled('az-archive', 'environment-changed', { subscription: subscriptions.moved }),
  drilled('az-ledger', 'state-drift', flexible),
  drilled('az-mail', 'successor-drift'),
  drilled('az-reports', 'not-replaced'),
  drilled('az-pricing', 'unhealthy', flexible),
  drilled('az-exports', 'wrong-image'),
  drilled('az-stock', 'stale-image', flexible),
  drilled('az-sessions', { trait: 'died-young', after: wellFor }),
  drilled('az-render', 'no-capacity'),
  drilled('az-crawler', { trait: 'interrupted', after: wellFor }, flexible),
  drilled('az-gateway', 'group-changed'),
  drilled('az-intranet', 'cannot-rebuild', flexible),
  drilled('az-gallery', 'config-drift'),
  drilled('az-orders', 'outdated'),
  drilled('az-search', 'refreshing'),
  drilled('az-push', 'below-desired', flexible),
  drilled('az-quorum', 'protected', flexible),
  drilled('az-workers', 'owned'),
  drilled('az-vault', 'unreadable'),
]

function drilled(name: string, trait: NonNullable<ScaleSet['traits']>[number], more: Partial<ScaleSet> = {}): Rehearsed<ScaleSet> {
  return { group: { name, times, traits: [trait], ...more }, expected: { kind: 'truth' } }
}
