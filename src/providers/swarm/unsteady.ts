import type { Unsteady } from '../../domain/group.ts'
import type { WireService } from './wire.ts'

/** What Swarm itself says of an update. A rollback that is complete left a steady service behind. */
export function unsteadyBy(service: WireService): Unsteady[] {
  const { State: state = '', Message: message = '' } = service.UpdateStatus ?? {}
  const told = message === '' ? '' : `: ${message}`
  switch (state) {
    case '':
    case 'completed':
    case 'rollback_completed':
      return []
    case 'updating':
      return [{ reason: 'deploying', detail: `an update is in progress${told}` }]
    case 'rollback_started':
      return [{ reason: 'deploying', detail: `a rollback is in progress${told}` }]
    case 'paused':
      return [{ reason: 'paused', detail: `its last update stopped half-way and is paused${told}` }]
    case 'rollback_paused':
      return [{ reason: 'paused', detail: `a rollback stopped half-way and is paused${told}` }]
    default:
      return [{ reason: 'unknown', detail: `its update is in the state ${state}, which this version of Firedrill does not know` }]
  }
}
