import { z } from 'zod'
import { askCommand, commandFields, describeEnd, storedCommandFields } from '../outside/command-fields.ts'
import { checkTimeout } from '../outside/fields.ts'
import type { FingerprintKind } from './kind.ts'
import { LARGEST_FINGERPRINT, parseFingerprint } from './record.ts'

const schema = z.strictObject({ ...commandFields, timeout: checkTimeout('2m', 120_000) })
const stored = z.object(storedCommandFields)

/**
 * Runs a program on this machine that knows how to look into the instance (ssh, or a cloud's own run-command). The
 * instance stands on its stdin as JSON; it prints a flat JSON object of texts and exits with 0.
 */
export const commandFingerprint: FingerprintKind = {
  schema,
  open(written, secrets) {
    const settings = stored.parse(written)
    const program = String(settings.command[0])
    return {
      async take({ group, id, name, address }, signal) {
        const input = { instance: { group, id, name, address } }
        const answer = await askCommand(settings, { secrets, input, largest: LARGEST_FINGERPRINT }, signal)
        if (answer.code !== 0) throw new Error(`${program} ${describeEnd({ ...answer, stdout: '' })}`)
        return parseFingerprint(answer.stdout, program)
      },
    }
  },
}
