import { z } from 'zod'

/** The vocabulary that all clouds of a world share. */
interface Words<Trait extends z.ZodType, Times extends z.ZodType, Duration extends z.ZodType> {
  readonly trait: Trait
  readonly times: Times
  readonly duration: Duration
}

const falls = z.enum(['falls', 'stays'])

/** What stands under `azure` in a world file. Handed the shared words, because the world's own schema holds this one. */
export function azureSchema<Trait extends z.ZodType, Times extends z.ZodType, Duration extends z.ZodType>(
  words: Words<Trait, Times, Duration>,
) {
  const group = z.strictObject({
    name: z.string().regex(/^[a-zA-Z0-9][\w-]{0,62}$/, 'must be a name of letters, digits, "-" and "_"'),
    subscription: z.uuid().optional(),
    resourceGroup: z.string().default('shop'),
    mode: z.enum(['uniform', 'flexible']).default('uniform'),
    size: z.number().int().min(0).default(3),
    /** False: no tag. A string is the tag's value. */
    optIn: z.union([z.boolean(), z.string()]).default(true),
    tags: z.record(z.string(), z.string()).default({}),
    image: z.enum(['gallery', 'community', 'shared', 'managed', 'marketplace']).default('gallery'),
    /** Where its gallery stands, if that is another of the world's subscriptions. */
    gallerySubscription: z.uuid().optional(),
    /** `latest` is resolved at every launch; `fixed` names one version. */
    version: z.enum(['latest', 'fixed']).default('latest'),
    type: z.string().default('Standard_D2s_v5'),
    priority: z.enum(['Regular', 'Spot']).default('Regular'),
    health: z.enum(['extension', 'rich', 'probe', 'none']).default('extension'),
    upgrade: z.enum(['Manual', 'Automatic', 'Rolling']).default('Manual'),
    repairs: z.boolean().default(false),
    /** False: a flexible set without a scaling profile. */
    profile: z.boolean().default(true),
    times: words.times,
    /** Of the members at the start. */
    age: words.duration,
    capacityOnDelete: z.strictObject({ set: falls.optional(), machine: falls.optional() }).default({}),
    scaling: z.enum(['absolute', 'difference']).optional(),
    failedStays: z.boolean().default(true),
    traits: z.array(words.trait).default([]),
  })
  return z.strictObject({
    subscriptions: z
      .array(z.strictObject({ id: z.uuid(), location: z.string().default('westeurope') }))
      .min(1)
      .default([{ id: '7c1c5f0e-6f0d-4b8e-9a55-0f3f4f6b1d20', location: 'westeurope' }]),
    groups: z.array(group).default([]),
  })
}
