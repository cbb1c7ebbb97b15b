import type { Context } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import type { Drill } from '../../domain/drill.ts'
import type { WebNeeds } from '../needs.ts'

/** More would be somebody's script; a page that is turned away stays as it was drawn. */
const mostStreams = 100
/** How often the ledger is asked while somebody watches, in ms. */
const every = 1_000
/** A drill that is open moves on with time alone: its picture is drawn anew after so many rounds. */
const redrawnAfter = 2
/** Proxies close what is silent for a minute. */
const heartbeatAfter = 15
/** Then the browser connects anew, and says again who it is. */
const longest = 30 * 60

export interface LiveStreams {
  /** 503 where too many are watching. */
  open(context: Context): Response | Promise<Response>
}

/**
 * Server-sent events without content: "something changed". What changed is asked for as the page itself, so that a stream can
 * neither show more than its page nor get out of step with it.
 */
export function openStreams(needs: Pick<WebNeeds, 'ledger' | 'clock' | 'closing' | 'log'>): LiveStreams {
  let streams = 0
  const watched: Watched = {
    drill: id => needs.ledger.drill(id),
    pulse: shared(needs.clock, () => needs.ledger.pulse()),
    stops: shared(needs.clock, async () => {
      const { halts, quarantines } = await needs.ledger.state()
      return [...halts.map(halt => halt.id), ...quarantines.map(one => one.drill)].join(' ')
    }),
  }
  return {
    open(context) {
      if (streams >= mostStreams) return context.text('too many streams', 503)
      const followed = context.req.query('follow') ?? ''
      const drill = followed.startsWith('drill:') ? followed.slice('drill:'.length) : null
      streams += 1
      context.header('x-accel-buffering', 'no')
      return streamSSE(
        context,
        async stream => {
          try {
            await follow(stream, { needs, watched, drill })
          } finally {
            streams -= 1
          }
        },
        async error => needs.log.warn('a live stream ended early', { why: error.message }),
      )
    },
  }
}

interface Watched {
  readonly drill: (id: string) => Promise<Drill | null>
  readonly pulse: () => Promise<string>
  readonly stops: () => Promise<string>
}

/** However many watch, the ledger is asked once in each round. */
function shared<Answer>(clock: WebNeeds['clock'], ask: () => Promise<Answer>): () => Promise<Answer> {
  let known: { readonly at: number; readonly answer: Promise<Answer> } | null = null
  return () => {
    if (known === null || clock.monotonic() - known.at >= every * 0.9) known = { at: clock.monotonic(), answer: ask() }
    return known.answer
  }
}

interface Following {
  readonly needs: Pick<WebNeeds, 'clock' | 'closing'>
  readonly watched: Watched
  /** Null: everything. */
  readonly drill: string | null
}

async function follow(stream: SSEStreamingApi, { needs, watched, drill }: Following): Promise<void> {
  const ended = new AbortController()
  stream.onAbort(() => ended.abort())
  const signal = AbortSignal.any([ended.signal, needs.closing])
  let known = await stampOf(watched, drill)
  await stream.write(': following\n\n')
  for (let round = 1; round <= longest && !signal.aborted; round++) {
    await needs.clock.sleep(every, signal).catch(() => {})
    if (signal.aborted) return
    const now = await stampOf(watched, drill)
    if (now.text !== known.text || (now.moving && round % redrawnAfter === 0))
      await stream.writeSSE({ event: 'change', data: String(round) })
    else if (round % heartbeatAfter === 0) await stream.write(': still here\n\n')
    known = now
  }
}

interface Stamp {
  readonly text: string
  /** It changes with time alone. */
  readonly moving: boolean
}

async function stampOf(watched: Watched, drill: string | null): Promise<Stamp> {
  if (drill === null) return { text: await watched.pulse(), moving: false }
  const found = await watched.drill(drill)
  const moving = found !== null && ['striking', 'restoring', 'recovering', 'soaking'].includes(found.state)
  return { text: `${found?.revision} ${await watched.stops()}`, moving }
}
