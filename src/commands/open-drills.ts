import type { Drill, DrillId } from '../domain/drill.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Io } from './io.ts'
import { isOpen } from './outcome.ts'

/** Which drills are open, as far as this process was told: what it says where the ledger can no longer be asked. */
export interface OpenDrills {
  /** Handed to the engine: every change of a drill. */
  readonly changed: (drill: Drill) => void
  /** Those that an earlier run or another process left open. */
  learn(ledger: Ledger): Promise<void>
  /** "2 drills are left open, and the next …" */
  words(): string
  /** From now on a second signal, which ends the process at once, says so; after `first` is done. */
  tellWhenCutOff(io: Io, first?: () => void): void
}

export function openDrills(): OpenDrills {
  const open = new Set<DrillId>()
  return {
    changed(drill) {
      if (isOpen(drill)) open.add(drill.id)
      else open.delete(drill.id)
    },
    async learn(ledger) {
      const ever = (await ledger.now()).add({ hours: 24 * 365 })
      for (const drill of await ledger.due(ever, Number.MAX_SAFE_INTEGER)) if (isOpen(drill)) open.add(drill.id)
    },
    words: () => leftOpen(open.size),
    tellWhenCutOff(io, first) {
      io.whenCutOff?.(() => {
        first?.()
        return `as far as this process knows, ${leftOpen(open.size)}`
      })
    },
  }
}

export function leftOpen(drills: number): string {
  if (drills === 0) return 'no drill is left open'
  return `${drills === 1 ? 'one drill is' : `${drills} drills are`} left open, and the next \`firedrill run\` or \`serve\` goes on with ${drills === 1 ? 'it' : 'them'}`
}
