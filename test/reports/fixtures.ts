import type { Configuration, Declaration, DeclaredSet } from '../../src/domain/declaration.ts'
import type {
  After,
  Before,
  Candidate,
  ConcludedDrill,
  Drill,
  DrillEvent,
  Judgement,
  LeashedDrill,
  RecoveringDrill,
  RefusedDrill,
  StrikeOrder,
  Tracking,
} from '../../src/domain/drill.ts'
import type { Finding, FindingKind, Value, Verdict } from '../../src/domain/finding.ts'
import type { GroupSnapshot, PlatformEvent } from '../../src/domain/group.ts'
import type { DrillPolicy } from '../../src/domain/schedule.ts'
import type { GroupRecord } from '../../src/domain/seen-group.ts'
import type { ReportedDrill, ReportInput } from '../../src/reports/model.ts'

export const start = Temporal.Instant.from('2026-11-20T09:30:00Z')
const scope = 'aws:123456789012/eu-west-1'
const image = 'ami-0c1f9a7be2d34f501'

const policy: DrillPolicy = {
  method: 'retire',
  target: 30_000,
  deadline: 90_000,
  soak: 20_000,
  maxImageLag: 14 * 86_400_000,
  drift: { ignore: [], warn: ['tags/**'] },
  probes: [{ kind: 'http', settings: { path: '/healthz' } }],
  fingerprint: null,
}

const values: Readonly<Record<string, Value>> = {
  type: 'm7g.large',
  keyName: null,
  instanceProfile: 'arn:aws:iam::123456789012:instance-profile/web',
  securityGroups: ['sg-0a11', 'sg-0b22'],
  vpc: 'vpc-0d44',
  userData: 'sha256:6f1ed002ab5595859014ebf0951522d9',
  'metadata/httpTokens': 'required',
  'metadata/hopLimit': 2,
  'volumes/xvda/size': 30,
  'volumes/xvda/type': 'gp3',
  'volumes/xvda/encrypted': true,
  ebsOptimized: true,
  sourceDestCheck: true,
  'tags/Name': 'web',
  'tags/team': 'payments',
}

export interface Scene {
  readonly name: string
  readonly verdict: Verdict
  readonly findings?: readonly Finding[]
  /** Milliseconds after the strike; null: never happened. */
  readonly gone?: number | null
  readonly launched?: number | null
  readonly healthy?: number | null
  readonly recovered?: number | null
  /** Looks were missed since. */
  readonly recoveredAfter?: number
  readonly concluded?: number
  readonly whole?: number | null
  readonly victimValues?: Readonly<Record<string, Value>>
  readonly successorValues?: Readonly<Record<string, Value>>
  readonly victimImage?: string
  readonly successorImage?: string
  readonly successorId?: string | null
  readonly notCompared?: Judgement['notCompared']
  readonly origin?: Candidate['origin']
  readonly failed?: number | null
  readonly platformEvents?: readonly PlatformEvent[]
  readonly fingerprints?: readonly [Readonly<Record<string, string>>, Readonly<Record<string, string>>]
  readonly policy?: Partial<DrillPolicy>
  readonly schedule?: string
  readonly service?: string
  readonly id?: string
  readonly at?: Temporal.Instant
  readonly stored?: boolean
}

let counter = 0

export function finding(kind: FindingKind, summary: string, more: Partial<Finding> = {}): Finding {
  return { kind, level: 'fail', path: null, expected: null, actual: null, summary, ...more }
}

function hex(seed: number, length = 17): string {
  return ((BigInt(seed + 1) * 0x9e3779b97f4a7c15n) & ((1n << BigInt(length * 4)) - 1n)).toString(16).padStart(length, '0')
}

export function after(milliseconds: number, from: Temporal.Instant = start): Temporal.Instant {
  return from.add({ milliseconds })
}

