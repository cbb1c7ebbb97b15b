import type { VirtualMachineScaleSet } from '@azure/arm-compute'
import type { Machine, NetworkInterface } from '../../../src/providers/azure/api.ts'
import { DRIFT_IGNORE } from '../../../src/providers/azure/controllers.ts'
import { declaredSet } from '../../../src/providers/azure/declare.ts'
import { configurationOf } from '../../../src/providers/azure/describe.ts'
import { type SettingRow, settingsTable } from '../settings-table.ts'

const IMAGE = '/subscriptions/s/resourcegroups/g/providers/microsoft.compute/galleries/images/images/web'

const NAT_POOLS = 'virtualMachineProfile.networkProfile.networkInterfaceConfigurations.ipConfigurations.loadBalancerInboundNatPools'
const NIC = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/nic-4f1c'

function osDisk() {
  return {
    createOption: 'FromImage',
    deleteOption: 'Delete' as string | undefined,
    diskSizeGB: 64,
    caching: 'ReadOnly',
    writeAcceleratorEnabled: true,
    diffDiskSettings: { option: 'Local' } as { option?: string },
    managedDisk: {
      storageAccountType: 'Premium_LRS',
      diskEncryptionSet: { id: '/sets/Web' },
      securityProfile: { securityEncryptionType: 'VMGuestStateOnly' },
    },
  }
}

function dataDisk() {
  return {
    lun: 3,
    createOption: 'Empty',
    deleteOption: 'Delete' as string | undefined,
    diskSizeGB: 128,
    caching: 'None',
    writeAcceleratorEnabled: true,
    diskIopsReadWrite: 4000,
    diskMBpsReadWrite: 200,
    managedDisk: { storageAccountType: 'PremiumV2_LRS', diskEncryptionSet: { id: '/sets/Data' } },
  }
}

function networkInterface() {
  return {
    name: 'nic',
    primary: true,
    deleteOption: 'Delete' as string | undefined,
    enableAcceleratedNetworking: true,
    enableIPForwarding: true,
    networkSecurityGroup: { id: '/nsg/Web' },
    dnsSettings: { dnsServers: ['10.0.0.5', '10.0.0.4'] },
    ipConfigurations: [
      {
        name: 'ip',
        subnet: { id: '/subnets/Web' },
        publicIPAddressConfiguration: { name: 'public' } as { name: string } | undefined,
        loadBalancerBackendAddressPools: [{ id: '/pools/A' }, { id: '/pools/B' }],
        applicationGatewayBackendAddressPools: [{ id: '/gateways/A' }],
        applicationSecurityGroups: [{ id: '/asg/Web' }],
        loadBalancerInboundNatPools: [{ id: '/nat/Ssh' }],
      },
    ],
  }
}

/** The same as a resource of its own, which a machine of a flexible set only names. */
function resourceOf({ ipConfigurations, ...nic }: ReturnType<typeof networkInterface>): NetworkInterface {
  const addresses = ipConfigurations.map(({ publicIPAddressConfiguration, loadBalancerInboundNatPools: _, ...address }) => ({
    ...address,
    ...(publicIPAddressConfiguration === undefined ? {} : { publicIPAddress: { id: `/addresses/${publicIPAddressConfiguration.name}` } }),
  }))
  return { ...nic, id: NIC, ipConfigurations: addresses }
}

/** What model and machine spell alike. */
function common() {
  const publicKeys = [
    { path: '/home/a', keyData: 'ssh-ed25519 AAAA' },
    { path: '/home/b', keyData: 'ssh-ed25519 BBBB' },
  ]
  return {
    osDisk: osDisk(),
    dataDisk: dataDisk(),
    nic: networkInterface(),
    security: {
      securityType: 'ConfidentialVM' as string | undefined,
      encryptionAtHost: true as boolean | undefined,
      uefiSettings: { secureBootEnabled: true as boolean | undefined, vTpmEnabled: true as boolean | undefined },
    },
    os: {
      adminUsername: 'operator' as string | undefined,
      linuxConfiguration: { disablePasswordAuthentication: false as boolean | undefined, ssh: { publicKeys } },
    },
    extension: {
      name: 'start',
      publisher: 'Contoso',
      typePropertiesType: 'Script',
      typeHandlerVersion: '2.0',
      settings: { files: ['a'], retries: 2 } as object,
    },
  }
}

