import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling'
import type { AwsApi } from '../../../src/providers/aws/api.ts'
import { ScopeMemory } from '../../../src/providers/aws/memory.ts'
import type { ScopeContext } from '../../../src/providers/aws/observe.ts'

export const SCOPE = 'aws:123456789012/eu-west-1'
export const NOW = Temporal.Instant.from('2026-03-02T10:00:00Z')

type Answers = { readonly [Operation in keyof AwsApi]?: AwsApi[Operation] }

/** Answers with nothing where nothing else is said, and counts every call. */
function fakeApi(answers: Answers = {}): { api: AwsApi; calls: Record<string, unknown[]> } {
  const calls: Record<string, unknown[]> = {}
  const api = new Proxy({} as AwsApi, {
    ownKeys: () => Object.keys(answers),
    get(_target, operation: string) {
      if (operation === 'scope') return SCOPE
      if (operation === 'clockSkew') return answers.clockSkew ?? (() => null)
      return (input: unknown, signal: AbortSignal) => {
        calls[operation] = [...(calls[operation] ?? []), input]
        const answer = answers[operation as keyof Answers] as ((input: unknown, signal: AbortSignal) => Promise<unknown>) | undefined
        return answer === undefined ? Promise.resolve({}) : answer(input, signal)
      }
    },
  })
  return { api, calls }
}

export interface TestContext extends ScopeContext {
  readonly calls: Record<string, unknown[]>
  /** Moves both clocks. */
  pass(milliseconds: number): void
  count(operation: string): number
}

export function testContext(answers: Answers = {}, named: readonly string[] = []): TestContext {
  const { api, calls } = fakeApi(answers)
  let passed = 0
  return {
    scope: SCOPE,
    api,
    shared: api,
    memory: new ScopeMemory(),
    clock: { now: () => NOW.add({ milliseconds: passed }), monotonic: () => passed, sleep: async () => {} },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    optInById: group => (named.includes(group) ? 'in' : null),
    named,
    calls,
    pass(milliseconds) {
      passed += milliseconds
    },
    count: operation => calls[operation]?.length ?? 0,
  }
}

/** The least that DescribeAutoScalingGroups must say of a group. */
export function asg(name: string, more: Partial<AutoScalingGroup> = {}): AutoScalingGroup {
  return {
    AutoScalingGroupName: name,
    MinSize: 1,
    MaxSize: 4,
    DesiredCapacity: 2,
    DefaultCooldown: 300,
    AvailabilityZones: ['eu-west-1a'],
    HealthCheckType: 'EC2',
    CreatedTime: new Date('2026-01-01T00:00:00Z'),
    ...more,
  }
}

export function member(id: string, more: Partial<NonNullable<AutoScalingGroup['Instances']>[number]> = {}) {
  return {
    InstanceId: id,
    AvailabilityZone: 'eu-west-1a',
    LifecycleState: 'InService' as const,
    HealthStatus: 'Healthy',
    ProtectedFromScaleIn: false,
    LaunchTemplate: { LaunchTemplateId: 'lt-0a1', LaunchTemplateName: 'web', Version: '7' },
    ...more,
  }
}

export const never = new AbortController().signal
