import { z } from 'zod'

const region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d+$/, 'is not an AWS region such as eu-west-1')
const roleArn = z
  .string()
  .regex(/^arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'is not the ARN of a role such as arn:aws:iam::123456789012:role/firedrill')
const groupId = z
  .string()
  .regex(/^aws:\d{12}\/[a-z0-9-]+\/asg\/[^:]+$/, 'is not the id of an Auto Scaling group such as aws:123456789012/eu-west-1/asg/web')
const account = z.strictObject({
  roleArn,
  externalId: z.string().min(2).max(1224).optional(),
})

/** `providers.aws` of firedrill.yaml. */
export const awsSettingsSchema = z
  .strictObject({
    /** Empty: AWS_REGION or AWS_DEFAULT_REGION. */
    regions: z.array(region).default([]),
    /** Other accounts, through a role; added to the account of the own credentials. */
    accounts: z.array(account).default([]),
    /** False: the account of the own credentials is only used to assume roles. */
    self: z.boolean().default(true),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .nullable()
      .default(null),
    optIn: z.array(groupId).default([]),
    optOut: z.array(groupId).default([]),
  })
  .refine(settings => settings.self || settings.accounts.length > 0, {
    path: ['accounts'],
    message: 'with `self: false` at least one account must be named',
  })

export type AwsSettings = z.infer<typeof awsSettingsSchema>
