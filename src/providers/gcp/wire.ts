import type { google } from '@google-cloud/compute/build/protos/protos.js'

/** The API's own words, as the SDK types them; all of their fields may be missing. */
export type Manager = google.cloud.compute.v1.IInstanceGroupManager
export type ManagedInstance = google.cloud.compute.v1.IManagedInstance
export type ManagerError = google.cloud.compute.v1.IInstanceManagedByIgmError
export type Machine = google.cloud.compute.v1.IInstance
export type Disk = google.cloud.compute.v1.IDisk
export type Image = google.cloud.compute.v1.IImage
export type Template = google.cloud.compute.v1.IInstanceTemplate
export type Properties = google.cloud.compute.v1.IInstanceProperties
export type AttachedDisk = google.cloud.compute.v1.IAttachedDisk
export type NetworkInterface = google.cloud.compute.v1.INetworkInterface
export type Autoscaler = google.cloud.compute.v1.IAutoscaler
export type Operation = google.cloud.compute.v1.IOperation

/** Ids have 64 bits and come as strings; 0 and nothing mean that there is none. */
export function idOf(value: unknown): string | null {
  const text = value === null || value === undefined ? '' : String(value)
  return text === '' || text === '0' ? null : text
}

export function instantOf(text: string | null | undefined): Temporal.Instant | null {
  const milliseconds = text ? Date.parse(text) : Number.NaN
  return Number.isNaN(milliseconds) ? null : Temporal.Instant.fromEpochMilliseconds(milliseconds)
}
