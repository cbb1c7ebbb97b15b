import { z } from 'zod'
import { ConfigError, type Problem } from '../../config/config-error.ts'
import { type Path, readDocument } from '../../config/document.ts'
import { explainIssues } from '../../config/explain.ts'
import { called } from '../../config/phrases.ts'
import { azureSchema } from './azure/description.ts'
import { gcpMistakes } from './gcp/create.ts'
import { gcpSchema } from './gcp/description.ts'

/** `2s`, `500ms`, `1h`, `14d`, or a number of milliseconds. */
const duration = called(
  z.union([z.number().min(0), z.string().regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/)]).transform(value => {
    if (typeof value === 'number') return value
    const [, amount = '0', unit = 'ms'] = /^([\d.]+)(\w+)$/.exec(value) ?? []
    return Number(amount) * ({ ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit] ?? 1)
  }),
  'a duration',
  '500ms, 2s, 10m, 1h or 14d',
)

const account = called(z.string().regex(/^\d{12}$/), 'an AWS account id of 12 digits in quotes', '"123456789012"')

const handEdit = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('security-group'), name: z.string() }),
  z.strictObject({ kind: z.literal('volume'), device: z.string(), size: z.number().int().positive() }),
  z.strictObject({ kind: z.literal('role'), profile: z.string() }),
  z.strictObject({ kind: z.literal('metadata'), tokens: z.enum(['optional', 'required']) }),
  z.strictObject({ kind: z.literal('tag'), key: z.string(), value: z.string() }),
  z.strictObject({ kind: z.literal('source-dest-check'), enabled: z.boolean() }),
  z.strictObject({ kind: z.literal('type'), type: z.string() }),
  z.strictObject({ kind: z.literal('user-data'), text: z.string() }),
  z.strictObject({ kind: z.literal('termination-protection'), enabled: z.boolean() }),
  z.strictObject({ kind: z.literal('credits'), option: z.enum(['standard', 'unlimited']) }),
  z.strictObject({ kind: z.literal('content'), path: z.string(), value: z.string() }),
])

/** When a trait sets in: with the world, or at (or after) the first strike on a member. */
const when = called(
  z.union([z.literal('start'), z.literal('strike'), z.strictObject({ afterStrike: duration })]),
  'start, strike, or a map',
  '{ afterStrike: 5s }',
).optional()
const common = { when }
const members = called(z.union([z.literal('all'), z.number().int().positive()]), 'all, or a number of members', '1').default('all')
const cause = <const T extends readonly [string, ...string[]]>(...causes: T) => z.enum(causes).default(causes[0] as T[number])

const traitObject = z.discriminatedUnion('trait', [
  z.strictObject({ trait: z.literal('phoenix'), ...common }),
  z.strictObject({
    trait: z.literal('not-replaced'),
    cause: cause('kms', 'image-deregistered', 'launch-suspended', 'template-deleted', 'silent'),
    ...common,
  }),
  z.strictObject({ trait: z.literal('no-capacity'), for: duration.optional(), ...common }),
  z.strictObject({ trait: z.literal('quota'), for: duration.optional(), ...common }),
  z.strictObject({ trait: z.literal('unhealthy'), ...common }),
  z.strictObject({ trait: z.literal('late'), boot: duration.default(3_600_000), ...common }),
  z.strictObject({ trait: z.literal('slow'), boot: duration.optional(), ...common }),
  z.strictObject({ trait: z.literal('wrong-image'), ...common }),
  z.strictObject({ trait: z.literal('stale-image'), age: duration.default(30 * 86_400_000), ...common }),
  z.strictObject({ trait: z.literal('outdated'), ...common }),
  z.strictObject({ trait: z.literal('config-drift'), edits: z.array(handEdit).min(1).optional(), members, ...common }),
  z.strictObject({ trait: z.literal('successor-drift'), edits: z.array(handEdit).min(1).optional(), ...common }),
  z.strictObject({ trait: z.literal('environment-changed'), ...common }),
  z.strictObject({ trait: z.literal('died-young'), after: duration.optional(), how: cause('crash', 'unhealthy'), ...common }),
  z.strictObject({ trait: z.literal('interrupted'), after: duration.optional(), how: cause('spot', 'scale-in', 'rebalance'), ...common }),
  z.strictObject({ trait: z.literal('group-changed'), ...common }),
  z.strictObject({
    trait: z.literal('state-drift'),
    path: z.string().default('file:/etc/app.conf'),
    value: z.string().default('edited by hand'),
    members,
    ...common,
  }),
  z.strictObject({ trait: z.literal('pre-built'), state: z.enum(['Stopped', 'Running']).default('Stopped'), ...common }),
  z.strictObject({ trait: z.literal('health-unproven'), ...common }),
  z.strictObject({ trait: z.literal('not-opted-in'), ...common }),
  z.strictObject({ trait: z.literal('near-miss'), value: z.string().default('Enabled'), ...common }),
  z.strictObject({ trait: z.literal('refreshing'), ...common }),
  z.strictObject({ trait: z.literal('scaling'), ...common }),
  z.strictObject({ trait: z.literal('recently-changed'), ...common }),
  z.strictObject({ trait: z.literal('below-desired'), ...common }),
  z.strictObject({ trait: z.literal('unhealthy-member'), ...common }),
  z.strictObject({ trait: z.literal('standby'), ...common }),
  z.strictObject({ trait: z.literal('suspended'), processes: z.array(z.string()).min(1).default(['Launch']), ...common }),
  z.strictObject({ trait: z.literal('deleting'), ...common }),
  z.strictObject({ trait: z.literal('protected'), ...common }),
  z.strictObject({ trait: z.literal('too-small'), ...common }),
  z.strictObject({ trait: z.literal('young'), age: duration.default(1_800_000), ...common }),
  z.strictObject({ trait: z.literal('owned'), by: cause('eks', 'ecs'), ...common }),
  z.strictObject({
    trait: z.literal('cannot-rebuild'),
    cause: cause('image-deregistered', 'image-disabled', 'template-deleted', 'version-deleted', 'security-group', 'key-pair', 'profile'),
    ...common,
  }),
  z.strictObject({ trait: z.literal('unreadable'), ...common }),
])

