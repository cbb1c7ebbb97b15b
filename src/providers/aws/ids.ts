import type { GroupId, ScopeId } from '../../domain/group.ts'

export interface AwsScope {
  readonly account: string
  readonly region: string
}

export function scopeId(scope: AwsScope): ScopeId {
  return `aws:${scope.account}/${scope.region}`
}

export function groupId(scope: ScopeId, name: string): GroupId {
  return `${scope}/asg/${name}`
}

/** The name of a group of this scope, or null where the id belongs elsewhere. Names may contain slashes, never colons. */
export function groupName(scope: ScopeId, group: GroupId): string | null {
  const prefix = `${scope}/asg/`
  return group.startsWith(prefix) && group.length > prefix.length ? group.slice(prefix.length) : null
}

/** `arn:aws:iam::123456789012:role/firedrill` → `123456789012`. */
export function accountOfArn(arn: string): string {
  return arn.split(':')[4] ?? ''
}

/** The unique part of a group's ARN: made again under the same name, a group has another. */
export function incarnationOf(group: { AutoScalingGroupARN?: string | undefined; CreatedTime?: Date | undefined }): string {
  const unique = group.AutoScalingGroupARN?.split(':autoScalingGroup:')[1]?.split(':')[0]
  return unique || group.CreatedTime?.toISOString() || 'unknown'
}
