import { z } from 'zod'
import { fingerprintKinds } from '../fingerprints/registry.ts'
import { guardKinds } from '../guards/registry.ts'
import { probeKinds } from '../probes/registry.ts'
import { awsGuardSettings } from '../providers/aws/guard-settings.ts'
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
    schedule: schemaOf(scheduleSchema.extend(checks()), 'A schedule of Firedrill'),
  }
}

/** With the settings of every kind, which `validate` looks up in the registries. */
function checks() {
  const guards = z.array(kindsOf({ ...settingsOf(guardKinds), ...awsGuardSettings }))
  return {
    guards: z.union([z.literal('none'), guards]).optional(),
    probes: z.array(kindsOf(settingsOf(probeKinds))).optional(),
    fingerprint: kindsOf(settingsOf(fingerprintKinds)).optional(),
  }
}

type Settings = Readonly<Record<string, z.ZodType>>

function settingsOf(kinds: Readonly<Record<string, { readonly schema: z.ZodType }>>): Settings {
  return Object.fromEntries(Object.entries(kinds).map(([name, { schema }]) => [name, schema]))
}

function kindsOf(settings: Settings): z.ZodType {
  return z.union(Object.entries(settings).map(([name, schema]) => z.strictObject({ [name]: schema })))
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
