import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { called, calledUnshown } from '../config/phrases.ts'
import { isTimeZone } from '../config/timezone.ts'
import { clip } from '../outside/evidence.ts'
import { allowLinkLocal, checkTimeout, headers, plainUrl, redirects, revealHeaders, storedHttpFields, token } from '../outside/fields.ts'
import { httpGet } from '../outside/http-request.ts'
import { type SecretReader, type SecretReference, secretReference, storedReference } from '../outside/secrets.ts'
import { forbiddenHost } from '../outside/url-template.ts'
import type { GuardKind } from './kind.ts'

const LARGEST_CALENDAR = 5 * 1024 * 1024

const schema = z
  .strictObject({
    file: called(z.string().min(1), 'the path of a file', 'freezes.ics').optional(),
    // Many calendars are private by an address that nobody can guess: that is a secret.
    url: calledUnshown(z.union([plainUrl, secretReference]), 'an address, or where it comes from', '{ env: CALENDAR_URL }').optional(),
    containing: called(z.array(called(z.string().min(1), 'a text', 'freeze')), 'a list of texts', '[freeze]').default([]),
    timezone: called(z.string().refine(isTimeZone), 'a time zone', 'Europe/Berlin').optional(),
    timeout: checkTimeout('20s', 20_000),
    headers,
    token,
    redirects,
    allowLinkLocal,
  })
  .superRefine(({ file, url, allowLinkLocal }, context) => {
    if ((file === undefined) === (url === undefined))
      context.addIssue({ code: 'custom', message: 'a calendar is a file or a url', params: { suggestion: 'Write file: or url:.' } })
    if (typeof url === 'string' && !allowLinkLocal && forbiddenHost(url))
      context.addIssue({ code: 'custom', message: 'url must not point at a link-local or metadata address', path: ['url'] })
  })

const stored = z.object({
  file: z.string().optional(),
  url: z.union([z.string(), storedReference]).optional(),
  containing: z.array(z.string()),
  timezone: z.string().optional(),
  redirects: z.number(),
  ...storedHttpFields,
})

type Settings = z.output<typeof stored>

/** No event of the calendar may lie in the time that the drill could take. */
export const calendarGuard: GuardKind = {
  schema,
  open(written, secrets) {
    const settings = stored.parse(written)
    return {
      name: 'calendar',
      concerns: ({ timezone, lasts }) => `${settings.timezone ?? timezone} ${lasts}`,
      async ask({ timezone, lasts }, signal) {
        const text = await read(settings, { secrets, signal })
        const { eventsBetween } = await import('./calendar-events.ts')
        const zone = settings.timezone ?? timezone
        const from = secrets.surroundings.now()
        const span = { from, to: from.add({ milliseconds: lasts }), timezone: zone }
        const events = (await eventsBetween(text, span, signal))
          .filter(({ summary }) => isMeant(summary, settings.containing))
          .map(({ summary, starts, ends }) => ({ summary, starts: momentText(starts, zone), ends: momentText(ends, zone) }))
        const [first] = events
        if (first === undefined) return { proceed: true, reason: 'no event in the time of the drill', evidence: {} }
        const reason = `"${clip(first.summary, 200)}" is in the calendar from ${first.starts} to ${first.ends}`
        return { proceed: false, reason, evidence: { events } }
      },
    }
  },
}

/** `2026-12-24T00:00+01:00` */
function momentText(moment: Temporal.Instant, zone: string): string {
  return moment.toZonedDateTimeISO(zone).toString({ smallestUnit: 'minute', timeZoneName: 'never' })
}

function isMeant(summary: string, containing: readonly string[]): boolean {
  return containing.length === 0 || containing.some(text => summary.toLowerCase().includes(text.toLowerCase()))
}

interface Reading {
  readonly secrets: SecretReader
  readonly signal: AbortSignal
}

async function read(settings: Settings, reading: Reading): Promise<string> {
  const { secrets, signal } = reading
  if (settings.file !== undefined) return readFile(resolve(secrets.surroundings.folder, settings.file), settings.file)
  const url = await addressOf(settings.url, secrets)
  const sent = { accept: 'text/calendar', ...(await revealHeaders(settings, secrets)) }
  const { redirects, allowLinkLocal } = settings
  const { status, body } = await httpGet({ url, headers: sent, redirects, allowLinkLocal, largest: LARGEST_CALENDAR }, signal)
  if (status !== 200) throw new Error(`${url.origin} answered ${status} instead of 200`)
  return body
}

async function addressOf(url: string | SecretReference | undefined, secrets: SecretReader): Promise<URL> {
  if (typeof url === 'string') return new URL(url)
  if (url === undefined) throw new Error('the calendar has neither a file nor a url')
  const address = URL.parse(await secrets.reveal(url))
  if (address === null || !['http:', 'https:'].includes(address.protocol)) throw new Error('the secret url is no http or https address')
  return address
}

async function readFile(path: string, shown: string): Promise<string> {
  const file = await open(path).catch(error => {
    throw new Error(`the calendar ${shown} cannot be read (${error instanceof Error && 'code' in error ? error.code : 'unreadable'})`)
  })
  try {
    const { size } = await file.stat()
    if (size > LARGEST_CALENDAR) throw new Error(`the calendar ${shown} is larger than 5 MB`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}