/** A model that says everything, and a machine as it makes one, in other letters' case and with what Azure adds. */
function sample(mode: 'Uniform' | 'Flexible') {
  const [model, own] = [common(), common()]
  own.extension.typeHandlerVersion = '2.4'
  own.nic.networkSecurityGroup.id = '/NSG/web'
  const identity = { type: 'SystemAssigned, UserAssigned', userAssignedIdentities: { '/identities/Web': {} } as Record<string, object> }
  const profile = {
    timeCreated: new Date('2026-01-01'),
    storageProfile: { imageReference: { id: IMAGE }, osDisk: model.osDisk, dataDisks: [model.dataDisk] },
    networkProfile: { networkInterfaceConfigurations: [model.nic] },
    securityProfile: model.security,
    osProfile: model.os,
    extensionProfile: { extensions: [model.extension] },
    licenseType: 'RHEL_BYOS' as string | undefined,
    userData: 'aGk=' as string | undefined,
    priority: 'Spot' as string | undefined,
  }
  const set = {
    id: '/x',
    location: 'westeurope',
    name: 'web',
    orchestrationMode: mode,
    sku: { name: 'Standard_D2s_v5' as string | undefined, capacity: 1 },
    skuProfile: { vmSizes: [] as { name: string }[] },
    priorityMixPolicy: undefined as object | undefined,
    zones: ['1', '2'] as string[] | undefined,
    identity: structuredClone(identity),
    plan: { name: 'p' },
    virtualMachineProfile: profile,
  }
  const machine = {
    name: 'web_0',
    vmId: 'a',
    timeCreated: new Date('2026-01-01'),
    zones: ['2'],
    hardwareProfile: { vmSize: 'standard_d2s_v5' },
    storageProfile: { imageReference: { id: IMAGE, exactVersion: '1.0.0' }, osDisk: own.osDisk, dataDisks: [own.dataDisk] },
    securityProfile: own.security,
    osProfile: own.os,
    resources: [own.extension],
    instanceView: { extensions: [{ name: 'start' }] },
    licenseType: 'RHEL_BYOS',
    userData: 'aGk=',
    tags: {} as Record<string, string>,
    identity: structuredClone(identity) as typeof identity | undefined,
    priority: 'Spot' as string | undefined,
    networkProfile: { networkInterfaces: [{ id: NIC, primary: true, deleteOption: 'delete' as string | undefined }] },
    networkProfileConfiguration: { networkInterfaceConfigurations: [own.nic] },
  }
  // The rules that a pool makes are numbered by machine.
  if (mode === 'Flexible') for (const { ipConfigurations } of [model.nic, own.nic]) ipConfigurations[0]?.loadBalancerInboundNatPools.pop()
  const noted = <Part extends object>(part: Part): Part => part
  return { set, profile, machine, model, own, noted }
}

type Sample = ReturnType<typeof sample>

const put = <Part extends object>(part: Part | undefined, values: Partial<Part>): void => void Object.assign(part ?? {}, values)
const unset = <Part extends object>(part: Part, name: keyof Part): void => void delete part[name]

type Common = Sample['own']

/** A setting that both sides spell alike, and of which the model may be silent: then the platform decides. */
function plainly<Part extends object>(
  path: string,
  at: (of: Common) => Part,
  [name, other]: readonly [keyof Part, unknown],
): SettingRow<Sample> {
  const change = (part: Part) => void Object.assign(part, { [name]: other })
  return {
    path,
    drift: [`another ${path}`, ({ own }) => change(at(own))],
    same: [
      `another ${path} where the model is silent`,
      ({ own, model }) => {
        change(at(own))
        unset(at(model), name)
      },
    ],
  }
}

/** Off where the model is silent: whatever is on was switched on by hand. */
function offUnlessSaid<Part extends object>(
  path: string,
  at: (of: Common) => Part,
  [name, off]: readonly [keyof Part, unknown],
): SettingRow<Sample> {
  return {
    path,
    drift: [`${path} that the model does not say`, ({ model }) => unset(at(model), name)],
    same: [
      `${path} that is off, said or not`,
      ({ own, model }) => {
        unset(at(model), name)
        void Object.assign(at(own), { [name]: off })
      },
    ],
  }
}

interface Deletable {
  deleteOption?: string | undefined
}

const managed = (disk: { managedDisk: Sample['own']['osDisk']['managedDisk'] }) => disk.managedDisk
const address = ({ nic }: Common) => nic.ipConfigurations[0] ?? ({} as never)

