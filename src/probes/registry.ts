import type { CheckSettings } from '../domain/schedule.ts'
import { within } from '../outside/deadline.ts'
import type { Surroundings } from '../outside/secrets.ts'
import { commandProbe } from './command.ts'
import { consulProbe } from './consul.ts'
import { dnsProbe } from './dns.ts'
import { eurekaProbe } from './eureka.ts'
import { httpProbe } from './http.ts'
import { type ProbeKind, storedProbeFields } from './kind.ts'
import type { Probe } from './probe.ts'
import { tcpProbe } from './tcp.ts'

/** Every kind by its name in a schedule. A kind that needs something heavy loads it when it is first asked. */
export const probeKinds: Readonly<Record<string, ProbeKind>> = {
  command: commandProbe,
  consul: consulProbe,
  dns: dnsProbe,
  eureka: eurekaProbe,
  http: httpProbe,
  tcp: tcpProbe,
}

/** Throws where the kind is not known: a successor must not count as healthy for want of a probe (S10). */
export function openProbe(check: CheckSettings, surroundings: Surroundings): Probe {
  const known = Object.hasOwn(probeKinds, check.kind) ? probeKinds[check.kind] : undefined
  if (known === undefined) throw new Error(`There is no probe "${check.kind}" in this version of Firedrill.`)
  const { interval, passes, timeout } = storedProbeFields.parse(check.settings)
  const { name, check: ask } = known.open(check.settings, surroundings)
  return { name, interval, passes, check: (target, signal) => within(timeout, signal, inner => ask(target, inner)) }
}
