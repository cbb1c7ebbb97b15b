import { z } from 'zod'
import { duration } from '../../config/fields.ts'
import { called } from '../../config/phrases.ts'

const scope = called(z.string().regex(/^aws:\d{12}\/[a-z0-9-]+$/), 'a scope', 'aws:123456789012/eu-west-1')
const name = called(z.string().min(1).max(255), 'the name of an alarm', '"web-5xx"')

/** `cloudwatch-alarm`: which alarms must be OK. By default those of the account and region that the group is in. */
const cloudwatchAlarm = z
  .strictObject({
    names: called(z.array(name).min(1).max(100), 'a list of at most 100 alarms', '[web-5xx]').optional(),
    prefix: called(z.string().min(1).max(255), 'how the names of alarms begin', 'web-').optional(),
    tags: called(z.record(z.string().min(1), z.string()), 'a map of tags', '{ firedrill-guard: "yes" }').optional(),
    scope: scope.optional(),
    timeout: duration('20s', 1).default(20_000),
  })
  .superRefine(({ names, prefix, tags }, context) => {
    const ways = [names, prefix, tags].filter(way => way !== undefined).length
    const isEmpty = tags !== undefined && Object.keys(tags).length === 0
    if (ways !== 1 || isEmpty)
      context.addIssue({
        code: 'custom',
        message: 'alarms are chosen in exactly one way: by names, prefix or tags',
        params: { suggestion: 'Write for example names: [web-5xx].' },
      })
  })

export const awsGuardSettings: Readonly<Record<string, z.ZodType<Readonly<Record<string, unknown>>>>> = {
  'cloudwatch-alarm': cloudwatchAlarm,
}

/** What this guard asks CloudWatch: no alarm's tags are read unless they choose. */
export function alarmOperations(settings: Readonly<Record<string, unknown>>): readonly string[] {
  return storedAlarmSettings.parse(settings).tags === undefined ? ['DescribeAlarms'] : ['DescribeAlarms', 'ListTagsForResource']
}

/** After a stay in the ledger. */
export const storedAlarmSettings = z.object({
  names: z.array(z.string()).optional(),
  prefix: z.string().optional(),
  tags: z.record(z.string(), z.string()).optional(),
  scope: z.string().optional(),
})

export type AlarmSettings = z.output<typeof storedAlarmSettings>
