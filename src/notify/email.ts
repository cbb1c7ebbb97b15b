import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { createTransport } from 'nodemailer'
import type { SmtpSettings, TargetSettings } from '../config/settings.ts'
import { guardedLookup } from '../outside/http-request.ts'
import { ForbiddenAddressError, isMetadataAddress } from '../outside/metadata-address.ts'
import type { SecretReader } from '../outside/secrets.ts'
import { emailHtml } from './email-html.ts'
import { plainText } from './plain-text.ts'
import { smtpProblem } from './smtp-problem.ts'
import type { Target } from './target.ts'

const timeout = 10_000

/** By SMTP. The Message-ID stays the same when a letter is sent again, so that mail readers show it once. */
export function emailTarget(settings: Extract<TargetSettings, { kind: 'email' }>, smtp: SmtpSettings | null): Target {
  return {
    async send({ notice, letter, target }, secrets, signal) {
      if (smtp === null) throw new Error('there is no mail server: write notify.smtp in firedrill.yaml')
      const socket = await reach(smtp, signal)
      const transport = createTransport({ ...(await connectionOf(smtp, secrets)), connection: socket })
      const end = () => socket.destroy()
      signal.addEventListener('abort', end, { once: true })
      try {
        await transport.sendMail({
          from: { name: 'Firedrill', address: smtp.from },
          to: [...settings.to],
          subject: `Firedrill: ${letter.subject}`,
          text: plainText(letter),
          html: emailHtml(letter),
          messageId: messageId(`${notice.key}\n${target}`, smtp.from),
          date: new Date(notice.at.epochMilliseconds),
          headers: { 'Auto-Submitted': 'auto-generated' },
          ...(letter.urgent ? { priority: 'high' as const } : {}),
          disableFileAccess: true,
          disableUrlAccess: true,
        })
      } catch (error) {
        throw signal.aborted ? signal.reason : smtpProblem(error, smtp)
      } finally {
        signal.removeEventListener('abort', end)
        transport.close()
        socket.destroy()
      }
    },
  }
}

async function connectionOf(smtp: SmtpSettings, secrets: SecretReader) {
  const { host, port, tls, user, password, allowSelfSigned } = smtp
  return {
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: { rejectUnauthorized: !allowSelfSigned },
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    ...(user === null || password === null ? {} : { auth: { user, pass: await secrets.reveal(password) } }),
  }
}

/** Connects under the same guard as every request: what a name resolves to is checked at the moment of connecting. */
function reach({ host, port }: SmtpSettings, signal: AbortSignal): Promise<Socket> {
  if (isMetadataAddress(host)) throw new ForbiddenAddressError(host)
  return new Promise((done, fail) => {
    const socket = connect({ host, port, lookup: guardedLookup, signal })
    socket.once('connect', () => done(socket))
    socket.once('error', error =>
      fail(
        signal.aborted
          ? signal.reason
          : new Error(`the mail server ${host}:${port} could not be reached: ${error.message}`, { cause: error }),
      ),
    )
  })
}

function messageId(key: string, from: string): string {
  return `<${createHash('sha256').update(key).digest('hex').slice(0, 40)}@${from.slice(from.lastIndexOf('@') + 1)}>`
}