function base(name: string, scene: Partial<Scene> = {}) {
  counter += 1
  return {
    id: scene.id ?? `01JD${hex(counter, 12).toUpperCase()}`,
    schedule: scene.schedule ?? 'weekdays',
    provider: 'aws',
    scope,
    group: `${scope}/asg/${name}`,
    groupName: name,
    incarnation: `uuid-${name}`,
    service: scene.service ?? name,
    owner: 'payments',
    planKey: '2026-11-20',
    plannedFor: scene.at ?? start,
    policy: { ...policy, ...scene.policy },
    revision: 7,
    wakeAt: null,
  } as const
}

function declaredSet(version: string, more: Partial<DeclaredSet> = {}): DeclaredSet {
  return {
    version,
    source: `launch template lt-0a1 version ${version} ($Latest)`,
    images: [image],
    values: {
      ...Object.fromEntries(
        Object.entries(values)
          .filter(([path]) => !['vpc', 'tags/Name'].includes(path))
          .map(([path, value]) => [path, [value]]),
      ),
      type: ['m7g.large', 'm6g.large'],
    },
    open: ['vpc', 'tags/Name'],
    environment: ['vpc'],
    unread: [],
    since: after(-86_400_000 * 40),
    ...more,
  }
}

function declaration(): Declaration {
  return { current: declaredSet('7'), born: { '7': declaredSet('7') }, promises: { retire: 'current', crash: 'current' } }
}

function snapshot(group: string): GroupSnapshot {
  return {
    summary: { id: group, provider: 'aws', scope, name: group, incarnation: 'u', tags: { firedrill: 'enabled' }, optInById: null },
    observedAt: start,
    clockSkew: 120,
    desired: 3,
    minimum: 2,
    maximum: 6,
    instances: [],
    unsteady: [],
    replacementOff: null,
    controller: null,
    membershipChangedAt: null,
    declarationVersion: 'lt-0a1/7',
    events: [],
    ownRecoveryTime: 60_000,
  }
}

function configuration(instance: string, own: Readonly<Record<string, Value>>, itsImage: string): Configuration {
  return { instance, image: itsImage, address: '10.0.3.17', values: { ...values, ...own }, unread: [] }
}

function event(drill: string, seq: number, at: Temporal.Instant, kind: string, data: Record<string, unknown> = {}): DrillEvent {
  return { drill, seq, at, kind, data }
}

