import type { WorldInput } from './description.ts'

type GroupInput = NonNullable<WorldInput['groups']>[number]
type TraitInput = NonNullable<GroupInput['traits']>[number]

/** What `simulate` serves without a world file: one group for every finding and every kind of refusal. */
export function defaultFleet(): WorldInput {
  return {
    groups: [
      { name: 'checkout', traits: [] },
      {
        name: 'catalogue',
        source: 'mixed',
        overrides: [
          { type: 't3.micro', weight: 1 },
          { type: 't3.small', weight: 1 },
        ],
      },
      { name: 'accounts', source: 'configuration' },
      { name: 'images', image: 'ssm', version: '$Default' },
      one('billing', { trait: 'config-drift' }),
      one('mail', { trait: 'successor-drift' }),
      one('ledger', { trait: 'state-drift' }),
      one('reports', { trait: 'not-replaced' }),
      one('pricing', { trait: 'unhealthy' }),
      one('exports', { trait: 'wrong-image' }),
      one('stock', { trait: 'stale-image' }),
      one('sessions', { trait: 'died-young' }),
      one('orders', { trait: 'outdated' }),
      one('archive', { trait: 'environment-changed' }),
      one('media', { trait: 'slow' }),
      one('recommend', { trait: 'pre-built' }),
      one('batch', { trait: 'health-unproven' }),
      one('render', { trait: 'no-capacity' }),
      one('index', { trait: 'quota' }),
      one('training', { trait: 'late' }),
      one('crawler', { trait: 'interrupted' }),
      one('gateway', { trait: 'group-changed' }),
      one('search', { trait: 'refreshing' }),
      one('feed', { trait: 'scaling' }),
      one('chat', { trait: 'recently-changed' }),
      one('push', { trait: 'below-desired' }),
      one('upload', { trait: 'unhealthy-member' }),
      one('proxy', { trait: 'standby' }),
      one('audit', { trait: 'suspended' }),
      one('legacy', { trait: 'deleting' }),
      one('quorum', { trait: 'protected' }),
      one('cron', { trait: 'too-small' }),
      one('fresh', { trait: 'young' }),
      one('workers', { trait: 'owned' }),
      one('tasks', { trait: 'owned', by: 'ecs' }),
      one('intranet', { trait: 'cannot-rebuild' }),
      one('vault', { trait: 'unreadable' }),
      one('wiki', { trait: 'not-opted-in' }),
      one('forum', { trait: 'near-miss' }),
    ],
    gcp: { groups: googleFleet() },
    azure: azureFleet(),
  }
}

type GoogleGroupInput = NonNullable<NonNullable<WorldInput['gcp']>['groups']>[number]

/** Names differ from those of the other clouds, so that each still finds its group. */
function googleFleet(): GoogleGroupInput[] {
  const region = 'europe-west1'
  const google = (name: string, trait: TraitInput, more: Partial<GoogleGroupInput> = {}): GoogleGroupInput => ({
    name: `${name}-gce`,
    traits: [trait],
    ...more,
  })
  return [
    google('checkout', 'phoenix'),
    google('catalogue', 'phoenix', { region, optInBy: 'all-instances-config' }),
    google('accounts', 'phoenix', { region, image: 'family', templates: 'regional', autoscaler: { minimum: 2, maximum: 6 } }),
    google('images', 'phoenix', { canary: true, forceUpdateOnRepair: true }),
    google('billing', 'config-drift'),
    google('mail', 'successor-drift', { region }),
    google('ledger', 'state-drift'),
    google('reports', 'not-replaced'),
    google('payroll', { trait: 'not-replaced', cause: 'image-deregistered' }, { region }),
    google('pricing', 'unhealthy'),
    google('exports', 'wrong-image', { region }),
    google('stock', 'stale-image'),
    google('sessions', 'died-young'),
    google('orders', 'outdated'),
    google('archive', 'environment-changed', { region: 'europe-north1' }),
    google('media', 'slow'),
    google('batch', 'health-unproven'),
    google('render', 'no-capacity', { region }),
    google('index', 'quota'),
    google('training', 'late'),
    google('crawler', 'interrupted'),
    google('shrink', { trait: 'interrupted', how: 'scale-in' }),
    google('gateway', 'group-changed'),
    google('search', 'refreshing'),
    google('feed', 'scaling'),
    google('chat', 'recently-changed'),
    google('push', 'below-desired'),
    google('upload', 'unhealthy-member'),
    google('proxy', 'standby'),
    google('audit', 'suspended'),
    google('legacy', 'deleting'),
    google('quorum', 'protected'),
    google('cron', 'too-small'),
    google('fresh', 'young'),
    google('workers', 'owned'),
    google('intranet', 'cannot-rebuild'),
    google('vault', 'unreadable'),
    google('wiki', 'not-opted-in'),
    google('forum', 'near-miss'),
  ]
}

