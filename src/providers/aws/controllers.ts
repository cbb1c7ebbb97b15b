import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling'
import type { PathGlob } from '../../domain/declaration.ts'

interface Marker {
  /** A tag's key, or how it begins where it ends in `*`. */
  readonly tag: string
  readonly owner: string
  readonly why: string
}

const DRAINS = 'it must cordon and drain a node before it goes'

/** Tags by which other controllers mark the groups that they own. A group that carries one is never drilled (S7). */
const MARKERS: readonly Marker[] = [
  { tag: 'eks:nodegroup-name', owner: 'an EKS managed node group', why: DRAINS },
  { tag: 'eks:cluster-name', owner: 'an EKS cluster', why: DRAINS },
  { tag: 'kubernetes.io/cluster/*', owner: 'a Kubernetes cluster', why: DRAINS },
  { tag: 'KubernetesCluster', owner: 'a Kubernetes cluster', why: DRAINS },
  { tag: 'k8s.io/cluster-autoscaler/*', owner: 'the Kubernetes cluster autoscaler', why: 'it sets the size of the group by its pods' },
  { tag: 'k8s.io/role/*', owner: 'kOps', why: DRAINS },
  { tag: 'kops.k8s.io/*', owner: 'kOps', why: DRAINS },
  { tag: 'karpenter.sh/*', owner: 'Karpenter', why: DRAINS },
  { tag: 'sigs.k8s.io/cluster-api-provider-aws/*', owner: 'Cluster API', why: DRAINS },
  { tag: 'AmazonECSManaged', owner: 'an ECS capacity provider', why: 'it must drain the tasks and sets the size of the group' },
  { tag: 'aws:ecs:*', owner: 'an ECS cluster', why: 'it must drain the tasks' },
  { tag: 'elasticbeanstalk:*', owner: 'an Elastic Beanstalk environment', why: 'it deploys and replaces the instances itself' },
  { tag: 'AWSBatchServiceTag', owner: 'an AWS Batch compute environment', why: 'jobs run on its instances and it sets their number' },
  { tag: 'aws:batch:*', owner: 'an AWS Batch compute environment', why: 'jobs run on its instances and it sets their number' },
  { tag: 'aws:elasticmapreduce:*', owner: 'an EMR cluster', why: 'it places data and work on the instances itself' },
  { tag: 'aws:gamelift:*', owner: 'a GameLift fleet', why: 'it ends game sessions before it ends an instance' },
  { tag: 'spotinst:*', owner: 'a Spot by NetApp Elastigroup', why: 'it replaces the instances itself' },
]

/** A sentence when something else owns this group, or null. */
export function controllerOf(group: Pick<AutoScalingGroup, 'Tags' | 'Operator'>): string | null {
  const principal = group.Operator?.Principal
  if (principal !== undefined) return `the group is managed by the AWS service ${principal}, which replaces its instances itself`
  for (const { Key: key } of group.Tags ?? []) {
    const marker = MARKERS.find(({ tag }) => (tag.endsWith('*') ? key?.startsWith(tag.slice(0, -1)) : key === tag))
    if (marker !== undefined) return `the group belongs to ${marker.owner} (tag ${key}): ${marker.why}`
  }
  return null
}

/** What controllers on instances add after the launch; it differs between two instances of one declaration by design. */
export const DRIFT_IGNORE: readonly PathGlob[] = [
  'tags/aws:*',
  'tags/aws:*/**',
  'tags/kubernetes.io/**',
  'tags/*.kubernetes.io/**',
  'tags/k8s.io/**',
  'tags/*.k8s.io/**',
  'tags/*.k8s.aws/**',
  'tags/karpenter.sh/**',
  'tags/*.karpenter.sh/**',
  'tags/eks:*',
  'tags/AmazonECSManaged',
  'tags/elasticbeanstalk:*',
  'tags/spotinst:*',
  'tags/spotinst:*/**',
]

/** Network interfaces that the VPC CNI, load balancers, Lambda and other services attach to running instances. */
export function isControllersInterface(networkInterface: {
  Description?: string | undefined
  InterfaceType?: string | undefined
  Operator?: { Managed?: boolean | undefined } | undefined
}): boolean {
  if (networkInterface.Operator?.Managed === true) return true
  if (
    /^(trunk|branch|lambda|load_balancer|network_load_balancer|gateway_load_balancer|aws_codestar)/.test(
      networkInterface.InterfaceType ?? '',
    )
  )
    return true
  return /^(aws-K8S-|Interface for NAT|ELB |AWS Lambda|ECS |EFS mount target)/i.test(networkInterface.Description ?? '')
}

/** Volumes that storage drivers attach for pods and tasks, by the tags those drivers set. */
export function isControllersVolume(volume: {
  Tags?: readonly { Key?: string | undefined }[] | undefined
  Operator?: { Managed?: boolean | undefined } | undefined
}): boolean {
  if (volume.Operator?.Managed === true) return true
  return (volume.Tags ?? []).some(({ Key: key = '' }) =>
    /^(kubernetes\.io\/created-for\/pvc|kubernetes\.io\/cluster\/|ebs\.csi\.aws\.com\/|CSIVolumeName$|AmazonECSManaged$|AmazonECSCreated$|rexray)/.test(
      key,
    ),
  )
}
