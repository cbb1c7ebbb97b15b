import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  /** Headers and body, as they came. */
  readonly data: string
}

/** A mail server on loopback, as small as it can be: it takes letters, or refuses them where a test says so. */
export class SmtpStage {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly mails: Mail[] = []
  /** What it answers to DATA. */
  answer = '250 taken'
  login: string | null = null

  constructor() {
    this.#server = createServer(socket => this.#serve(socket))
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

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => {})
    const say = (line: string) => socket.write(`${line}\r\n`)
    let envelope = { from: '', to: [] as string[] }
    let data: string | null = null
    let rest = ''
    const command = (line: string) => {
      if (/^EHLO/i.test(line)) return say('250-stage\r\n250 AUTH PLAIN')
      if (/^AUTH PLAIN/i.test(line)) {
        this.login = Buffer.from(line.split(' ')[2] ?? '', 'base64').toString('utf8')
        return say('235 welcome')
      }
      if (/^MAIL FROM/i.test(line)) envelope = { from: between(line), to: [] }
      if (/^RCPT TO/i.test(line)) envelope.to.push(between(line))
      if (/^DATA/i.test(line)) {
        data = ''
        return say('354 go on')
      }
      if (/^QUIT/i.test(line)) return socket.end('221 bye\r\n')
      return say('250 fine')
    }
    socket.on('data', chunk => {
      rest += chunk.toString('utf8')
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end)
        rest = rest.slice(end + 2)
        if (data === null) command(line)
        else if (line !== '.') data += `${line}\r\n`
        else {
          if (this.answer.startsWith('250')) this.mails.push({ ...envelope, data })
          data = null
          say(this.answer)
        }
      }
    })
    say('220 stage')
  }
}

function between(line: string): string {
  return /<(.*)>/.exec(line)?.[1] ?? ''
}
