import type { Configuration, DeclaredSet, NotCompared } from './declaration.ts'
import { agreed, examine, isIgnored } from './differences.ts'
import {
  birthOf,
  compareFingerprints,
  compareInstances,
  type DriftOptions,
  declarationFindings,
  driftOptions,
  examineVictim,
  showsImages,
} from './drift.ts'
import type { Before, Candidate, Evidence } from './drill.ts'
import type { Finding } from './finding.ts'
import { groupChanged, outdated, staleImage, unobservable, wrongImage } from './findings.ts'
import { between, isAfter, latest } from './instants.ts'

/** What comparing found, what it proved, and what stood in its way. */
export interface Comparison {
  /** Drift and the like; each of level `fail` is certain whatever else could not be compared. */
  readonly findings: readonly Finding[]
  /** Why nothing can be proven: what must be compared could not be read. */
  readonly obstacles: readonly Finding[]
  readonly proven: readonly string[]
  readonly notCompared: readonly NotCompared[]
}

/** What was known of the victim before the strike: certain, however the drill went on. */
export function assessVictim(evidence: Evidence): Comparison {
  const { before, order } = evidence
  const examination = examineVictim(before, order.victim.bornFrom, optionsOf(evidence))
  const image = assessVictimImage(evidence)
  const born = birthOf(before.declaration.born, order.victim.bornFrom)
  const { current } = before.declaration
  const old = born && born.version !== current.version ? [outdated(born.source, current)] : []
  if (examination === null) {
    const why = `the declaration ${order.victim.bornFrom ?? '(not told)'} that the victim was born from could not be read`
    return { ...image, obstacles: [...image.obstacles, unobservable('configuration', why)], findings: [...image.findings, ...old] }
  }
  const blocked = examination.blocking.map(entry => unreadSetting('victim', entry))
  const ignored = ignoredWhole(evidence, before.victim, examination.declared)
  const complete = examination.unread.length + blocked.length + ignored.length === 0 && !hasFailure(examination.findings)
  return {
    findings: [...image.findings, ...examination.findings, ...old],
    obstacles: [...image.obstacles, ...blocked],
    proven: [...image.proven, ...(complete ? ['configuration'] : [])],
    notCompared: [...examination.unread, ...ignored],
  }
}

/**
 * A stale image is forgiven while the declaration has been newer for less than `maxImageLag`. Where the platform does not say
 * since when, a launch of the victim's image within that time proves it; else it can be neither forgiven nor blamed.
 */
function assessVictimImage({ before, after, order, policy, tracking }: Evidence): Comparison {
  const current = dated(before.declaration.current, after.declaration?.current, tracking.struckAt)
  const image = before.victim.image ?? order.victim.image
  const nothing = { findings: [], obstacles: [], proven: [], notCompared: [] }
  if (image === null) return { ...nothing, obstacles: [unobservable('image', "the victim's image could not be read")] }
  if (current.images.includes(image)) return { ...nothing, proven: ['image'] }
  if (!showsImages(current)) return { ...nothing, obstacles: [unreadImages(current)] }
  const since = current.since ?? lastLaunchOf(image, before)
  const lagging = since !== null && between(since, tracking.struckAt) < policy.maxImageLag
  if (lagging) return { ...nothing, findings: [staleImage('warn', image, current)], proven: ['image'] }
  if (current.since !== null) return { ...nothing, findings: [staleImage('fail', image, current)] }
  const why = `the victim's image ${image} is no longer declared, and since when could not be read: it may be older than maxImageLag allows`
  return { ...nothing, findings: [staleImage('warn', image, current)], obstacles: [unobservable('image', why)] }
}

/** Since when it stands may have been told only by the second reading; of the very same declaration, that is as good as the first. */
function dated(then: DeclaredSet, now: DeclaredSet | undefined, struckAt: Temporal.Instant): DeclaredSet {
  if (then.since !== null || now === undefined || now.since === null) return then
  const isSame = now.version === then.version && now.images.toSorted().join('\n') === then.images.toSorted().join('\n')
  return isSame && !isAfter(now.since, struckAt) ? { ...then, since: now.since } : then
}

/**
 * When a member was last launched with this image: it was still declared then, so what is declared now came later. Not so where a
 * platform repeats what a lost member was born from; and one out of a warm pool may show when it was started.
 */
