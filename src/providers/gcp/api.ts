import type { DrillId } from '../../domain/drill.ts'
import type { ScopeId } from '../../domain/group.ts'
import type { StrikeMethod } from '../../domain/schedule.ts'
import type { Milliseconds } from '../../domain/time.ts'
import type { Page } from '../shared/paging.ts'
import type { GroupPlace } from './ids.ts'
import type { Autoscaler, Disk, Image, Machine, ManagedInstance, Manager, ManagerError, Operation, Template } from './wire.ts'

/** One page of the groups of all zones and regions. */
export interface EverywherePage extends Page<Manager> {
  /** Zones and regions that could not be asked, and why: their groups are unreadable, not gone. */
  readonly unreachable: ReadonlyMap<string, string>
}

/** One strike. `mayStillSend` is asked when the request has its credentials and is about to leave. */
export interface Strike {
  readonly drill: DrillId
  readonly requestId: string
  readonly method: StrikeMethod
  readonly group: GroupPlace
  readonly zone: string
  /** The instance's name. The API takes no id, so the caller has looked whose it is. */
  readonly instance: string
  readonly mayStillSend: () => boolean
}

/**
 * The operations of one project that this adapter calls; client.ts is the one that makes it. Throws only ProviderError, or the
 * signal's reason. Throttling and 5xx have been retried, but for the strike.
 */
export interface GcpApi {
  readonly scope: ScopeId
  readonly project: string
  managersEverywhere(token: string | undefined, signal: AbortSignal): Promise<EverywherePage>
  manager(group: GroupPlace, signal: AbortSignal): Promise<Manager>
  managedInstances(group: GroupPlace, token: string | undefined, signal: AbortSignal): Promise<Page<ManagedInstance>>
  errors(group: GroupPlace, token: string | undefined, signal: AbortSignal): Promise<Page<ManagerError>>
  autoscaler(group: GroupPlace, name: string, signal: AbortSignal): Promise<Autoscaler>
  instance(zone: string, name: string, signal: AbortSignal): Promise<Machine>
  instances(zone: string, query: { filter: string; token: string | undefined }, signal: AbortSignal): Promise<Page<Machine>>
  disks(zone: string, query: { filter: string; token: string | undefined }, signal: AbortSignal): Promise<Page<Disk>>
  /** Disks that stand in two zones of a region at once belong to another API; a name of theirs may be a zonal disk's, too. */
  regionDisks(region: string, query: { filter: string; token: string | undefined }, signal: AbortSignal): Promise<Page<Disk>>
  /** Newest first. */
  operations(zone: string, token: string | undefined, signal: AbortSignal): Promise<Page<Operation>>
  image(project: string, name: string, signal: AbortSignal): Promise<Image>
  imageFromFamily(project: string, family: string, signal: AbortSignal): Promise<Image>
  /** What a family means in one zone while a newer image is still rolled out from zone to zone. */
  imageInZone(project: string, of: { family: string; zone: string }, signal: AbortSignal): Promise<Image>
  /** Of this project or another; null for a region means a global template. */
  template(at: { project: string; region: string | null; name: string }, signal: AbortSignal): Promise<Template>
  /** Sends the one write of this adapter, once and never again. */
  strike(strike: Strike, signal: AbortSignal): Promise<Operation>
  /** Waits for an operation for a while (Google's own limit is two minutes); the answer may still be running. */
  wait(operation: Operation, signal: AbortSignal): Promise<Operation>
  /** Our clock minus Google's, from the Date header of the latest answer; null before there was one. */
  clockSkew(): Milliseconds | null
}
