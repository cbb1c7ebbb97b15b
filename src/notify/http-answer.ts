import type { HttpAnswer } from '../outside/http-request.ts'
import type { SecretReader } from '../outside/secrets.ts'
import { clip, visibleLine } from '../reports/safe-text.ts'
import { RetryLater } from './target.ts'

const longestWait = 60 * 60

/**
 * Throws unless the receiver took it. What it said is part of the message, on one line and short; a secret in it is hidden before
 * it is cut, since half of one is not known again.
 */
export function mustHaveTaken({ status, body, retryAfter }: HttpAnswer, url: URL, secrets: SecretReader): void {
  if (status >= 200 && status < 300) return
  const said = clip(visibleLine(secrets.hide(body)), 120)
  const problem = `${url.origin} answered with ${status}${said === '' ? '' : ` (${said})`}`
  if (retryAfter !== null && (status === 429 || status === 503)) throw new RetryLater(problem, Math.min(retryAfter, longestWait) * 1000)
  throw new Error(problem)
}
