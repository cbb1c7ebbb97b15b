import picomatch from 'picomatch'
import type { PathGlob } from './declaration.ts'

type Matcher = (text: string) => boolean

/** Lists of globs that come from settings live as long as they do, and are compiled once. */
const compiledNames = new WeakMap<readonly string[], readonly NameGlob[]>()
const compiledPaths = new WeakMap<readonly PathGlob[], Matcher>()
/** Lists in a stored policy are another object with each drill; their globs are the same. */
const pathMatchers = new Map<PathGlob, Matcher>()
const keptMatchers = 500

interface NameGlob {
  readonly onId: boolean
  readonly matches: Matcher
}

/**
 * Whether any glob matches a group. A glob is matched against the name, one with ":" against the id.
 * `*` stands for any text, "/" included, so that `aws:123456789012/*` means everything in that account
 * and `*` everything there is. `?`, `[a-z]` and `{blue,green}` work as usual; letters match in their own case
 * only; a leading "!" is not a negation but a plain character (schedules have `exclude` for that).
 */
export function matches(globs: readonly string[], group: { readonly id: string; readonly name: string }): boolean {
  return nameGlobs(globs).some(glob => glob.matches(glob.onId ? group.id : group.name))
}

/**
 * Whether any glob matches a setting's path (`securityGroups`, `tags/Name`). Here `*` stays within one part
 * and `**` crosses "/": `tags/**` is every tag, also one whose key has slashes, and `tags` itself.
 */
export function matchesPath(globs: readonly PathGlob[], path: string): boolean {
  let matcher = compiledPaths.get(globs)
  if (matcher === undefined) {
    matcher = pathMatcher(globs)
    compiledPaths.set(globs, matcher)
  }
  return matcher(path)
}

function nameGlobs(globs: readonly string[]): readonly NameGlob[] {
  const known = compiledNames.get(globs)
  if (known !== undefined) return known
  const compiled = globs.map(glob => ({ onId: glob.includes(':'), matches: nameMatcher(glob) }))
  compiledNames.set(globs, compiled)
  return compiled
}

/** `bash: true` is picomatch's word for "a star crosses slashes". */
function nameMatcher(glob: string): Matcher {
  if (glob === '') return matchesNothing
  return picomatch(glob, { bash: true, dot: true, nonegate: true, noextglob: true })
}

function pathMatcher(globs: readonly PathGlob[]): Matcher {
  const matchers = globs.filter(glob => glob !== '').map(onePathMatcher)
  return path => matchers.some(matcher => matcher(path))
}

function onePathMatcher(glob: PathGlob): Matcher {
  const known = pathMatchers.get(glob)
  if (known !== undefined) return known
  const matcher = picomatch(glob, { dot: true, nonegate: true, noextglob: true })
  if (pathMatchers.size >= keptMatchers) pathMatchers.clear()
  pathMatchers.set(glob, matcher)
  return matcher
}

function matchesNothing(): boolean {
  return false
}