export function concluded(scene: Scene): ReportedDrill {
  const common = base(scene.name, scene)
  const struckAt = after(2_000, scene.at)
  const victim = { id: `i-${hex(counter)}`, name: `${scene.name}-1`, zone: 'eu-west-1a', image: scene.victimImage ?? image, bornFrom: '7' }
  const order: StrikeOrder = {
    drill: common.id,
    scope,
    group: common.group,
    groupName: scene.name,
    incarnation: common.incarnation,
    victim,
    method: common.policy.method,
    desired: 3,
    members: [victim.id, `i-${hex(counter + 5000)}`, `i-${hex(counter + 6000)}`],
    declarationVersion: 'lt-0a1/7',
    intendedAt: after(1_500, scene.at),
    requestId: '6e1bb37d-94ff-4c11-8f6a-000000000001',
  }
  const moment = (value: number | null | undefined, otherwise: number | null) => {
    const chosen = value === undefined ? otherwise : value
    return chosen === null ? null : after(chosen, struckAt)
  }
  const launchedAt = moment(scene.launched, 6_400)
  const successorId = scene.successorId === undefined ? `i-${hex(counter + 1000)}` : scene.successorId
  const recoveredAt = moment(scene.recovered, 24_900)
  const candidates: Candidate[] =
    launchedAt === null || successorId === null
      ? []
      : [
          {
            id: successorId,
            name: `${scene.name}-4`,
            launchedAt,
            seenAt: launchedAt,
            origin: scene.origin ?? 'launched',
            bornFrom: '7',
            image: scene.successorImage ?? image,
            health: recoveredAt ? 'healthy' : 'unhealthy',
            independentlyHealthy: true,
            healthyAt: moment(scene.healthy, 21_700),
            recoveredAt,
            ...(scene.recoveredAfter === undefined ? {} : { recoveredAfter: after(scene.recoveredAfter, struckAt) }),
            lastProbeFailure: null,
            badLooks: 0,
            failedAt: moment(scene.failed, null),
            gone: null,
            healthDetail: 'target group web: 1 of 1 checks pass',
          },
        ]
  const tracking: Tracking = {
    struckAt,
    victimGoneAt: moment(scene.gone, 4_100),
    candidates,
    events: scene.platformEvents ?? [
      {
        id: 'a-1',
        at: after(1_100, struckAt),
        kind: 'terminate',
        instance: victim.id,
        cause: 'strike',
        outcome: 'succeeded',
        detail: `Terminating EC2 instance: ${victim.id}`,
        error: null,
      },
      {
        id: 'a-2',
        at: after(6_400, struckAt),
        kind: 'launch',
        instance: successorId,
        cause: 'replacement',
        outcome: 'succeeded',
        detail: 'An instance was launched in response to an unhealthy instance needing to be replaced.',
        error: null,
      },
    ],
    desired: 3,
    declarationVersion: 'lt-0a1/7',
    groupGoneAt: null,
    lookedAt: after(45_000, struckAt),
    unreadableSince: null,
    unreadableWhy: null,
    restore: null,
    wholeAt: moment(scene.whole, 46_200),
  }
  const concludedAt = after(scene.concluded ?? 45_100, struckAt)
  const judgement: Judgement = {
    verdict: scene.verdict,
    findings: scene.findings ?? [],
    proven: provenBy(scene.verdict, candidates[0]),
    notCompared: scene.notCompared ?? [{ what: 'state', why: 'the schedule names no fingerprint' }],
    successor: candidates[0]?.id ?? null,
  }
  const drill: ConcludedDrill = {
    ...common,
    state: 'concluded',
    order,
    tracking,
    judgement,
    concludedAt,
    wounded: tracking.wholeAt === null,
  }
  const before: Before = {
    snapshot: snapshot(common.group),
    declaration: declaration(),
    victim: configuration(victim.id, scene.victimValues ?? {}, victim.image),
    fingerprint: scene.fingerprints?.[0] ?? null,
    fingerprintWhy: scene.fingerprints ? null : 'the schedule names no fingerprint',
    driftIgnore: [],
  }
  const seen: After = {
    at: concludedAt,
    declaration: declaration(),
    declarationWhy: null,
    configurations:
      candidates[0] === undefined
        ? {}
        : { [candidates[0].id]: configuration(candidates[0].id, scene.successorValues ?? {}, scene.successorImage ?? image) },
    fingerprints: candidates[0] && scene.fingerprints ? { [candidates[0].id]: scene.fingerprints[1] } : {},
  }
  const events = [
    event(drill.id, 1, common.plannedFor, 'planned', { schedule: common.schedule }),
    event(drill.id, 2, order.intendedAt, 'intent', { victim: victim.id, method: order.method }),
    event(drill.id, 3, struckAt, 'struck', { reference: 'activity-1' }),
    event(drill.id, 4, concludedAt, 'concluded', { verdict: scene.verdict }),
  ]
  const stored = scene.stored !== false
  return { drill, events, before: stored ? before : null, after: stored ? seen : null }
}

function provenBy(verdict: Verdict, successor: Candidate | undefined): string[] {
  if (!successor) return []
  if (!successor.recoveredAt || successor.failedAt) return ['replaced']
  return verdict === 'phoenix' ? ['replaced', 'health', 'image', 'configuration'] : ['replaced', 'health']
}

