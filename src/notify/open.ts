import type { NotifySettings, Settings, TargetSettings } from '../config/settings.ts'
import type { Log } from '../domain/log.ts'
import type { Notice, NoticeFacts } from '../domain/notice.ts'
import type { ClaimedMessage, Ledger } from '../ledger/ledger.ts'
import { within } from '../outside/deadline.ts'
import { SecretReader, type Surroundings } from '../outside/secrets.ts'
import { deliverDue } from './deliver.ts'
import { collectDigest, type DigestContents } from './digest.ts'
import { digestDue } from './digest-times.ts'
import { letterOf } from './letter.ts'
import type { Notifier } from './notifier.ts'
import { route } from './route.ts'
import type { Target } from './target.ts'
import { vetoPath } from './veto-link.ts'

export interface NotifierNeeds extends Surroundings {
  readonly settings: Pick<Settings, 'notify' | 'schedules' | 'web'>
  readonly ledger: Ledger
  readonly log: Log
}

/** One target has so long. */
const timeout = 15_000
const day = 24 * 60 * 60 * 1000

/** Null: no target is configured, so nobody is told anything and nothing is kept for anybody. */
export function openNotifier(needs: NotifierNeeds): Notifier | null {
  const { settings, ledger, log } = needs
  const { targets, digest, owners } = settings.notify
  if (Object.keys(targets).length === 0) return null
  return {
    messagesFor: notice => route(notice, { schedules: settings.schedules, owners }),
    periodic: now => digestDue(digest, now),
    deliver: signal => deliverDue({ ledger, log, send: (message, inner) => tell(needs, message, inner) }, signal),
  }
}

type Sending = Pick<NotifierNeeds, 'settings' | 'env' | 'folder' | 'now'>

/** A message for trying a target out: sent at once, and kept nowhere. Throws where it could not be told. */
export async function sendTest(needs: Sending, test: { target: string; by: string }, signal: AbortSignal): Promise<void> {
  const at = needs.now()
  const notice: Notice = {
    key: `test/${at.epochMilliseconds}`,
    kinds: [],
    urgent: false,
    at,
    schedule: null,
    owner: null,
    drill: null,
    facts: { what: 'test', by: test.by },
    notBefore: null,
  }
  await send(needs, { target: test.target, notice, digest: null, vetoUrl: null }, signal)
}

/** What is left to tell when it is told, or why there is nothing left. */
async function tell(needs: NotifierNeeds, { target, notice }: ClaimedMessage, signal: AbortSignal): Promise<string | null> {
  const { facts } = notice
  if (facts.what === 'strike') {
    const drill = await needs.ledger.drill(facts.drill.id)
    if (drill?.state !== 'planned') return `the drill is ${drill?.state ?? 'gone'} already`
  }
  const digest = facts.what === 'digest' ? await collectDigest({ ledger: needs.ledger, schedules: needs.settings.schedules }, facts) : null
  await send(needs, { target, notice, digest, vetoUrl: await vetoUrlFor(needs, target, facts) }, signal)
  return null
}

interface Telling {
  readonly target: string
  readonly notice: Notice
  readonly digest: DigestContents | null
  readonly vetoUrl: string | null
}

async function send(needs: Sending, { target, notice, digest, vetoUrl }: Telling, signal: AbortSignal): Promise<void> {
  const { notify, web } = needs.settings
  const known = Object.hasOwn(notify.targets, target) ? notify.targets[target] : undefined
  if (known === undefined) throw new Error(`there is no target ${target} under notify.targets of firedrill.yaml`)
  const { origin } = web
  const now = needs.now()
  const letter = letterOf(notice, { origin, vetoUrl, digest, now })
  const secrets = new SecretReader(needs)
  const open = await openTarget(known, notify)
  try {
    await within(timeout, signal, inner => open.send({ notice, letter, digest, origin, target, now }, secrets, inner))
  } catch (error) {
    throw signal.aborted ? signal.reason : hidden(error, secrets)
  }
}

/** Without the secrets in it, and still what it was. */
function hidden(error: unknown, secrets: SecretReader): unknown {
  if (!(error instanceof Error)) return secrets.hideIn(error)
  error.message = secrets.hide(error.message)
  if (error.cause !== undefined) error.cause = hidden(error.cause, secrets)
  return error
}

/** Where the dashboard has an address that others know, strikes can be vetoed there. */
async function vetoUrlFor({ settings, ledger, now }: NotifierNeeds, target: string, facts: NoticeFacts): Promise<string | null> {
  if (facts.what !== 'strike' || settings.web.origin === null) return null
  const from = Temporal.Instant.compare(facts.plannedFor, now()) > 0 ? facts.plannedFor : now()
  const expires = from.add({ milliseconds: day })
  return `${settings.web.origin}${vetoPath(await ledger.salt(), { drill: facts.drill.id, target, expires })}`
}

/** What needs something heavy loads it when it first sends. */
async function openTarget(target: TargetSettings, { smtp }: Pick<NotifySettings, 'smtp'>): Promise<Target> {
  switch (target.kind) {
    case 'slack':
      return (await import('./slack.ts')).slackTarget(target)
    case 'webhook':
      return (await import('./webhook.ts')).webhookTarget(target)
    case 'email':
      return (await import('./email.ts')).emailTarget(target, smtp)
  }
}
