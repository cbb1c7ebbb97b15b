import type { SmtpSettings } from '../config/settings.ts'

/** What went wrong between us and the mail server, in a sentence that says what to do. The library tells it in OpenSSL's words. */
export function smtpProblem(error: unknown, smtp: SmtpSettings): Error {
  const said = error instanceof Error ? error.message : String(error)
  const why = explain(said, smtp)
  return why === null && error instanceof Error
    ? error
    : new Error(`the mail server ${smtp.host}:${smtp.port} ${why ?? said}`, { cause: error })
}

function explain(said: string, { host, tls }: SmtpSettings): string | null {
  if (/upgrading connection with STARTTLS|does not support required STARTTLS/.test(said)) {
    return 'does not offer STARTTLS, and nothing is sent without: see whether another port does, or set notify.smtp.tls to implicit'
  }
  if (tls !== 'none' && /Hostname\/IP does not match/.test(said)) {
    return `showed a certificate that is not for ${host}: write the name that stands in it as notify.smtp.host`
  }
  if (tls !== 'none' && /certificate (has expired|is not yet valid)/i.test(said)) {
    const when = /has expired/i.test(said) ? 'has expired' : 'is not valid yet'
    return `showed a certificate that ${when}, and nothing is sent: renew it there, and see that both clocks are right`
  }
  if (tls !== 'none' && /certificate/i.test(said)) {
    const [reason = ''] = said.replace(/^Error initiating TLS - /, '').split(';')
    return `showed a certificate that cannot be trusted (${reason}): name the file of its authority in NODE_EXTRA_CA_CERTS, or set notify.smtp.allowSelfSigned`
  }
  if (tls === 'implicit' && /SSL routines|wrong version number/.test(said)) {
    return 'does not begin with TLS on this port: notify.smtp.tls is implicit, which is for port 465; on port 587 it is starttls'
  }
  if (/^Timeout$|Greeting never received/.test(said)) {
    const hint = tls === 'implicit' ? '' : '; where its port begins with TLS (465), notify.smtp.tls is implicit'
    return `took the connection and did not answer in time${hint}`
  }
  return null
}
