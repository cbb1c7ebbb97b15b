import type { GroupId } from '../../domain/group.ts'
import { ask, type SwarmContext } from './context.ts'
import { serviceName } from './ids.ts'
import type { WireService } from './wire.ts'

/** More names than this would make the address of the request too long: then all services are listed. */
const NAMES_PER_CALL = 50

/** The services behind these groups; one that is missing does not exist (any more). */
export async function servicesNamed(
  context: SwarmContext,
  groups: readonly GroupId[],
  signal: AbortSignal,
): Promise<Map<GroupId, WireService | null>> {
  const names = new Map(groups.map(group => [group, serviceName(context.scope, group)]))
  const wanted = [...names.values()].filter(name => name !== null)
  if (wanted.length === 0) return new Map(groups.map(group => [group, null]))
  const listed = await ask(context, api => api.services(wanted.length > NAMES_PER_CALL ? [] : wanted, signal), signal)
  // The engine's filter takes a name for the beginning of one.
  const byName = new Map(listed.map(service => [service.Spec?.Name, service]))
  return new Map(groups.map(group => [group, byName.get(names.get(group) ?? undefined) ?? null]))
}
