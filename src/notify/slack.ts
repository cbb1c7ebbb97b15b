import { isLoopbackUrl } from '../config/loopback.ts'
import type { TargetSettings } from '../config/settings.ts'
import { httpPost } from '../outside/http-request.ts'
import { mustHaveTaken } from './http-answer.ts'
import { slackMessage } from './slack-blocks.ts'
import type { Target } from './target.ts'

/** An incoming webhook of Slack, or of what speaks like it. It knows no idempotency: what is sent twice is shown twice. */
export function slackTarget(settings: Extract<TargetSettings, { kind: 'slack' }>): Target {
  return {
    async send({ letter }, secrets, signal) {
      const url = URL.parse(await secrets.reveal(settings.url))
      if (url === null || !(url.protocol === 'https:' || isLoopbackUrl(url.href)))
        throw new Error('the address of the Slack webhook must be https')
      const answer = await httpPost({ url, headers: { 'content-type': 'application/json' } }, JSON.stringify(slackMessage(letter)), signal)
      mustHaveTaken(answer, url, secrets)
    },
  }
}
