import type { NotifySettings } from '../config/settings.ts'
import type { NewMessage } from '../domain/notice.ts'

const day = 24 * 60 * 60 * 1000

/**
 * The digest whose moment came within the last day. An older one is not caught up with: after a long standstill nobody wants
 * the news of weeks ago.
 */
export function digestDue(digest: NotifySettings['digest'], now: Temporal.Instant): readonly NewMessage[] {
  if (digest === null) return []
  const local = now.toZonedDateTimeISO(digest.timezone)
  const back = (local.dayOfWeek - digest.day + 7) % 7
  const ofThisWeek = momentOn(local.toPlainDate().subtract({ days: back }), digest)
  const to =
    Temporal.Instant.compare(ofThisWeek, now) <= 0 ? ofThisWeek : momentOn(local.toPlainDate().subtract({ days: back + 7 }), digest)
  if (now.since(to).total('milliseconds') > day) return []
  const date = to.toZonedDateTimeISO(digest.timezone).toPlainDate()
  const from = momentOn(date.subtract({ days: 7 }), digest)
  return digest.to.map(target => ({
    target,
    notice: {
      key: `digest/${date}`,
      kinds: [],
      urgent: false,
      at: to,
      schedule: null,
      owner: null,
      drill: null,
      facts: { what: 'digest', from, to },
      notBefore: null,
    },
  }))
}

function momentOn(date: Temporal.PlainDate, { at, timezone }: { readonly at: string; readonly timezone: string }): Temporal.Instant {
  return date.toZonedDateTime({ timeZone: timezone, plainTime: at }).toInstant()
}
