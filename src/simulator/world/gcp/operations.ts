import type { World } from '../world.ts'
import type { LaunchError, Manager, Operation, Project, Slot } from './model.ts'

/** One group of one project of the world: what every function here works on. */
export interface Place {
  readonly world: World
  readonly project: Project
  readonly manager: Manager
}

/** Ids are numbers of 64 bits, and never given twice. */
export function numericId(world: World): string {
  return (BigInt(`0x${world.random.hex(15)}`) + 1_000_000_000_000_000_000n).toString()
}

export function serviceAgent(project: Project): string {
  return `${project.number}@cloudservices.gserviceaccount.com`
}

const KEPT = 5_000

interface Started {
  readonly type: string
  readonly target: string
  readonly targetId: string
  readonly zone?: string | null
  readonly region?: string | null
  readonly user: string
  readonly requestId?: string | null
}

/** Every change is an operation that is first pending, then runs, then is done. */
export function startOperation(world: World, project: Project, started: Started): Operation {
  const id = numericId(world)
  const operation: Operation = {
    id,
    name: `operation-${world.time}-${world.random.hex(12)}`,
    type: started.type,
    zone: started.zone ?? null,
    region: started.region ?? null,
    target: started.target,
    targetId: started.targetId,
    user: started.user,
    insertedAt: world.time,
    status: 'PENDING',
    endedAt: null,
    errors: [],
    requestId: started.requestId ?? null,
  }
  project.operations.push(operation)
  if (project.operations.length > KEPT) project.operations = project.operations.slice(-KEPT / 2)
  return operation
}

export function endOperation(world: World, operation: Operation, errors: readonly LaunchError[] = []): void {
  operation.status = 'DONE'
  operation.endedAt = world.time
  operation.errors = errors
}

/** An operation of the group's own about one of its machines. */
export function note(place: Place, slot: Slot, what: { type: string; machine: string; errors?: readonly LaunchError[] }): Operation {
  const { world, project } = place
  const operation = startOperation(world, project, {
    type: what.type,
    target: `zones/${slot.zone}/instances/${slot.name}`,
    targetId: what.machine,
    zone: slot.zone,
    user: serviceAgent(project),
  })
  if (what.errors !== undefined) endOperation(world, operation, what.errors)
  return operation
}
