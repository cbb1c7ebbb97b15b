import { configurationOf, diskPath } from '../../../src/providers/gcp/configuration.ts'
import { DRIFT_IGNORE } from '../../../src/providers/gcp/controllers.ts'
import { declaredSet } from '../../../src/providers/gcp/declared-set.ts'
import type { Disk, Machine, Template } from '../../../src/providers/gcp/wire.ts'
import { type SettingRow, settingsTable } from '../settings-table.ts'
import { manager, PROJECT, template, url } from './fake-api.ts'

const IMAGE = `projects/${PROJECT}/global/images/web-v1`
const key = 'projects/p/locations/europe-west1/keyRings/r/cryptoKeys/k'
const zonal = (path: string) => url(`zones/europe-west1-b/${path}`)

/** A template that says everything, and an instance as it makes one: long names for short ones, and what the platform adds. */
function sample() {
  const scheduling = {
    automaticRestart: false,
    onHostMaintenance: 'TERMINATE',
    preemptible: false,
    provisioningModel: 'SPOT',
    instanceTerminationAction: 'DELETE',
    nodeAffinities: [{ key: 'disk', operator: 'IN', values: ['fast', 'large'] }],
  }
  const shieldedInstanceConfig = { enableSecureBoot: true, enableVtpm: true, enableIntegrityMonitoring: true }
  const advancedMachineFeatures = {
    enableNestedVirtualization: false,
    threadsPerCore: 1,
    visibleCoreCount: 2,
    turboMode: 'ALL_CORE_MAX',
    performanceMonitoringUnit: 'STANDARD',
  }
  const common = () => ({
    canIpForward: true,
    tags: { items: ['web', 'public'] },
    confidentialInstanceConfig: { confidentialInstanceType: 'SEV', enableConfidentialCompute: true },
    minCpuPlatform: 'Intel Ice Lake',
    serviceAccounts: [{ email: 'web@x', scopes: ['b', 'a'] }],
    scheduling: structuredClone(scheduling),
    shieldedInstanceConfig: { ...shieldedInstanceConfig },
    advancedMachineFeatures: { ...advancedMachineFeatures },
  })
  const boot = { boot: true, type: 'PERSISTENT', deviceName: 'boot', autoDelete: true, mode: 'READ_WRITE', diskSizeGb: '10' }
  const data = { boot: false, type: 'PERSISTENT', deviceName: 'data', autoDelete: false, mode: 'READ_ONLY', diskSizeGb: '50' }
  const scratch = {
    boot: false,
    source: '',
    type: 'SCRATCH',
    deviceName: 'local-ssd-0',
    autoDelete: true,
    mode: 'READ_WRITE',
    diskSizeGb: '375',
  }
  const shownBoot = { ...boot, source: zonal('disks/web-aaaa') }
  const shownData = { ...data, source: url('regions/europe-west1/disks/web-aaaa-data') }
  const nic = {
    name: 'nic0',
    network: url('global/networks/shop'),
    subnetwork: url('regions/europe-west1/subnetworks/web'),
    networkIP: '10.0.0.2',
    nicType: 'GVNIC',
    stackType: 'IPV4_ONLY',
    accessConfigs: [{ name: 'external', networkTier: 'STANDARD', natIP: '203.0.113.9' }],
    aliasIpRanges: [{ subnetworkRangeName: 'pods', ipCidrRange: '10.1.0.0/24' }],
  }
  const machine = {
    ...common(),
    id: '1',
    name: 'web-aaaa',
    creationTimestamp: '2026-02-02T12:00:00Z',
    machineType: zonal('machineTypes/n2-standard-4'),
    labels: { firedrill: 'enabled' } as Record<string, string>,
    metadata: {
      items: [
        { key: 'instance-template', value: `projects/123/global/instanceTemplates/web-1` },
        { key: 'created-by', value: 'x' },
        { key: 'startup-script', value: 'start' },
      ],
    },
    guestAccelerators: [{ acceleratorType: zonal('acceleratorTypes/nvidia-l4'), acceleratorCount: 2 }],
    resourcePolicies: [url('regions/europe-west1/resourcePolicies/nightly')],
    deletionProtection: false,
    networkInterfaces: [nic],
    disks: [shownBoot, shownData, scratch],
  }
  const bootDisk = {
    name: 'web-aaaa',
    description: '',
    labels: { team: 'shop' },
    sizeGb: '10',
    type: zonal('diskTypes/pd-ssd'),
    sourceImageId: '111',
    diskEncryptionKey: { kmsKeyName: `${key}/cryptoKeyVersions/7` },
    provisionedIops: '3000',
    provisionedThroughput: '150',
  }
  const replicaZones = ['europe-west1-b', 'europe-west1-c']
  const dataDisk = {
    ...bootDisk,
    name: 'web-aaaa-data',
    sizeGb: '50',
    diskEncryptionKey: { kmsKeyName: `${key}/cryptoKeyVersions/2` },
    replicaZones: replicaZones.map(zone => url(`zones/${zone}`)),
    creationTimestamp: '2026-02-02T12:00:01Z',
  }
  const made = (source: string) => ({
    sourceImage: source,
    diskType: 'pd-ssd',
    provisionedIops: '3000',
    provisionedThroughput: '150',
  })
  const ownBoot = {
    ...boot,
    diskEncryptionKey: { kmsKeyName: key },
    initializeParams: { ...made(url('global/images/web-v1')), diskSizeGb: '10' },
  }
  const ownData = { ...data, diskEncryptionKey: { kmsKeyName: key }, initializeParams: { ...made(''), replicaZones, diskSizeGb: '50' } }
  const ownNic = {
    ...structuredClone(nic),
    network: 'global/networks/shop',
    aliasIpRanges: [{ subnetworkRangeName: 'pods', ipCidrRange: '/24' }],
  }
  const ownScratch = { ...scratch }
  const properties = {
    ...common(),
    machineType: 'n2-standard-4',
    labels: { firedrill: 'enabled' } as Record<string, string>,
    metadata: { items: [{ key: 'startup-script', value: 'start' }] },
    guestAccelerators: [{ acceleratorType: 'nvidia-l4', acceleratorCount: 2 }],
    resourcePolicies: ['nightly'],
    networkInterfaces: [ownNic],
    disks: [ownBoot, ownData, ownScratch],
  }
  const disksOf = {
    boot: { shown: shownBoot, own: ownBoot, disk: bootDisk },
    data: { shown: shownData, own: ownData, disk: dataDisk },
  }
  return { machine, properties, bootDisk, dataDisk, nic, ownNic, disksOf, scratch, ownScratch }
}

