import type { Drill, PlannedDrill, Refusal } from '../domain/drill.ts'
import type { Log } from '../domain/log.ts'

/** Whoever else wants to hear what becomes of drills. */
interface Listeners {
  readonly changed?: ((drill: Drill) => void) | undefined
  readonly waits?: ((plan: PlannedDrill, refusal: Refusal) => void) | undefined
}

interface Heard {
  changed(drill: Drill): void
  waits(plan: PlannedDrill, refusal: Refusal): void
}

/** One line for each thing that a plan waits for, and not one for each time that it is tried. */
export function tellOfWaits(log: Log, { changed, waits }: Listeners): Heard {
  const waiting = new Map<string, string>()
  return {
    changed(drill) {
      waiting.delete(drill.id)
      changed?.(drill)
    },
    waits(plan, { rule, reason }) {
      waits?.(plan, { rule, reason })
      // A limit counts time in its reason; of an announcement the reason is what somebody may have to mend.
      const what = rule === 'announcement' ? reason : rule
      if (waiting.get(plan.id) === what) return
      waiting.set(plan.id, what)
      log.info('drill waits', { drill: plan.id, group: plan.group, rule, why: reason })
    },
  }
}
