import fc from 'fast-check'
import type { Configuration, DeclaredSet } from '../../src/domain/declaration.ts'
import type { Candidate, Evidence, Tracking } from '../../src/domain/drill.ts'
import type { Value } from '../../src/domain/finding.ts'
import type { EventCause, PlatformEvent } from '../../src/domain/group.ts'
import {
  at,
  configuration,
  declaration,
  declaredSet,
  evidence,
  order,
  policy,
  readAfter,
  readBefore,
  struckAt,
  victimId,
} from './fixtures.ts'

const causes: readonly EventCause[] = [
  'replacement',
  'unhealthy',
  'strike',
  'scale-out',
  'scale-in',
  'rebalance',
  'interruption',
  'deployment',
  'unknown',
]

const paths = ['securityGroups', 'type', 'subnet', 'volumes/xvda/size', 'volumes/xvdf/size', 'volumes/xvdf/type', 'tags/Name', 'notes/a']
const images = ['image-1', 'image-2', 'image-9']
const candidateIds = ['i-new', 'i-other', 'i-third', 'i-2', victimId]

const moment = fc.integer({ min: -5, max: 2000 }).map(at)
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null, freq: 3 })

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom('large', 'xlarge', '', 'a'),
  fc.integer({ min: 0, max: 9 }),
  fc.boolean(),
  fc.constant(null),
  fc.uniqueArray(fc.constantFrom('sg-1', 'sg-2', 'sg-9'), { maxLength: 3 }),
)

const notCompared = fc.array(record({ what: fc.constantFrom(...paths, 'volumes', 'constructor'), why: fc.constant('denied') }), {
  maxLength: 2,
})

const someConfiguration: fc.Arbitrary<Configuration> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(configuration('i-any')) },
  {
    weight: 2,
    arbitrary: record({
      instance: fc.constant('i-any'),
      image: maybe(fc.constantFrom(...images)),
      address: fc.constant(null),
      values: fc.dictionary(fc.constantFrom(...paths, 'constructor', '$instant'), value, { noNullPrototype: true }),
      unread: notCompared,
    }),
  },
)

const someDeclaredSet: fc.Arbitrary<DeclaredSet> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(declaredSet()) },
  {
    weight: 2,
    arbitrary: record({
      version: fc.constantFrom('template:1', 'template:2'),
      source: fc.constant('template web'),
      images: fc.subarray(images),
      values: fc.dictionary(fc.constantFrom(...paths), fc.array(value, { minLength: 1, maxLength: 3 }), { noNullPrototype: true }),
      open: fc.subarray(['subnet', 'notes/**', 'tags/**', 'volumes/**']),
      environment: fc.subarray(['subnet', 'notes/**']),
      unread: notCompared,
      since: maybe(fc.integer({ min: -40, max: 0 }).map(days => at(days * 86_400))),
    }),
  },
)

const someDeclaration = record({
  current: someDeclaredSet,
  born: fc.oneof(fc.constant({}), record({ 'template:1': someDeclaredSet })),
  promises: record({ retire: fc.constantFrom('current', 'born'), crash: fc.constantFrom('current', 'born') } as const),
})

function someCandidate(id: string): fc.Arbitrary<Candidate> {
  return record({
    id: fc.constant(id),
    name: fc.constant(id),
    launchedAt: maybe(moment),
    seenAt: moment,
    origin: fc.constantFrom('launched', 'pre-built'),
    bornFrom: maybe(fc.constantFrom('template:1', 'template:2')),
    image: maybe(fc.constantFrom(...images)),
    health: fc.constantFrom('healthy', 'unhealthy', 'starting', 'unknown'),
    independentlyHealthy: fc.boolean(),
    healthyAt: maybe(moment),
    recoveredAt: maybe(moment),
    lastProbeFailure: maybe(fc.constant('port 80 refused')),
    badLooks: fc.nat(2),
    failedAt: fc.option(moment, { nil: null, freq: 1 }),
    absentSince: fc.option(moment, { nil: null, freq: 1 }),
    gone: fc.option(record({ at: moment, cause: fc.constantFrom(...causes), detail: fc.constantFrom('', 'gone') }), {
      nil: null,
      freq: 1,
    }),
    healthDetail: fc.constantFrom('', 'load balancer: answered 500'),
  })
}

const someEvent: fc.Arbitrary<PlatformEvent> = record({
  id: fc.constantFrom('a', 'b', 'c', 'd'),
  at: moment,
  kind: fc.constantFrom('launch', 'terminate', 'other'),
  instance: maybe(fc.constantFrom(...candidateIds)),
  cause: fc.constantFrom(...causes),
  outcome: fc.constantFrom('in-progress', 'succeeded', 'failed'),
  detail: fc.constantFrom('', 'in words'),
  error: maybe(record({ category: fc.constantFrom('capacity', 'quota', 'broken'), message: fc.constant('it failed') })),
})