type Sample = ReturnType<typeof sample>

const set = <Part extends object>(part: Part | undefined, values: Partial<Part>): void => void Object.assign(part ?? {}, values)
const unset = <Part extends object>(part: Part, name: keyof Part): void => void delete part[name]

/** A row for a setting that template and instance spell alike and that a default decides where the template is silent. */
function plainly<Part extends object>(
  path: string,
  part: (of: Pick<Sample, 'machine' | 'properties'>['machine' | 'properties']) => Part,
  [name, other]: readonly [keyof Part, unknown],
) {
  return {
    path,
    drift: [`another ${path}`, ({ machine }: Sample) => void Object.assign(part(machine), { [name]: other })] as const,
    same: [
      `another ${path} that a default may have made`,
      ({ machine, properties }: Sample) => {
        Object.assign(part(machine), { [name]: other })
        unset(part(properties), name)
      },
    ] as const,
  }
}

const scheduling = (of: { scheduling: Sample['machine']['scheduling'] }) => of.scheduling
const shielded = (of: { shieldedInstanceConfig: Sample['machine']['shieldedInstanceConfig'] }) => of.shieldedInstanceConfig
const advanced = (of: { advancedMachineFeatures: Sample['machine']['advancedMachineFeatures'] }) => of.advancedMachineFeatures

