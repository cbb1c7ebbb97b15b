import { z } from 'zod'
import { noticeKinds } from '../domain/notice.ts'
import { headers } from '../outside/fields.ts'
import { isMetadataAddress } from '../outside/metadata-address.ts'
import { secretReference } from '../outside/secrets.ts'
import { forbiddenHost, wrongUrl } from '../outside/url-template.ts'
import { duration, weekday, yesOrNo } from './fields.ts'
import { isLoopbackUrl } from './loopback.ts'
import { called } from './phrases.ts'
import { isTimeZone } from './timezone.ts'

const MINUTE = 60_000

const targetName = called(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/), 'the name of a target', 'payments-slack')

const kind = z.enum(noticeKinds)
const on = called(z.array(kind).min(1), 'a list of what is told', '[snowflake, inconclusive, wounded]').optional()

/** A target by its name, or with what it wants to hear. */
const listener = called(
  z.union([
    targetName.transform(target => ({ target, on: null })),
    z.strictObject({ target: targetName, on }).transform(one => ({ target: one.target, on: one.on ?? null })),
  ]),
  'the name of a target, or a map of target and on',
  '{ target: payments-slack, on: [snowflake] }',
)
const listeners = called(z.array(listener), 'a list of targets', '[payments-slack]')

/** `notify:` of a schedule: a list, or a map where strikes are announced. */
export const scheduleNotify = called(
  z.union([
    z
      .strictObject({
        before: called(duration('15m', MINUTE).pipe(z.number().max(12 * 60 * MINUTE)), 'a duration from 1m to 12h', '15m').optional(),
        to: listeners.default([]),
      })
      .transform(({ before, to }) => ({ before: before ?? null, to })),
    z.array(listener).transform(to => ({ before: null, to })),
  ]),
  'a list of targets, or a map of before and to',
  '{ before: 15m, to: [payments-slack] }',
)

/** Contacts that people read, and `notify:` for the targets that are told. */
export const ownersSchema = called(
  z.record(
    z.string(),
    called(
      z.object({ notify: listeners.default([]) }).catchall(called(z.string().min(1), 'a text', '"#payments"')),
      'a map of contacts',
      '{ slack: "#payments", notify: [payments-slack] }',
    ),
  ),
  'a map of owners',
  '{ payments: { slack: "#payments", notify: [payments-slack] } }',
)

const webhookUrl = z.string().transform((text, context) => {
  const host = forbiddenHost(text) ? 'url must not point at a link-local or metadata address' : null
  const plain = text.startsWith('http:') && !isLoopbackUrl(text) ? 'url must be https, or http on loopback' : null
  const problem = wrongUrl(text, { placeholders: false }) ?? host ?? plain
  if (problem === null) return text
  context.issues.push({ code: 'custom', message: problem, input: text })
  return z.NEVER
})

const slack = z.strictObject({ url: secretReference })
const webhook = z.strictObject({ url: webhookUrl, secret: secretReference.optional(), headers })
const address = called(z.email(), 'an e-mail address', '"sre@example.org"')
const email = z.strictObject({ to: called(z.array(address).min(1), 'a list of e-mail addresses', '["sre@example.org"]') })

/** One way to reach somebody. */
const target = called(
  z.strictObject({ slack: slack.optional(), webhook: webhook.optional(), email: email.optional() }).transform((written, context) => {
    const ways = Object.entries(written).filter(([, settings]) => settings !== undefined)
    const { slack: toSlack, webhook: toWebhook, email: toEmail } = written
    if (ways.length === 1) {
      if (toSlack !== undefined) return { kind: 'slack', ...toSlack } as const
      if (toWebhook !== undefined) return { kind: 'webhook', ...toWebhook } as const
      if (toEmail !== undefined) return { kind: 'email', ...toEmail } as const
    }
    context.issues.push({ code: 'custom', message: 'a target is one of slack, webhook and email', input: written })
    return z.NEVER
  }),
  'a map with one of slack, webhook and email',
  '{ slack: { url: { env: SLACK_WEBHOOK } } }',
)

const smtp = z
  .strictObject({
    host: called(
      z
        .string()
        .regex(/^[A-Za-z0-9.:_-]+$/)
        .refine(host => !isMetadataAddress(host)),
      'the name of a mail server',
      'smtp.example.org',
    ),
    port: called(z.int().min(1).max(65535), 'a port', '587').default(587),
    tls: called(z.enum(['starttls', 'implicit', 'none']), 'starttls, implicit or none').default('starttls'),
    from: address,
    user: called(z.string().min(1), 'a user', 'firedrill').optional(),
    password: secretReference.optional(),
    allowSelfSigned: yesOrNo.default(false),
  })
  .superRefine(({ host, tls, user, password }, context) => {
    if ((user === undefined) !== (password === undefined))
      context.addIssue({ code: 'custom', message: 'user and password are given together or not at all', path: ['user'] })
    if (tls === 'none' && password !== undefined && !isLoopbackUrl(`http://${host.includes(':') ? `[${host}]` : host}`))
      context.addIssue({ code: 'custom', message: 'a password is not sent without TLS', path: ['tls'] })
  })

const digest = z.strictObject({
  to: called(z.array(targetName).min(1), 'a list of targets', '[payments-slack]'),
  day: weekday.default(1),
  at: called(z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/), 'a time of day', '"09:00"').default('09:00'),
  timezone: called(z.string().refine(isTimeZone), 'a time zone', 'Europe/Berlin').default('UTC'),
})

export const notifySchema = z.strictObject({
  targets: called(
    z.record(targetName, target),
    'a map of targets',
    '{ payments-slack: { slack: { url: { env: SLACK_WEBHOOK } } } }',
  ).default({}),
  smtp: smtp.optional(),
  digest: digest.optional(),
})

export type WrittenListener = z.output<typeof listener>
