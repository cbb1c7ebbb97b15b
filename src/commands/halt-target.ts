import type { Halt, HaltTarget } from '../domain/ledger-state.ts'
import { UsageError } from './exit.ts'
import type { TargetOptions } from './options.ts'

const KINDS = ['schedule', 'scope', 'service', 'group'] as const

/** Throws UsageError where more than one is named: which of them was meant to be halted cannot be guessed. */
export function targetOf(options: TargetOptions): HaltTarget {
  const named = KINDS.flatMap(kind => (options[kind] === undefined ? [] : [{ kind, name: options[kind] }]))
  if (named.length > 1)
    throw new UsageError(`name one target, not ${named.map(({ kind }) => `--${kind}`).join(' and ')}; halts can be set one after the other`)
  const [only] = named
  if (only === undefined) return { kind: 'installation' }
  if (only.name.trim() === '') throw new UsageError(`--${only.kind} needs a name`)
  return only
}

export function targetText(target: HaltTarget): string {
  return target.kind === 'installation' ? 'the whole installation' : `${target.kind} ${target.name}`
}

/** `service checkout, until 2026-12-24T08:00:00Z, by deploy: incident 4711` */
export function haltText({ target, reason, by, until }: Halt): string {
  return `${targetText(target)}${until === null ? '' : `, until ${until.toString({ smallestUnit: 'second' })}`}, by ${by}: ${reason}`
}

/** What `resume` must be given to end this halt. */
export function resumeFlag(target: HaltTarget): string {
  return target.kind === 'installation' ? '' : ` --${target.kind} ${target.name}`
}
