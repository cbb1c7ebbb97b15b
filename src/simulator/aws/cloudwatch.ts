import type { Alarm } from '../world/model.ts'
import { ApiError } from './api-error.ts'
import { type Call, type Operations, reads, writes } from './call.ts'
import { paginate } from './pages.ts'
import type { Result } from './render.ts'

export const cloudwatch: Operations = {
  DescribeAlarms: reads(describeAlarms),
  ListTagsForResource: reads(({ region, input }) => {
    const arn = input.required('ResourceARN')
    const alarm = [...region.alarms.values()].find(one => one.arn === arn)
    if (alarm === undefined) throw new ApiError('ResourceNotFoundException', `${arn} does not exist`, 404)
    return { Tags: Object.entries(alarm.tags).map(([Key, Value]) => ({ Key, Value })) }
  }),
  SetAlarmState: writes(({ world, region, input }) => {
    const name = input.required('AlarmName')
    const state = input.required('StateValue')
    const alarm = region.alarms.get(name)
    if (alarm === undefined) throw new ApiError('ResourceNotFound', 'Alarm not found', 404)
    if (state !== 'OK' && state !== 'ALARM' && state !== 'INSUFFICIENT_DATA')
      throw new ApiError('ValidationError', `${state} is not a state of an alarm`)
    alarm.state = state
    alarm.stateReason = input.required('StateReason')
    alarm.updatedAt = world.time
    return {}
  }),
}

function describeAlarms(call: Call): Result {
  const { region, input } = call
  const names = input.list('AlarmNames')
  const types = input.list('AlarmTypes')
  const prefix = input.text('AlarmNamePrefix')
  const state = input.text('StateValue')
  if (names.length > 0 && prefix !== undefined)
    throw new ApiError('ValidationError', 'AlarmNamePrefix and AlarmNames cannot be specified at the same time')
  // Without AlarmTypes only metric alarms are told, even where a composite one is named.
  const composite = types.includes('CompositeAlarm')
  const metric = types.length === 0 || types.includes('MetricAlarm')
  const found = [...region.alarms.values()].filter(
    alarm =>
      (names.length === 0 || names.includes(alarm.name)) &&
      (prefix === undefined || alarm.name.startsWith(prefix)) &&
      (state === undefined || alarm.state === state) &&
      (alarm.composite ? composite : metric),
  )
  const { items, token } = paginate(call, found, {
    key: alarm => alarm.name,
    defaultSize: 50,
    maximum: 100,
    sizeParameter: 'MaxRecords',
    invalidToken: () => new ApiError('InvalidNextToken', 'The next token specified is invalid.'),
  })
  return {
    MetricAlarms: items.filter(alarm => !alarm.composite).map(metricAlarm),
    CompositeAlarms: items.filter(alarm => alarm.composite).map(compositeAlarm),
    NextToken: token,
  }
}

function compositeAlarm(alarm: Alarm): Result {
  return {
    AlarmName: alarm.name,
    AlarmArn: alarm.arn,
    ActionsEnabled: true,
    StateValue: alarm.state,
    StateReason: alarm.stateReason,
    StateUpdatedTimestamp: new Date(alarm.updatedAt),
    AlarmRule: `ALARM("${alarm.name}-part")`,
  }
}

function metricAlarm(alarm: Alarm): Result {
  return {
    AlarmName: alarm.name,
    AlarmArn: alarm.arn,
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.updatedAt),
    ActionsEnabled: true,
    OKActions: [],
    AlarmActions: [],
    InsufficientDataActions: [],
    StateValue: alarm.state,
    StateReason: alarm.stateReason,
    StateUpdatedTimestamp: new Date(alarm.updatedAt),
    MetricName: alarm.metric,
    Namespace: alarm.namespace,
    Statistic: 'Sum',
    Dimensions: [],
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: alarm.threshold,
    ComparisonOperator: 'GreaterThanThreshold',
  }
}
