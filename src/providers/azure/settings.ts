import { z } from 'zod'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const subscription = z.string().regex(uuid, 'is not the id of a subscription (a UUID)')
const groupId = z
  .string()
  .regex(
    /^azure:[0-9a-f-]{36}\/[^/:]+\/vmss\/[^/:]+$/i,
    'is not the id of a scale set such as azure:7c1c5f0e-6f0d-4b8e-9a55-0f3f4f6b1d20/shop/vmss/web',
  )

/** `providers.azure` of firedrill.yaml. */
export const azureSettingsSchema = z.strictObject({
  /** Empty: AZURE_SUBSCRIPTION_ID. */
  subscriptions: z.array(subscription).default([]),
  /** The Resource Manager of another cloud, or a simulator: plain http on loopback only, and then without a token. */
  endpoint: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .default(null),
  optIn: z.array(groupId).default([]),
  optOut: z.array(groupId).default([]),
})

export type AzureSettings = z.infer<typeof azureSettingsSchema>
