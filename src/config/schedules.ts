import type { z } from 'zod'
import type { CheckSettings, Schedule } from '../domain/schedule.ts'
import { near } from '../domain/spelling.ts'
import { fingerprintKinds } from '../fingerprints/registry.ts'
import { guardKinds } from '../guards/registry.ts'
import { probeKinds } from '../probes/registry.ts'
import { providers } from '../providers/registry.ts'
import { checkDocument } from './check-document.ts'
import type { Problem } from './config-error.ts'
import { contradictions, unknownTimeZone } from './contradictions.ts'
import type { Path, SourceDocument } from './document.ts'
import type { Environment } from './environment.ts'
import { explainIssues } from './explain.ts'
import { resolveHolidays, type WrittenHolidays } from './holidays.ts'
import { scheduleNotifyContradictions } from './notify.ts'
import { groups as groupsMap, holidays as holidaysMap, PROVIDER_NAMES, scheduleSchema, type WrittenSchedule } from './schedule-schema.ts'
import { isTimeZone } from './timezone.ts'
import { unsetSecrets } from './unset-secrets.ts'

export interface CheckedSchedule {
  readonly doc: SourceDocument
  /** Null where it has none that is right. */
  readonly name: string | null
  /** Null where anything is wrong. */
  readonly schedule: Schedule | null
  readonly problems: readonly Problem[]
}

/**
 * Checks one file of schedules/ against its schema, itself, the kinds that this version has, and the targets of firedrill.yaml
 * (null: those are wrong already).
 */
export async function checkSchedule(doc: SourceDocument, env: Environment, targets: readonly string[] | null): Promise<CheckedSchedule> {
  const { valid, whole, problems, partsOf } = checkDocument(scheduleSchema, doc, env)
  const holidays = await checkHolidays({ dates: [], ...partsOf('holidays', holidaysMap) }, doc)
  const guards = checkKinds(valid.guards, { what: 'guard', path: ['guards'], kinds: await everyGuardKind(), doc, env })
  const probes = checkKinds(valid.probes, { what: 'probe', path: ['probes'], kinds: probeKinds, doc, env })
  const fingerprint = checkFingerprint(valid.fingerprint, doc, env)
  const all = [
    ...betterZones(problems, doc),
    ...contradictions(valid, doc),
    ...unknownProviders(partsOf('groups', groupsMap).providers ?? [], doc),
    ...scheduleNotifyContradictions(valid, doc, targets),
    ...holidays.problems,
    ...guards.problems,
    ...probes.problems,
    ...fingerprint.problems,
  ]
  const schedule =
    all.length > 0 || whole === null || holidays.holidays === null
      ? null
      : toSchedule(whole, {
          holidays: holidays.holidays,
          guards: guards.checks,
          probes: probes.checks,
          fingerprint: fingerprint.checks[0] ?? null,
        })
  return { doc, name: valid.name ?? null, schedule, problems: all }
}

function toSchedule(written: WrittenSchedule, resolved: Pick<Schedule, 'holidays' | 'guards' | 'probes' | 'fingerprint'>): Schedule {
  return { ...written, days: [...written.days].sort(), ...resolved }
}

/** A zone that does not exist gets zones that may have been meant. */
function betterZones(problems: readonly Problem[], doc: SourceDocument): Problem[] {
  const zone = isRecord(doc.value) ? doc.value.timezone : undefined
  if (typeof zone !== 'string' || isTimeZone(zone) || zone.includes('${')) return [...problems]
  const better = unknownTimeZone(zone, doc)
  return problems.map(problem => (problem.message.startsWith('timezone must be') ? better : problem))
}

async function checkHolidays(written: WrittenHolidays, doc: SourceDocument) {
  const resolved = await resolveHolidays(written)
  if ('isHoliday' in resolved) return { holidays: resolved, problems: [] }
  const { key, ...mistake } = resolved
  return { holidays: null, problems: [doc.problem(['holidays', key], mistake)] }
}

