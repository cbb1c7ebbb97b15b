import { loadSettings } from '../config/load.ts'
import { providers } from '../providers/registry.ts'
import { EXIT, UsageError } from './exit.ts'
import { type Io, writeLine } from './io.ts'
import type { PermissionsOptions } from './options.ts'

/**
 * Prints the least-privilege policy of a platform, in its own format, with what the platform's own guards ask where a schedule uses
 * them. Throws UsageError for one that has none, ConfigError where the schedules are wrong.
 */
export async function permissions(options: PermissionsOptions, io: Pick<Io, 'stdout' | 'env' | 'cwd'>): Promise<number> {
  const provider = Object.hasOwn(providers, options.provider) ? providers[options.provider] : undefined
  const load = provider?.loadPermissions
  if (load === undefined) {
    const known = Object.keys(providers).filter(name => providers[name]?.loadPermissions !== undefined)
    throw new UsageError(`there are no permissions to print for "${options.provider}"; there is ${known.join(', ')}`)
  }
  const policyFor = await load()
  const { schedules } = await loadSettings({ file: options.config, env: io.env, cwd: io.cwd })
  const brought = Object.keys((await provider?.loadGuards?.()) ?? {})
  const guards = schedules.flatMap(schedule => schedule.guards).filter(({ kind }) => brought.includes(kind))
  writeLine(io.stdout, policyFor(options.mode, guards).trimEnd())
  return EXIT.ok
}
