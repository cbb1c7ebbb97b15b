import { z } from 'zod'
import { awsSettingsSchema } from '../providers/aws/settings.ts'
import { azureSettingsSchema } from '../providers/azure/settings.ts'
import { gcpSettingsSchema } from '../providers/gcp/settings.ts'
import { swarmSettingsSchema } from '../providers/swarm/settings.ts'
import { installationSchema } from './installation-schema.ts'
import { phraseOf } from './phrases.ts'
import { scheduleSchema } from './schedule-schema.ts'

/** JSON Schemas of both kinds of file, for editors; docs/ holds them as files. What they cannot say, `validate` does. */
export function jsonSchemas(): { readonly firedrill: object; readonly schedule: object } {
  const providers = z.strictObject({
    aws: awsSettingsSchema.optional(),
    azure: azureSettingsSchema.optional(),
    gcp: gcpSettingsSchema.optional(),
    swarm: swarmSettingsSchema.optional(),
  })
  return {
    firedrill: schemaOf(z.strictObject({ ...installationSchema.shape, providers: providers.optional() }), 'firedrill.yaml'),
    schedule: schemaOf(scheduleSchema, 'A schedule of Firedrill'),
  }
}

function schemaOf(schema: z.ZodType, title: string): object {
  const json = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-2020-12',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      // Defaults are in the inner form (milliseconds, shares), which nobody may write.
      delete jsonSchema.default
      const phrase = phraseOf(zodSchema as unknown as z.ZodType)
      if (phrase !== null && jsonSchema.description === undefined)
        jsonSchema.description = `${phrase.what}${phrase.example === null ? '' : `, such as ${phrase.example}`}`
    },
  })
  return { ...json, title }
}