function lastLaunchOf(image: string, { declaration, snapshot }: Before): Temporal.Instant | null {
  if (declaration.promises.crash === 'born') return null
  const launches = snapshot.instances
    .filter(instance => instance.image === image && instance.origin === 'launched')
    .flatMap(({ launchedAt }) => launchedAt ?? [])
  const [first, ...others] = launches
  return first === undefined ? null : latest(first, ...others)
}

function unreadImages({ source }: DeclaredSet): Finding {
  return unobservable('image', `the images that ${source} declares could not be read`)
}

/** The declaration changed while the drill was under way; null: it did not, as far as anybody saw. */
export function changeOfDeclaration({ before, after, order, tracking }: Evidence): Finding | null {
  if (tracking.declarationVersion !== order.declarationVersion) return groupChanged(order.declarationVersion, tracking.declarationVersion)
  const [then, now] = [before.declaration.current, after.declaration?.current]
  return now !== undefined && now.version !== then.version ? groupChanged(then.version, now.version) : null
}

/** A healthy successor against what was promised and against the victim. Only where the declaration did not change. */
export function compareSuccessor(evidence: Evidence, candidate: Candidate): Comparison {
  return merged([compareImage(evidence, candidate), compareConfiguration(evidence, candidate), compareState(evidence, candidate)])
}

/**
 * The image is right by what was declared before or after: names like "latest" move between. Where the declaration, or one of
 * its images, could not be read, an image that is none of those read is nobody's fault yet.
 */
export function compareImage(evidence: Evidence, candidate: Candidate): Comparison {
  const { after } = evidence
  const image = configurationOf(evidence, candidate)?.image ?? candidate.image
  const promised = promisedSets(evidence)
  const [first, again] = promised
  if (first === undefined) return obstructed(unobservable('image', unknownPromise(evidence)))
  if (image === null) return obstructed(unobservable('image', `the image of the successor ${candidate.name} could not be read`))
  const images = [...new Set(promised.flatMap(set => set.images))].sort()
  if (images.includes(image)) return { findings: [], obstacles: [], proven: ['image'], notCompared: [] }
  if (!promised.every(showsImages)) return obstructed(unreadImages(first))
  // What the successor itself was born from is read with it; what no member is born from any more is not, and stands as it was read.
  if (again === undefined && (after.declaration === null || candidate.bornFrom === evidence.order.victim.bornFrom)) {
    const told = after.declarationWhy ?? `${first.source} is not among what was read`
    const why = `the successor runs image ${image}, which was not declared before, and the declaration could not be read again: ${told}`
    return obstructed(unobservable('image', why))
  }
  return { findings: [wrongImage(candidate, image, { images, source: first.source })], obstacles: [], proven: [], notCompared: [] }
}

function compareConfiguration(evidence: Evidence, candidate: Candidate): Comparison {
  const { before, order, after } = evidence
  const options = optionsOf(evidence)
  const successor = configurationOf(evidence, candidate)
  const promised = promisedSets(evidence)
  const [first] = promised
  if (first === undefined) return obstructed(unobservable('configuration', unknownPromise(evidence)))
  if (successor === null)
    return obstructed(unobservable('configuration', `the configuration of the successor ${candidate.name} could not be read`))
  const result = agreed(promised.map(declared => examine(successor, declared, options.ignore)))
  const blocked = result.blocking.map(entry => unreadSetting('successor', entry))
  const victimDeclared = examineVictim(before, order.victim.bornFrom, options)?.declared ?? before.declaration.current
  const pair = { ...options, victimDeclared, successorDeclared: first }
  const own = declarationFindings(result.differences, {
    configuration: successor,
    declared: first,
    subject: 'successor',
    warn: options.warn,
  })
  const findings = [...own, ...compareInstances(before.victim, successor, pair)]
  const hidden = before.victim.unread.filter(entry => !isIgnored(entry.what, options.ignore))
  const again = after.declaration === null ? [{ what: 'declaration', why: `it could not be read again: ${after.declarationWhy}` }] : []
  const ignored = ignoredWhole(evidence, successor, first)
  const complete = result.unread.length + hidden.length + blocked.length + ignored.length === 0 && !hasFailure(findings)
  return {
    findings,
    obstacles: blocked,
    proven: complete ? ['configuration'] : [],
    notCompared: [...result.unread, ...hidden, ...ignored, ...again],
  }
}

