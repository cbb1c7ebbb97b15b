import { matches } from './glob.ts'
import type { HaltTarget } from './ledger-state.ts'

/** What may be halted of one group; what is left out, a halt is not on. */
export interface Haltable {
  readonly schedule?: string
  readonly scope?: string
  readonly service?: string
  readonly group?: { readonly id: string; readonly name: string }
}

/** Whether a halt stops this (S2). It may name what it is on as everything else does: by name, by id, or by a glob. */
export function isHaltedBy(target: HaltTarget, { schedule, scope, service, group }: Haltable): boolean {
  switch (target.kind) {
    case 'installation':
      return true
    case 'schedule':
      return isMeant(target.name, schedule)
    case 'scope':
      return isMeant(target.name, scope)
    case 'service':
      return isMeant(target.name, service)
    case 'group':
      return group !== undefined && (isMeant(target.name, group.name) || isMeant(target.name, group.id))
    default:
      // A kind that a newer version wrote: whatever it means, it means stop.
      return true
  }
}

/** As it is written, too: names may hold the characters that globs are made of. */
function isMeant(written: string, name: string | undefined): boolean {
  if (name === undefined) return false
  return written === name || (/[*?[{]/.test(written) && matches([written], { id: name, name }))
}
