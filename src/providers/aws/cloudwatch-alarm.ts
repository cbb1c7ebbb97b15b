import type { ScopeId } from '../../domain/group.ts'
import type { Guard, GuardAnswer } from '../../guards/guard.ts'
import { collect } from '../shared/paging.ts'
import type { AwsApi } from './api.ts'
import { type AlarmSettings, storedAlarmSettings } from './guard-settings.ts'

interface Alarm {
  readonly name: string
  readonly arn: string
  /** Undefined where AWS did not say. */
  readonly state: string | undefined
  readonly reason: string
}

type CloudWatch = Pick<AwsApi, 'describeAlarms' | 'listAlarmTags'>

/** Reason and names as they are kept: a provider's texts can be long. */
const LONGEST = 300
const MOST_KEPT = 20

/** Every alarm that is meant must be OK: ALARM, INSUFFICIENT_DATA, an alarm that is missing and no alarm at all refuse. */
export function cloudwatchAlarmGuard(written: Readonly<Record<string, unknown>>, apiOf: (scope: ScopeId) => CloudWatch | null): Guard {
  const settings = storedAlarmSettings.parse(written)
  return {
    name: 'cloudwatch-alarm',
    concerns: ({ group }) => settings.scope ?? group.scope,
    async ask({ group }, signal) {
      const scope = settings.scope ?? group.scope
      const api = apiOf(scope)
      if (api === null) return refusal(`${scope} is no configured scope of AWS: write scope: aws:<account>/<region>`, [])
      const alarms = await meant(api, settings, signal)
      return judge(alarms, settings)
    },
  }
}

function judge(alarms: readonly Alarm[], { names = [] }: AlarmSettings): GuardAnswer {
  const missing = names.filter(name => !alarms.some(alarm => alarm.name === name))
  if (missing.length > 0) return refusal(`there is no alarm ${missing.join(', ').slice(0, LONGEST)}`, alarms)
  if (alarms.length === 0) return refusal('no alarm is meant by this guard, so it guards nothing', alarms)
  const red = alarms.filter(({ state }) => state !== 'OK')
  const [first] = red
  if (first === undefined)
    return { proceed: true, reason: alarms.length === 1 ? 'the alarm is OK' : 'all alarms are OK', evidence: evidence(alarms) }
  const more = red.length > 1 ? ` (+${red.length - 1} more)` : ''
  return refusal(`the alarm ${first.name.slice(0, LONGEST)} is in ${first.state ?? 'an unknown state'}${more}`, red)
}

function refusal(reason: string, alarms: readonly Alarm[]): GuardAnswer {
  return { proceed: false, reason, evidence: evidence(alarms) }
}

function evidence(alarms: readonly Alarm[]): GuardAnswer['evidence'] {
  const kept = alarms.slice(0, MOST_KEPT).map(({ name, state, reason }) => {
    return { name: name.slice(0, LONGEST), state: state ?? null, reason: reason.slice(0, LONGEST) }
  })
  return { count: alarms.length, alarms: kept }
}

function meant(api: CloudWatch, { names, prefix, tags }: AlarmSettings, signal: AbortSignal): Promise<readonly Alarm[]> {
  if (tags !== undefined) return tagged(api, tags, signal)
  return alarmsOf(api, names === undefined ? { AlarmNamePrefix: prefix } : { AlarmNames: [...names] }, signal)
}

/**
 * DescribeAlarms cannot filter by tag, and each alarm's tags are a call of their own. So the tags of all alarms that are
 * not OK are read, and of the others only until one is found that is meant: that there is one must be known.
 */
async function tagged(api: CloudWatch, tags: Readonly<Record<string, string>>, signal: AbortSignal): Promise<readonly Alarm[]> {
  const alarms = await alarmsOf(api, {}, signal)
  const [fine, red] = [true, false].map(isFine => alarms.filter(({ state }) => (state === 'OK') === isFine))
  const found: Alarm[] = []
  for (const alarm of red ?? []) if (await carries(api, alarm, { tags, signal })) found.push(alarm)
  if (found.length > 0) return found
  for (const alarm of fine ?? []) if (await carries(api, alarm, { tags, signal })) return [alarm]
  return []
}

async function carries(
  api: CloudWatch,
  { arn }: Alarm,
  { tags, signal }: { readonly tags: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): Promise<boolean> {
  const { Tags = [] } = await api.listAlarmTags({ ResourceARN: arn }, signal)
  return Object.entries(tags).every(([key, value]) => Tags.some(tag => tag.Key === key && tag.Value === value))
}

/** Without AlarmTypes the API leaves composite alarms out, even those that are named. */
function alarmsOf(
  api: CloudWatch,
  filter: { readonly AlarmNames?: string[]; readonly AlarmNamePrefix?: string | undefined },
  signal: AbortSignal,
): Promise<Alarm[]> {
  return collect(async token => {
    const input = { ...filter, AlarmTypes: ['MetricAlarm' as const, 'CompositeAlarm' as const], MaxRecords: 100, NextToken: token }
    const { MetricAlarms = [], CompositeAlarms = [], LogAlarms = [], NextToken } = await api.describeAlarms(input, signal)
    const items = [...MetricAlarms, ...CompositeAlarms, ...LogAlarms].map(alarm => ({
      name: alarm.AlarmName ?? '',
      arn: alarm.AlarmArn ?? '',
      state: alarm.StateValue,
      reason: alarm.StateReason ?? '',
    }))
    return { items, next: NextToken }
  })
}