const someTracking: fc.Arbitrary<Tracking> = fc
  .subarray(candidateIds)
  .chain(ids =>
    record({
      struckAt: fc.constant(struckAt),
      victimGoneAt: maybe(moment),
      victimDraining: fc.boolean(),
      victimBackAt: fc.option(moment, { nil: null, freq: 1 }),
      candidates: fc.tuple(...ids.map(someCandidate)),
      events: fc.array(someEvent, { maxLength: 4 }),
      desired: fc.integer({ min: 1, max: 5 }),
      declarationVersion: fc.constantFrom('template:1', 'template:1', 'template:2'),
      groupGoneAt: fc.option(moment, { nil: null, freq: 1 }),
      lookedAt: maybe(moment),
      observedAt: maybe(moment),
      unreadableSince: fc.option(moment, { nil: null, freq: 1 }),
      unreadableWhy: fc.constantFrom(null, 'access denied'),
      restore: fc.option(
        record({ state: fc.constantFrom('waiting', 'requested', 'done', 'yielded'), detail: fc.constant('in words') } as const),
        { nil: null, freq: 1 },
      ),
      wholeAt: maybe(moment),
    }),
  )
  .map(all => all as Tracking)

const fingerprint = maybe(
  fc.dictionary(fc.constantFrom('etc/hosts', 'etc/cron.d/fix'), fc.constantFrom('1', '2'), { noNullPrototype: true }),
)

/** Whatever may lie in a ledger, much of it contradictory. */
export function anyEvidence(): fc.Arbitrary<Evidence> {
  return record({
    order: record({
      ...constants(order()),
      method: fc.constantFrom('retire', 'crash'),
      victim: record({
        ...constants(order().victim),
        image: maybe(fc.constantFrom(...images)),
        bornFrom: maybe(fc.constantFrom('template:1', 'template:2', 'constructor')),
      }),
    }),
    policy: record({
      ...constants(policy()),
      soak: fc.constantFrom(0, 1000, 300_000),
      fingerprint: fc.constantFrom(null, null, { kind: 'files', settings: {} }),
    }),
    before: record({
      ...constants(readBefore()),
      driftIgnore: fc.subarray(['volumes/**', 'subnet']),
      declaration: someDeclaration,
      victim: someConfiguration,
      fingerprint,
    }),
    tracking: someTracking,
    after: record({
      ...constants(readAfter()),
      declaration: maybe(someDeclaration),
      configurations: record({ 'i-new': someConfiguration, 'i-other': someConfiguration }, { requiredKeys: [] }),
      fingerprints: record({ 'i-new': fingerprint.map(one => one ?? {}) }, { requiredKeys: [] }),
    }),
  }) as fc.Arbitrary<Evidence>
}

/** Drills that went well, of victims and successors that differ in nothing but what is ignored, open by default or one of a declared set. */
export function driftFreeEvidence(): fc.Arbitrary<Evidence> {
  const ignored = fc.dictionary(
    fc.constantFrom('id', 'address/private', 'address/public', 'volumes/xvdf/id', 'volumes/xvdf/size', 'zone'),
    value,
    { noNullPrototype: true },
  )
  const chosen = record({ type: fc.constantFrom('large', 'xlarge'), subnet: fc.constantFrom('a', 'b') })
  const values = fc.tuple(ignored, chosen).map(([by, picked]) => ({ ...by, ...picked }))
  return record({ victim: values, successor: values, extraTag: fc.boolean(), unused: fc.boolean() }).map(
    ({ victim, successor, extraTag, unused }) =>
      evidence({
        policy: policy({ drift: { ignore: ['volumes/xvdf'], warn: ['tags/**'] } }),
        before: readBefore({
          driftIgnore: ['id', 'address/**', 'zone'],
          victim: configuration(victimId, { ...victim, ...(extraTag ? { 'tags/note': 'x' } : {}) }),
        }),
        after: readAfter({
          declaration: declaration(unused ? { images: ['image-1', 'image-7'] } : {}),
          configurations: { 'i-new': configuration('i-new', successor) },
        }),
      }),
  )
}

function constants<T extends object>(values: T): { [K in keyof T]: fc.Arbitrary<T[K]> } {
  return Object.fromEntries(Object.entries(values).map(([key, one]) => [key, fc.constant(one)])) as { [K in keyof T]: fc.Arbitrary<T[K]> }
}

/** Plain objects, as the ledger gives them back. */
function record<T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }, constraints: fc.RecordConstraints<keyof T> = {}): fc.Arbitrary<T> {
  return fc.record(shape, { ...constraints, noNullPrototype: true }) as fc.Arbitrary<T>
}
