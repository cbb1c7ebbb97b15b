import { z } from 'zod'
import { globs, wholeNumber } from './fields.ts'
import { isLoopbackUrl } from './loopback.ts'
import { notifySchema, ownersSchema } from './notify-schema.ts'
import { called } from './phrases.ts'
import { webSchema } from './web-schema.ts'

const ledger = called(
  z.string().refine(text => text === 'embedded' || hasProtocol(text, ['postgres:', 'postgresql:'])),
  'embedded, or the URL of a PostgreSQL database',
  'postgres://firedrill@db.internal/firedrill',
)

const queue = called(
  z.string().refine(text => text === 'embedded' || hasProtocol(text, ['redis:', 'rediss:', 'postgres:', 'postgresql:'])),
  'embedded, or a URL of Redis or PostgreSQL',
  'redis://redis.internal:6379',
)

const folder = (example: string) => called(z.string().min(1), 'a folder', example)

/** Of all schedules together; what is left out is limited by each schedule alone. */
const limits = z.strictObject({ concurrent: wholeNumber(1, '5').optional(), strikesPerDay: wholeNumber(1, '20').optional() })

/** firedrill.yaml without what belongs to each provider, which brings a schema of its own. */
export const installationSchema = z.strictObject({
  ledger: ledger.default('embedded'),
  queue: queue.default('embedded'),
  dataDir: folder('.firedrill').default('.firedrill'),
  schedules: folder('schedules/').default('schedules/'),
  never: globs('*-prod-db').default([]),
  limits: limits.prefault({}),
  providers: called(z.record(z.string(), z.unknown()), 'a map of providers', '{ aws: { regions: [eu-west-1] } }').default({}),
  owners: ownersSchema.default({}),
  notify: notifySchema.prefault({}),
  web: webSchema.prefault({}),
})

export type WrittenInstallation = z.output<typeof installationSchema>

/** What is wrong with a provider's endpoint, or null: unencrypted calls carry credentials only to this machine itself. */
export function wrongEndpoint(text: string): string | null {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return 'must be an https address, or http on loopback'
  if (url.protocol === 'http:' && !isLoopbackUrl(text)) return 'is plain http, which is allowed on loopback only'
  return null
}

function hasProtocol(text: string, protocols: readonly string[]): boolean {
  const url = URL.parse(text)
  return url !== null && protocols.includes(url.protocol) && url.host !== ''
}
