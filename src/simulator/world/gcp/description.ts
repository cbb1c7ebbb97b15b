import { z } from 'zod'

/** The vocabulary that all clouds of a world share; description.ts hands it in. */
interface Shared<Trait extends z.ZodType, Times extends z.ZodObject, Duration extends z.ZodType> {
  readonly trait: Trait
  readonly times: Times
  readonly duration: Duration
}

const ZONE = /^[a-z]+-[a-z]+\d+-[a-z]$/
const REGION = /^[a-z]+-[a-z]+\d+$/

/** What stands under `gcp:` in a world: projects and their managed instance groups. */
export function gcpSchema<Trait extends z.ZodType, Times extends z.ZodObject, Duration extends z.ZodType>({
  trait,
  times,
  duration,
}: Shared<Trait, Times, Duration>) {
  const project = z.string().regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'must be a project id such as my-project')
  const group = z
    .strictObject({
      name: z
        .string()
        .regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/, 'must be a name of lower-case letters, digits and hyphens')
        .max(58),
      project: project.optional(),
      /** Zonal, unless `region` is given. */
      zone: z.string().regex(ZONE, 'must be a zone such as europe-west1-b').optional(),
      region: z.string().regex(REGION, 'must be a region such as europe-west1').optional(),
      size: z.number().int().min(0).default(3),
      /** The label `firedrill` of the templates. False: none. A string is its value. */
      optIn: z.union([z.boolean(), z.string()]).default(true),
      /** Where the opt-in label stands. */
      optInBy: z.enum(['template', 'all-instances-config']).default('template'),
      /** Labels of the templates. */
      labels: z.record(z.string(), z.string()).default({}),
      machineType: z.string().default('e2-small'),
      /** `family`: the templates name an image family. */
      image: z.enum(['image', 'family']).default('image'),
      templates: z.enum(['global', 'regional']).default('global'),
      /** A second version that one member in the group runs. */
      canary: z.boolean().default(false),
      /** A regional disk stands in two zones at once. Nobody says whether a group makes one anew or attaches the old one again. */
      bootDisk: z.enum(['zonal', 'regional', 'regional-attached-again']).default('zonal'),
      healthCheck: z.boolean().default(true),
      initialDelay: duration.default(300_000 as never),
      forceUpdateOnRepair: z.boolean().default(false),
      autoscaler: z.strictObject({ minimum: z.number().int().min(0), maximum: z.number().int().min(1) }).optional(),
      times: times.prefault({} as never),
      /** Of the members at the start. */
      age: duration.default((30 * 86_400_000) as never),
      traits: z.array(trait).default([]),
    })
    .refine(
      ({ region, bootDisk }) => region === undefined || bootDisk === 'zonal',
      'a template names the two zones of a regional disk, and members of a group in a region are in three',
    )
    .refine(({ zone, region }) => zone === undefined || region === undefined, 'a group is in a zone or in a region, not in both')
  return z.strictObject({
    projects: z
      .array(z.strictObject({ id: project }))
      .min(1)
      .default([{ id: 'simulated-project' }]),
    groups: z.array(group).default([]),
  })
}

/** Where a group without `zone` and `region` is. */
const DEFAULT_ZONE = 'europe-west1-b'

/** The zones in which a group has its members. */
export function zonesOf(group: { readonly zone?: string | undefined; readonly region?: string | undefined }): readonly string[] {
  return group.region === undefined ? [group.zone ?? DEFAULT_ZONE] : ['b', 'c', 'd'].map(letter => `${group.region}-${letter}`)
}
