import { providers } from '../providers/registry.ts'
import { EXIT, UsageError } from './exit.ts'
import { type Io, writeLine } from './io.ts'
import type { PermissionsOptions } from './options.ts'

/** Prints the least-privilege policy of a platform, in its own format. Throws UsageError for one that has none. */
export async function permissions(options: PermissionsOptions, io: Pick<Io, 'stdout'>): Promise<number> {
  const load = Object.hasOwn(providers, options.provider) ? providers[options.provider]?.loadPermissions : undefined
  if (load === undefined) {
    const known = Object.keys(providers).filter(name => providers[name]?.loadPermissions !== undefined)
    throw new UsageError(`there are no permissions to print for "${options.provider}"; there is ${known.join(', ')}`)
  }
  const policyFor = await load()
  writeLine(io.stdout, policyFor(options.mode).trimEnd())
  return EXIT.ok
}
