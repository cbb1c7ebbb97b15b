import type { Configuration, DeclaredSet, NotCompared, Path, PathGlob } from './declaration.ts'
import type { Value } from './finding.ts'
import { matchesPath } from './glob.ts'
import { isAbsent, sameValue } from './value.ts'

/** One setting that is not what it should be. */
export interface Difference {
  readonly path: Path
  /** What would have been right; empty: nothing should be there. */
  readonly allowed: readonly Value[]
  readonly actual: Value
}

export interface Examination {
  readonly differences: readonly Difference[]
  /** Could not be read and so was not compared, where the declaration leaves the value open or says it unread. */
  readonly unread: readonly NotCompared[]
  /** Could not be read although the declaration says what it must be: without it nothing is proven. */
  readonly blocking: readonly NotCompared[]
}

/** Compares what an instance is with what one declaration says, path by path; what is ignored is not looked at. */
export function examine(configuration: Configuration, declared: DeclaredSet, ignore: readonly PathGlob[]): Examination {
  const differences: Difference[] = []
  const blocked = new Set<NotCompared>()
  for (const path of pathsOf(configuration.values, declared.values)) {
    if (isIgnored(path, ignore) || isOpen(path, declared) || unreadEntry(path, declared.unread) !== undefined) continue
    const allowed = own(declared.values, path) ?? []
    const actual = own(configuration.values, path)
    const hidden = actual === undefined ? unreadEntry(path, configuration.unread) : undefined
    if (hidden !== undefined && allowed.length > 0) blocked.add(hidden)
    else if (hidden === undefined && !isRight(actual, allowed)) differences.push({ path, allowed, actual: actual ?? null })
  }
  const open = configuration.unread.filter(entry => !blocked.has(entry))
  const unread = [...open, ...declared.unread].filter(entry => !isIgnored(entry.what, ignore))
  return { differences, unread, blocking: [...blocked] }
}

/** A difference counts only where every declaration that may have been in force calls it one. */
export function agreed(examinations: readonly Examination[]): Examination {
  const [first, ...others] = examinations
  if (first === undefined) return { differences: [], unread: [], blocking: [] }
  const everywhere = (has: (other: Examination) => boolean): boolean => others.every(has)
  return {
    differences: first.differences.filter(a => everywhere(other => other.differences.some(b => a.path === b.path))),
    unread: examinations.flatMap(examination => examination.unread),
    blocking: first.blocking.filter(a => everywhere(other => other.blocking.some(b => a.what === b.what))),
  }
}

/**
 * Settings that no declaration decides are compared between two instances only. Where either declaration
 * decides them, the difference is explained by it, or was found when that instance was compared with it.
 */
export function differencesBetween(
  victim: Configuration,
  successor: Configuration,
  sides: { readonly victimDeclared: DeclaredSet; readonly successorDeclared: DeclaredSet; readonly ignore: readonly PathGlob[] },
): readonly Difference[] {
  const unread = [...victim.unread, ...successor.unread]
  return pathsOf(victim.values, successor.values)
    .filter(path => !isIgnored(path, sides.ignore))
    .filter(path => isOpen(path, sides.victimDeclared) && isOpen(path, sides.successorDeclared))
    .filter(path => unreadEntry(path, unread) === undefined)
    .map(path => ({ path, before: own(victim.values, path) ?? null, after: own(successor.values, path) ?? null }))
    .filter(({ before, after }) => !(isAbsent(before) && isAbsent(after)) && !sameValue(before, after))
    .map(({ path, before, after }) => ({ path, allowed: isAbsent(before) ? [] : [before], actual: after }))
}

/** Besides globs, the path of a whole part ("volumes/xvdf", as findings name it) stands for everything below it. */
export function isIgnored(path: Path, globs: readonly PathGlob[]): boolean {
  return matchesPath(globs, path) || globs.some(glob => path[glob.length] === '/' && path.startsWith(glob))
}

function isOpen(path: Path, declared: DeclaredSet): boolean {
  return own(declared.values, path) === undefined && matchesPath(declared.open, path)
}

/** Nothing is right where nothing is declared, or where one of several declared values is nothing. */
export function isRight(actual: Value | undefined, allowed: readonly Value[]): boolean {
  if (isAbsent(actual)) return allowed.length === 0 || allowed.some(isAbsent)
  return allowed.some(value => sameValue(value, actual))
}

function unreadEntry(path: Path, unread: readonly NotCompared[]): NotCompared | undefined {
  return unread.find(
    ({ what }) =>
      what === path || (path[what.length] === '/' && path.startsWith(what)) || (what.includes('*') && matchesPath([what], path)),
  )
}

function pathsOf(...records: readonly Readonly<Record<Path, unknown>>[]): readonly Path[] {
  return [...new Set(records.flatMap(record => Object.keys(record)))].sort()
}

/** Paths hold whatever people write into tags: `constructor` must not be found on Object's prototype. */
function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