/** What instances and disks show of one disk, and what the template says of it. */
function diskRows(name: 'boot' | 'data'): SettingRow<Sample>[] {
  const at = (made: Sample) => made.disksOf[name]
  const where = name === 'boot' ? 'boot disk' : 'data disk'
  const [key, silent] = ['projects/p/locations/europe-west1/keyRings/r/cryptoKeys/k', 'where the template is silent']
  return [
    {
      path: `disks/${name}/sizeGb`,
      drift: [`a larger ${where}`, made => set(at(made).shown, { diskSizeGb: '999' })],
      same: [
        `a ${where} of another size ${silent}, or of its image's size`,
        made => {
          if (name === 'data') set(at(made).shown, { diskSizeGb: '999' })
          unset(at(made).own.initializeParams, 'diskSizeGb')
          unset(at(made).own, 'diskSizeGb')
        },
      ],
    },
    {
      path: `disks/${name}/type`,
      drift: [`a ${where} of another kind`, made => set(at(made).disk, { type: zonal('diskTypes/pd-standard') })],
      same: [`a ${where} of the same kind in another zone`, made => set(at(made).disk, { type: url('zones/z/diskTypes/pd-ssd') })],
    },
    {
      path: `disks/${name}/autoDelete`,
      drift: [`a ${where} whose end is another`, made => set(at(made).shown, { autoDelete: name === 'data' })],
      same: [
        `a ${where} whose end is another ${silent}`,
        made => {
          set(at(made).shown, { autoDelete: name === 'data' })
          unset(at(made).own, 'autoDelete')
        },
      ],
    },
    {
      path: `disks/${name}/mode`,
      drift: [`a ${where} in another mode`, made => set(at(made).shown, { mode: name === 'boot' ? 'READ_ONLY' : 'READ_WRITE' })],
      same: [
        `a ${where} that can be written, said or not`,
        made => {
          set(at(made).shown, { mode: 'READ_WRITE' })
          unset(at(made).own, 'mode')
        },
      ],
    },
    {
      path: `disks/${name}/kmsKey`,
      drift: [`a ${where} with another key`, made => set(at(made).disk.diskEncryptionKey, { kmsKeyName: `${key}-2/cryptoKeyVersions/1` })],
      same: [
        `a ${where} with a newer version of its key`,
        made => set(at(made).disk.diskEncryptionKey, { kmsKeyName: `${key}/cryptoKeyVersions/8` }),
      ],
    },
    ...(
      [
        ['iops', 'provisionedIops'],
        ['throughput', 'provisionedThroughput'],
      ] as const
    ).map(
      ([path, field]): SettingRow<Sample> => ({
        path: `disks/${name}/${path}`,
        drift: [`a ${where} of higher ${path}`, made => set(at(made).disk, { [field]: '9000' })],
        same: [
          `a ${where} of higher ${path} ${silent}`,
          made => {
            set(at(made).disk, { [field]: '9000' })
            unset(at(made).own.initializeParams, field)
          },
        ],
      }),
    ),
  ]
}

