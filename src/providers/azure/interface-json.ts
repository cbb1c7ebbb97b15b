import type { InterfaceAddress, NetworkInterface } from './api.ts'

/** As the Resource Manager answers: what matters stands one level deeper. Type `NetworkInterface` of @azure/arm-network 39. */
interface InterfaceJson {
  readonly id?: string
  readonly properties?: Omit<NetworkInterface, 'id' | 'ipConfigurations'> & {
    readonly ipConfigurations?: readonly { readonly properties?: InterfaceAddress }[]
  }
}

export function interfaceOf({ id, properties }: InterfaceJson): NetworkInterface {
  return { ...properties, id: id ?? '', ipConfigurations: (properties?.ipConfigurations ?? []).map(address => ({ ...address.properties })) }
}
