import type { ManagementLockObject } from '@azure/arm-locks'

/** A lock and what it is on; locks are inherited by everything below. */
export interface Lock {
  readonly name: string
  readonly level: 'CanNotDelete' | 'ReadOnly'
  /** A subscription's, resource group's or resource's id, in lower case. */
  readonly scope: string
}

export function lockOf(lock: ManagementLockObject): Lock | null {
  const [scope] = (lock.id ?? '').split(/\/providers\/Microsoft\.Authorization\/locks\//i)
  if (scope === undefined || scope === '' || scope === lock.id) return null
  const level = /^readonly$/i.test(lock.level) ? 'ReadOnly' : 'CanNotDelete'
  return { name: lock.name ?? 'unnamed', level, scope: scope.toLowerCase() }
}

/** The first lock on a resource or above it. */
export function lockOn(locks: readonly Lock[], resource: string | undefined, levels: readonly Lock['level'][]): Lock | null {
  const id = `${resource ?? ''}/`.toLowerCase()
  return locks.find(lock => levels.includes(lock.level) && id.startsWith(`${lock.scope}/`)) ?? null
}

export function lockSentence(lock: Lock): string {
  return `the lock ${lock.name} (${lock.level}) on ${lock.scope} is in the way`
}