/** Where the schedule ignores all that the provider leaves to compare, nothing was compared, and nothing is proven by it. */
function ignoredWhole({ policy, before }: Evidence, configuration: Configuration, declared: DeclaredSet): readonly NotCompared[] {
  const paths = [...Object.keys(configuration.values), ...Object.keys(declared.values)]
  const left = paths.filter(path => !isIgnored(path, before.driftIgnore))
  if (left.length === 0 || !left.every(path => isIgnored(path, policy.drift.ignore))) return []
  return [{ what: 'configuration', why: `the schedule ignores ${policy.drift.ignore.join(', ')}` }]
}

/** Who asked to look inside wants to know; who did not is told that nobody looked. */
function compareState(evidence: Evidence, candidate: Candidate): Comparison {
  const { before, after, policy } = evidence
  const found = ownEntry(after.fingerprints, candidate.id)
  if (before.fingerprint !== null && found !== undefined) {
    const options = optionsOf(evidence)
    const entries = [...(before.fingerprintUnread ?? []), ...(ownEntry(after.fingerprintsUnread ?? {}, candidate.id) ?? [])]
    const unread = entries.filter(({ what }) => !isIgnored(what, options.ignore))
    const findings = compareFingerprints(before.fingerprint, found, {
      ...options,
      unread: unread.map(({ what }) => what),
      shows: before.fingerprintShows ?? 'everything',
    })
    return { findings, obstacles: [], proven: hasFailure(findings) || unread.length > 0 ? [] : ['state'], notCompared: unread }
  }
  if (policy.fingerprint === null) {
    const missing = ownEntry(after.fingerprintsWhy ?? {}, candidate.id)
    const why = before.fingerprintWhy ?? missing ?? 'no fingerprint is configured, so nobody looked inside'
    return { findings: [], obstacles: [], proven: [], notCompared: [{ what: 'state', why }] }
  }
  const whose = before.fingerprint === null ? `the victim (${before.fingerprintWhy ?? 'not taken'})` : `the successor ${candidate.name}`
  return obstructed(unobservable('state', `the fingerprint of ${whose} could not be taken`))
}

/** The images that were promised could be read before the strike, and not again: a repeated call may bring what is missing. */
export function lacksPromisedImages(evidence: Evidence): boolean {
  const [then, now] = promisedSets(evidence)
  return then !== undefined && showsImages(then) && (now === undefined || !showsImages(now))
}

/** What the platform promises for this victim and method, as read before the strike and after the soak. */
function promisedSets({ before, after, order }: Evidence): readonly DeclaredSet[] {
  const byBirth = before.declaration.promises[order.method] === 'born'
  const then = byBirth ? birthOf(before.declaration.born, order.victim.bornFrom) : before.declaration.current
  if (then === undefined) return []
  const now = byBirth ? birthOf(after.declaration?.born ?? {}, order.victim.bornFrom) : after.declaration?.current
  return now === undefined ? [then] : [then, now]
}

function configurationOf({ after }: Evidence, candidate: Candidate) {
  return ownEntry(after.configurations, candidate.id) ?? null
}

function ownEntry<Entry>(record: Readonly<Record<string, Entry>>, key: string): Entry | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

function optionsOf({ policy, before }: Evidence): DriftOptions {
  return driftOptions(policy, before.driftIgnore)
}

function unknownPromise({ order }: Evidence): string {
  return `a rebuild repeats what the victim was born from, and that declaration (${order.victim.bornFrom ?? 'not told'}) could not be read`
}

function unreadSetting(whose: string, entry: NotCompared): Finding {
  return unobservable(
    entry.what,
    `${entry.what} of the ${whose} is declared and could not be read (${entry.why}): allow reading it, or add it to drift.ignore`,
  )
}

function obstructed(obstacle: Finding): Comparison {
  return { findings: [], obstacles: [obstacle], proven: [], notCompared: [] }
}

function hasFailure(findings: readonly Finding[]): boolean {
  return findings.some(finding => finding.level === 'fail')
}

function merged(comparisons: readonly Comparison[]): Comparison {
  return {
    findings: comparisons.flatMap(comparison => comparison.findings),
    obstacles: comparisons.flatMap(comparison => comparison.obstacles),
    proven: comparisons.flatMap(comparison => comparison.proven),
    notCompared: comparisons.flatMap(comparison => comparison.notCompared),
  }
}
