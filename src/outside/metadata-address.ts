import { BlockList, isIP } from 'node:net'

const forbidden = new BlockList()
// Link-local, where every large cloud serves instance credentials (169.254.169.254, ECS's 169.254.170.2).
forbidden.addSubnet('169.254.0.0', 16, 'ipv4')
forbidden.addSubnet('fe80::', 10, 'ipv6')
// The same through IPv6-to-IPv4 translation (RFC 6052).
forbidden.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6')
// EC2's IPv6 metadata address and its DNS and time neighbours.
forbidden.addSubnet('fd00:ec2::', 32, 'ipv6')
// Google's metadata server over IPv6.
forbidden.addAddress('fd20:ce::254', 'ipv6')
// Azure's wire server.
forbidden.addAddress('168.63.129.16', 'ipv4')

const names = ['metadata.google.internal', 'metadata', 'instance-data', 'instance-data.ec2.internal']

/** Whether a host must never be asked, because it may hand out the credentials of the machine Firedrill runs on. */
export function isMetadataAddress(host: string): boolean {
  const family = isIP(host)
  if (family === 0) return names.includes(host.toLowerCase().replace(/\.$/, ''))
  return forbidden.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

export class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError'

  constructor(what: string) {
    super(`${what} is a link-local or metadata address and is never asked (allowLinkLocal: true would allow it)`)
  }
}

/** The host of a URL without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}