export function refused(name: string, rule: string, reason: string, findings: readonly Finding[] = []): ReportedDrill {
  const drill: RefusedDrill = { ...base(name), state: 'refused', refusal: { rule, reason }, refusedAt: after(400), findings }
  return { drill, events: [event(drill.id, 1, start, 'refused', { rule })], before: null, after: null }
}

export function leashed(name: string): ReportedDrill {
  const victim = { id: `i-${hex(777)}`, name: `${name}-2`, zone: 'eu-west-1b', image, bornFrom: '7' }
  const drill: LeashedDrill = { ...base(name, { schedule: 'leashed' }), state: 'leashed', victim, leashedAt: after(900), findings: [] }
  return { drill, events: [], before: null, after: null }
}

export function planned(name: string): ReportedDrill {
  const drill: Drill = { ...base(name), state: 'planned', wakeAt: after(3_600_000) }
  return { drill, events: [], before: null, after: null }
}

/** A drill under way: `recovering` with a candidate that still starts, or `soaking`. */
export function open(name: string, state: 'striking' | 'recovering' | 'soaking' = 'recovering'): ReportedDrill {
  const done = concluded({ name, verdict: 'phoenix', whole: null, ...(state === 'soaking' ? {} : { healthy: null, recovered: null }) })
  const { judgement: _judgement, concludedAt: _concludedAt, wounded: _wounded, tracking, ...rest } = done.drill as ConcludedDrill
  if (!tracking) throw new Error('a concluded fixture has a tracking')
  if (state === 'striking') {
    return { ...done, drill: { ...rest, state, attempts: 1, lastAttemptAt: after(2_000) }, after: null }
  }
  const drill: RecoveringDrill = { ...rest, state: 'recovering', tracking }
  if (state === 'recovering') return { ...done, drill, after: null }
  return { ...done, drill: { ...drill, state, soakEndsAt: after(46_900) }, after: null }
}

export const hostile = {
  script: '<script>alert(1)</script><img src=x onerror="alert(2)">',
  xml: ']]> &amp; <![CDATA[ </system-out> --> <!--',
  bidi: 'user\u202egnp.exe\u2066 \u061c שלום مرحبا',
  controls: 'null\u0000bell\u0007escape\u001b[2Jbackspace\u0008csi\u009b31m del\u007f',
  link: 'javascript:alert(document.cookie) [x](javascript:alert(3)) https://evil.example/x?a=b @everyone #1',
  markdown: '| a | b |\n# heading\n```js\n**bold** `tick` ~~gone~~ $x$',
  long: 'a'.repeat(300),
  emoji: '🔥👩‍🚒🏳️‍🌈 e\u0301 𝕊 ﷽',
  halves: 'lone \ud800 and \udfff, \ufffe\uffff, zero\u200bwidth\ufeff',
  prototype: '__proto__',
} as const

/** Every hostile string in every place a stranger can write to. */
export function hostileDrills(): ReportedDrill[] {
  return Object.values(hostile).flatMap(hostileDrillsOf)
}

/** One text in every place a stranger can write to. */
export function hostileDrillsOf(text: string, index = 0): ReportedDrill[] {
  return [
    concluded({
      name: text,
      id: `${text}${index}`,
      schedule: text,
      service: text,
      verdict: 'snowflake',
      findings: [finding('config-drift', text, { path: text, expected: [text, 'b'], actual: text })],
      victimValues: { [text]: text },
      successorId: text,
      notCompared: [{ what: text, why: text }],
      fingerprints: [{ [text]: text }, { [text]: `${text}!` }],
      platformEvents: [
        {
          id: text,
          at: after(5_000),
          kind: 'launch',
          instance: text,
          cause: 'unknown',
          outcome: 'failed',
          detail: text,
          error: { category: 'broken', message: text },
        },
      ],
    }),
    refused(text, index % 2 === 0 ? 'S5' : text, text),
  ]
}

