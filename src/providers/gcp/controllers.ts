import type { PathGlob } from '../../domain/declaration.ts'
import type { Disk, Manager, Template } from './wire.ts'

interface Marker {
  readonly owner: string
  readonly why: string
  /** A label's key, or how it begins where it ends in `*`. */
  readonly label?: string
  readonly metadata?: string
  readonly name?: RegExp
}

const DRAINS = 'it must cordon and drain a node before it goes'

/** How other controllers mark the groups that they own, in the names and in the templates' labels and metadata. */
const MARKERS: readonly Marker[] = [
  { name: /^gke-.+-grp$/, owner: 'a GKE cluster', why: DRAINS },
  { label: 'goog-gke-node', owner: 'a GKE cluster', why: DRAINS },
  { label: 'goog-k8s-*', owner: 'a GKE cluster', why: DRAINS },
  { label: 'goog-fleet-*', owner: 'a GKE fleet', why: DRAINS },
  { metadata: 'kube-env', owner: 'a Kubernetes cluster', why: DRAINS },
  { metadata: 'kube-labels', owner: 'a Kubernetes cluster', why: DRAINS },
  { label: 'k8s-io-*', owner: 'a Kubernetes cluster', why: DRAINS },
  { label: 'goog-dataproc-*', owner: 'a Dataproc cluster', why: 'it places data and work on the instances itself' },
  { label: 'goog-dataflow-*', owner: 'a Dataflow job', why: 'it sets the number of its workers itself' },
  { label: 'dataflow_job_id', owner: 'a Dataflow job', why: 'it sets the number of its workers itself' },
  { label: 'goog-batch-*', owner: 'a Batch job', why: 'jobs run on its instances and it sets their number' },
  { label: 'goog-composer-*', owner: 'a Composer environment', why: 'it replaces the instances itself' },
  { metadata: 'gae_service', owner: 'an App Engine service', why: 'it deploys and replaces the instances itself' },
  { name: /^(aef|gae)-.+/, owner: 'an App Engine service', why: 'it deploys and replaces the instances itself' },
]

/** A sentence when something else owns this group, or null. Its templates must have been read. */
export function controllerOf(manager: Manager, templates: readonly Template[]): string | null {
  for (const marker of MARKERS) {
    const mark = markOf(marker, manager, templates)
    if (mark !== null) return `the group belongs to ${marker.owner} (${mark}): ${marker.why}`
  }
  return null
}

function markOf({ label, metadata, name }: Marker, manager: Manager, templates: readonly Template[]): string | null {
  if (name?.test(manager.name ?? '') === true) return `named ${manager.name}`
  const all = templates.map(template => template.properties ?? {})
  const labels = [...all.map(each => each.labels ?? {}), manager.allInstancesConfig?.properties?.labels ?? {}].flatMap(each =>
    Object.keys(each),
  )
  const key =
    label === undefined ? undefined : labels.find(each => (label.endsWith('*') ? each.startsWith(label.slice(0, -1)) : each === label))
  if (key !== undefined) return `label ${key}`
  const item = all.flatMap(each => each.metadata?.items ?? []).find(each => metadata !== undefined && each.key === metadata)
  return item === undefined ? null : `metadata ${item.key}`
}

/** What agents write into instances after the launch; it differs between two instances of one declaration by design. */
export const DRIFT_IGNORE: readonly PathGlob[] = [
  'tags/goog-*',
  'tags/goog-*/**',
  // OS Config, patching and Windows agents keep their state here.
  'metadata/windows-keys',
  'metadata/guest-agent-*',
]

/** Disks that storage drivers attach for pods, by what those drivers write on them. */
export function isControllersDisk(disk: Disk): boolean {
  if (/storage\.gke\.io\/created-by|kubernetes\.io\/created-for/.test(disk.description ?? '')) return true
  return Object.keys(disk.labels ?? {}).some(key => /^goog-(gke-volume|k8s-)/.test(key))
}
