import { z } from 'zod'
import { askCommand, commandFields, describeEnd, storedCommandFields } from '../outside/command-fields.ts'
import { boundedEvidence } from '../outside/evidence.ts'
import { checkTimeout } from '../outside/fields.ts'
import { SecretReader } from '../outside/secrets.ts'
import type { GuardKind } from './kind.ts'

const schema = z.strictObject({ ...commandFields, timeout: checkTimeout('30s', 30_000) })
const stored = z.object(storedCommandFields)

/** A program that exits with 0 where a strike is all right. The group stands on its stdin as JSON. */
export const commandGuard: GuardKind = {
  schema,
  open(written, surroundings) {
    const settings = stored.parse(written)
    const secrets = new SecretReader(surroundings)
    return {
      name: 'command',
      concerns: ({ group, schedule }) => `${schedule} ${group.id}`,
      async ask({ group, schedule, timezone, lasts }, signal) {
        const { id, name, provider, scope, tags } = group
        const input = { group: { id, name, provider, scope, tags }, schedule, timezone, lastsSeconds: lasts / 1000 }
        const answer = await askCommand(settings, { surroundings, secrets, input }, signal)
        const reason = secrets.hide(`${settings.command[0]} ${describeEnd(answer)}`)
        return { proceed: answer.code === 0, reason, evidence: boundedEvidence({ ...answer }, text => secrets.hide(text)) }
      },
    }
  },
}
