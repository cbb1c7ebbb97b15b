import { isIPv6 } from 'node:net'
import { SECRET_KEY } from '../telemetry/redact.ts'
import { hostOf, isMetadataAddress } from './metadata-address.ts'

/** The instance that a check is about. */
export interface InstanceTarget {
  readonly id: string
  readonly name: string
  readonly address: string | null
}

const PLACEHOLDER = /\{([^{}]*)\}/g
const PLACEHOLDERS: readonly string[] = ['address', 'id', 'name']
/** `sig` is how signed URLs call theirs. */
const SECRET_PARAMETER = /signature$|^(sig|api.?key|key|auth)$/i

/** What is wrong with a URL in a schedule, or null. `placeholders`: it may hold `{address}`, `{id}` and `{name}`. */
export function wrongUrl(text: string, { placeholders }: { readonly placeholders: boolean }): string | null {
  const wrong = placeholders ? wrongPlaceholder(text) : null
  if (wrong !== null) return wrong
  const url = URL.parse(placeholders ? text.replace(PLACEHOLDER, 'x') : text)
  const example = placeholders ? 'http://{address}:8080/health' : 'https://status.internal/health'
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return `url must be an http or https address such as "${example}"`
  if (url.username !== '' || url.password !== '')
    return 'url must not hold a user or password: it is stored with every drill. Write token: { env: NAME }'
  const secret = [...url.searchParams.keys()].find(name => SECRET_KEY.test(name) || SECRET_PARAMETER.test(name))
  if (secret !== undefined) return `url must not hold a secret in "${secret}": it is stored with every drill. Write headers: or token:`
  return null
}

/** A template whose fixed host is one that is never asked; what a placeholder becomes is checked when it is asked. */
export function forbiddenHost(text: string): boolean {
  const url = URL.parse(text.replace(PLACEHOLDER, 'x'))
  return url !== null && isMetadataAddress(hostOf(url))
}

export function wrongPlaceholder(text: string): string | null {
  for (const [written, name = ''] of text.matchAll(PLACEHOLDER))
    if (!PLACEHOLDERS.includes(name)) return `${written} is no placeholder; there are {address}, {id} and {name}`
  return null
}

/** Fills a URL's placeholders, each encoded so that a name can never change the URL around it. Throws where the address is not known. */
export function fillUrl(template: string, instance: InstanceTarget): URL {
  const filled = template.replace(PLACEHOLDER, (written, name: string) => {
    if (name === 'address') return bracketed(addressOf(instance))
    if (name === 'id') return encodeURIComponent(instance.id)
    return name === 'name' ? encodeURIComponent(instance.name) : written
  })
  const target = URL.parse(filled)
  if (target === null) throw new Error(`"${filled}" is not an address that can be asked`)
  return target
}

/** Fills placeholders in a host, a DNS name or the name of a service. */
export function fillText(template: string, instance: InstanceTarget): string {
  return template.replace(PLACEHOLDER, (written, name: string) => {
    if (name === 'address') return addressOf(instance)
    if (name === 'id') return instance.id
    return name === 'name' ? instance.name : written
  })
}

export function addressOf(instance: InstanceTarget): string {
  if (instance.address === null) throw new Error(`the address of ${instance.id} is not known`)
  return instance.address
}

function bracketed(address: string): string {
  return isIPv6(address) ? `[${address}]` : encodeURIComponent(address)
}