const ROWS: readonly SettingRow<Sample>[] = [
  {
    path: 'size',
    drift: ['a larger size', ({ machine }) => put(machine.hardwareProfile, { vmSize: 'Standard_D8s_v5' })],
    same: [
      'any size of a mix',
      ({ machine, set }) => {
        put(machine.hardwareProfile, { vmSize: 'Standard_D8s_v5' })
        put(set.skuProfile, { vmSizes: [{ name: 'Standard_D2s_v5' }, { name: 'STANDARD_D8S_V5' }] })
      },
    ],
  },
  {
    path: 'zone',
    drift: ['a zone that the set has not', ({ machine }) => put(machine, { zones: ['3'] })],
    same: ['another zone of the set', ({ machine }) => put(machine, { zones: ['1'] })],
  },
  plainly('osDisk/size', ({ osDisk }) => osDisk, ['diskSizeGB', 512]),
  plainly('osDisk/type', ({ osDisk }) => managed(osDisk), ['storageAccountType', 'Standard_LRS']),
  plainly('osDisk/caching', ({ osDisk }) => osDisk, ['caching', 'None']),
  offUnlessSaid('osDisk/ephemeral', ({ osDisk }) => osDisk.diffDiskSettings, ['option', undefined]),
  {
    path: 'osDisk/encryptionSet',
    drift: ['a disk that another set of keys encrypts', ({ own }) => put(own.osDisk.managedDisk.diskEncryptionSet, { id: '/sets/other' })],
    same: [
      'a disk whose set of keys is spelled in another case',
      ({ own }) => put(own.osDisk.managedDisk.diskEncryptionSet, { id: '/SETS/web' }),
    ],
  },
  offUnlessSaid('osDisk/confidentialEncryption', ({ osDisk }) => osDisk.managedDisk.securityProfile, ['securityEncryptionType', undefined]),
  offUnlessSaid('osDisk/writeAccelerator', ({ osDisk }) => osDisk, ['writeAcceleratorEnabled', false]),
  plainly('dataDisks/3/size', ({ dataDisk }) => dataDisk, ['diskSizeGB', 512]),
  {
    path: 'dataDisks/3/type',
    drift: ['a data disk of another kind', ({ own }) => put(own.dataDisk.managedDisk, { storageAccountType: 'UltraSSD_LRS' })],
    same: [
      'a data disk of another kind, with its own speed, where the model is silent',
      ({ own, model }) => {
        put(own.dataDisk.managedDisk, { storageAccountType: 'Standard_LRS' })
        unset(model.dataDisk.managedDisk, 'storageAccountType')
      },
    ],
  },
  plainly('dataDisks/3/caching', ({ dataDisk }) => dataDisk, ['caching', 'ReadWrite']),
  {
    path: 'dataDisks/3/encryptionSet',
    drift: [
      'a data disk that another set of keys encrypts',
      ({ own }) => put(own.dataDisk.managedDisk.diskEncryptionSet, { id: '/sets/other' }),
    ],
    same: [
      'a data disk whose set of keys is spelled in another case',
      ({ own }) => put(own.dataDisk.managedDisk.diskEncryptionSet, { id: '/SETS/data' }),
    ],
  },
  offUnlessSaid('dataDisks/3/writeAccelerator', ({ dataDisk }) => dataDisk, ['writeAcceleratorEnabled', false]),
  plainly('dataDisks/3/iops', ({ dataDisk }) => dataDisk, ['diskIopsReadWrite', 9000]),
  plainly('dataDisks/3/throughput', ({ dataDisk }) => dataDisk, ['diskMBpsReadWrite', 900]),
  {
    path: 'security/type',
    drift: ['another kind of security', ({ own }) => put(own.security, { securityType: 'TrustedLaunch' })],
    same: [
      'the standard kind of security, said or not',
      ({ own, model }) => {
        put(model.security, { securityType: 'Standard' })
        unset(own.security, 'securityType')
      },
    ],
  },
  plainly('security/secureBoot', ({ security }) => security.uefiSettings, ['secureBootEnabled', false]),
  plainly('security/vTpm', ({ security }) => security.uefiSettings, ['vTpmEnabled', false]),
  plainly('security/encryptionAtHost', ({ security }) => security, ['encryptionAtHost', false]),
  plainly('os/adminUsername', ({ os }) => os, ['adminUsername', 'root']),
  {
    path: 'os/passwordLogin',
    drift: ['a password for its login', ({ model }) => put(model.os.linuxConfiguration, { disablePasswordAuthentication: true })],
    same: [
      'a login without password, said or not',
      ({ own, model }) => {
        put(model.os.linuxConfiguration, { disablePasswordAuthentication: true })
        unset(own.os.linuxConfiguration, 'disablePasswordAuthentication')
      },
    ],
  },
  {
    path: 'os/sshKeys',
    drift: [
      'an SSH key added by hand',
      ({ own }) => void own.os.linuxConfiguration.ssh.publicKeys.push({ path: '/home/c', keyData: 'ssh-rsa CC' }),
    ],
    same: ['another order of SSH keys', ({ own }) => void own.os.linuxConfiguration.ssh.publicKeys.reverse()],
  },
  {
    path: 'extensions/start/handler',
    drift: ['an extension of another publisher', ({ own }) => put(own.extension, { publisher: 'Somebody' })],
    same: ['what Defender installs', ({ machine, own }) => void machine.resources.push({ ...own.extension, name: 'MDE.Linux' })],
  },
  {
    path: 'extensions/start/version',
    drift: ['an extension of another major version', ({ own }) => put(own.extension, { typeHandlerVersion: '3.0' })],
    same: ['an extension of another minor version', ({ own }) => put(own.extension, { typeHandlerVersion: '2.9' })],
  },
  {
    path: 'extensions/start/settings',
    drift: ['other settings of an extension', ({ own }) => put(own.extension, { settings: { files: ['b'] } })],
    same: ['another order of the settings of an extension', ({ own }) => put(own.extension, { settings: { retries: 2, files: ['a'] } })],
  },
  {
    path: 'license',
    drift: ['another licence', ({ machine }) => put(machine, { licenseType: 'SLES_BYOS' })],
    same: [
      'no licence, where the model names none',
      ({ machine, profile }) => {
        unset(machine, 'licenseType')
        unset(profile, 'licenseType')
      },
    ],
  },
  {
    path: 'userData',
    drift: ['other user data', ({ machine }) => put(machine, { userData: 'Ynll' })],
    same: [
      'empty user data, where the model has none',
      ({ machine, profile }) => {
        put(machine, { userData: '' })
        unset(profile, 'userData')
      },
    ],
  },
]

