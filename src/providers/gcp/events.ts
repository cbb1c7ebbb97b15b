import type { GroupId, PlatformEvent, PlatformFailure } from '../../domain/group.ts'
import { lastPart } from './ids.ts'
import { nameOf } from './members.ts'
import type { ProjectMemory } from './memory.ts'
import { idOf, instantOf, type ManagedInstance, type ManagerError, type Operation } from './wire.ts'

/** More of one group's events than this are forgotten, the oldest first. */
const KEPT = 200
const STAMP_TOLERANCE_MS = 5_000

const CAPACITY = /RESOURCE_POOL_EXHAUSTED|STOCKOUT|UNSUPPORTED_AVAILABILITY|INSUFFICIENT_CAPACITY|does not have enough resources/i
const QUOTA = /QUOTA_EXCEEDED|QUOTA|RATE_LIMIT|IP_SPACE_EXHAUSTED|exceeded.{0,40}limit/i

/** Capacity and quota pass by themselves or by a limit's increase; all else needs the group's owner. */
function failureOf(error: { code?: string | null; message?: string | null }): PlatformFailure {
  const message = [error.code, error.message].filter(Boolean).join(': ') || 'no reason was given'
  const category = CAPACITY.test(message) ? 'capacity' : QUOTA.test(message) ? 'quota' : 'broken'
  return { category, message }
}

/** Operations on instances, which say what happened to whom; each in our words where it is about a member. */
export function eventsOfOperations(
  operations: readonly Operation[],
  about: { names: ReadonlySet<string>; scaledIn: boolean; rolling: boolean },
): PlatformEvent[] {
  const mine = operations.filter(
    operation => /\/instances\/[^/]+$/.test(operation.targetLink ?? '') && about.names.has(lastPart(operation.targetLink)),
  )
  return mine.flatMap(operation => eventOf(operation, { all: mine, scaledIn: about.scaledIn, rolling: about.rolling }) ?? [])
}

/** Names as the group gives them, its members' that are gone among them: before a strike it counts who left just now (S5). */
export function namesGiven(base: string | null | undefined, operations: readonly Operation[]): string[] {
  if (!base) return []
  return operations
    .map(operation => lastPart(operation.targetLink))
    .filter(name => name.startsWith(`${base}-`) && /^[a-z0-9]{4}$/.test(name.slice(base.length + 1)))
}

interface About {
  readonly all: readonly Operation[]
  /** The group's size fell. */
  readonly scaledIn: boolean
  /** The group brings a new version to its members. */
  readonly rolling: boolean
}

function eventOf(operation: Operation, about: About): PlatformEvent | null {
  const at = instantOf(operation.insertTime) ?? instantOf(operation.startTime)
  const type = operation.operationType ?? ''
  const instance = idOf(operation.targetId)
  const kind = kindOf(type)
  if (at === null || kind === null || !operation.name) return null
  const error = operation.error?.errors?.[0]
  const name = lastPart(operation.targetLink)
  const failed = error !== undefined
  return {
    id: operation.name,
    at,
    kind,
    // A creation that failed has the id of something that never was.
    instance: failed && kind === 'launch' ? null : instance,
    cause: kind === 'launch' ? launchCause(operation, about.all) : terminateCause(operation, about),
    outcome: failed ? 'failed' : operation.status === 'DONE' ? 'succeeded' : 'in-progress',
    detail: `${type} of ${name} by ${operation.user ?? 'somebody'}${operation.statusMessage ? `: ${operation.statusMessage}` : ''}`,
    error: failed ? failureOf(error) : null,
  }
}

function kindOf(type: string): PlatformEvent['kind'] | null {
  if (/^(insert|bulkInsert)$/.test(type)) return 'launch'
  if (
    /^(delete|compute\.instances\.(delete|preempted|repair\.recreateInstance|repair\.deleteInstance|hostError|terminateOnHostMaintenance))$/.test(
      type,
    )
  )
    return 'terminate'
  return null
}

/** A group makes a lost instance again in its own name: what came before under that name went. */
function launchCause(operation: Operation, all: readonly Operation[]): PlatformEvent['cause'] {
  const before = all.some(
    other =>
      other !== operation &&
      other.targetLink === operation.targetLink &&
      kindOf(other.operationType ?? '') === 'terminate' &&
      Date.parse(other.insertTime ?? '') <= Date.parse(operation.insertTime ?? ''),
  )
  return before ? 'replacement' : 'unknown'
}

