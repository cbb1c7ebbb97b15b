import assert from 'node:assert/strict'
import type { GalleryImageVersion, VirtualMachineScaleSet } from '@azure/arm-compute'
import { examine } from '../../../src/domain/differences.ts'
import { compareInstances, examineVictim } from '../../../src/domain/drift.ts'
import type { AzureApi, Machine } from '../../../src/providers/azure/api.ts'
import { DRIFT_IGNORE } from '../../../src/providers/azure/controllers.ts'
import { declaredSet } from '../../../src/providers/azure/declare.ts'
import { configurationOf } from '../../../src/providers/azure/describe.ts'
import { imageSource } from '../../../src/providers/azure/images.ts'
import type { Attached } from '../../../src/providers/azure/interfaces.ts'
import { compareVersions, resolveImage } from '../../../src/providers/azure/resolve.ts'
import { ProviderError } from '../../../src/providers/provider-error.ts'

const never = new AbortController().signal
const gallery = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/images/images/web'

function version(name: string, published: string, changes: Partial<GalleryImageVersion> = {}): GalleryImageVersion {
  const publishingProfile = { publishedDate: new Date(published), targetRegions: [{ name: 'West Europe' }] }
  return { location: 'westeurope', name, provisioningState: 'Succeeded', publishingProfile, ...changes }
}

function resolve(id: string, versions: GalleryImageVersion[] | ProviderError) {
  const listGalleryVersions = async () => {
    if (versions instanceof ProviderError) throw versions
    return versions
  }
  const api = { listGalleryVersions } as unknown as AzureApi
  return resolveImage(api, imageSource({ id }, 'westeurope'), { location: 'westeurope', signal: never })
}

const names = (images: readonly string[]) => images.map(image => image.split('/').at(-1)).sort()

describe('the newest image of a gallery', () => {
  it('is the highest by number, not by letter', async () => {
    const resolved = await resolve(gallery, [version('1.9.0', '2026-01-01'), version('1.10.0', '2026-02-01')])
    assert.deepEqual(names(resolved.images), ['1.10.0'])
    assert.equal(resolved.since?.toString(), '2026-02-01T00:00:00Z')
    assert.ok(compareVersions('1.10.0', '1.9.9') > 0)
  })

  it('may be either of two where number and date disagree: both are right', async () => {
    const resolved = await resolve(gallery, [version('2.0.0', '2026-01-01'), version('1.0.1', '2026-02-01')])
    assert.deepEqual(names(resolved.images), ['1.0.1', '2.0.0'])
  })

  it('is none that is excluded, unfinished or not in this region', async () => {
    const region = (name: string, excludeFromLatest = false) => ({
      publishingProfile: { publishedDate: new Date('2026-03-01'), targetRegions: [{ name, excludeFromLatest }] },
    })
    const resolved = await resolve(gallery, [
      version('1.0.0', '2026-01-01'),
      version('2.0.0', '2026-03-01', { provisioningState: 'Failed' }),
      version('3.0.0', '2026-03-01', { publishingProfile: { excludeFromLatest: true } }),
      version('4.0.0', '2026-03-01', region('westeurope', true)),
      version('5.0.0', '2026-03-01', region('northeurope')),
    ])
    assert.deepEqual(names(resolved.images), ['1.0.0'])
  })

  it('S10 is unread, never absent, where it cannot be listed; a pinned version is what it says', async () => {
    const denied = new ProviderError('no', { code: 'denied', operation: 'galleryImageVersions.listByGalleryImage', mayHaveActed: false })
    const newest = await resolve(gallery, denied)
    assert.deepEqual([newest.images, newest.unread], [[], [{ what: 'image', why: 'no' }]])
    assert.deepEqual(names((await resolve(`${gallery}/versions/1.2.3`, denied)).images), ['1.2.3'])
  })
})

