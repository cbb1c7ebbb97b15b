import type { Configuration, Declaration, DeclaredSet, NotCompared, Path, PathGlob } from './declaration.ts'
import { type Difference, differencesBetween, examine, isIgnored } from './differences.ts'
import { changeSentence, type Deviation, deviationSentence, partsOf, type Subject } from './drift-wording.ts'
import { type Before, DELETED, type Fingerprint, type Inside, UNCHANGED } from './drill.ts'
import type { Finding, FindingKind, Value } from './finding.ts'
import { matchesPath } from './glob.ts'
import type { DrillPolicy } from './schedule.ts'
import { asExpected, isAbsent, isSet, membersWithout, showValue } from './value.ts'

/*
 * The three comparisons of a drill: the victim with the declaration it was born from, the successor with
 * what the platform promises, and both with each other. Nothing here reads a clock or a platform.
 */

export interface DriftOptions {
  /** The provider's and the policy's globs together: what matches is not looked at. */
  readonly ignore: readonly PathGlob[]
  /** What matches is told, and decides nothing. */
  readonly warn: readonly PathGlob[]
}

/** Differences beyond this many fingerprint entries are counted, not listed. */
const LISTED_FINGERPRINT_ENTRIES = 25

/** What an instance is against what a declaration says; one finding per thing that an owner would see as one. */
export function compareWithDeclaration(
  configuration: Configuration,
  declared: DeclaredSet,
  options: DriftOptions & { readonly subject: Subject },
): Finding[] {
  const { differences } = examine(configuration, declared, options.ignore)
  return declarationFindings(differences, { ...options, configuration, declared })
}

/** Turns differences from a declaration into findings; `compareWithDeclaration` for those who examined already. */
export function declarationFindings(
  differences: readonly Difference[],
  about: { configuration: Configuration; declared: DeclaredSet; subject: Subject; warn: readonly PathGlob[] },
): Finding[] {
  const known = (whole: Path, extra: boolean): boolean =>
    Object.keys(extra ? about.declared.values : about.configuration.values).some(path => path.startsWith(`${whole}/`))
  return grouped(differences, known).map(({ paths, deviation }) => ({
    kind: 'config-drift',
    level: levelOf(paths, about.warn),
    path: deviation.path,
    expected: deviation.expected,
    actual: deviation.actual,
    summary: deviationSentence(deviation, {
      subject: about.subject,
      source: about.declared.source,
      names: about.configuration.names ?? {},
    }),
  }))
}

/** Compares what the declarations leave open between victim and successor. */
export function compareInstances(
  victim: Configuration,
  successor: Configuration,
  options: DriftOptions & { readonly victimDeclared: DeclaredSet; readonly successorDeclared: DeclaredSet },
): Finding[] {
  const environment = [...options.victimDeclared.environment, ...options.successorDeclared.environment]
  const differences = differencesBetween(victim, successor, options)
  const moved = differences.filter(({ path }) => matchesPath(environment, path))
  const drifted = differences.filter(({ path }) => !matchesPath(environment, path))
  const known = (whole: Path, extra: boolean): boolean =>
    Object.keys(extra ? victim.values : successor.values).some(path => path.startsWith(`${whole}/`))
  const findings = (kind: FindingKind, of: readonly Difference[]): Finding[] =>
    grouped(of, known).map(({ paths, deviation }) => ({
      kind,
      level: kind === 'environment-changed' ? 'warn' : levelOf(paths, options.warn),
      path: deviation.path,
      expected: deviation.expected,
      actual: deviation.actual,
      summary: changeSentence(deviation, { environment: kind === 'environment-changed', names: { ...victim.names, ...successor.names } }),
    }))
  return [...findings('config-drift', drifted), ...findings('environment-changed', moved)]
}

/**
 * What is inside: an entry's path is `state/` and its key, so that `drift.ignore` can name it. Of fingerprints that only list
 * changes, the victim's are compared: what the successor alone changed was nothing that the victim held.
 */