/** Google's own agents delete for a group; a deletion by anybody else is somebody's call. */
function terminateCause(operation: Operation, { scaledIn, rolling, all }: About): PlatformEvent['cause'] {
  const type = operation.operationType ?? ''
  if (/preempted|hostError|HostMaintenance/.test(type)) return 'interruption'
  if (/repair/.test(type)) return 'unhealthy'
  if (!/@cloudservices\.gserviceaccount\.com$|^system$|@system\.gserviceaccount\.com$/.test(operation.user ?? '')) return 'strike'
  const after = (other: Operation) => Date.parse(other.insertTime ?? '') >= Date.parse(operation.insertTime ?? '')
  const remade = all.some(
    other => other.targetLink === operation.targetLink && kindOf(other.operationType ?? '') === 'launch' && after(other),
  )
  if (scaledIn && !remade) return 'scale-in'
  return rolling ? 'deployment' : 'unknown'
}

/** What a row itself tells: an instance that is being made, and why the last attempt failed. */
export function eventsOfRows(managed: readonly ManagedInstance[], now: Temporal.Instant): PlatformEvent[] {
  return managed.flatMap((member): PlatformEvent[] => {
    const name = nameOf(member)
    const error = member.lastAttempt?.errors?.errors?.[0]
    const making = /^(CREATING|CREATING_WITHOUT_RETRIES|RECREATING|STARTING|RESUMING)$/.test(String(member.currentAction ?? ''))
    if (error !== undefined && (making || idOf(member.id) === null)) {
      const failure = failureOf(error)
      const detail = `the group could not make ${name}`
      return [
        {
          id: `attempt/${name}/${failure.message}`,
          at: now,
          kind: 'launch',
          instance: null,
          cause: 'replacement',
          outcome: 'failed',
          detail,
          error: failure,
        },
      ]
    }
    if (!making || idOf(member.id) !== null) return []
    const detail = `the group is making ${name}`
    return [
      { id: `making/${name}`, at: now, kind: 'launch', instance: null, cause: 'replacement', outcome: 'in-progress', detail, error: null },
    ]
  })
}

/** The group's own list of errors: when, about whom, and what was tried. */
export function eventsOfErrors(errors: readonly ManagerError[]): PlatformEvent[] {
  return errors.flatMap((one): PlatformEvent[] => {
    const at = instantOf(one.timestamp)
    const action = String(one.instanceActionDetails?.action ?? '')
    if (at === null || one.error == null) return []
    const name = lastPart(one.instanceActionDetails?.instance)
    const kind = /DELETING|ABANDONING/.test(action)
      ? 'terminate'
      : /CREATING|RECREATING|STARTING|RESUMING/.test(action)
        ? 'launch'
        : 'other'
    const error = failureOf(one.error)
    return [
      {
        id: `error/${name}/${one.timestamp}`,
        at,
        kind,
        instance: null,
        cause: kind === 'launch' ? 'replacement' : 'unknown',
        outcome: 'failed',
        detail: `${action.toLowerCase()} ${name} failed`,
        error,
      },
    ]
  })
}

/** Adds what was read now to what was known of a group, an event that ended in place of the same one that had not. */
export function remember(memory: ProjectMemory, group: GroupId, read: readonly PlatformEvent[]): void {
  const known = new Map((memory.events.get(group) ?? []).map(event => [event.id, event]))
  for (const event of read) {
    const before = known.get(event.id)
    // A row tells no time: the first look that saw it is the best there is.
    known.set(
      event.id,
      before === undefined ? event : { ...event, at: before.at, cause: event.cause === 'unknown' ? before.cause : event.cause },
    )
  }
  memory.events.set(group, [...known.values()].sort(inTime).slice(-KEPT))
}

export function eventsSince(events: readonly PlatformEvent[], since: Temporal.Instant): PlatformEvent[] {
  const from = since.subtract({ milliseconds: STAMP_TOLERANCE_MS })
  return events.filter(event => Temporal.Instant.compare(event.at, from) >= 0)
}

function inTime(a: PlatformEvent, b: PlatformEvent): number {
  return Temporal.Instant.compare(a.at, b.at) || (a.id < b.id ? -1 : 1)
}
