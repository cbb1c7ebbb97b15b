import type { Schedule } from '../domain/schedule.ts'

/**
 * S8: everything but the strike happens on the leash. Not a refusal: a leashed drill passes every rule first.
 * Only an explicit `leashed: false` takes the leash off.
 */
export function isLeashed(schedule: Schedule): boolean {
  return schedule.leashed !== false
}
