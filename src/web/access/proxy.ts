import { BlockList, isIP } from 'node:net'
import type { WebSettings } from '../../config/settings.ts'
import { parseNetwork } from '../../config/web-schema.ts'
import type { Identity } from './identity.ts'

export interface TrustedProxy {
  /** This address may say who a request comes from. */
  trusts(address: string): boolean
  /** Who the proxy says it is; null: it names nobody. */
  identify(header: (name: string) => string | undefined): Identity | null
}

export function openProxy(settings: NonNullable<WebSettings['proxy']>): TrustedProxy {
  const trusted = new BlockList()
  for (const network of settings.from) parseNetwork(network)?.(trusted)
  return {
    trusts: address => trustedBy(trusted, address),
    identify(header) {
      const name = header(settings.userHeader)?.trim()
      if (name === undefined || name === '' || name.length > 200) return null
      const groups = settings.groupsHeader === null ? [] : (header(settings.groupsHeader) ?? '').split(',').map(group => group.trim())
      const operates = [name, ...groups].some(one => settings.operators.includes(one))
      return { name, role: operates ? 'operator' : 'viewer', how: 'proxy' }
    },
  }
}

/** A dual-stack socket shows an IPv4 peer as `::ffff:10.1.2.3`. */
function trustedBy(list: BlockList, address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').replace(/%.*$/, '')
  const version = isIP(plain)
  return version !== 0 && list.check(plain, version === 6 ? 'ipv6' : 'ipv4')
}
