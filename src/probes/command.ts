import { z } from 'zod'
import { askCommand, commandFields, describeEnd, storedCommandFields } from '../outside/command-fields.ts'
import { TimeoutError } from '../outside/deadline.ts'
import { checkTimeout } from '../outside/fields.ts'
import { type ProbeKind, probeFields } from './kind.ts'
import { failed, passed } from './outcome.ts'

const schema = z.strictObject({ ...commandFields, ...probeFields, timeout: checkTimeout('30s', 30_000) })
const stored = z.object(storedCommandFields)

/**
 * A program that exits with 0 where the instance is well. The instance stands on its stdin as JSON. One that cannot be
 * started, or exits with 75 (EX_TEMPFAIL of sysexits.h), says nothing about the instance.
 */
export const commandProbe: ProbeKind = {
  schema,
  open(written, secrets) {
    const settings = stored.parse(written)
    const program = settings.command[0]
    return {
      name: 'command',
      async check({ group, id, name, address }, signal) {
        const { scope, provider, tags } = group
        const input = { instance: { id, name, address }, group: { id: group.id, name: group.name, provider, scope, tags } }
        try {
          const answer = await askCommand(settings, { secrets, input }, signal)
          const detail = `${program} ${describeEnd(answer)}`
          if (answer.code === 75) return { result: 'unknown', detail }
          return answer.code === 0 ? passed(detail) : failed(detail)
        } catch (error) {
          if (signal.reason instanceof TimeoutError) return failed(`${program} did not end: ${signal.reason.message}`)
          throw error
        }
      },
    }
  },
}