type AzureInput = NonNullable<WorldInput['azure']>
type ScaleSetInput = NonNullable<AzureInput['groups']>[number]

/** Uniform and flexible sets, one for each finding and refusal that Azure can show. */
function azureFleet(): AzureInput {
  const made = (name: string, traits: ScaleSetInput['traits'], more: Partial<ScaleSetInput> = {}): ScaleSetInput => ({
    name,
    traits,
    ...more,
  })
  const flexible = { mode: 'flexible' } as const
  return {
    groups: [
      made('checkout-vmss', []),
      made('catalogue-vmss', [], flexible),
      made('accounts-vmss', [], { image: 'marketplace', version: 'fixed', health: 'rich' }),
      made('images-vmss', [], { ...flexible, image: 'marketplace' }),
      made('billing-vmss', ['config-drift']),
      made('mail-vmss', ['successor-drift'], flexible),
      made('ledger-vmss', ['state-drift'], flexible),
      made('reports-vmss', [{ trait: 'not-replaced', cause: 'kms' }]),
      made('pricing-vmss', ['unhealthy'], flexible),
      made('exports-vmss', ['wrong-image']),
      made('stock-vmss', ['stale-image']),
      made('sessions-vmss', [{ trait: 'died-young', how: 'unhealthy' }], flexible),
      made('archive-vmss', ['environment-changed'], { subscription: MOVED }),
      made('batch-vmss', ['health-unproven']),
      made('render-vmss', ['no-capacity']),
      made('index-vmss', ['quota'], flexible),
      made('training-vmss', ['late']),
      made('crawler-vmss', ['interrupted']),
      made('gateway-vmss', ['group-changed'], flexible),
      made('search-vmss', ['refreshing']),
      made('feed-vmss', ['scaling']),
      made('chat-vmss', ['recently-changed']),
      made('push-vmss', ['below-desired'], flexible),
      made('upload-vmss', ['unhealthy-member']),
      made('proxy-vmss', ['standby'], flexible),
      made('audit-vmss', ['suspended']),
      made('legacy-vmss', ['deleting']),
      made('quorum-vmss', ['protected']),
      made('cron-vmss', ['too-small'], flexible),
      made('fresh-vmss', ['young']),
      made('workers-vmss', ['owned']),
      made('orders-vmss', ['outdated']),
      made('intranet-vmss', ['cannot-rebuild'], flexible),
      made('vault-vmss', ['unreadable']),
      made('wiki-vmss', ['not-opted-in']),
      made('forum-vmss', ['near-miss']),
    ],
    subscriptions: [
      { id: HOME, location: 'westeurope' },
      { id: MOVED, location: 'northeurope' },
    ],
  }
}

const HOME = '7c1c5f0e-6f0d-4b8e-9a55-0f3f4f6b1d20'
/** Where a default has moved under the sets that leave it open. */
const MOVED = '2f0a4d6c-93b1-4a7e-8c1d-5d2b7e6f4a31'

function one(name: string, trait: TraitInput): GroupInput {
  return { name, traits: [trait] }
}

interface BigFleet {
  readonly optedIn: number
  readonly notOptedIn: number
  readonly size: number
  /** From a strike until the successor is healthy, in milliseconds. */
  readonly replacementTime: number
}

/** Many phoenixes in one region, for measuring. */
export function bigFleet({ optedIn, notOptedIn, size, replacementTime }: BigFleet): WorldInput {
  const times = {
    detect: Math.round(replacementTime / 10),
    boot: Math.round((replacementTime * 7) / 10),
    health: Math.round((replacementTime * 2) / 10),
    drain: Math.round(replacementTime / 20),
    terminate: Math.round(replacementTime / 20),
  }
  const make = (prefix: string, count: number, optIn: boolean): GroupInput[] =>
    Array.from({ length: count }, (_, index) => ({ name: `${prefix}-${String(index + 1).padStart(5, '0')}`, size, optIn, times }))
  return { groups: [...make('drilled', optedIn, true), ...make('other', notOptedIn, false)] }
}
