import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

type Answer = (response: ServerResponse, request: IncomingMessage) => void

/** A real server on loopback whose answer a test sets; remembers what it was asked. */
export class HttpStage {
  readonly #server: Server
  answer: Answer = response => response.end('{}')
  asked: { readonly url: string; readonly headers: IncomingMessage['headers'] }[] = []

  constructor() {
    this.#server = createServer((request, response) => {
      this.asked.push({ url: request.url ?? '', headers: request.headers })
      this.answer(response, request)
    })
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  json(value: unknown, status = 200): void {
    this.answer = response => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** Ways in which a server misbehaves, and what must be said of each. */
export const misbehaviours: readonly (readonly [string, Answer, RegExp])[] = [
  ['hangs', () => {}, /no answer within/],
  ['hangs in the middle of its body', response => response.writeHead(200).write('{"a":'), /no answer within/],
  [
    'hangs in a body that ends with its connection',
    response => response.socket?.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"status":"ok"}'),
    /no answer within/,
  ],
  ['closes the connection', response => response.destroy(), /could not be asked/],
  ['sends more than it may', response => response.end(`"${'x'.repeat(9 * 1024 * 1024)}"`), /more than/],
  ['sends no JSON', response => response.end('<html>login</html>'), /did not answer with JSON/],
  ['redirects', response => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), /redirect/],
  ['fails', response => response.writeHead(503).end('{}'), /503|did not answer with/],
]
