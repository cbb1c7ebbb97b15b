import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** A real DNS server on loopback that knows A records only (RFC 1035). */
export class DnsStage {
  readonly #socket: Socket = createSocket('udp4')
  answers: Record<string, readonly string[]> = {}
  /** The response code: 0 is right, 2 SERVFAIL; or nothing is answered. */
  code: number | 'silent' = 0

  async start(): Promise<void> {
    this.#socket.on('message', (query, from) => {
      if (this.code !== 'silent') this.#socket.send(this.#reply(query), from.port, from.address)
    })
    this.#socket.bind(0, '127.0.0.1')
    await once(this.#socket, 'listening')
  }

  get port(): number {
    return this.#socket.address().port
  }

  async stop(): Promise<void> {
    this.#socket.close()
    await once(this.#socket, 'close')
  }

  #reply(query: Buffer): Buffer {
    const { name, end } = readName(query, 12)
    const found = this.answers[name]
    const code = this.code === 0 && found === undefined ? 3 : Number(this.code)
    const header = Buffer.alloc(12)
    query.copy(header, 0, 0, 2)
    header.writeUInt16BE(0x8180 | code, 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(code === 0 ? (found?.length ?? 0) : 0, 6)
    const records = code === 0 ? (found ?? []).map(record) : []
    return Buffer.concat([header, query.subarray(12, end + 4), ...records])
  }
}

function readName(query: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = []
  let at = start
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('ascii', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

function record(address: string): Buffer {
  return Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, ...address.split('.').map(Number)])
}
