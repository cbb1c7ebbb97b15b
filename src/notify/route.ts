import type { NotifySettings } from '../config/settings.ts'
import type { NewMessage, Notice, NoticeKind } from '../domain/notice.ts'
import { noticeKinds } from '../domain/notice.ts'
import type { Listener, Schedule } from '../domain/schedule.ts'

/** Whoever does not say what to hear hears of everything but what went well. */
const usual: readonly NoticeKind[] = noticeKinds.filter(kind => kind !== 'phoenix')

export interface Listening {
  readonly schedules: readonly Pick<Schedule, 'name' | 'notify'>[]
  readonly owners: NotifySettings['owners']
}

/** Those that the schedule names and those that the group's owner names, each target once. */
export function route(notice: Notice, { schedules, owners }: Listening): readonly NewMessage[] {
  const ofSchedule = schedules.find(schedule => schedule.name === notice.schedule)?.notify?.to ?? []
  const ofOwner = notice.owner !== null && Object.hasOwn(owners, notice.owner) ? (owners[notice.owner] ?? []) : []
  const wanting = [...ofSchedule, ...ofOwner].filter(listener => wants(listener, notice)).map(({ target }) => target)
  return [...new Set(wanting)].sort().map(target => ({ target, notice }))
}

function wants({ on }: Listener, { kinds }: Notice): boolean {
  return kinds.some(kind => (on ?? usual).includes(kind))
}
