import { z } from 'zod'

const project = z
  .string()
  .regex(/^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'is not the id of a Google Cloud project such as my-project (not its number)')
const groupId = z
  .string()
  .regex(
    /^gcp:[^/]+\/[a-z]+-[a-z]+\d+(-[a-z])?\/mig\/[a-z]([-a-z0-9]*[a-z0-9])?$/,
    'is not the id of a managed instance group such as gcp:my-project/europe-west1/mig/web',
  )

/** `providers.gcp` of firedrill.yaml. */
export const gcpSettingsSchema = z.strictObject({
  /** Empty: GOOGLE_CLOUD_PROJECT. */
  projects: z.array(project).default([]),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .default(null),
  optIn: z.array(groupId).default([]),
  optOut: z.array(groupId).default([]),
})

export type GcpSettings = z.infer<typeof gcpSettingsSchema>
