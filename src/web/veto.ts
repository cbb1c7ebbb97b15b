import { z } from 'zod'
import { readVetoToken, type VetoRight } from '../notify/veto-link.ts'
import { formLimit } from './login.ts'
import type { WebNeeds } from './needs.ts'
import { vetoAnswer, vetoPage } from './pages/veto.ts'
import type { App, WebContext } from './variables.ts'

const words = z.object({ note: z.string().trim().min(1).max(500) })

/**
 * The links of announcements. They need no login: whoever holds one may veto that one strike, until it expires. GET changes
 * nothing, since mail scanners and chat previews follow links; POST vetoes.
 */
export function addVetoes(app: App, { ledger, settings, veto }: Pick<WebNeeds, 'ledger' | 'settings' | 'veto'>): void {
  const path = '/veto/:drill/:token'
  const rightOf = async (context: WebContext): Promise<VetoRight | null> => {
    const right = readVetoToken(await ledger.salt(), context.req.param('drill') ?? '', context.req.param('token') ?? '')
    return right !== null && Temporal.Instant.compare(await ledger.now(), right.expires) < 0 ? right : null
  }
  app.get(path, async context => {
    const right = await rightOf(context)
    if (right === null) return invalid(context)
    const drill = await ledger.drill(right.drill)
    if (drill?.state !== 'planned') return tooLate(context, drill?.state ?? 'unknown')
    const timezone = settings.schedules.find(({ name }) => name === drill.schedule)?.timezone ?? 'UTC'
    return context.html(vetoPage(drill, { action: new URL(context.req.url).pathname, timezone }))
  })
  app.post(path, formLimit, async context => {
    const right = await rightOf(context)
    if (right === null) return invalid(context)
    const given = words.safeParse(await context.req.parseBody())
    if (!given.success) return context.html(vetoAnswer('Nothing was changed', 'A veto needs a reason: go back and write one.'), 400)
    const by = `the link sent to ${right.target}`
    const state = await veto(right.drill, { by, note: given.data.note })
    if (state !== null) return tooLate(context, state)
    return context.html(vetoAnswer('Vetoed', 'This strike will not be made. The veto is written down under Changes and Refusals.'))
  })
}

function invalid(context: WebContext): Response | Promise<Response> {
  return context.html(vetoAnswer('This link is not valid', 'It has expired, or it was changed on its way. To stop drills, halt them.'), 404)
}

const states: Readonly<Record<string, string>> = {
  refused: 'This drill was refused already: nothing will be struck.',
  leashed: 'This drill was leashed: nothing was struck.',
  unknown: 'The ledger does not know this drill.',
}

function tooLate(context: WebContext, state: string): Response | Promise<Response> {
  const text = states[state] ?? 'The strike has been made already. Firedrill watches the group until it is whole again.'
  return context.html(vetoAnswer(states[state] === undefined ? 'Too late' : 'Nothing to veto', text), 409)
}