/** Shown with the machine in a uniform set, and as resources of their own in a flexible one. */
const NETWORK: readonly SettingRow<Sample>[] = [
  {
    path: 'interfaces/nic/subnet',
    drift: ['another subnet', ({ own }) => put(address(own).subnet, { id: '/subnets/other' })],
    same: ['a subnet spelled in another case', ({ own }) => put(address(own).subnet, { id: '/SUBNETS/web' })],
  },
  {
    path: 'interfaces/nic/securityGroup',
    drift: ['another network security group', ({ own }) => put(own.nic.networkSecurityGroup, { id: '/nsg/open' })],
    same: ['a network security group spelled in another case', ({ own }) => put(own.nic.networkSecurityGroup, { id: '/nsg/WEB' })],
  },
  ...(
    [
      ['applicationSecurityGroups', 'applicationSecurityGroups', 'application security group'],
      ['balancers', 'loadBalancerBackendAddressPools', 'pool of a load balancer'],
      ['gateways', 'applicationGatewayBackendAddressPools', 'pool of an application gateway'],
    ] as const
  ).map(
    ([path, field, what]): SettingRow<Sample> => ({
      path: `interfaces/nic/${path}`,
      drift: [`a further ${what}`, ({ own }) => void address(own)[field].push({ id: '/by/hand' })],
      same: [
        `another order, and another case, of each ${what}`,
        ({ own }) =>
          put(address(own), {
            [field]: address(own)
              [field].map(({ id }) => ({ id: id.toUpperCase() }))
              .reverse(),
          }),
      ],
    }),
  ),
  {
    path: 'interfaces/nic/dnsServers',
    drift: ['another name server', ({ own }) => put(own.nic.dnsSettings, { dnsServers: ['192.0.2.1'] })],
    same: ['another order of name servers', ({ own }) => void own.nic.dnsSettings.dnsServers.reverse()],
  },
  {
    path: 'interfaces/nic/publicAddress',
    drift: ['a public address', ({ model }) => put(address(model), { publicIPAddressConfiguration: undefined })],
    same: ['another name of a public address', ({ own }) => put(address(own), { publicIPAddressConfiguration: { name: 'other' } })],
  },
  {
    path: 'interfaces/nic/accelerated',
    drift: ['no accelerated networking', ({ own }) => put(own.nic, { enableAcceleratedNetworking: false })],
    same: [
      'accelerated networking that is off, said or not',
      ({ own, model }) => {
        put(model.nic, { enableAcceleratedNetworking: false })
        unset(own.nic, 'enableAcceleratedNetworking')
      },
    ],
  },
  {
    path: 'interfaces/nic/forwarding',
    drift: ['no forwarding', ({ own }) => put(own.nic, { enableIPForwarding: false })],
    same: [
      'forwarding that is off, said or not',
      ({ own, model }) => {
        put(model.nic, { enableIPForwarding: false })
        unset(own.nic, 'enableIPForwarding')
      },
    ],
  },
]

