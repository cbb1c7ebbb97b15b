import picomatch from 'picomatch'
import type { Configuration, Declaration, DeclaredSet, NotCompared } from '../domain/declaration.ts'
import { isRight } from '../domain/differences.ts'
import type { Before, Fingerprint, Inside } from '../domain/drill.ts'
import type { Value } from '../domain/finding.ts'
import { isAbsent, sameValue } from '../domain/value.ts'
import type { FindingDocument } from './document.ts'
import { successorOf, victimOf } from './moments.ts'
import type { DrillCard } from './report.ts'

/**
 * The three-way comparison for readers: victim, declaration, successor, path by path. The verdict is
 * judge()'s; a difference is marked here by the finding it led to, and as `ignored` where it led to none.
 */
export interface Comparison {
  readonly rows: readonly ComparedRow[]
  /** Null: nobody looked inside. */
  readonly inside: InsideComparison | null
  readonly victimSource: string | null
  readonly successorSource: string | null
}

export interface ComparedRow {
  readonly path: string
  readonly mark: 'fail' | 'warn' | 'ignored' | 'unread' | 'equal'
  readonly victim: Shown
  readonly born: DeclaredValue
  readonly promised: DeclaredValue
  readonly successor: Shown
  readonly victimDiffers: boolean
  readonly successorDiffers: boolean
}

export type Shown =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unread'; readonly why: string }
  /** There is no such instance. */
  | { readonly kind: 'none' }

