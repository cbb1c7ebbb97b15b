import { z } from 'zod'
import { called } from '../config/phrases.ts'
import { SECRET_KEY } from '../telemetry/redact.ts'
import type { Scalar } from './json-assertion.ts'
import { type CommandAnswer, runCommand } from './run-command.ts'
import { type SecretReader, type SecretReference, secretReference, storedReference } from './secrets.ts'

const command = called(
  z
    .array(
      called(
        z.string().refine(text => !text.includes('\0')),
        'a text',
        '"/opt/checks/ready"',
      ),
    )
    .min(1),
  'a program and its arguments as a list',
  '[/opt/checks/ready, --quick]',
)

const variables = called(
  z
    .record(
      called(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), 'the name of a variable', 'REGION'),
      z.union([secretReference, called(z.string(), 'a text')]),
    )
    .transform((written, context) => {
      for (const [name, value] of Object.entries(written)) {
        if (typeof value !== 'string' || !SECRET_KEY.test(name)) continue
        const message = `the variable ${name} may hold a secret, so it comes from the environment or a file: ${name}: { env: NAME } or { file: PATH }`
        context.issues.push({ code: 'custom', message, input: written, path: [name] })
      }
      return written
    }),
  'a map of variables',
  '{ REGION: eu-west-1, TOKEN: { env: API_TOKEN } }',
)

/** What every check that runs a program takes. */
export const commandFields = { command, env: variables.default({}) }

/** The same after a stay in the ledger. */
export const storedCommandFields = {
  command: z.array(z.string()).min(1),
  env: z.record(z.string(), z.union([storedReference, z.string()])).default({}),
}

export interface CommandSettings {
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string | SecretReference>>
}

export interface Asking {
  readonly secrets: SecretReader
  /** What stands on the program's stdin, as JSON. */
  readonly input: Readonly<Record<string, Scalar | object>>
  readonly largest?: number
}

/** Runs the program of a check, with its secrets in its environment and nothing else of ours. */
export async function askCommand(settings: CommandSettings, asking: Asking, signal: AbortSignal): Promise<CommandAnswer> {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(settings.env))
    env[name] = typeof value === 'string' ? value : await asking.secrets.reveal(value)
  const { folder } = asking.secrets.surroundings
  const { largest } = asking
  return runCommand({ command: settings.command, folder, env, input: asking.input, ...(largest === undefined ? {} : { largest }) }, signal)
}

/** `exited with 2: disk full`; the program's own words are its first line. */
export function describeEnd({ code, endedBy, stdout, stderr }: CommandAnswer): string {
  const how = code === null ? `was ended by ${endedBy}` : `exited with ${code}`
  const [words = ''] = (stderr.trim() || stdout.trim()).split('\n', 1)
  return words === '' ? how : `${how}: ${words}`
}