describe('the image of a machine', () => {
  it('is what a machine runs, and not what the model came to since, though it be on the latest model', async () => {
    const resolved = await resolve(gallery, [version('1.0.0', '2026-01-01'), version('1.1.0', '2026-02-01')])
    const { set, machine } = pair('Uniform')
    const victim = configurationOf(set, { id: 'a', machine: { ...machine, latestModelApplied: true }, own: machine, interfaces })
    assert.match(victim.image ?? '', /versions\/1\.0\.0$/)
    assert.deepEqual([names(resolved.images), resolved.images.includes(victim.image ?? '')], [['1.1.0'], false])
  })
})

describe('the disks that an image brings along', () => {
  const community = '/communityGalleries/others/images/web'
  const shared = '/sharedGalleries/others/images/web'
  const storageProfile = { dataDiskImages: [{ lun: 4 }] }
  const published = [
    { location: 'westeurope', name: '1.0.0', publishedDate: new Date('2026-01-01'), storageProfile },
    { location: 'westeurope', name: '2.0.0', publishedDate: new Date('2026-02-01'), excludeFromLatest: true, storageProfile },
  ]
  const offer = { publisher: 'p', offer: 'o', sku: 's' }
  const denied = new ProviderError('no', { code: 'denied', operation: 'virtualMachineImages.get', mayHaveActed: false })
  const api = {
    listGalleryVersions: async () => [version('1.0.0', '2026-01-01', { storageProfile })],
    listCommunityVersions: async () => published,
    listSharedVersions: async () => published,
    listMarketplaceVersions: async () => [{ location: 'westeurope', name: '1.0.0' }],
    getManagedImage: async () => ({ location: 'westeurope', storageProfile: { dataDisks: [{ lun: 4 }] } }),
    getMarketplaceVersion: async () => ({ location: 'westeurope', name: '1.0.0', dataDiskImages: [{ lun: 4 }] }),
  } as unknown as AzureApi

  for (const [what, reference, image] of [
    ['a gallery', { id: gallery }, '1.0.0'],
    ['a version of a gallery', { id: `${gallery}/versions/1.0.0` }, '1.0.0'],
    ['a community gallery', { communityGalleryImageId: community }, '1.0.0'],
    [
      'a version of a community gallery, excluded from the newest or not',
      { communityGalleryImageId: `${community}/versions/2.0.0` },
      '2.0.0',
    ],
    ['a shared gallery', { sharedGalleryImageId: shared }, '1.0.0'],
    ['a version of a shared gallery', { sharedGalleryImageId: `${shared}/versions/2.0.0` }, '2.0.0'],
    ['no gallery', { id: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/golden' }, 'golden'],
    ['the marketplace', { ...offer, version: 'latest' }, '1.0.0'],
    ['a version of the marketplace', { ...offer, version: '1.0.0' }, '1.0.0'],
  ] as const)
    it(`are known for an image of ${what}, so that they are nobody's drift`, async () => {
      const resolved = await resolveImage(api, imageSource(reference, 'westeurope'), { location: 'westeurope', signal: never })
      assert.deepEqual([resolved.images.map(name => name.split(/[/:]/).at(-1)), resolved.dataDisks], [[image], [4]])
      assert.ok(declaredSet(pair('Uniform').set, resolved, null).open.includes('dataDisks/4/**'))
    })

  it('S10 are not known where the image may not be read: then a disk that only the machine has is not called drift', async () => {
    const hidden = { ...api, getMarketplaceVersion: () => Promise.reject(denied) }
    const source = imageSource({ ...offer, version: '1.0.0' }, 'westeurope')
    const resolved = await resolveImage(hidden, source, { location: 'westeurope', signal: never })
    assert.deepEqual([resolved.images, resolved.dataDisks], [['p:o:s:1.0.0'], null])
    assert.ok(declaredSet(pair('Uniform').set, resolved, null).open.includes('dataDisks/**'))
    const fixed = await resolve(`${gallery}/versions/1.2.3`, denied)
    assert.equal(fixed.dataDisks, null)
  })
})

/** A model and a machine as it makes one, in the fewest words that Azure may use. */
function pair(mode: 'Uniform' | 'Flexible'): { set: VirtualMachineScaleSet; machine: Machine } {
  const disk = { createOption: 'FromImage', caching: 'ReadWrite', managedDisk: { storageAccountType: 'Premium_LRS' } } as const
  const networkInterfaceConfigurations = [
    { name: 'nic', networkSecurityGroup: { id: '/nsg/A' }, ipConfigurations: [{ name: 'ip', subnet: { id: '/subnet/a' } }] },
  ]
  const securityProfile = { securityType: 'TrustedLaunch', uefiSettings: { secureBootEnabled: true } }
  const users = { '/identities/Web': {} }
  return {
    set: {
      id: '/x',
      location: 'westeurope',
      name: 'web',
      orchestrationMode: mode,
      sku: { name: 'Standard_D2s_v5', capacity: 1 },
      zones: ['1', '2'],
      identity: { type: 'UserAssigned', userAssignedIdentities: users },
      virtualMachineProfile: {
        storageProfile: { imageReference: { id: `${gallery}/versions/1.0.0` }, osDisk: disk },
        networkProfile: { networkInterfaceConfigurations },
        securityProfile,
        extensionProfile: {
          extensions: [{ name: 'start', publisher: 'P', typePropertiesType: 'T', typeHandlerVersion: '2.0', settings: { b: 1, a: 2 } }],
        },
      },
    },
    machine: {
      name: 'web_0',
      vmId: 'a',
      timeCreated: new Date('2026-01-01'),
      zones: ['2'],
      hardwareProfile: { vmSize: 'standard_d2s_v5' },
      storageProfile: { imageReference: { id: gallery, exactVersion: '1.0.0' }, osDisk: { ...disk, diskSizeGB: 30 } },
      securityProfile,
      resources: [
        { location: 'w', name: 'start', publisher: 'P', typePropertiesType: 'T', typeHandlerVersion: '2.1', settings: { a: 2, b: 1 } },
      ],
      networkProfile: { networkInterfaces: [{ id: '/nic/1' }] },
      ...(mode === 'Uniform'
        ? { networkProfileConfiguration: { networkInterfaceConfigurations } }
        : { identity: { type: 'UserAssigned', userAssignedIdentities: users } }),
    },
  }
}

/** What hangs on the machine of a pair, where that is not shown with the machine itself. */
const interfaces: Attached = new Map([
  ['/nic/1', { id: '/nic/1', networkSecurityGroup: { id: '/NSG/a' }, ipConfigurations: [{ subnet: { id: '/Subnet/a' } }] }],
])

function findings({ set, machine }: { set: VirtualMachineScaleSet; machine: Machine }): readonly string[] | null {
  const image = { images: [`${gallery}/versions/1.0.0`], since: undefined, dataDisks: [], unread: [] }
  const declared = declaredSet(set, image, null)
  const victim = configurationOf(set, { id: 'a@2026-01-01T00:00:00.000Z', machine, own: machine, interfaces })
  const declaration = {
    current: declared,
    born: { [declared.version]: declared },
    promises: { retire: 'current', crash: 'current' },
  } as const
  const examined = examineVictim({ declaration, victim }, declared.version, { ignore: DRIFT_IGNORE, warn: ['tags/**'] })
  assert.deepEqual(examined?.blocking, [])
  return examined?.findings.map(finding => finding.path ?? '') ?? null
}

describe('drift from the model of a scale set', () => {
  for (const mode of ['Uniform', 'Flexible'] as const) {
    it(`is none on a machine as a ${mode} set makes it, whatever the case of names and the minor version`, () => {
      assert.deepEqual(findings(pair(mode)), [])
    })

    // One setting at a time: settings.test.ts.
    const edits: readonly [what: string, path: string, edit: Partial<Machine>][] = [
      ['no secure boot', 'security/secureBoot', { securityProfile: { securityType: 'TrustedLaunch' } }],
      ['user data that no model gave it', 'userData', { userData: 'aGk=' }],
      [
        'a disk attached by hand',
        'dataDisks/9',
        {
          storageProfile: {
            ...pair(mode).machine.storageProfile,
            dataDisks: [{ lun: 9, createOption: 'Attach', caching: 'None', diskSizeGB: 5, managedDisk: {} }],
          },
        },
      ],
      [
        'an extension added by hand',
        'extensions/other',
        {
          resources: [
            ...(pair(mode).machine.resources ?? []),
            { location: 'w', name: 'other', publisher: 'P', typePropertiesType: 'X', typeHandlerVersion: '1.0' },
          ],
        },
      ],
    ]
    for (const [what, path, edit] of edits)
      it(`is ${what} on a ${mode} machine`, () => {
        const { set, machine } = pair(mode)
        const found = findings({ set, machine: { ...machine, ...edit } })
        assert.ok(
          found?.some(each => each.startsWith(path)),
          JSON.stringify(found),
        )
      })
  }

  it('is a tag that only one of victim and successor has: no model says which tags a machine gets', () => {
    const { set, machine } = pair('Uniform')
    const image = { images: [], since: undefined, dataDisks: [], unread: [] }
    const declared = declaredSet(set, image, null)
    const [victim, successor] = [{ ...machine, tags: { owner: 'x' } }, machine].map(one =>
      configurationOf(set, { id: 'a', machine: one, own: one, interfaces }),
    )
    assert.ok(victim && successor)
    const sides = { victimDeclared: declared, successorDeclared: declared, ignore: DRIFT_IGNORE }
    assert.deepEqual(
      compareInstances(victim, successor, { ...sides, warn: [] }).map(({ path }) => path),
      ['tags/owner'],
    )
  })

  it('is one thing where a disk was attached by hand, however many settings it has', () => {
    const { set, machine } = pair('Uniform')
    const dataDisks: NonNullable<Machine['storageProfile']>['dataDisks'] = [
      { lun: 9, createOption: 'Attach', caching: 'None', diskSizeGB: 5, managedDisk: { storageAccountType: 'Premium_LRS' } },
    ]
    assert.deepEqual(findings({ set, machine: { ...machine, storageProfile: { ...machine.storageProfile, dataDisks } } }), ['dataDisks/9'])
  })

  it('is not what Azure Policy, Defender or Monitor install', () => {
    const { set, machine } = pair('Flexible')
    const resources = ['AzureMonitorLinuxAgent', 'MDE.Linux', 'AzurePolicyforLinux'].map(name => ({
      location: 'w',
      name,
      publisher: 'Microsoft',
      typePropertiesType: name,
      typeHandlerVersion: '1.0',
    }))
    assert.deepEqual(findings({ set, machine: { ...machine, resources: [...(machine.resources ?? []), ...resources] } }), [])
  })

  it('S10 is not claimed where Azure does not show what is declared: that is unread', () => {
    const { set, machine } = pair('Uniform')
    const { resources: _, ...without } = machine
    const victim = configurationOf(set, { id: 'a', machine: without, own: 'denied', interfaces })
    assert.deepEqual(victim.unread.map(entry => entry.what).sort(), ['extensions', 'userData'])
  })

  it('S10 is not a setting of a disk that the model says and Azure does not show: that is unread, and proves nothing', () => {
    const { set, machine } = pair('Uniform')
    const storage = set.virtualMachineProfile?.storageProfile
    assert.ok(storage?.osDisk)
    Object.assign(storage, { osDisk: { ...storage.osDisk, writeAcceleratorEnabled: true } })
    const { unread, values } = configurationOf(set, { id: 'a', machine, own: machine, interfaces })
    assert.deepEqual(
      [unread, values['osDisk/writeAccelerator']],
      [[{ what: 'osDisk/writeAccelerator', why: 'Azure did not show it' }], undefined],
    )
    const image = { images: [], since: undefined, dataDisks: [], unread: [] }
    assert.deepEqual(
      examine(configurationOf(set, { id: 'a', machine, own: machine, interfaces }), declaredSet(set, image, null), []).blocking,
      unread,
    )
  })
})