export type DeclaredValue =
  | { readonly kind: 'set'; readonly values: readonly Value[] }
  | { readonly kind: 'open' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unread'; readonly why: string }

export interface InsideComparison {
  /** `changes`: what is missing on a side is there as the image has it. */
  readonly shows: Inside['shows']
  readonly differing: readonly { readonly path: string; readonly victim: string | null; readonly successor: string | null }[]
  readonly equal: number
}

/** Null where nothing was recorded to compare. */
export function compare(card: DrillCard): Comparison | null {
  const { drill, before, after } = card.source
  if (!before) return null
  const born = own(before.declaration.born, victimOf(drill)?.bornFrom ?? '') ?? null
  const promised = before.declaration.promises[card.document.method] === 'born' ? born : currentOf(before.declaration, after?.declaration)
  const successorId = successorOf(drill)?.id ?? card.document.successor?.id ?? null
  const successor = successorId === null ? null : (own(after?.configurations ?? {}, successorId) ?? null)
  const reader = rowReader({
    victim: before.victim,
    successor,
    hasSuccessor: successorId !== null,
    born,
    promised,
    findings: card.document.findings,
  })
  const paths = new Set<string>()
  // What nobody has, and nobody declares, is no setting.
  for (const { values } of [before.victim, successor ?? NOTHING])
    for (const [path, value] of Object.entries(values)) if (path !== 'image' && !isAbsent(value)) paths.add(path)
  for (const declared of [born, promised]) for (const path of Object.keys(declared?.values ?? {})) if (path !== 'image') paths.add(path)
  return {
    rows: ['image', ...[...paths].sort()].map(reader),
    inside: compareInside(before, successorId === null ? null : (own(after?.fingerprints ?? {}, successorId) ?? null)),
    victimSource: born?.source ?? null,
    successorSource: promised?.source ?? null,
  }
}

const NOTHING = { values: {} }

interface Sides {
  readonly victim: Configuration
  readonly successor: Configuration | null
  readonly hasSuccessor: boolean
  readonly born: DeclaredSet | null
  readonly promised: DeclaredSet | null
  readonly findings: readonly FindingDocument[]
}

function rowReader(sides: Sides): (path: string) => ComparedRow {
  const born = declaredReader(sides.born)
  const promised = declaredReader(sides.promised)
  return path => {
    const victim = shown(sides.victim, path)
    const successor: Shown = sides.successor
      ? shown(sides.successor, path)
      : sides.hasSuccessor
        ? { kind: 'unread', why: 'the successor could not be described' }
        : { kind: 'none' }
    const row = { path, victim, born: born(path), promised: promised(path), successor }
    const between = row.born.kind === 'open' && row.promised.kind === 'open' && differs(victim, successor)
    const victimDiffers = between || offends(victim, row.born)
    const successorDiffers = between || offends(successor, row.promised)
    return { ...row, victimDiffers, successorDiffers, mark: markOf({ ...row, victimDiffers, successorDiffers }, sides.findings) }
  }
}

function shown(configuration: Configuration, path: string): Shown {
  const unread = findUnread(configuration.unread, path)
  if (unread) return unread
  const value = path === 'image' ? configuration.image : own(configuration.values, path)
  return isAbsent(value) ? { kind: 'absent' } : { kind: 'value', value }
}

function declaredReader(declared: DeclaredSet | null): (path: string) => DeclaredValue {
  if (!declared) return () => ({ kind: 'unread', why: 'this version of the declaration could not be read' })
  const isOpen = declared.open.length > 0 ? picomatch([...declared.open], { dot: true }) : () => false
  return path => {
    if (path === 'image') return { kind: 'set', values: declared.images }
    const values = own(declared.values, path)
    if (values) return { kind: 'set', values }
    return findUnread(declared.unread, path) ?? (isOpen(path) ? { kind: 'open' } : { kind: 'absent' })
  }
}

function findUnread(unread: readonly NotCompared[], path: string) {
  const match = unread.find(({ what }) => what === path || path.startsWith(`${what}/`) || picomatch.isMatch(path, what, { dot: true }))
  return match ? ({ kind: 'unread', why: match.why } as const) : null
}

function offends(side: Shown, declared: DeclaredValue): boolean {
  if (side.kind === 'unread' || side.kind === 'none') return false
  if (declared.kind === 'open' || declared.kind === 'unread') return false
  return !isRight(settingOf(side), declared.kind === 'set' ? declared.values : [])
}

function differs(a: Shown, b: Shown): boolean {
  if (!isKnown(a) || !isKnown(b)) return false
  const [left, right] = [settingOf(a), settingOf(b)]
  return isAbsent(left) || isAbsent(right) ? isAbsent(left) !== isAbsent(right) : !sameValue(left, right)
}

type Known = Extract<Shown, { readonly kind: 'value' | 'absent' }>

function isKnown(side: Shown): side is Known {
  return side.kind === 'value' || side.kind === 'absent'
}

function settingOf(side: Known): Value | undefined {
  return side.kind === 'value' ? side.value : undefined
}

function markOf(row: Omit<ComparedRow, 'mark'>, findings: readonly FindingDocument[]): ComparedRow['mark'] {
  const about = findings.filter(finding => isAbout(finding, row.path))
  if (about.some(finding => finding.level === 'fail')) return 'fail'
  if (about.length > 0) return 'warn'
  if (row.victimDiffers || row.successorDiffers) return 'ignored'
  return row.victim.kind === 'unread' || row.successor.kind === 'unread' || row.born.kind === 'unread' ? 'unread' : 'equal'
}

function isAbout(finding: FindingDocument, path: string): boolean {
  if (finding.path !== null) return path === finding.path || path.startsWith(`${finding.path}/`)
  return path === 'image' && (finding.kind === 'wrong-image' || finding.kind === 'stale-image')
}

/** Where only changes are listed, those of the successor alone are the work of its own start. */
function compareInside(before: Before, successor: Fingerprint | null): InsideComparison | null {
  const { fingerprint: victim, fingerprintShows: shows = 'everything' } = before
  if (!victim || !successor) return null
  const paths = [...new Set([...Object.keys(victim), ...(shows === 'changes' ? [] : Object.keys(successor))])].sort()
  const differing = paths
    .map(path => ({ path, victim: own(victim, path) ?? null, successor: own(successor, path) ?? null }))
    .filter(row => row.victim !== row.successor)
  return { shows, differing, equal: paths.length - differing.length }
}

function currentOf(before: Declaration, after: Declaration | null | undefined): DeclaredSet {
  return (after ?? before).current
}

/** A stranger may call a setting `__proto__`. */
function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
