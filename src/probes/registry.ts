import type { CheckSettings } from '../domain/schedule.ts'
import { within } from '../outside/deadline.ts'
import { clip } from '../outside/evidence.ts'
import { SecretReader, type Surroundings } from '../outside/secrets.ts'
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
  const secrets = new SecretReader(surroundings)
  const { name, check: ask } = known.open(check.settings, secrets)
  return {
    name,
    interval,
    passes,
    async check(target, signal) {
      try {
        const { result, detail } = await within(timeout, signal, inner => ask(target, inner))
        return { result, detail: clip(secrets.hide(detail)) }
      } catch (error) {
        throw signal.aborted ? signal.reason : secrets.hideIn(error)
      }
    },
  }
}