/** A trait without details may be written as its bare name. */
type TraitInput = z.infer<typeof traitObject>['trait'] | z.input<typeof traitObject>
const trait: z.ZodType<z.infer<typeof traitObject>, TraitInput> = z.preprocess(
  value => (typeof value === 'string' ? { trait: value } : value),
  traitObject,
) as never

const times = z.strictObject({
  detect: duration.default(500),
  boot: duration.default(2000),
  health: duration.default(1000),
  drain: duration.default(300),
  terminate: duration.default(300),
  retry: duration.default(1500),
})

const override = z.strictObject({ type: z.string(), weight: z.number().int().positive().optional() })

const group = z
  .strictObject({
    name: z.string().min(1).max(255),
    account: account.optional(),
    region: z.string().optional(),
    size: z.number().int().min(0).default(3),
    minimum: z.number().int().min(0).optional(),
    maximum: z.number().int().min(0).optional(),
    /** False: no tag. A string is the tag's value. */
    optIn: called(z.union([z.boolean(), z.string()]), 'true, false or the text of the tag').default(true),
    tags: z.record(z.string(), z.string()).default({}),
    source: z.enum(['template', 'mixed', 'configuration']).default('template'),
    version: called(
      z.union([z.literal('$Latest'), z.literal('$Default'), z.string().regex(/^\d+$/)]),
      '$Latest, $Default or a number in quotes',
      '"1"',
    ).default('$Latest'),
    overrides: z.array(override).min(1).optional(),
    spotPercentage: z.number().min(0).max(100).default(0),
    /** `ssm`: the template names a parameter (`resolve:ssm:…`). */
    image: z.enum(['ami', 'ssm']).default('ami'),
    type: z.string().default('t3.micro'),
    loadBalancer: z.boolean().default(true),
    healthChecks: z.array(z.enum(['EC2', 'ELB', 'EBS', 'VPC_LATTICE'])).optional(),
    grace: duration.default(0),
    hooks: z
      .array(z.strictObject({ on: z.enum(['launch', 'terminate']), takes: duration.default(1000), timeout: duration.default(3_600_000) }))
      .default([]),
    /** Whether the hook on termination is waited for where the instance is dead already: nobody could confirm either. */
    hooksOfTheDead: z.boolean().default(true),
    times: times.prefault({}),
    /** Of the members at the start. */
    age: duration.default(30 * 86_400_000),
    traits: z.array(trait).default([]),
  })
  .refine(({ size, minimum, maximum }) => (minimum ?? 0) <= size && size <= (maximum ?? size), 'size must lie between minimum and maximum')

const alarm = z.strictObject({
  name: z.string(),
  account: account.optional(),
  region: z.string().optional(),
  state: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']).default('OK'),
  composite: z.boolean().default(false),
  tags: z.record(z.string(), z.string()).default({}),
})

const service = z.enum(['autoscaling', 'ec2', 'elasticloadbalancing', 'sts', 'monitoring', 'iam', 'ssm', 'compute', 'arm'])
const match = {
  /** Left out: every service, operation, account, region. */
  service: service.optional(),
  operation: z.string().optional(),
  account: account.optional(),
  region: z.string().optional(),
  /** Only requests that name this (a group, an instance, any parameter's value). */
  mentions: z.string().optional(),
  /** `next`: only requests that carry a page token. */
  page: z.literal('next').optional(),
  /** Share of matching requests that are hit. */
  rate: z.number().min(0).max(1).default(1),
  /** The fault is gone after so many hits. */
  times: z.number().int().positive().optional(),
}