const FLEXIBLE: readonly SettingRow<Sample>[] = [
  {
    path: 'identity/users',
    drift: ['a foreign identity', ({ machine }) => put(machine.identity?.userAssignedIdentities, { '/identities/admin': {} })],
    same: [
      'an identity spelled in another case',
      ({ machine }) => put(machine.identity, { userAssignedIdentities: { '/IDENTITIES/web': {} } }),
    ],
  },
  {
    path: 'identity/system',
    drift: ['no identity of its own', ({ machine }) => put(machine.identity, { type: 'UserAssigned' })],
    same: ['an identity of its own, in other letters', ({ machine }) => put(machine.identity, { type: 'systemassigned, userassigned' })],
  },
  ...(
    [
      ['osDisk', ({ own }) => own.osDisk, ({ model }) => model.osDisk],
      ['dataDisks/3', ({ own }) => own.dataDisk, ({ model }) => model.dataDisk],
      ['interfaces/nic', ({ machine }) => machine.networkProfile.networkInterfaces[0], ({ model }) => model.nic],
    ] as const satisfies readonly [string, (sample: Sample) => Deletable | undefined, (sample: Sample) => Deletable][]
  ).flatMap(
    ([path, own, model]): SettingRow<Sample> => ({
      path: `${path}/deleteOption`,
      drift: [`that ${path} would outlive its machine`, sample => put(own(sample), { deleteOption: 'Detach' })],
      same: [
        `what becomes of ${path} where the model is silent`,
        sample => {
          put(own(sample), { deleteOption: 'Detach' })
          unset(model(sample), 'deleteOption')
        },
      ],
    }),
  ),
  {
    path: 'priority',
    drift: ['another priority', ({ machine }) => put(machine, { priority: 'Low' })],
    same: [
      'a regular machine of a mix of both',
      ({ machine, set }) => {
        unset(machine, 'priority')
        put(set, { priorityMixPolicy: {} })
      },
    ],
  },
]

const UNIFORM: readonly SettingRow<Sample>[] = [
  {
    path: 'identity/users',
    drift: ['a foreign identity', ({ machine }) => put(machine.identity?.userAssignedIdentities, { '/identities/admin': {} })],
    same: ["the set's own identities, which its members may not tell", ({ machine }) => unset(machine, 'identity')],
  },
  {
    path: 'identity/system',
    drift: ['no identity of its own', ({ machine }) => put(machine.identity, { type: 'UserAssigned' })],
    same: ['an identity of its own, in other letters', ({ machine }) => put(machine.identity, { type: 'systemassigned, userassigned' })],
  },
  {
    path: 'interfaces/nic/natPools',
    drift: ['a pool of NAT rules', ({ own }) => void address(own).loadBalancerInboundNatPools.push({ id: '/by/hand' })],
    same: [
      'a pool of NAT rules spelled in another case',
      ({ own }) => put(address(own), { loadBalancerInboundNatPools: [{ id: '/NAT/ssh' }] }),
    ],
  },
]

for (const [mode, rows] of [
  ['Uniform', UNIFORM],
  ['Flexible', FLEXIBLE],
] as const)
  describe(`drift from the model of a ${mode} scale set, one setting at a time`, () => {
    settingsTable<Sample>({
      sample: () => sample(mode),
      ignore: DRIFT_IGNORE,
      declared: ({ set }) =>
        declaredSet(
          set as unknown as VirtualMachineScaleSet,
          {
            images: [`${IMAGE}/versions/1.0.0`],
            since: undefined,
            dataDisks: [],
            unread: [],
          },
          null,
        ),
      configuration: ({ set, machine, own, noted }) => {
        const one = machine as unknown as Machine
        const interfaces = new Map([[NIC, noted(resourceOf(own.nic))]])
        return configurationOf(set as unknown as VirtualMachineScaleSet, { id: 'a', machine: one, own: one, interfaces })
      },
      watched: (made, note) => ({ ...made, set: note(made.set), machine: note(made.machine), noted: note }),
      // An image reference is read in every form that there is; rules of one interface are in no model: interfaces.test.ts.
      elsewhere: [
        'storageProfile.imageReference',
        'priorityMixPolicy',
        'skuProfile.vmSizes',
        'ipConfigurations.loadBalancerInboundNatRules',
        ...(mode === 'Uniform' ? [] : [NAT_POOLS]),
      ],
      rows: [...ROWS, ...NETWORK, ...rows],
    })
  })
