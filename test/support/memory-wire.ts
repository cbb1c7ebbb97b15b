import { Agent, Server } from 'node:http'
import { createConnection } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'

/** What `node:http` asks of a connection beyond a stream; none of it means anything without a network. */
const network = {
  connecting: false,
  encrypted: false,
  setTimeout() {
    return this
  },
  setNoDelay() {
    return this
  },
  setKeepAlive() {
    return this
  },
  ref() {
    return this
  },
  unref() {
    return this
  },
  destroySoon(this: Duplex) {
    this.end()
  },
}

/**
 * A network in memory for everything in this process that speaks through `node:http`: the real client, the real server,
 * HTTP on both sides, and no kernel between them. What one side writes the other has read before any timer can fire, so
 * simulated time knows when everybody waits, and the order of events depends on nothing outside the process.
 */
export class MemoryWire {
  readonly #servers = new Map<number, Server>()
  #ports = 10_000

  constructor() {
    const wire = this
    define(Agent.prototype, 'createConnection', (to: { readonly port?: number | string | null }) => this.#connect(Number(to.port)))
    define(Server.prototype, 'listen', function listen(this: Server, port = 0, ...rest: unknown[]) {
      const then = rest.at(-1)
      if (typeof then === 'function') this.once('listening', () => then())
      return wire.#listen(this, port)
    })
  }

  /** The network is the machine's again. */
  close(): void {
    Reflect.deleteProperty(Server.prototype, 'listen')
    define(Agent.prototype, 'createConnection', createConnection)
  }

  #listen(server: Server, wanted: number): Server {
    const port = wanted === 0 ? ++this.#ports : wanted
    this.#servers.set(port, server)
    server.address = () => ({ address: '127.0.0.1', family: 'IPv4', port })
    server.once('close', () => this.#servers.delete(port))
    process.nextTick(() => server.emit('listening'))
    return server
  }

  #connect(port: number): Duplex {
    const server = this.#servers.get(port)
    const [near, far] = duplexPair()
    // A side that is destroyed takes the other along, as a connection that is reset.
    near.once('close', () => far.destroy())
    far.once('close', () => near.destroyed || near.destroy(failure('ECONNRESET')))
    for (const side of [near, far]) Object.assign(side, network).on('error', () => {})
    if (server === undefined) process.nextTick(() => near.destroy(failure('ECONNREFUSED')))
    else server.emit('connection', far)
    return near
  }
}

function define(prototype: object, name: string, value: unknown): void {
  Object.defineProperty(prototype, name, { configurable: true, writable: true, value })
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code })
}