function unknownProviders(names: readonly string[], doc: SourceDocument): Problem[] {
  const known: readonly string[] = PROVIDER_NAMES
  return names.flatMap((name, index) => {
    if (known.includes(name)) return []
    const meant = near(name, known)[0]
    const suggestion = meant === undefined ? `There are ${known.join(', ')}.` : `Did you mean "${meant}"?`
    return [doc.problem(['groups', 'providers', index], { message: `there is no provider "${name}"`, suggestion })]
  })
}

type Schemas = Readonly<Record<string, { readonly schema: z.ZodType<Readonly<Record<string, unknown>>> }>>

interface Kinds {
  readonly what: string
  readonly path: Path
  readonly kinds: Schemas
  readonly doc: SourceDocument
  readonly env: Environment
}

/** Those of this program and those that providers bring, configured or not: a schedule may be checked before its provider is. */
async function everyGuardKind(): Promise<Schemas> {
  const brought = await Promise.all(Object.values(providers).map(provider => provider.loadGuards?.() ?? {}))
  const schemas = Object.entries(Object.assign({}, ...brought) as Record<string, Schemas[string]['schema']>)
  return { ...guardKinds, ...Object.fromEntries(schemas.map(([name, schema]) => [name, { schema }])) }
}

type WrittenCheck = string | Readonly<Record<string, unknown>>

function checkKinds(written: readonly WrittenCheck[] | undefined, { path, ...kinds }: Kinds) {
  const checked = (written ?? []).map((check, index) => checkKind(check, { ...kinds, path: [...path, index] }))
  return { checks: checked.flatMap(({ checks }) => checks), problems: checked.flatMap(({ problems }) => problems) }
}

function checkFingerprint(written: Readonly<Record<string, unknown>> | undefined, doc: SourceDocument, env: Environment) {
  if (written === undefined) return { checks: [], problems: [] }
  return checkKind(written, { what: 'fingerprint', path: ['fingerprint'], kinds: fingerprintKinds, doc, env })
}

/** `name` or `{ name: settings }`. */
function checkKind(written: WrittenCheck, { what, path, kinds, doc, env }: Kinds): { checks: CheckSettings[]; problems: Problem[] } {
  const [kind, ...others] = typeof written === 'string' ? [written] : Object.keys(written)
  if (kind === undefined || others.length > 0)
    return fail(
      doc.problem(path, {
        message: `a ${what} is one kind with its settings, not ${others.length + 1 === 1 ? 'none' : `${others.length + 1}`}`,
      }),
    )
  const known = Object.keys(kinds)
  if (!known.includes(kind)) {
    const meant = near(kind, known)[0]
    const suggestion =
      meant !== undefined
        ? `Did you mean "${meant}"?`
        : known.length > 0
          ? `There are ${known.join(', ')}.`
          : `This version has no ${what}s.`
    const place = typeof written === 'string' ? path : [...path, kind]
    return fail(
      doc.problem(place, { message: `there is no ${what} "${kind}"`, suggestion, at: typeof written === 'string' ? 'value' : 'key' }),
    )
  }
  const schema = kinds[kind]?.schema
  const result = schema?.safeParse((typeof written === 'string' ? {} : written[kind]) ?? {})
  if (schema === undefined || result === undefined) return { checks: [], problems: [] }
  if (!result.success && typeof written === 'string')
    return fail(
      doc.problem(path, {
        message: `the ${what} "${kind}" needs settings`,
        suggestion: `Write { ${kind}: { ${missingKeys(result.error.issues).map(key => `${key}: `)}… } }.`,
      }),
    )
  const base = typeof written === 'string' ? path : [...path, kind]
  if (!result.success) return { checks: [], problems: explainIssues(result.error.issues, { doc, schema, base }) }
  const problems = unsetSecrets(result.data, { path: base, doc, env })
  return { checks: [{ kind, settings: result.data }], problems }
}

/** Of the settings that must be there, the first: it shows how the rest is written. */
function missingKeys(issues: readonly z.core.$ZodIssue[]): string[] {
  return issues.flatMap(({ path: [key] }) => (key === undefined ? [] : [String(key)])).slice(0, 1)
}

function fail(problem: Problem): { checks: CheckSettings[]; problems: Problem[] } {
  return { checks: [], problems: [problem] }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
