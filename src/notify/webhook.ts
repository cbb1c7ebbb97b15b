import { createHmac } from 'node:crypto'
import type { TargetSettings } from '../config/settings.ts'
import { revealHeaders } from '../outside/fields.ts'
import { httpPost } from '../outside/http-request.ts'
import { cloudEvent } from './cloud-event.ts'
import { mustHaveTaken } from './http-answer.ts'
import type { Target } from './target.ts'

/**
 * CloudEvents 1.0 over HTTP in structured mode, signed as Standard Webhooks do: `webhook-signature: v1,<base64 of HMAC-SHA256 over
 * id.timestamp.body>`. The id stays the same when it is sent again; a receiver drops what it has seen, and what is older than it likes.
 */
export function webhookTarget(settings: Extract<TargetSettings, { kind: 'webhook' }>): Target {
  const url = new URL(settings.url)
  return {
    async send({ notice, letter, digest, origin, now }, secrets, signal) {
      const body = cloudEvent(notice, { source: origin ?? 'firedrill', letter, digest })
      const seconds = String(Math.floor(now.epochMilliseconds / 1000))
      const signature =
        settings.secret === undefined
          ? {}
          : { 'webhook-signature': `v1,${sign(await secrets.reveal(settings.secret), `${notice.key}.${seconds}.${body}`)}` }
      const headers = {
        ...(await revealHeaders({ headers: settings.headers }, secrets)),
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'webhook-id': notice.key,
        'webhook-timestamp': seconds,
        ...signature,
      }
      mustHaveTaken(await httpPost({ url, headers }, body, signal), url, secrets)
    },
  }
}

/** A secret that begins with `whsec_` is base64, as its libraries write it; any other is taken as it is. */
export function sign(secret: string, content: string): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret
  return createHmac('sha256', key).update(content).digest('base64')
}
