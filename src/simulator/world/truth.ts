import type { TraitDescription } from './description.ts'

/** The finding kinds of Firedrill's reports, as plain words: the simulator knows what is true, not who asks. */
interface TrueFinding {
  readonly kind: string
  readonly level: 'fail' | 'warn'
}

interface TrueRefusal {
  readonly rule: string
  readonly why: string
}

export interface Truth {
  /** What a drill with default settings must come to. */
  readonly outcome: 'phoenix' | 'snowflake' | 'inconclusive' | 'refused'
  /** Why a strike would be wrong; any one of them is a right reason. */
  readonly refusals: readonly TrueRefusal[]
  /** Kinds of findings at level `fail` that show without a strike. */
  readonly forecast: readonly string[]
  /** What a strike, made all the same, would come to. */
  readonly verdict: 'phoenix' | 'snowflake' | 'inconclusive'
  readonly findings: readonly TrueFinding[]
}

export interface TruthQuestion {
  /** The member struck; without it, what holds for members with hand-made changes is taken to hold. */
  readonly victim?: string
  /** How it was struck: through the group's own call, or past it. */
  readonly method?: 'retire' | 'crash'
  /** Somebody looks inside instances; otherwise what is inside cannot be known. */
  readonly fingerprints?: boolean
  /** Victims that visibly differ from their declaration are struck all the same. */
  readonly strikeDrifted?: boolean
  /** Longest time an image may lag behind its declaration, in milliseconds; 14 days. */
  readonly maxImageLag?: number
}

/** One trait's part of the truth. `edited`: the members it changed by hand, or null where it is about the group. */
export interface TraitTruth {
  readonly trait: TraitDescription
  readonly edited: ReadonlySet<string> | null
}

const REFUSALS: Partial<Record<TraitDescription['trait'], TrueRefusal>> = {
  'not-opted-in': { rule: 'S1', why: 'the group carries no opt-in tag' },
  'near-miss': { rule: 'S1', why: 'the opt-in tag has another value' },
  refreshing: { rule: 'S5', why: 'an instance refresh is in progress' },
  scaling: { rule: 'S5', why: 'the group is scaling out' },
  'recently-changed': { rule: 'S5', why: 'membership changed within the settling time' },
  'below-desired': { rule: 'S5', why: 'the group is below its desired capacity' },
  'unhealthy-member': { rule: 'S5', why: 'a member fails its load balancer check' },
  standby: { rule: 'S5', why: 'a member is on standby' },
  suspended: { rule: 'S5', why: 'a process that replaces members is suspended' },
  deleting: { rule: 'S5', why: 'the group is being deleted' },
  protected: { rule: 'S7', why: 'every member is protected from scale-in' },
  'too-small': { rule: 'S7', why: 'the group has a single member' },
  young: { rule: 'S7', why: 'every member is younger than the minimum age' },
  owned: { rule: 'S7', why: 'another controller owns the group' },
  'cannot-rebuild': { rule: 'S13', why: 'the rebuild must fail' },
  unreadable: { rule: 'S10', why: 'the group cannot be read' },
}

/** What a group would lose with a member: nothing that it desires, more than half of its capacity, or a fair share. */
export type Loss = 'spare' | 'too-much' | 'fair'

const LOSSES: Readonly<Record<Loss, readonly TrueRefusal[]>> = {
  spare: [{ rule: 'S7', why: 'the group reaches its desired capacity without the victim' }],
  'too-much': [{ rule: 'S7', why: 'the victim is more than half of the capacity' }],
  fair: [],
}

const INCONCLUSIVE = new Set(['no-capacity', 'late', 'interrupted', 'group-changed'])
const FOURTEEN_DAYS = 14 * 86_400_000

/**
 * Where traits contradict each other, what leaves a drill without a conclusion wins over what it would have found. `losses`: by member,
 * where they may differ.
 */
export function tellTruth(traits: readonly TraitTruth[], question: TruthQuestion, losses: ReadonlyMap<string, Loss> = new Map()): Truth {
  const touching = traits.filter(({ edited }) => edited === null || question.victim === undefined || edited.has(question.victim))
  const refusals: TrueRefusal[] = touching.flatMap(({ trait }) => REFUSALS[trait.trait] ?? [])
  const findings = touching.flatMap(({ trait }) => findingsOf(trait, question))
  const forecast = touching.flatMap(({ trait }) => forecastOf(trait))
  const loss = lossesIn(question, losses)
  refusals.push(...loss.flatMap(each => LOSSES[each]))
  if (loss.includes('spare')) findings.push({ kind: 'interrupted', level: 'warn' })
  if (forecast.includes('config-drift') && question.strikeDrifted !== true)
    refusals.push({ rule: 'S13', why: 'the victim already differs from its declaration' })
  const inconclusive = findings.some(finding => INCONCLUSIVE.has(finding.kind))
  const failed = findings.some(finding => finding.level === 'fail')
  const verdict = inconclusive ? 'inconclusive' : failed ? 'snowflake' : 'phoenix'
  return { outcome: refusals.length > 0 ? 'refused' : verdict, refusals, forecast, verdict, findings }
}

/** The wrong losses that a strike could mean; none where another member may be struck. */
function lossesIn({ victim }: TruthQuestion, losses: ReadonlyMap<string, Loss>): readonly Loss[] {
  const possible = victim === undefined ? new Set(losses.values()) : new Set([losses.get(victim) ?? 'fair'])
  return possible.has('fair') ? [] : [...possible]
}

function forecastOf(trait: TraitDescription): string[] {
  if (trait.trait === 'cannot-rebuild') return ['cannot-rebuild']
  if (trait.trait === 'config-drift' && (trait.when ?? 'start') === 'start') return ['config-drift']
  return []
}

function findingsOf(trait: TraitDescription, question: TruthQuestion): TrueFinding[] {
  switch (trait.trait) {
    case 'not-replaced':
    case 'unhealthy':
    case 'wrong-image':
    case 'config-drift':
    case 'died-young':
      return [{ kind: trait.trait, level: 'fail' }]
    case 'cannot-rebuild':
      return [{ kind: 'not-replaced', level: 'fail' }]
    case 'successor-drift':
      return [{ kind: 'config-drift', level: 'fail' }]
    case 'state-drift':
      return question.fingerprints === true ? [{ kind: 'state-drift', level: 'fail' }] : []
    case 'stale-image':
      return [
        { kind: 'stale-image', level: trait.age >= (question.maxImageLag ?? FOURTEEN_DAYS) ? 'fail' : 'warn' },
        { kind: 'outdated', level: 'warn' },
      ]
    case 'quota':
      return [{ kind: 'no-capacity', level: 'warn' }]
    case 'no-capacity':
    case 'late':
    case 'interrupted':
    case 'group-changed':
    case 'outdated':
    case 'environment-changed':
    case 'slow':
    case 'pre-built':
    case 'health-unproven':
      return [{ kind: trait.trait, level: 'warn' }]
    default:
      return []
  }
}