export function compareFingerprints(
  victim: Fingerprint,
  successor: Fingerprint,
  options: DriftOptions & { readonly shows?: Inside['shows']; readonly unread?: readonly Path[] },
): Finding[] {
  const keys = [...new Set([...Object.keys(victim), ...(options.shows === 'changes' ? [] : Object.keys(successor))])].sort()
  const findings = keys
    .map(key => ({ key, path: `state/${key}`, expected: entry(victim, key), actual: entry(successor, key) }))
    .filter(({ path, expected, actual }) => expected !== actual && !isIgnored(path, options.ignore) && !options.unread?.includes(path))
    .map(({ key, path, expected, actual }): Finding => {
      const level = levelOf([path], options.warn)
      const told = actual ?? (options.shows === 'changes' ? UNCHANGED : null)
      return { kind: 'state-drift', level, path, expected, actual: told, summary: stateSentence({ key, expected, actual }, options.shows) }
    })
    .sort((a, b) => Number(a.level === 'warn') - Number(b.level === 'warn'))
  const rest = findings.length - LISTED_FINGERPRINT_ENTRIES
  if (rest <= 0) return findings
  const more = rest === 1 ? 'one more entry inside victim and successor differs' : `${rest} more entries inside victim and successor differ`
  const summary = `${more}: see the fingerprints of this drill`
  const level = findings[LISTED_FINGERPRINT_ENTRIES]?.level ?? 'fail'
  return [
    ...findings.slice(0, LISTED_FINGERPRINT_ENTRIES),
    { kind: 'state-drift', level, path: 'state', expected: null, actual: null, summary },
  ]
}

/** `subject`: a `member` where nobody is struck. */
type VictimOptions = DriftOptions & { readonly subject?: Subject }

/** The declaration a victim is held against, and what came of it. */
export interface VictimExamination {
  readonly declared: DeclaredSet
  readonly findings: readonly Finding[]
  readonly unread: readonly NotCompared[]
  readonly blocking: readonly NotCompared[]
}

/**
 * Holds the victim against the declaration it was born from. Where that one is unknown or could not be read,
 * a victim that equals the present declaration is right whatever it was born from; one that does not cannot be
 * judged, and the answer is null.
 */
export function examineVictim(
  before: Pick<Before, 'declaration' | 'victim'>,
  victimBornFrom: string | null,
  options: VictimOptions,
): VictimExamination | null {
  const { born, current } = before.declaration
  const birth = birthOf(born, victimBornFrom)
  const declared = birth ?? current
  const { differences, unread, blocking } = examine(before.victim, declared, options.ignore)
  if (birth === undefined && differences.length > 0) return null
  const { subject = 'victim', warn } = options
  const findings = declarationFindings(differences, { configuration: before.victim, declared, subject, warn })
  return { declared, findings, unread, blocking }
}

/** The declaration that an instance was born from, where it is told and could be read. */
export function birthOf(born: Declaration['born'], bornFrom: string | null): DeclaredSet | undefined {
  return bornFrom !== null && Object.hasOwn(born, bornFrom) ? born[bornFrom] : undefined
}

/** What an instance differs in, or why it could not be compared. */
export type Drift = { readonly findings: readonly Finding[]; readonly why: null } | { readonly findings: null; readonly why: string }

/**
 * How the victim already differs from its declaration (S13); those of level `fail` forbid a strike. It cannot be compared where
 * the declaration it was born from, an image that a rebuild gets, or a declared setting of it could not be read. `isImageGone`: a
 * forecast has told already that there is no such image.
 */
export function victimDrift(
  before: Pick<Before, 'declaration' | 'victim'>,
  victimBornFrom: string | null,
  options: VictimOptions & { readonly isImageGone?: boolean },
): Drift {
  const { isImageGone = false } = options
  const examination = examineVictim(before, victimBornFrom, options)
  if (examination === null) return { findings: null, why: unknownBirth(victimBornFrom) }
  const drifted = examination.findings.some(finding => finding.level === 'fail')
  const [first, ...others] = [...(isImageGone ? [] : hiddenImage(before)), ...examination.blocking]
  if (first === undefined || drifted) return { findings: examination.findings, why: null }
  const more = others.length === 0 ? '' : `, nor could ${others.map(({ what }) => what).join(', ')}`
  return { findings: null, why: `${first.what} is declared and could not be read (${first.why})${more}` }
}

/** What the victim runs is none of the images that were read, and not all were: neither it nor its successor could be judged. */
function hiddenImage({ declaration, victim }: Pick<Before, 'declaration' | 'victim'>): readonly NotCompared[] {
  const { current } = declaration
  if (showsImages(current) || current.images.some(image => image === victim.image)) return []
  const told = current.unread.filter(({ what }) => what === 'image')
  return told.length > 0 ? told : [{ what: 'image', why: `${current.source} names none that is known` }]
}