const launchFailed: PlatformEvent = {
  id: 'a-9',
  at: after(14_000),
  kind: 'launch',
  instance: null,
  cause: 'replacement',
  outcome: 'failed',
  detail: 'Launching a new EC2 instance. Status Reason: The image id "[ami-0dead]" does not exist.',
  error: { category: 'broken', message: "The image id '[ami-0dead]' does not exist. Launching EC2 instance failed." },
}

/** At least one drill for every verdict, finding kind, state and several rules. */
export function fleet(): ReportedDrill[] {
  counter = 0
  return [
    concluded({ name: 'checkout', verdict: 'phoenix', service: 'shop' }),
    concluded({
      name: 'billing',
      verdict: 'snowflake',
      at: after(600_000),
      service: 'payments',
      findings: [
        finding('config-drift', 'security group sg-emergency was on the victim, is not in the template', {
          path: 'securityGroups',
          expected: ['sg-0a11', 'sg-0b22'],
          actual: ['sg-0a11', 'sg-0b22', 'sg-emergency'],
        }),
        finding('config-drift', 'the volume xvdf (200 GiB) was attached by hand; a rebuild comes without it', {
          path: 'volumes/xvdf',
          expected: null,
          actual: '200 GiB gp3',
        }),
        finding('outdated', 'the victim was born from version 6 of the launch template, version 7 is current', {
          level: 'warn',
          expected: '7',
          actual: '6',
        }),
      ],
      victimValues: {
        securityGroups: ['sg-0a11', 'sg-0b22', 'sg-emergency'],
        'volumes/xvdf/size': 200,
        'volumes/xvdf/type': 'gp3',
        'tags/Name': 'billing-1',
      },
      successorValues: { 'tags/Name': 'billing-4' },
    }),
    refused('search', 'S5', 'an instance refresh is in progress (30 %)'),
    concluded({
      name: 'catalog',
      verdict: 'snowflake',
      at: after(1_200_000),
      gone: 3_900,
      launched: null,
      recovered: null,
      concluded: 90_400,
      whole: null,
      findings: [
        finding('not-replaced', "no successor came within 1 min 30 s: the image id 'ami-0dead' does not exist", {
          expected: 'a successor within 1 min 30 s',
          actual: 'none',
        }),
      ],
      platformEvents: [launchFailed, { ...launchFailed, id: 'a-10', at: after(44_000) }],
    }),
    concluded({
      name: 'inventory',
      verdict: 'snowflake',
      at: after(1_800_000),
      healthy: null,
      recovered: null,
      concluded: 90_300,
      whole: 1_290_000,
      findings: [
        finding('unhealthy', 'the successor stayed unhealthy: target group inventory answers 503 on /healthz', {
          expected: 'healthy within 1 min 30 s',
          actual: 'Target.ResponseCodeMismatch: Health checks failed with these codes: [503]',
        }),
      ],
    }),
    concluded({
      name: 'search-index',
      verdict: 'snowflake',
      at: after(2_400_000),
      findings: [
        finding('wrong-image', 'the successor runs ami-0aaa, the launch template says ami-0c1f', {
          path: 'image',
          expected: [image],
          actual: 'ami-0aaa1111bbbb2222c',
        }),
      ],
      successorImage: 'ami-0aaa1111bbbb2222c',
    }),
    concluded({
      name: 'legacy-api',
      verdict: 'snowflake',
      at: after(3_000_000),
      findings: [
        finding('stale-image', 'the victim ran ami-0old, which the group has not declared for 40 days', {
          path: 'image',
          expected: [image],
          actual: 'ami-0old4321fedc8765b',
        }),
      ],
      victimImage: 'ami-0old4321fedc8765b',
    }),
    concluded({
      name: 'reports-worker',
      verdict: 'snowflake',
      at: after(3_600_000),
      findings: [
        finding('state-drift', '/etc/cron.d/cleanup lived on the victim only', {
          path: 'file:/etc/cron.d/cleanup',
          expected: null,
          actual: 'sha256:5b1c',
        }),
      ],
      fingerprints: [
        { 'file:/etc/cron.d/cleanup': 'sha256:5b1c', 'package:openssl': '3.0.15', 'service:nginx': 'running' },
        { 'package:openssl': '3.0.15', 'service:nginx': 'running' },
      ],
      notCompared: [],
    }),
    concluded({
      name: 'sessions',
      verdict: 'snowflake',
      at: after(4_200_000),
      failed: 38_000,
      concluded: 40_000,
      whole: null,
      findings: [
        finding('died-young', 'the successor was healthy for 13 s, then failed: out of memory', {
          expected: 'healthy for 20 s',
          actual: 'failed after 13.1 s',
        }),
      ],
    }),
    concluded({
      name: 'gateway',
      verdict: 'phoenix',
      at: after(4_800_000),
      healthy: 41_000,
      recovered: 44_300,
      concluded: 64_900,
      whole: 65_000,
      findings: [
        finding('slow', 'recovered after 44.3 s, the target is 30 s', { level: 'warn', expected: '30 s', actual: '44.3 s' }),
        finding('environment-changed', 'the subnet now gives public addresses', {
          level: 'warn',
          path: 'vpc',
          expected: 'vpc-0d44',
          actual: 'vpc-0d45',
        }),
      ],
      successorValues: { vpc: 'vpc-0d45' },
    }),
    concluded({
      name: 'thumbnails',
      verdict: 'phoenix',
      at: after(5_400_000),
      launched: -3_600_000,
      healthy: 3_000,
      recovered: 4_200,
      concluded: 24_500,
      whole: 24_500,
      origin: 'pre-built',
      findings: [
        finding('pre-built', 'the successor came from the warm pool', { level: 'warn' }),
        finding('health-unproven', 'nothing but "running" vouches for its health', { level: 'warn' }),
      ],
    }),
    concluded({
      name: 'gpu-render',
      verdict: 'inconclusive',
      at: after(6_000_000),
      launched: null,
      recovered: null,
      concluded: 90_500,
      whole: null,
      findings: [
        finding('no-capacity', 'the provider had no capacity for g6.xlarge in eu-west-1a', {
          expected: 'a successor',
          actual: 'InsufficientInstanceCapacity',
        }),
      ],
    }),
    concluded({
      name: 'java-monolith',
      verdict: 'inconclusive',
      at: after(6_600_000),
      healthy: null,
      recovered: null,
      concluded: 90_200,
      whole: 240_000,
      findings: [finding('late', 'the successor was still starting at the deadline of 1 min 30 s')],
    }),
    concluded({
      name: 'spot-batch',
      verdict: 'inconclusive',
      at: after(7_200_000),
      concluded: 32_000,
      findings: [finding('interrupted', 'the successor was taken by a spot interruption during the soak')],
    }),
    concluded({
      name: 'frontend',
      verdict: 'inconclusive',
      at: after(7_800_000),
      findings: [finding('group-changed', 'the launch template moved from version 7 to 8 during the drill')],
    }),
    concluded({
      name: 'mailer',
      verdict: 'inconclusive',
      at: after(8_400_000),
      launched: null,
      recovered: null,
      gone: null,
      whole: null,
      concluded: 12_000,
      findings: [finding('not-struck', 'the answer to the terminate call was lost, and the victim is still alive')],
      stored: false,
    }),
    concluded({
      name: 'metrics',
      verdict: 'inconclusive',
      at: after(9_000_000),
      findings: [
        finding('unobservable', 'the declaration could not be read: access denied on DescribeLaunchTemplateVersions', {
          path: 'declaration',
        }),
      ],
    }),
    refused('orders', 'S13', 'the forecast says that a rebuild must fail', [
      finding('cannot-rebuild', 'the launch template names ami-0gone, which was deregistered', {
        path: 'image',
        expected: 'an image that exists',
        actual: 'ami-0gone',
      }),
    ]),
    refused('ledger-db', 'S1', 'the group is matched by never: "*-db"'),
    refused('auth', 'S5', '1 of 3 members is unhealthy'),
    refused('queue', 'S2', 'a halt is in force for this service: Black Friday'),
    refused('tiny', 'S7', 'the group has 1 member, at least 2 are needed (victim.minGroupSize)'),
    refused('cart', 'cloudwatch-alarm', 'alarm checkout-5xx is in state ALARM'),
    leashed('profile'),
    planned('recommendations'),
    open('uploads'),
    open('streams', 'soaking'),
    ...Array.from({ length: 5 }, (_, index) =>
      concluded({
        name: ['images', 'pricing', 'tax', 'stock', 'notifications'][index] ?? '',
        verdict: 'phoenix',
        at: after(9_600_000 + index * 600_000),
        healthy: 15_000 + index * 1_900,
        recovered: 16_200 + index * 2_300,
        concluded: 38_000 + index * 2_300,
        whole: 38_100 + index * 2_300,
      }),
    ),
  ]
}

