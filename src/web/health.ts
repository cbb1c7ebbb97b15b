import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'

export interface HealthServer {
  readonly address: string
  close(): Promise<void>
}

/**
 * Answers orchestrators: `/healthz` while the process runs, `/readyz` when `ready` resolves to null, else 503 with its reason.
 * `listen` is `host:port`; port 0 takes a free one. Throws where the address cannot be had.
 */
export async function serveHealth(listen: string, ready: () => Promise<string | null>): Promise<HealthServer> {
  const { hostname, port } = new URL(`http://${listen}`)
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0]
    if (path === '/healthz') return answer(response, 200, 'ok')
    if (path === '/readyz') {
      void ready()
        .catch(error => String(error))
        .then(why => answer(response, why === null ? 200 : 503, why ?? 'ok'))
      return
    }
    answer(response, 404, 'not found')
  })
  // An IPv6 host keeps its brackets in a URL and loses them for listen().
  server.listen({ host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) })
  await once(server, 'listening')
  const bound = server.address()
  return {
    address: typeof bound === 'object' && bound !== null ? `${hostname}:${bound.port}` : listen,
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end(`${text}\n`)
}
