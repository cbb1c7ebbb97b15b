import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export type Listener = (request: IncomingMessage, response: ServerResponse) => unknown

export interface WebServer {
  readonly address: string
  /** From now on pages are answered too. They are made when the first is asked for: an idle service does not pay for them. */
  serve(open: () => Promise<Listener>): void
  close(): Promise<void>
}

/**
 * Answers orchestrators from the start: `/healthz` while the process runs, `/readyz` when `ready` resolves to null, else 503 with
 * its reason. `listen` is `host:port`; port 0 takes a free one. Throws where the address cannot be had.
 */
export async function startServer(listen: string, ready: () => Promise<string | null>): Promise<WebServer> {
  const { hostname, port } = new URL(`http://${listen}`)
  let open: (() => Promise<Listener>) | null = null
  let pages: Promise<Listener> | null = null
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0]
    if (path === '/healthz') return answer(response, 200, 'ok')
    if (path === '/readyz') return void answerReady(response, ready)
    if (open === null) return answer(response, 503, 'starting')
    // What could not be made is tried again with the next request.
    pages ??= open().catch(error => {
      pages = null
      throw error
    })
    pages.then(
      listener => listener(request, response),
      () => answer(response, 503, 'the pages cannot be made; the log says why'),
    )
  })
  // Whoever sends nothing holds a connection for so long at most.
  server.headersTimeout = 10_000
  server.requestTimeout = 30_000
  // An IPv6 host keeps its brackets in a URL and loses them for listen().
  server.listen({ host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) })
  await once(server, 'listening')
  const bound = server.address()
  return {
    address: typeof bound === 'object' && bound !== null ? `${hostname}:${bound.port}` : listen,
    serve(given) {
      open = given
    },
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function answerReady(response: ServerResponse, ready: () => Promise<string | null>): Promise<void> {
  const why = await ready().catch(error => String(error))
  answer(response, why === null ? 200 : 503, why ?? 'ok')
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end(`${text}\n`)
}