describe('drift from an instance template', () => {
  settingsTable<Sample>({
    sample,
    ignore: DRIFT_IGNORE,
    declared: ({ properties }) =>
      declaredSet(manager(), [template('web-1', properties as unknown as NonNullable<Template['properties']>)], {
        project: PROJECT,
        version: 'global/instanceTemplates/web-1',
        images: new Map([[IMAGE, { kind: 'read', id: '111', image: { id: '111', diskSizeGb: '10' }, elsewhere: [] }]]),
      }),
    configuration: ({ machine, bootDisk, dataDisk }) =>
      configurationOf('1', machine as unknown as Machine, {
        project: PROJECT,
        disks: new Map([
          [diskPath({ source: zonal('disks/web-aaaa') }) ?? '', bootDisk as Disk],
          ['regions/europe-west1/disks/web-aaaa-data', dataDisk as Disk],
        ]),
      }),
    watched: (made, note) => ({
      ...made,
      machine: note(made.machine),
      properties: note(made.properties),
      bootDisk: note(made.bootDisk),
      dataDisk: note(made.dataDisk),
    }),
    rows: [
      {
        path: 'machineType',
        drift: ['another machine type', ({ machine }) => set(machine, { machineType: zonal('machineTypes/n2-standard-8') })],
        same: [
          'the same machine type in another zone',
          ({ machine }) => set(machine, { machineType: url('zones/europe-west1-c/machineTypes/n2-standard-4') }),
        ],
      },
      {
        path: 'canIpForward',
        drift: ['no forwarding', ({ machine }) => set(machine, { canIpForward: false })],
        same: [
          'no forwarding that is not said',
          ({ machine, properties }) => {
            unset(machine, 'canIpForward')
            properties.canIpForward = false
          },
        ],
      },
      {
        path: 'networkTags',
        drift: ['a network tag', ({ machine }) => void machine.tags.items.push('open')],
        same: ['another order of network tags', ({ machine }) => void machine.tags.items.reverse()],
      },
      {
        path: 'confidential',
        drift: [
          'another kind of confidential computing',
          ({ machine }) => set(machine.confidentialInstanceConfig, { confidentialInstanceType: 'TDX' }),
        ],
        same: [
          'confidential computing that is off or not said',
          ({ machine, properties }) => {
            properties.confidentialInstanceConfig = {
              confidentialInstanceType: 'CONFIDENTIAL_INSTANCE_TYPE_UNSPECIFIED',
              enableConfidentialCompute: false,
            }
            unset(machine, 'confidentialInstanceConfig')
          },
        ],
      },
      {
        path: 'accelerators',
        drift: [
          'a further accelerator',
          ({ machine }) => void machine.guestAccelerators.push({ acceleratorType: 'nvidia-t4', acceleratorCount: 1 }),
        ],
        same: [
          'the same accelerator in another zone',
          ({ machine }) =>
            void Object.assign(machine.guestAccelerators[0] ?? {}, { acceleratorType: url('zones/z/acceleratorTypes/nvidia-l4') }),
        ],
      },
      {
        path: 'minCpuPlatform',
        drift: ['an older processor', ({ machine }) => set(machine, { minCpuPlatform: 'Intel Haswell' })],
        same: [
          'any processor, said or not',
          ({ machine, properties }) => {
            machine.minCpuPlatform = 'Automatic'
            unset(properties, 'minCpuPlatform')
          },
        ],
      },
      {
        path: 'resourcePolicies',
        drift: ['another resource policy', ({ machine }) => set(machine, { resourcePolicies: ['weekly'] })],
        same: [
          'a policy that the platform attaches where the template names none',
          ({ properties }) => set(properties, { resourcePolicies: [] }),
        ],
      },
      {
        path: 'serviceAccount',
        drift: ['another account', ({ machine }) => set(machine.serviceAccounts[0], { email: 'admin@x' })],
        same: [
          "the project's own account under its real name",
          ({ properties }) => set(properties.serviceAccounts[0], { email: 'default' }),
        ],
      },
      {
        path: 'serviceAccountScopes',
        drift: ['a further scope', ({ machine }) => void machine.serviceAccounts[0]?.scopes.push('cloud-platform')],
        same: ['another order of scopes', ({ machine }) => void machine.serviceAccounts[0]?.scopes.reverse()],
      },
      plainly('scheduling/automaticRestart', scheduling, ['automaticRestart', true]),
      plainly('scheduling/onHostMaintenance', scheduling, ['onHostMaintenance', 'MIGRATE']),
      plainly('scheduling/preemptible', scheduling, ['preemptible', true]),
      plainly('scheduling/provisioningModel', scheduling, ['provisioningModel', 'STANDARD']),
      plainly('scheduling/instanceTerminationAction', scheduling, ['instanceTerminationAction', 'STOP']),
      {
        path: 'scheduling/nodeAffinities',
        drift: ['another host', ({ machine }) => set(machine.scheduling.nodeAffinities[0], { values: ['fast'] })],
        same: ['another order of hosts', ({ machine }) => void machine.scheduling.nodeAffinities[0]?.values.reverse()],
      },
      plainly('shielded/enableSecureBoot', shielded, ['enableSecureBoot', false]),
      plainly('shielded/enableVtpm', shielded, ['enableVtpm', false]),
      plainly('shielded/enableIntegrityMonitoring', shielded, ['enableIntegrityMonitoring', false]),
      plainly('advanced/enableNestedVirtualization', advanced, ['enableNestedVirtualization', true]),
      plainly('advanced/threadsPerCore', advanced, ['threadsPerCore', 2]),
      plainly('advanced/visibleCoreCount', advanced, ['visibleCoreCount', 4]),
      plainly('advanced/turboMode', advanced, ['turboMode', 'OFF']),
      plainly('advanced/performanceMonitoringUnit', advanced, ['performanceMonitoringUnit', 'ENHANCED']),
      {
        path: 'tags/firedrill',
        drift: ['another label', ({ machine }) => set(machine.labels, { firedrill: 'off' })],
        same: ["a label of Google's own", ({ machine }) => set(machine.labels, { 'goog-ops-agent-policy': 'v2' })],
      },
      {
        path: 'metadata/startup-script',
        drift: ['other metadata', ({ machine }) => set(machine.metadata.items[2], { value: 'start something else' })],
        same: ['metadata that agents write', ({ machine }) => void machine.metadata.items.push({ key: 'windows-keys', value: '{}' })],
      },
      ...(['network', 'subnetwork'] as const).map(name => ({
        path: `interfaces/nic0/${name}`,
        drift: [`another ${name}`, ({ nic }: Sample) => set(nic, { [name]: url(`global/${name}s/other`) })] as const,
        same: [
          `another ${name} that a default may have made`,
          ({ nic, ownNic }: Sample) => {
            nic[name] = url(`global/${name}s/other`)
            unset(ownNic, name)
          },
        ] as const,
      })),
      ...(
        [
          ['nicType', 'VIRTIO_NET'],
          ['stackType', 'IPV4_IPV6'],
        ] as const
      ).map(([name, other]) => ({
        path: `interfaces/nic0/${name}`,
        drift: [`another ${name}`, ({ nic }: Sample) => set(nic, { [name]: other })] as const,
        same: [
          `another ${name} that the platform chose`,
          ({ nic, ownNic }: Sample) => {
            nic[name] = other
            unset(ownNic, name)
          },
        ] as const,
      })),
      {
        path: 'interfaces/nic0/networkTier',
        drift: ['another tier of the network', ({ nic }) => set(nic.accessConfigs[0], { networkTier: 'PREMIUM' })],
        same: [
          "another tier of the network that is the project's own",
          ({ nic, ownNic }) => {
            ownNic.accessConfigs = [{ name: 'external', natIP: '' }] as typeof ownNic.accessConfigs
            Object.assign(nic.accessConfigs[0] ?? {}, { networkTier: 'PREMIUM' })
          },
        ],
      },
      {
        path: 'interfaces/nic0/externalAddress',
        drift: [
          'an external address',
          ({ ownNic, nic }) => {
            ownNic.accessConfigs = []
            nic.accessConfigs = [{ name: 'by hand', natIP: '203.0.113.8' }] as typeof nic.accessConfigs
          },
        ],
        same: ['another external address', ({ nic }) => set(nic.accessConfigs[0], { natIP: '203.0.113.77' })],
      },
      {
        path: 'interfaces/nic0/aliasRanges',
        drift: [
          'a further range of addresses',
          ({ nic }) => void nic.aliasIpRanges.push({ subnetworkRangeName: 'pods', ipCidrRange: '10.2.0.0/24' }),
        ],
        same: ['other addresses of a range', ({ nic }) => set(nic.aliasIpRanges[0], { ipCidrRange: '10.9.0.0/24' })],
      },
      ...diskRows('boot'),
      ...diskRows('data'),
      {
        path: 'disks/data/replicaZones',
        drift: ['a disk in other two zones', ({ dataDisk }) => set(dataDisk, { replicaZones: [url('zones/europe-west1-d')] })],
        same: ['another order of the two zones of a disk', ({ dataDisk }) => void dataDisk.replicaZones.reverse()],
      },
      {
        path: 'disks/data/madeAnew',
        also: ['disks/data/replicaZones'],
        drift: [
          'a disk of one zone in the place of one in two',
          ({ disksOf }) => set(disksOf.data.shown, { source: zonal('disks/web-aaaa') }),
        ],
        same: [
          'a disk that was stamped a moment before its instance',
          ({ dataDisk }) => set(dataDisk, { creationTimestamp: '2026-02-02T11:59:30Z' }),
        ],
      },
      {
        path: 'disks/local-ssd-0/sizeGb',
        drift: ['a larger local disk', ({ scratch }) => set(scratch, { diskSizeGb: '3000' })],
        same: ['a local disk of the size that its kind has', ({ ownScratch }) => unset(ownScratch, 'diskSizeGb')],
      },
      {
        path: 'disks/local-ssd-0/type',
        drift: [
          'a disk in the place of a local one',
          ({ scratch }) => set(scratch, { type: 'PERSISTENT', source: zonal('disks/web-aaaa') }),
        ],
        same: [
          'a local disk that nobody has named',
          ({ scratch, ownScratch }) => [scratch, ownScratch].map(one => unset(one, 'deviceName')),
        ],
      },
      {
        path: 'disks/local-ssd-0/autoDelete',
        drift: ['a local disk that is kept', ({ scratch }) => set(scratch, { autoDelete: false })],
        same: [
          'a local disk that is kept where the template is silent',
          ({ scratch, ownScratch }) => {
            set(scratch, { autoDelete: false })
            unset(ownScratch, 'autoDelete')
          },
        ],
      },
      {
        path: 'disks/local-ssd-0/mode',
        drift: ['a local disk that cannot be written', ({ scratch }) => set(scratch, { mode: 'READ_ONLY' })],
        same: ['a local disk that can be written, said or not', ({ ownScratch }) => unset(ownScratch, 'mode')],
      },
      {
        path: 'deletionProtection',
        drift: ['deletion protection', ({ machine }) => set(machine, { deletionProtection: true })],
        same: ['deletion protection that is not said', ({ machine }) => unset(machine, 'deletionProtection')],
      },
    ],
  })
})
