import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** Something that speaks HTTP where an engine would: what it is asked is kept, what it answers is told by the test. */
export class FakeEngine {
  readonly address: string
  readonly requests: string[] = []
  /** By method and path without its version. */
  readonly answers = new Map<string, Answer>()
  readonly #server: Server
  readonly #folder: string

  private constructor(server: Server, at: { address: string; folder: string }) {
    this.#server = server
    this.address = at.address
    this.#folder = at.folder
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response))
    this.says('GET /version', { ApiVersion: '1.51', MinAPIVersion: '1.24' })
  }

  static async start(tls: ServerOptions | null = null): Promise<FakeEngine> {
    const folder = await mkdtemp(join(tmpdir(), 'firedrill-fake-engine-'))
    const server = tls === null ? createServer() : (createTlsServer(tls) as unknown as Server)
    if (tls === null) server.listen(join(folder, 'docker.sock'))
    else server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const bound = server.address()
    const address = typeof bound === 'string' ? `unix://${bound}` : `tcp+tls://localhost:${bound?.port}`
    return new FakeEngine(server, { address, folder })
  }

  says(call: string, body: unknown, status = 200): void {
    this.answers.set(call, (_, response) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(body === null ? '' : JSON.stringify(body))
    })
  }

  /** Requests that change something. */
  writes(): string[] {
    return this.requests.filter(request => request.startsWith('POST '))
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
    await rm(this.#folder, { recursive: true, force: true })
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? ''
    this.requests.push(`${request.method} ${url}`)
    const call = `${request.method} ${url.replace(/^\/v[\d.]+/, '').split('?')[0]}`
    const answer = this.answers.get(call)
    if (answer !== undefined) {
      answer(request, response)
      return
    }
    response.writeHead(404, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ message: `nothing at ${call}` }))
  }
}
