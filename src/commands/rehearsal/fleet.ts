import type { WorldInput } from '../../simulator/index.ts'

/** What a rehearsed group must come to, in words that a report uses. */
export type Expectation =
  /** Whatever the simulator knows to be true of it. */
  | { readonly kind: 'truth' }
  /** Refused, for a reason that lies in Firedrill's own settings, which the simulator cannot know. */
  | { readonly kind: 'refused'; readonly rule: string }
  /** One of two shares a limit with the other: whichever comes first comes to its truth, the other is refused. */
  | { readonly kind: 'rival'; readonly rule: string; readonly of: string }
  | { readonly kind: 'leashed' }

export interface Rehearsed<Group = NonNullable<WorldInput['groups']>[number]> {
  readonly group: Group
  readonly expected: Expectation
}

type Trait = NonNullable<Rehearsed['group']['traits']>[number]

const truth: Expectation = { kind: 'truth' }

/** Regions: one for most, one whose account default has moved, one in the midst of an incident. */
export const regions = { home: 'eu-west-1', moved: 'eu-north-1', incident: 'us-east-1' } as const

/** How long one that does not last is well: most of the soak, so that looks see it well and see it end, on a slow machine too. */
export const shortLife = 1_600

/** Compressed times: a boot takes seconds, and so do deadline and soak. */
const times = { detect: 300, boot: 1_500, health: 600, drain: 100, terminate: 200, retry: 800 }
const wellFor = times.health + shortLife

/** The fleet of the rehearsal: a group for every finding kind and every rule that refuses. */
export const fleet: readonly Rehearsed[] = [
  // phoenixes, made in each way that a group can be made
  drilled('checkout', 'phoenix'),
  drilled('catalogue', 'phoenix', {
    source: 'mixed',
    overrides: [
      { type: 't3.micro', weight: 1 },
      { type: 't3.small', weight: 1 },
    ],
  }),
  drilled('accounts', 'phoenix', { source: 'configuration' }),
  drilled('images', 'phoenix', { image: 'ssm', version: '$Default' }),
  // phoenixes with a remark
  drilled('orders', 'outdated'),
  drilled('media', 'slow'),
  drilled('recommend', 'pre-built'),
  drilled('batch', 'health-unproven'),
  drilled('archive', 'environment-changed', { region: regions.moved }),
  // hidden snowflakes
  drilled('billing', 'config-drift', { tags: { 'firedrill-schedule': 'drifted' } }),
  drilled('ledger', 'state-drift'),
  { group: { name: 'reports', times, traits: [{ trait: 'not-replaced', cause: 'image-deregistered' }] }, expected: truth },
  drilled('payroll', 'not-replaced'),
  drilled('pricing', 'unhealthy'),
  drilled('exports', 'wrong-image'),
  drilled('stock', 'stale-image'),
  drilled('sessions', { trait: 'died-young', after: wellFor }),
  // drills that prove nothing
  drilled('render', 'no-capacity'),
  drilled('training', 'late'),
  drilled('crawler', { trait: 'interrupted', after: wellFor }),
  drilled('gateway', 'group-changed'),
  // snowflakes by forecast
  drilled('intranet', 'cannot-rebuild'),
  drilled('gallery', 'config-drift'),
  // refused for what the platform shows
  drilled('search', 'refreshing'),
  drilled('push', 'below-desired'),
  drilled('upload', 'unhealthy-member'),
  drilled('audit', 'suspended'),
  drilled('quorum', 'protected'),
  drilled('cron', 'too-small'),
  drilled('workers', 'owned'),
  drilled('thumbnails', 'phoenix', {
    size: 2,
    source: 'mixed',
    overrides: [
      { type: 't3.micro', weight: 1 },
      { type: 't3.small', weight: 2 },
    ],
  }),
  drilled('vault', 'unreadable'),
  // refused for what Firedrill was told
  settled('forum', 'S1', { tags: { 'firedrill-mean-days': 'often' } }),
  settled('payments-db', 'S1', {}),
  settled('tickets', 'S2', {}),
  rival('invoices', 'S3', { of: 'receipts', trait: 'phoenix', tags: { 'firedrill-schedule': 'once-a-day' } }),
  rival('receipts', 'S3', { of: 'invoices', trait: 'phoenix', tags: { 'firedrill-schedule': 'once-a-day' } }),
  settled('nightly', 'S4', { tags: { 'firedrill-schedule': 'closed' } }),
  rival('mail-blue', 'S6', { of: 'mail-green', trait: 'successor-drift', tags: { 'firedrill-service': 'mail' } }),
  rival('mail-green', 'S6', { of: 'mail-blue', trait: 'successor-drift', tags: { 'firedrill-service': 'mail' } }),
  afflicted('orders-us', 'phoenix'),
  afflicted('cart-us', 'below-desired'),
  afflicted('feed-us', 'below-desired'),
  afflicted('chat-us', 'below-desired'),
  { group: { name: 'newcomer', traits: ['phoenix'], tags: { 'firedrill-schedule': 'leashed' } }, expected: { kind: 'leashed' } },
]

export const haltedGroup = 'tickets'

function drilled(name: string, trait: Trait, more: Partial<Rehearsed['group']> = {}): Rehearsed {
  return { group: { name, times, traits: [trait], ...more }, expected: truth }
}

function settled(name: string, rule: string, more: Partial<Rehearsed['group']>): Rehearsed {
  return { group: { name, times, traits: ['phoenix'], ...more }, expected: { kind: 'refused', rule } }
}

/** In the region that has an incident: too many of its groups are degraded for any drill (S15). */
function afflicted(name: string, trait: Exclude<Trait, object>): Rehearsed {
  const group = { name, times, traits: [trait], region: regions.incident, tags: { 'firedrill-schedule': 'strict' } }
  return { group, expected: { kind: 'refused', rule: 'S15' } }
}

function rival(name: string, rule: string, how: { of: string; trait: Exclude<Trait, object>; tags: Record<string, string> }): Rehearsed {
  return { group: { name, times, traits: [how.trait], tags: how.tags }, expected: { kind: 'rival', rule, of: how.of } }
}
