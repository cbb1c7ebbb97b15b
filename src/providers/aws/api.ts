import type {
  DescribeAutoScalingGroupsCommandInput,
  DescribeAutoScalingGroupsCommandOutput,
  DescribeInstanceRefreshesCommandInput,
  DescribeInstanceRefreshesCommandOutput,
  DescribeLaunchConfigurationsCommandInput,
  DescribeLaunchConfigurationsCommandOutput,
  DescribeLifecycleHooksCommandInput,
  DescribeLifecycleHooksCommandOutput,
  DescribeScalingActivitiesCommandInput,
  DescribeScalingActivitiesCommandOutput,
  DescribeWarmPoolCommandInput,
  DescribeWarmPoolCommandOutput,
} from '@aws-sdk/client-auto-scaling'
import type {
  DescribeAlarmsCommandInput,
  DescribeAlarmsCommandOutput,
  ListTagsForResourceCommandInput,
  ListTagsForResourceCommandOutput,
} from '@aws-sdk/client-cloudwatch'
import type {
  DescribeImagesCommandInput,
  DescribeImagesCommandOutput,
  DescribeInstanceAttributeCommandInput,
  DescribeInstanceAttributeCommandOutput,
  DescribeInstanceCreditSpecificationsCommandInput,
  DescribeInstanceCreditSpecificationsCommandOutput,
  DescribeInstanceStatusCommandInput,
  DescribeInstanceStatusCommandOutput,
  DescribeInstancesCommandInput,
  DescribeInstancesCommandOutput,
  DescribeKeyPairsCommandInput,
  DescribeKeyPairsCommandOutput,
  DescribeLaunchTemplatesCommandInput,
  DescribeLaunchTemplatesCommandOutput,
  DescribeLaunchTemplateVersionsCommandInput,
  DescribeLaunchTemplateVersionsCommandOutput,
  DescribeSecurityGroupsCommandInput,
  DescribeSecurityGroupsCommandOutput,
  DescribeSubnetsCommandInput,
  DescribeSubnetsCommandOutput,
  DescribeVolumesCommandInput,
  DescribeVolumesCommandOutput,
} from '@aws-sdk/client-ec2'
import type { DescribeTargetHealthCommandInput, DescribeTargetHealthCommandOutput } from '@aws-sdk/client-elastic-load-balancing-v2'
import type {
  GetInstanceProfileCommandInput,
  GetInstanceProfileCommandOutput,
  ListInstanceProfilesCommandInput,
  ListInstanceProfilesCommandOutput,
} from '@aws-sdk/client-iam'
import type { DrillId } from '../../domain/drill.ts'
import type { InstanceId, ScopeId } from '../../domain/group.ts'
import type { StrikeMethod } from '../../domain/schedule.ts'
import type { Milliseconds } from '../../domain/time.ts'

/** One read of one page. Throws only ProviderError, or the signal's reason. Throttling and 5xx have been retried. */
export type Read<Input, Output> = (input: Input, signal: AbortSignal) => Promise<Output>

/** One strike. `mayStillSend` is asked when the request is signed and about to leave; where it says no, it does not. */
export interface Strike {
  readonly drill: DrillId
  readonly instance: InstanceId
  readonly method: StrikeMethod
  readonly mayStillSend: () => boolean
}

/** The operations of one account and region that this adapter reads with; client.ts is the one that makes it. */
export interface AwsApi {
  readonly scope: ScopeId
  readonly describeAutoScalingGroups: Read<DescribeAutoScalingGroupsCommandInput, DescribeAutoScalingGroupsCommandOutput>
  readonly describeInstanceRefreshes: Read<DescribeInstanceRefreshesCommandInput, DescribeInstanceRefreshesCommandOutput>
  readonly describeLaunchConfigurations: Read<DescribeLaunchConfigurationsCommandInput, DescribeLaunchConfigurationsCommandOutput>
  readonly describeLifecycleHooks: Read<DescribeLifecycleHooksCommandInput, DescribeLifecycleHooksCommandOutput>
  readonly describeScalingActivities: Read<DescribeScalingActivitiesCommandInput, DescribeScalingActivitiesCommandOutput>
  readonly describeWarmPool: Read<DescribeWarmPoolCommandInput, DescribeWarmPoolCommandOutput>
  readonly describeImages: Read<DescribeImagesCommandInput, DescribeImagesCommandOutput>
  readonly describeInstanceAttribute: Read<DescribeInstanceAttributeCommandInput, DescribeInstanceAttributeCommandOutput>
  readonly describeInstanceCreditSpecifications: Read<
    DescribeInstanceCreditSpecificationsCommandInput,
    DescribeInstanceCreditSpecificationsCommandOutput
  >
  readonly describeInstances: Read<DescribeInstancesCommandInput, DescribeInstancesCommandOutput>
  readonly describeInstanceStatus: Read<DescribeInstanceStatusCommandInput, DescribeInstanceStatusCommandOutput>
  readonly describeKeyPairs: Read<DescribeKeyPairsCommandInput, DescribeKeyPairsCommandOutput>
  readonly describeLaunchTemplates: Read<DescribeLaunchTemplatesCommandInput, DescribeLaunchTemplatesCommandOutput>
  readonly describeLaunchTemplateVersions: Read<DescribeLaunchTemplateVersionsCommandInput, DescribeLaunchTemplateVersionsCommandOutput>
  readonly describeSecurityGroups: Read<DescribeSecurityGroupsCommandInput, DescribeSecurityGroupsCommandOutput>
  readonly describeSubnets: Read<DescribeSubnetsCommandInput, DescribeSubnetsCommandOutput>
  readonly describeVolumes: Read<DescribeVolumesCommandInput, DescribeVolumesCommandOutput>
  readonly describeTargetHealth: Read<DescribeTargetHealthCommandInput, DescribeTargetHealthCommandOutput>
  readonly getInstanceProfile: Read<GetInstanceProfileCommandInput, GetInstanceProfileCommandOutput>
  readonly listInstanceProfiles: Read<ListInstanceProfilesCommandInput, ListInstanceProfilesCommandOutput>
  readonly describeAlarms: Read<DescribeAlarmsCommandInput, DescribeAlarmsCommandOutput>
  readonly listAlarmTags: Read<ListTagsForResourceCommandInput, ListTagsForResourceCommandOutput>
  /**
   * Sends the one write of this adapter, once and never again. Resolves with the id of the scaling activity
   * (retire) or null (crash).
   */
  strike(strike: Strike, signal: AbortSignal): Promise<string | null>
  /** Our clock minus AWS's, from the Date header of the latest answer; null before there was one. */
  clockSkew(): Milliseconds | null
}
