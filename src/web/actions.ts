import { z } from 'zod'
import type { Halt, HaltTarget } from '../domain/ledger-state.ts'
import { insist } from '../ledger/insist.ts'
import type { Identity } from './access/identity.ts'
import { formLimit, localPath } from './login.ts'
import type { WebNeeds } from './needs.ts'
import { plainPage } from './pages/login.ts'
import type { App, WebContext } from './variables.ts'

const name = z.string().trim().min(1).max(500)

const targetSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('installation') }),
  z.object({ kind: z.enum(['schedule', 'scope', 'service', 'group']), name }),
])

const halting = z.object({ reason: z.string().trim().max(500).default('') })
const clearing = z.object({ service: name, note: z.string().trim().min(1).max(1000) })

/** What people change. The ledger writes down who did, in the same transaction. */
export interface Changes {
  halt(target: HaltTarget, words: { readonly reason: string; readonly until: Temporal.Instant | null }, by: Identity): Promise<Halt>
  resume(target: HaltTarget | null, by: Identity): Promise<readonly Halt[]>
  clearQuarantine(service: string, note: string, by: Identity): Promise<boolean>
}

export function changesOf({ ledger, log, closing }: Pick<WebNeeds, 'ledger' | 'log' | 'closing'>): Changes {
  return {
    async halt(target, { reason, until }, { name: by, how }) {
      const words = { reason: reason === '' ? 'no reason given' : reason, by, until }
      const set = await insist(() => ledger.halt({ target, ...words }), closing)
      log.warn('halted', { by, how, target, reason })
      return set
    },
    async resume(target, { name: by, how }) {
      const ended = await ledger.resume(target, by)
      log.warn('resumed', { by, how, target })
      return ended
    },
    async clearQuarantine(service, note, { name: by, how }) {
      const cleared = await ledger.clearQuarantine(service, note, by)
      if (cleared) log.warn('quarantine cleared', { by, how, service, note })
      return cleared
    },
  }
}

type Fields = Readonly<Record<string, unknown>>

/** Forms of the pages: from an operator, from a page of ours, and back to where it came from. */
export function addActions(app: App, needs: WebNeeds): void {
  const changes = changesOf(needs)
  const form = (path: string, act: (fields: Fields, by: Identity) => Promise<string | null>) => {
    app.post(path, formLimit, async context => {
      const fields = await context.req.parseBody()
      const identity = context.get('identity')
      if (!needs.forms.matches(identity, fields.key))
        return refuse(context, 'This form is not from a page of this site, or not yours. Load the page again.')
      if (identity.role !== 'operator') return refuse(context, 'Only operators may change something.')
      const problem = await act(fields, identity)
      if (problem !== null) return context.html(plainPage('Nothing was changed', problem), 400)
      return context.redirect(localPath(fields.back), 303)
    })
  }
  form('/halt', async (fields, by) => {
    const target = targetSchema.safeParse(fields)
    const words = halting.safeParse(fields)
    if (!target.success || !words.success) return 'What should be halted was not said.'
    await changes.halt(target.data, { reason: words.data.reason, until: null }, by)
    return null
  })
  form('/resume', async (fields, by) => {
    const target = targetSchema.safeParse(fields)
    if (!target.success) return 'What should be resumed was not said.'
    await changes.resume(target.data, by)
    return null
  })
  form('/quarantine/clear', async (fields, by) => {
    const given = clearing.safeParse(fields)
    if (!given.success) return 'A note must say what was done about it.'
    await changes.clearQuarantine(given.data.service, given.data.note, by)
    return null
  })
}

function refuse(context: WebContext, why: string): Response | Promise<Response> {
  return context.html(plainPage('Not allowed', why), 403)
}
