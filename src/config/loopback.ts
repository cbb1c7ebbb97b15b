import { BlockList, isIP } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether a URL's host is this machine itself. Names other than localhost are not resolved: they do not count. */
export function isLoopbackUrl(url: string): boolean {
  const parsed = URL.parse(url)
  if (parsed === null) return false
  const host = parsed.hostname.replace(/^\[|\]$/g, '')
  const family = isIP(host)
  if (family === 0) return host === 'localhost' || host.endsWith('.localhost')
  return loopback.check(host, family === 6 ? 'ipv6' : 'ipv4')
}