/** All of them: where one of several could not be read, what a member runs may be that one. */
export function showsImages({ images, unread }: DeclaredSet): boolean {
  return images.length > 0 && !unread.some(({ what }) => what === 'image')
}

function unknownBirth(bornFrom: string | null): string {
  const birth = bornFrom === null ? 'what it was born from is not told' : `what it was born from (${bornFrom}) could not be read`
  return `it differs from what the group declares now, and ${birth}`
}

export function driftOptions(policy: Pick<DrillPolicy, 'drift'>, driftIgnore: readonly PathGlob[]): DriftOptions {
  return { ignore: [...driftIgnore, ...policy.drift.ignore], warn: policy.drift.warn }
}

interface Part {
  readonly paths: readonly Path[]
  readonly deviation: Deviation
}

/**
 * A volume attached by hand is one thing to its owner, however many settings it has: differences below
 * `volumes/xvdf` become one where everything of it is extra, or everything of it is missing.
 */
function grouped(differences: readonly Difference[], known: (whole: Path, extra: boolean) => boolean): readonly Part[] {
  const parts = new Map<Path, Difference[]>()
  for (const difference of differences) {
    const key = wholeOf(difference, known) ?? difference.path
    parts.set(key, [...(parts.get(key) ?? []), difference])
  }
  return [...parts].flatMap(([whole, members]) => (members.length > 1 ? [wholePart(whole, members)] : members.map(single)))
}

function wholeOf(difference: Difference, known: (whole: Path, extra: boolean) => boolean): Path | null {
  const [part, name, ...rest] = partsOf(difference.path)
  const extra = difference.allowed.length === 0
  if (rest.length === 0 || !(extra || isAbsent(difference.actual))) return null
  const whole = `${part}/${name}`
  return known(whole, extra) ? null : whole
}

function wholePart(whole: Path, members: readonly Difference[]): Part {
  const extra = members.every(({ allowed }) => allowed.length === 0)
  const settings = members
    .map(({ path, allowed, actual }) => `${path.slice(whole.length + 1)} ${showValue(extra ? actual : asExpected(allowed))}`)
    .sort()
  const deviation = { path: whole, expected: extra ? null : settings, actual: extra ? settings : null, whole: true }
  return { paths: members.map(({ path }) => path), deviation }
}

function single({ path, allowed, actual }: Difference): Part {
  return { paths: [path], deviation: { path, expected: expectedFor(allowed, actual), actual, whole: false } }
}

/** Of several declared sets the one nearest to what is there, so that the sentence names the members that matter. */
function expectedFor(allowed: readonly Value[], actual: Value): Value {
  const sets = allowed.filter(isSet)
  if (!isSet(actual) || sets.length === 0 || sets.length < allowed.length) return asExpected(allowed)
  const distance = (set: readonly string[]): number => membersWithout(set, actual).length + membersWithout(actual, set).length
  return sets.reduce((nearest, set) => (distance(set) < distance(nearest) ? set : nearest))
}

function levelOf(paths: readonly Path[], warn: readonly PathGlob[]): Finding['level'] {
  return paths.every(path => isIgnored(path, warn)) ? 'warn' : 'fail'
}

function entry(fingerprint: Fingerprint, key: string): string | null {
  return Object.hasOwn(fingerprint, key) ? (fingerprint[key] ?? null) : null
}

interface Entry {
  readonly key: string
  readonly expected: string | null
  readonly actual: string | null
}

/** Where changes are listed, nothing in the successor's list means that it is as its image has it. */
function stateSentence({ key, expected, actual }: Entry, shows: Inside['shows'] = 'everything'): string {
  if (actual === null && expected === DELETED)
    return `${key} was deleted inside the victim and every rebuild has it: take it out of the image, or find out what it breaks there`
  if (actual === null && shows === 'changes')
    return `${key} was written inside the victim and no rebuild writes it: build it into the image or the start-up, or move it out`
  if (actual === null)
    return `${key} was inside the victim and no rebuild makes it: build it into the image or the start-up, or move it out`
  if (expected === null) return `${key} is inside the successor and was not in the victim: find out who removed it there`
  return `${key} inside the victim is not what a rebuild makes: build the change into the image or the start-up`
}
