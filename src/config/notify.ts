import { near } from '../domain/spelling.ts'
import type { Problem } from './config-error.ts'
import type { Path, SourceDocument } from './document.ts'
import type { Environment } from './environment.ts'
import type { WrittenInstallation } from './installation-schema.ts'
import type { WrittenListener } from './notify-schema.ts'
import type { WrittenSchedule } from './schedule-schema.ts'
import type { Settings } from './settings.ts'
import { unsetSecrets } from './unset-secrets.ts'

/** What no single value of `notify:` and `owners:` shows: names of targets that are not there, mail without a server, secrets not set. */
export function notifyContradictions(written: Partial<WrittenInstallation>, doc: SourceDocument, env: Environment): Problem[] {
  const { notify, owners } = written
  if (notify === undefined) return []
  const targets = Object.keys(notify.targets)
  const withoutServer = Object.entries(notify.targets).filter(([, target]) => target.kind === 'email' && notify.smtp === undefined)
  return [
    ...(notify.digest?.to ?? []).flatMap((name, index) => unknownTarget(name, { targets, doc, path: ['notify', 'digest', 'to', index] })),
    ...Object.entries(owners ?? {}).flatMap(([owner, contacts]) =>
      unknownTargets(contacts.notify, { targets, doc, path: ['owners', owner, 'notify'] }),
    ),
    ...withoutServer.map(([name]) =>
      doc.problem(['notify', 'targets', name], {
        message: `the target ${name} is told by e-mail, and there is no mail server`,
        suggestion: 'Write notify.smtp: { host: smtp.example.org, from: "firedrill@example.org" }.',
        at: 'key',
      }),
    ),
    ...Object.entries(notify.targets).flatMap(([name, { kind, ...settings }]) =>
      unsetSecrets(settings, { path: ['notify', 'targets', name, kind], doc, env }),
    ),
    ...unsetSecrets(notify.smtp, { path: ['notify', 'smtp'], doc, env }),
  ]
}

/** `targets` is null where firedrill.yaml itself is wrong: then only that is said. */
export function scheduleNotifyContradictions(
  { notify }: Partial<WrittenSchedule>,
  doc: SourceDocument,
  targets: readonly string[] | null,
): Problem[] {
  if (notify === undefined) return []
  const isMap = typeof doc.value === 'object' && doc.value !== null && 'notify' in doc.value && !Array.isArray(doc.value.notify)
  const path: Path = isMap ? ['notify', 'to'] : ['notify']
  const nobody = notify.before !== null && !notify.to.some(({ on }) => on === null || on.includes('strike'))
  return [
    ...(targets === null ? [] : unknownTargets(notify.to, { targets, doc, path })),
    ...(nobody
      ? [
          doc.problem(['notify', 'before'], {
            message: 'notify.before announces strikes, and nobody under notify.to hears of them',
            suggestion: 'Name a target under notify.to, with strike in its on: where it has one.',
          }),
        ]
      : []),
  ]
}

interface Naming {
  readonly targets: readonly string[]
  readonly doc: SourceDocument
  readonly path: Path
}

function unknownTargets(listeners: readonly WrittenListener[], { path, ...naming }: Naming): Problem[] {
  return listeners.flatMap(({ target }, index) => unknownTarget(target, { ...naming, path: [...path, index] }))
}

function unknownTarget(name: string, { targets, doc, path }: Naming): Problem[] {
  if (targets.includes(name)) return []
  const meant = near(name, targets)[0]
  const suggestion =
    meant !== undefined
      ? `Did you mean "${meant}"?`
      : targets.length > 0
        ? `There are ${targets.join(', ')}.`
        : 'Write it under notify.targets of firedrill.yaml.'
  return [doc.problem(path, { message: `there is no target "${name}"`, suggestion })]
}

export function notifySettings({ notify, owners }: Pick<WrittenInstallation, 'notify' | 'owners'>): Settings['notify'] {
  const { targets, smtp, digest } = notify
  return {
    targets,
    smtp: smtp === undefined ? null : { ...smtp, user: smtp.user ?? null, password: smtp.password ?? null },
    digest: digest ?? null,
    owners: Object.fromEntries(Object.entries(owners).map(([owner, contacts]) => [owner, contacts.notify])),
  }
}

/** What people read of an owner. */
export function contactsOf(owners: WrittenInstallation['owners']): Settings['owners'] {
  return Object.fromEntries(
    Object.entries(owners).map(([owner, { notify: _told, ...contacts }]) => [owner, contacts as Readonly<Record<string, string>>]),
  )
}
