import { z } from 'zod'
import { askCommand, commandFields, describeEnd, storedCommandFields } from '../outside/command-fields.ts'
import { checkTimeout } from '../outside/fields.ts'
import type { GuardKind } from './kind.ts'

const schema = z.strictObject({ ...commandFields, timeout: checkTimeout('30s', 30_000) })
const stored = z.object(storedCommandFields)

/** A program that exits with 0 where a strike is all right. The group stands on its stdin as JSON. */
export const commandGuard: GuardKind = {
  schema,
  open(written, secrets) {
    const settings = stored.parse(written)
    return {
      name: 'command',
      concerns: ({ group, schedule }) => `${schedule} ${group.id}`,
      async ask({ group, schedule, timezone, lasts }, signal) {
        const { id, name, provider, scope, tags } = group
        const input = { group: { id, name, provider, scope, tags }, schedule, timezone, lastsSeconds: lasts / 1000 }
        const answer = await askCommand(settings, { secrets, input }, signal)
        const reason = `${settings.command[0]} ${describeEnd(answer)}`
        return { proceed: answer.code === 0, reason, evidence: { ...answer } }
      },
    }
  },
}
