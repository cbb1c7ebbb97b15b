import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  /** Headers and body, as they came. */
  readonly data: string
  /** It came over TLS. */
  readonly encrypted: boolean
}

/** How it speaks TLS: not at all, when it is asked to, or from the first byte on. */
type Tls = { readonly kind: 'none' } | { readonly kind: 'starttls' | 'implicit'; readonly key: string; readonly cert: string }

/** A mail server on loopback, as small as it can be: it takes letters, or refuses them where a test says so. */
export class SmtpStage {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly mails: Mail[] = []
  /** Whatever it was told in the clear. */
  overheard = ''
  /** What it answers to DATA. */
  answer = '250 taken'
  login: string | null = null
  /** What it answers to a login; null: welcome. */
  refusedLogin: string | null = null
  tls: Tls = { kind: 'none' }

  constructor() {
    this.#server = createServer(socket => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      if (this.tls.kind === 'implicit') this.#serve(this.#secured(socket))
      else this.#serve(socket)
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

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #secured(socket: Socket): TLSSocket {
    if (this.tls.kind === 'none') throw new Error('there is no certificate')
    socket.on('error', () => {})
    return new TLSSocket(socket, { isServer: true, key: this.tls.key, cert: this.tls.cert })
  }

  #serve(socket: Socket, greeting: string | null = '220 stage'): void {
    const encrypted = socket instanceof TLSSocket
    socket.on('error', () => {})
    const say = (line: string) => socket.write(`${line}\r\n`)
    let envelope = { from: '', to: [] as string[] }
    let data: string | null = null
    let rest = ''
    const command = (line: string) => {
      if (/^EHLO/i.test(line))
        return say(`250-stage\r\n${this.tls.kind === 'starttls' && !encrypted ? '250-STARTTLS\r\n' : ''}250 AUTH PLAIN`)
      if (/^STARTTLS/i.test(line) && this.tls.kind === 'starttls') {
        socket.removeListener('data', read)
        say('220 go on')
        return this.#serve(this.#secured(socket), null)
      }
      if (/^AUTH PLAIN/i.test(line)) {
        this.login = Buffer.from(line.split(' ')[2] ?? '', 'base64').toString('utf8')
        return say(this.refusedLogin ?? '235 welcome')
      }
      if (/^MAIL FROM/i.test(line)) envelope = { from: between(line), to: [] }
      else if (/^RCPT TO/i.test(line)) envelope.to.push(between(line))
      else if (/^DATA/i.test(line)) {
        data = ''
        return say('354 go on')
      } else if (/^QUIT/i.test(line)) return socket.end('221 bye\r\n')
      else return say('502 not known here')
      return say('250 fine')
    }
    const read = (chunk: Buffer) => {
      if (!encrypted) this.overheard += chunk.toString('latin1')
      rest += chunk.toString('utf8')
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end)
        rest = rest.slice(end + 2)
        if (data === null) command(line)
        else if (line !== '.') data += `${line}\r\n`
        else {
          if (this.answer.startsWith('250')) this.mails.push({ ...envelope, data, encrypted })
          data = null
          say(this.answer)
        }
      }
    }
    socket.on('data', read)
    if (greeting !== null) say(greeting)
  }
}

function between(line: string): string {
  return /<(.*)>/.exec(line)?.[1] ?? ''
}