/** Every other group is of another platform. */
export function inTwoScopes(drills: readonly ReportedDrill[]): ReportedDrill[] {
  return drills.map((one, index) => (index % 2 === 0 ? { ...one, drill: { ...one.drill, provider: 'gcp', scope: 'gcp:shop-1' } } : one))
}

/** A campaign of any size with a plausible mix; the same every time. */
export function campaign(size: number): ReportedDrill[] {
  counter = 0
  const template = fleet().filter(({ drill }) => drill.state === 'concluded')
  return Array.from({ length: size }, (_, index) => {
    const kind = index % 20
    const name = `group-${String(index).padStart(4, '0')}`
    const at = after(index * 60_000)
    if (kind === 3) return refused(name, `S${(index % 7) + 1}`, 'a scaling activity is in progress')
    if (kind === 7 || kind === 11) {
      const { drill } = template[index % template.length] ?? {}
      const findings = drill?.state === 'concluded' ? drill.judgement.findings : []
      const verdict = drill?.state === 'concluded' ? drill.judgement.verdict : 'phoenix'
      return concluded({ name, verdict, findings, at, victimValues: { 'tags/team': 'search' } })
    }
    const recovered = 12_000 + ((index * 7919) % 9_000) + (index % 37 === 0 ? 30_000 : 0)
    return concluded({
      name,
      verdict: 'phoenix',
      at,
      healthy: recovered - 900,
      recovered,
      concluded: recovered + 20_500,
      whole: recovered + 20_600,
    })
  })
}

export function groupsOf(drills: readonly ReportedDrill[]): GroupRecord[] {
  return drills.map(({ drill }) => ({
    summary: { ...snapshot(drill.group).summary, id: drill.group, name: drill.groupName },
    optedIn: true,
    service: drill.service,
    unsteady: null,
    barred: [],
    firstSeen: start,
    lastSeen: start,
    optedInSince: start,
    lastStrikeAt: null,
    lastVerdict:
      drill.state === 'concluded' && drill.judgement.verdict !== 'inconclusive'
        ? { verdict: drill.judgement.verdict, at: drill.concludedAt }
        : null,
    forecastSince: null,
    lastPhoenixAt: null,
    present: true,
  }))
}

export function reportInput(drills: readonly ReportedDrill[], more: Partial<ReportInput> = {}): ReportInput {
  return {
    generatedAt: Temporal.Instant.from('2026-11-20T13:00:00Z'),
    from: Temporal.Instant.from('2026-11-20T09:00:00Z'),
    to: Temporal.Instant.from('2026-11-20T13:00:00Z'),
    coverageDays: 30,
    drills,
    groups: groupsOf(drills),
    title: 'Firedrill rehearsal on simulated clouds',
    ...more,
  }
}
