import { Agent as PlainAgent } from 'node:http'
import { type AgentOptions, Agent as TlsAgent } from 'node:https'
import { connect as connectPlain, type NetConnectOpts } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { ProviderError } from '../provider-error.ts'

type Created = (error: Error | null, socket: Duplex) => void

/**
 * Connections for one strike: the permit is asked when the connection stands (and is encrypted), so that nothing but writing the
 * request comes after it (docs/decisions/0005). A connection is never kept, and never made a second time.
 */
export function gatedAgent(secure: boolean, gate: { operation: string; mayStillSend: () => boolean }): PlainAgent {
  return secure ? new GatedTlsAgent(gate) : new GatedAgent(gate)
}

interface Gate {
  readonly operation: string
  readonly mayStillSend: () => boolean
}

class GatedAgent extends PlainAgent {
  readonly #gate: Gate

  constructor(gate: Gate) {
    super({ keepAlive: false })
    this.#gate = gate
  }

  override createConnection(options: object, created?: Created): undefined {
    const socket = connectPlain(options as NetConnectOpts)
    if (created !== undefined) handOver(socket, 'connect', { gate: this.#gate, created })
  }
}

class GatedTlsAgent extends TlsAgent {
  readonly #gate: Gate

  constructor(gate: Gate) {
    super({ keepAlive: false } satisfies AgentOptions)
    this.#gate = gate
  }

  override createConnection(options: object, created?: Created): undefined {
    const socket = connectTls(options as ConnectionOptions)
    if (created !== undefined) handOver(socket, 'secureConnect', { gate: this.#gate, created })
  }
}

function handOver(socket: Duplex, ready: 'connect' | 'secureConnect', { gate, created }: { gate: Gate; created: Created }): void {
  const failed = (error: Error): void => created(error, socket)
  socket.once('error', failed)
  socket.once(ready, () => {
    socket.removeListener('error', failed)
    if (gate.mayStillSend()) return created(null, socket)
    socket.destroy()
    const message = `${gate.operation}: the permit for this strike ran out before it could be sent. Nothing was sent.`
    created(new ProviderError(message, { code: 'conflict', operation: gate.operation, mayHaveActed: false }), socket)
  })
}
