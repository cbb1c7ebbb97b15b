import type { VirtualMachineScaleSet } from '@azure/arm-compute'
import type { PathGlob } from '../../domain/declaration.ts'

const DRAINS = 'it must drain the pods and replaces its nodes itself'

interface Marker {
  /** A tag's key; with a star at its end, the beginning of one. Azure does not mind its case. */
  readonly tag: string
  readonly owner: string
  readonly why: string
}

/** Tags by which others mark the sets that they run. */
const MARKERS: readonly Marker[] = [
  { tag: 'aks-managed-*', owner: 'an AKS node pool', why: DRAINS },
  { tag: 'poolname', owner: 'an AKS node pool', why: DRAINS },
  { tag: 'k8s-azure-*', owner: 'a Kubernetes cluster', why: DRAINS },
  { tag: 'sigs.k8s.io_cluster-api-provider-azure*', owner: 'Cluster API', why: DRAINS },
  { tag: 'karpenter.*', owner: 'Karpenter', why: DRAINS },
  { tag: 'openshiftClusterId', owner: 'an OpenShift cluster', why: DRAINS },
  { tag: 'kubernetes.io_cluster*', owner: 'a Kubernetes cluster', why: DRAINS },
  { tag: 'batch*account*', owner: 'an Azure Batch pool', why: 'jobs run on its machines and it sets their number' },
  { tag: 'databricks*', owner: 'a Databricks workspace', why: 'it places work on the machines itself' },
  { tag: '__azuredevopselasticpool*', owner: 'an Azure DevOps agent pool', why: 'jobs run on its machines and it sets their number' },
]

/** A sentence when something else owns this set, or null. */
export function controllerOf(set: VirtualMachineScaleSet): string | null {
  const fabric = (set.virtualMachineProfile?.extensionProfile?.extensions ?? []).find(extension =>
    /^ServiceFabric/i.test(extension.typePropertiesType ?? ''),
  )
  if (fabric !== undefined)
    return `the group belongs to a Service Fabric cluster (extension ${fabric.name ?? fabric.typePropertiesType}): its node types hold state and are scaled by the cluster`
  for (const key of Object.keys(set.tags ?? {})) {
    const marker = MARKERS.find(({ tag }) => matches(key, tag))
    if (marker !== undefined) return `the group belongs to ${marker.owner} (tag ${key}): ${marker.why}`
  }
  const group = /\/resourceGroups\/(MC_[^/]+)/i.exec(set.id ?? '')?.[1]
  return group === undefined ? null : `the group stands in ${group}, the resource group of an AKS cluster's own nodes: ${DRAINS}`
}

function matches(key: string, tag: string): boolean {
  const pattern = tag.toLowerCase().replace(/[.]/g, '\\.').replaceAll('*', '.*')
  return new RegExp(`^${pattern}$`).test(key.toLowerCase())
}

/**
 * What Azure Policy, Defender, Monitor and Update Manager add to running machines, and tags that the platform or
 * controllers make: between two machines of one model they differ by design.
 */
export const DRIFT_IGNORE: readonly PathGlob[] = [
  'extensions/AzureMonitor*',
  'extensions/AzureMonitor*/**',
  'extensions/MDE.*',
  'extensions/MDE.*/**',
  'extensions/AzurePolicy*',
  'extensions/AzurePolicy*/**',
  'extensions/AzureSecurity*',
  'extensions/AzureSecurity*/**',
  'extensions/Microsoft.Azure.Security*',
  'extensions/Microsoft.Azure.Security*/**',
  'extensions/DependencyAgent*',
  'extensions/DependencyAgent*/**',
  'extensions/OmsAgent*',
  'extensions/OmsAgent*/**',
  'extensions/MicrosoftMonitoringAgent*',
  'extensions/MicrosoftMonitoringAgent*/**',
  'extensions/*PatchExtension*',
  'extensions/*PatchExtension*/**',
  'extensions/AzureNetworkWatcher*',
  'extensions/AzureNetworkWatcher*/**',
  'extensions/GuestAttestation*',
  'extensions/GuestAttestation*/**',
  'tags/aks-managed-*',
  'tags/hidden-*',
  'tags/VMProfile*',
]