export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('latency'), milliseconds: duration, ...match }),
  z.strictObject({ kind: z.literal('throttling'), ...match }),
  z.strictObject({ kind: z.literal('server-error'), status: z.union([z.literal(500), z.literal(503)]).default(500), ...match }),
  z.strictObject({ kind: z.literal('denied'), ...match }),
  z.strictObject({
    kind: z.literal('error'),
    code: z.string(),
    message: z.string(),
    status: z.number().int().min(400).max(599).default(400),
    ...match,
  }),
  /** The connection breaks before the request has any effect, or after it had all of it. */
  z.strictObject({ kind: z.literal('drop'), moment: z.enum(['before', 'after']).default('before'), ...match }),
  /** Never answered: `before` or `after` it had its effect. */
  z.strictObject({ kind: z.literal('hang'), moment: z.enum(['before', 'after']).default('before'), ...match }),
  /** Reads show the world as it was up to this long ago. */
  z.strictObject({ kind: z.literal('stale'), upTo: duration, ...match }),
  /** Pages without items that carry a token to go on with. */
  z.strictObject({ kind: z.literal('empty-pages'), ...match }),
  /** The zone or region (`region`) cannot be reached: lists over all of them leave it out and say so. */
  z.strictObject({ kind: z.literal('unreachable'), told: z.enum(['both', 'warning', 'list']).default('both'), ...match }),
  /** The Date header is off by this much. */
  z.strictObject({ kind: z.literal('clock-skew'), milliseconds: z.number(), ...match }),
])

const world = z.strictObject({
  seed: z.number().int().default(1),
  /** How much faster than real time; only for `simulate`. */
  speed: z.number().positive().default(1),
  accounts: z
    .array(z.strictObject({ id: account, roles: z.array(z.string()).optional() }))
    .min(1)
    .default([{ id: '123456789012' }]),
  regions: z.array(z.string()).min(1).default(['eu-west-1']),
  groups: z.array(group).default([]),
  alarms: z.array(alarm).default([]),
  gcp: gcpSchema({ trait, times, duration }).prefault({}),
  faults: z.array(faultSchema).default([]),
  azure: azureSchema({ trait, times: times.prefault({}), duration: duration.default(30 * 86_400_000) }).optional(),
})

export type Fault = z.infer<typeof faultSchema>
export type FaultInput = z.input<typeof faultSchema>
export type TraitDescription = z.infer<typeof traitObject>
export type GroupDescription = z.infer<typeof group>
export type AzureDescription = NonNullable<z.infer<typeof world>['azure']>
export type WorldDescription = z.infer<typeof world>
/** What a caller writes; everything but the names of groups has a default. */
export type WorldInput = z.input<typeof world>

export class WorldError extends Error {
  override readonly name = 'WorldError'
}

/** One mistake, at a place in the description. */
export interface WorldMistake {
  readonly path: Path
  readonly message: string
}

/** Fills in defaults and checks. Throws WorldError with one line per mistake. */
export function checkWorld(input: unknown): WorldDescription {
  const parsed = world.safeParse(input)
  const mistakes = parsed.success ? contradictions(parsed.data) : parsed.error.issues
  if (parsed.success && mistakes.length === 0) return parsed.data
  throw new WorldError(
    mistakes.map(({ path, message }) => `the world: ${path.length === 0 ? '' : `${path.join('.')}: `}${message}`).join('\n'),
  )
}

/** Reads a world from YAML or JSON. Throws WorldError that names every mistake with its line and column. */
export function parseWorld(text: string, file = 'the world'): WorldDescription {
  const doc = readDocument(file, text)
  if (doc.problems.length > 0) throw unusable(doc.problems)
  const parsed = world.safeParse(doc.value)
  if (!parsed.success) throw unusable(explainIssues(parsed.error.issues, { doc, schema: world }))
  const mistakes = contradictions(parsed.data)
  if (mistakes.length > 0) throw unusable(mistakes.map(({ path, message }) => doc.problem(path, { message })))
  return parsed.data
}

function unusable(problems: readonly Problem[]): WorldError {
  return new WorldError(new ConfigError(problems).message)
}

function contradictions(description: WorldDescription): WorldMistake[] {
  const seen = new Set<string>()
  const mistakes = description.groups.flatMap((each, index) => {
    const home = scopeOf(description, each)
    const place = ['groups', index]
    const id = `${home.account}/${home.region}/${each.name}`
    const found: WorldMistake[] = []
    if (!description.accounts.some(known => known.id === home.account))
      found.push({ path: [...place, 'account'], message: `${home.account} is not under accounts` })
    if (!description.regions.includes(home.region))
      found.push({ path: [...place, 'region'], message: `${home.region} is not under regions` })
    if (seen.has(id)) found.push({ path: [...place, 'name'], message: `there is already a group ${each.name} in this region` })
    seen.add(id)
    return found
  })
  return [...mistakes, ...gcpMistakes(description.gcp)]
}

export function scopeOf(
  description: WorldDescription,
  each: { readonly account?: string | undefined; readonly region?: string | undefined },
): { readonly account: string; readonly region: string } {
  return { account: each.account ?? (description.accounts[0]?.id as string), region: each.region ?? (description.regions[0] as string) }
}
