import { z } from 'zod'
import type { CheckSettings } from '../domain/schedule.ts'
import { within } from '../outside/deadline.ts'
import { boundedEvidence, clip } from '../outside/evidence.ts'
import { SecretReader, type Surroundings } from '../outside/secrets.ts'
import { alertmanagerGuard } from './alertmanager.ts'
import { calendarGuard } from './calendar.ts'
import { commandGuard } from './command.ts'
import type { Guard, GuardAnswer } from './guard.ts'
import { httpGuard } from './http.ts'
import type { GuardKind } from './kind.ts'
import { prometheusGuard } from './prometheus.ts'

/** Every kind by its name in a schedule. A kind that needs something heavy loads it when it is first asked. */
export const guardKinds: Readonly<Record<string, GuardKind>> = {
  alertmanager: alertmanagerGuard,
  calendar: calendarGuard,
  command: commandGuard,
  http: httpGuard,
  prometheus: prometheusGuard,
}

/** How a provider opens a guard of its own. */
export type OpenBroughtGuard = (settings: Readonly<Record<string, unknown>>) => Guard

export interface GuardNeeds extends Surroundings {
  /** Guards that configured providers bring, by name. */
  readonly brought: Readonly<Record<string, OpenBroughtGuard>>
}

const timed = z.object({ timeout: z.number().positive() })

/** Throws where the kind is not known: a guard that cannot be asked must not be left out in silence (S10). */
export function openGuard(check: CheckSettings, needs: GuardNeeds): Guard {
  const secrets = new SecretReader(needs)
  const guard = open(check, needs, secrets)
  const { timeout } = timed.parse(check.settings)
  return {
    ...guard,
    async ask(question, signal) {
      try {
        return kept(await within(timeout, signal, inner => guard.ask(question, inner)), secrets)
      } catch (error) {
        throw signal.aborted ? signal.reason : secrets.hideIn(error)
      }
    },
  }
}

/** What an answer may be kept as: bounded, and without secrets. */
function kept({ proceed, reason, evidence }: GuardAnswer, secrets: SecretReader): GuardAnswer {
  const hide = (text: string) => secrets.hide(text)
  return { proceed, reason: clip(hide(reason)), evidence: boundedEvidence(evidence, hide) }
}

function open({ kind, settings }: CheckSettings, needs: GuardNeeds, secrets: SecretReader): Guard {
  const known = Object.hasOwn(guardKinds, kind) ? guardKinds[kind] : undefined
  if (known !== undefined) return known.open(settings, secrets)
  const brought = Object.hasOwn(needs.brought, kind) ? needs.brought[kind] : undefined
  if (brought !== undefined) return brought(settings)
  throw new Error(`There is no guard "${kind}" in this version of Firedrill, or its provider is not configured.`)
}
