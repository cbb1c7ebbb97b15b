import assert from 'node:assert/strict'
import { examineVictim } from '../../../src/domain/drift.ts'
import { configurationOf } from '../../../src/providers/gcp/configuration.ts'
import { controllerOf } from '../../../src/providers/gcp/controllers.ts'
import { declarationOf, declare } from '../../../src/providers/gcp/declare.ts'
import { describe as describeInstances } from '../../../src/providers/gcp/describe.ts'
import { launchFindings, repairFindings, templateFindings } from '../../../src/providers/gcp/forecast.ts'
import { type ReadImage, type ReadTemplate, versionsOf } from '../../../src/providers/gcp/templates.ts'
import type { Machine, Manager, Template } from '../../../src/providers/gcp/wire.ts'
import { ProviderError } from '../../../src/providers/provider-error.ts'
import { GROUP, manager, member, NOW, PROJECT, template, testContext, url } from './fake-api.ts'

const IMAGE = `projects/${PROJECT}/global/images/web-v1`
const KEY = 'global/instanceTemplates/web-1'

function image(id: string, more: object = {}): ReadImage {
  const shown = { id, name: 'web-v1', creationTimestamp: '2026-01-01T00:00:00Z', diskSizeGb: 10, ...more }
  return { kind: 'read', id, image: shown, elsewhere: [] }
}

function read(key: string, one: Template): [string, ReadTemplate] {
  return [key, { kind: 'read', key, template: one }]
}

function declared(
  group: Manager,
  templates: [string, ReadTemplate][],
  images: [string, ReadImage][] = [[IMAGE, image('111')]],
  births = [KEY],
) {
  return declarationOf(group, { project: PROJECT, templates: new Map(templates), images: new Map(images), births })
}

const machine: Machine = {
  id: '1',
  name: 'web-aaaa',
  machineType: url('zones/europe-west1-b/machineTypes/e2-small'),
  labels: { firedrill: 'enabled' },
  metadata: {
    items: [
      { key: 'instance-template', value: `projects/123/${KEY}` },
      { key: 'created-by', value: 'x' },
    ],
  },
  disks: [
    {
      boot: true,
      deviceName: 'boot',
      autoDelete: true,
      mode: 'READ_WRITE',
      diskSizeGb: 10,
      source: url('zones/europe-west1-b/disks/web-aaaa'),
    },
  ],
  networkInterfaces: [
    {
      name: 'nic0',
      network: url('global/networks/default'),
      subnetwork: url('regions/europe-west1/subnetworks/default'),
      networkIP: '10.0.0.2',
      stackType: 'IPV4_ONLY',
    },
  ],
  scheduling: { automaticRestart: true },
  shieldedInstanceConfig: { enableVtpm: true },
}
const key = 'projects/p/locations/europe-west1/keyRings/r/cryptoKeys/k'
const ssd = {
  name: 'web-aaaa',
  sizeGb: 10,
  type: url('zones/europe-west1-b/diskTypes/pd-ssd'),
  sourceImageId: '111',
  diskEncryptionKey: { kmsKeyName: `${key}/cryptoKeyVersions/7` },
}
const disks = new Map([['zones/europe-west1-b/disks/web-aaaa', ssd]])
const failure = new ProviderError('no', { code: 'denied', operation: 'imageFamilyViews.get', mayHaveActed: false })

function attached(name: string): NonNullable<Machine['disks']>[number] {
  return { ...machine.disks?.[0], boot: false, deviceName: name }
}

/** Says everything that a template may say, so that nothing is left to a default. */
const full: Template['properties'] = {
  serviceAccounts: [{ email: 'web@x', scopes: [] }],
  scheduling: { automaticRestart: true, onHostMaintenance: 'MIGRATE' },
  shieldedInstanceConfig: { enableSecureBoot: true, enableVtpm: true },
  advancedMachineFeatures: { enableNestedVirtualization: false },
  networkInterfaces: [{ network: url('global/networks/default'), subnetwork: url('regions/europe-west1/subnetworks/default') }],
  disks: [
    {
      boot: true,
      autoDelete: true,
      deviceName: 'boot',
      diskEncryptionKey: { kmsKeyName: key },
      initializeParams: { sourceImage: url('global/images/web-v1'), diskType: 'pd-ssd', diskSizeGb: 10 },
    },
  ],
}
/** As such a template makes it. */
const whole: Partial<Machine> = {
  serviceAccounts: [{ email: 'web@x', scopes: [] }],
  scheduling: { automaticRestart: true, onHostMaintenance: 'MIGRATE' },
  shieldedInstanceConfig: { enableSecureBoot: true, enableVtpm: true },
  advancedMachineFeatures: { enableNestedVirtualization: false },
}

function drift(edit: Partial<Machine>, group = manager()) {
  const declaration = declared(group, [read(KEY, template('web-1', full))])
  assert.ok(declaration)
  const victim = configurationOf('1', { ...machine, ...whole, ...edit }, { project: PROJECT, disks })
  const examined = examineVictim({ declaration, victim }, KEY, { ignore: [], warn: [] })
  return examined?.findings.map(finding => finding.path)
}

describe('the declaration of a managed instance group', () => {
  it('promises the present template to one that is recreated, and to one that is repaired the template it was made from', () => {
    assert.deepEqual(declared(manager(), [read(KEY, template('web-1'))])?.promises, { retire: 'current', crash: 'born' })
    const group = manager({ instanceLifecyclePolicy: { forceUpdateOnRepair: 'YES' } })
    assert.deepEqual(declared(group, [read(KEY, template('web-1'))])?.promises, { retire: 'current', crash: 'current' })
    const no = manager({ instanceLifecyclePolicy: { forceUpdateOnRepair: 'NO' } })
    assert.equal(declared(no, [read(KEY, template('web-1'))])?.promises.crash, 'born')
  })

  it('takes every version as right, and calls a member of none of them outdated', () => {
    const canary = 'global/instanceTemplates/web-2'
    const versions = [{ instanceTemplate: url(KEY) }, { instanceTemplate: url(canary), targetSize: { percent: 20 } }]
    const old = 'global/instanceTemplates/web-0'
    const templates = [
      read(KEY, template('web-1')),
      read(canary, template('web-2', { machineType: 'e2-medium' })),
      read(old, template('web-0')),
    ]
    const declaration = declared(manager({ versions }), templates, undefined, [KEY, canary, old])
    assert.deepEqual(declaration?.current.values.machineType, ['e2-small', 'e2-medium'])
    assert.equal(declaration?.current.version, `${KEY} ${canary}=20%`)
    assert.equal(declaration?.born[canary]?.version, declaration?.current.version)
    assert.equal(declaration?.born[old]?.version, old)
  })

  it('goes by the versions, whatever the group names beside them', () => {
    const versions = [{ instanceTemplate: url('global/instanceTemplates/web-2') }]
    const group = manager({ versions, instanceTemplate: url(KEY) })
    assert.deepEqual(
      versionsOf(group, PROJECT).map(({ key }) => key),
      ['global/instanceTemplates/web-2'],
    )
    assert.deepEqual(
      versionsOf({ ...group, versions: [] }, PROJECT).map(({ key }) => key),
      [KEY],
    )
  })

  it('has the labels of the configuration for all instances, also over those of a template', () => {
    const group = manager({ allInstancesConfig: { properties: { labels: { team: 'shop', firedrill: 'enabled' } } } })
    const { values } = declared(group, [read(KEY, template('web-1', { labels: { team: 'bank', app: 'web' } }))])?.current ?? {}
    assert.deepEqual([values?.['tags/team'], values?.['tags/app']], [['shop'], ['web']])
  })

  it('S10 is not told where one of its templates cannot be read', () => {
    assert.equal(declared(manager(), [[KEY, { kind: 'unreadable', why: 'denied' }]]), null)
    assert.equal(declared(manager(), [[KEY, { kind: 'missing', why: 'gone' }]]), null)
    const canary = 'global/instanceTemplates/web-2'
    const versions = [{ instanceTemplate: url(KEY) }, { instanceTemplate: url(canary), targetSize: { percent: 20 } }]
    const half: [string, ReadTemplate][] = [read(KEY, template('web-1')), [canary, { kind: 'unreadable', why: 'denied' }]]
    assert.equal(declared(manager({ versions }), half), null, 'half a declaration would call the other half wrong')
  })

  it('leaves the image unread where it is gone, or where the boot disk is made from a snapshot', () => {
    const gone = declared(manager(), [read(KEY, template('web-1'))], [[IMAGE, { kind: 'missing', why: 'image web-v1 is deleted' }]])
    assert.deepEqual([gone?.current.images, gone?.current.unread.map(one => one.what)], [[], ['image']])
    const disk = { boot: true, initializeParams: { sourceSnapshot: url('global/snapshots/s') } }
    const snapshot = declared(manager(), [read(KEY, template('web-1', { disks: [disk] }))])
    assert.match(snapshot?.current.unread[0]?.why ?? '', /snapshot/)
  })

  for (const [what, inZone, images] of [
    ['follows a rollout from zone to zone', async (zone: string) => ({ id: zone.endsWith('-b') ? '111' : '222' }), ['111', '222']],
    ['does not', async () => ({ id: '222' }), ['222']],
    ['may, where nobody can ask a zone', () => Promise.reject(failure), ['222']],
  ] as const)
    it(`takes an image family for what it means, whether it ${what}`, async () => {
      const family = url('global/images/family/web')
      const disks = [{ boot: true, initializeParams: { sourceImage: family } }]
      const asked: string[] = []
      const { api, ...context } = testContext({
        manager: async () =>
          manager({ distributionPolicy: { zones: ['b', 'c'].map(one => ({ zone: url(`zones/europe-west1-${one}`) })) } }),
        managedInstances: async () => ({ items: [member('1')], next: null }),
        template: async () => template('web-1', { disks }),
        imageFromFamily: async () => ({ id: '222', name: 'web-v2', creationTimestamp: '2026-02-20T00:00:00Z' }),
        imageInZone: async (project, { family: name, zone }) => {
          asked.push(`${project} ${name} ${zone}`)
          return inZone(zone)
        },
      })
      const declaration = (await declare({ api, ...context }, [GROUP], new AbortController().signal)).get(GROUP)
      assert.deepEqual(declaration?.current.images, images)
      assert.deepEqual(declaration?.current.unread, [])
      assert.deepEqual(asked.sort(), [`${PROJECT} web europe-west1-b`, `${PROJECT} web europe-west1-c`])
    })

  it('is as old as its template or the image behind it, whichever is newer', () => {
    const newer = image('222', { creationTimestamp: '2026-02-20T00:00:00Z' })
    assert.equal(declared(manager(), [read(KEY, template('web-1'))])?.current.since?.toString(), '2026-02-01T00:00:00Z')
    assert.equal(declared(manager(), [read(KEY, template('web-1'))], [[IMAGE, newer]])?.current.since?.toString(), '2026-02-20T00:00:00Z')
  })
})

describe('an instance of a managed instance group', () => {
  it('fits what it was made from, whatever differs by design', () => assert.deepEqual(drift({}), []))
  // One setting at a time: settings.test.ts.
  for (const [about, edit, path] of [
    ['a network tag', { tags: { items: ['open'] } }, 'networkTags'],
    ['metadata', { metadata: { items: [{ key: 'startup-script', value: 'secret' }] } }, 'metadata/startup-script'],
    ['a label', { labels: { firedrill: 'enabled', owner: 'x' } }, 'tags/owner'],
    ['an accelerator', { guestAccelerators: [{ acceleratorType: 'nvidia-t4', acceleratorCount: 1 }] }, 'accelerators'],
    ['a disk attached by hand', { disks: [...(machine.disks ?? []), attached('by-hand')] }, 'disks/by-hand'],
    [
      'a further card',
      { networkInterfaces: [...(machine.networkInterfaces ?? []), { name: 'nic1', network: url('global/networks/default') }] },
      'interfaces/nic1',
    ],
    [
      'an external address',
      { networkInterfaces: [{ ...machine.networkInterfaces?.[0], accessConfigs: [{ type: 'ONE_TO_ONE_NAT' }] }] },
      'interfaces/nic0/externalAddress',
    ],
  ] satisfies [string, Partial<Machine>, string][])
    it(`does not fit with ${about} that no template gave it`, () => assert.deepEqual(drift(edit), [path]))

  it('shows the values of metadata as digests only', () => {
    const { values } = configurationOf(
      '1',
      { ...machine, metadata: { items: [{ key: 'a', value: 'secret' }] } },
      { project: PROJECT, disks },
    )
    assert.match(String(values['metadata/a']), /^sha256:/)
    assert.doesNotMatch(JSON.stringify(values), /secret/)
  })

  it('S10 has no image, and unread disks, where its disks cannot be read', () => {
    const seen = configurationOf('1', machine, { project: PROJECT, disks: 'denied' })
    assert.deepEqual([seen.image, seen.unread], [null, [{ what: 'disks/boot', why: 'denied' }]])
  })

  describe('with a regional boot disk', () => {
    const replicaZones = ['europe-west1-b', 'europe-west1-c'].map(zone => url(`zones/${zone}`))
    const disk = { ...ssd, replicaZones, sourceImageId: '222' }
    const source = url('regions/europe-west1/disks/web-aaaa')
    const [boot] = full?.disks ?? []
    const twoZoned = { ...full, disks: [{ ...boot, initializeParams: { ...boot?.initializeParams, replicaZones } }] }

    /** What comes of a victim that was made at noon, and of a disk that was made then or earlier. */
    async function examined(made: string | undefined, from: Template['properties'] = twoZoned) {
      const asked: string[] = []
      const creationTimestamp = '2026-02-02T12:00:00Z'
      const regional = {
        ...machine,
        ...whole,
        creationTimestamp,
        zone: url('zones/europe-west1-b'),
        disks: [{ ...machine.disks?.[0], source }],
      }
      const context = testContext({
        manager: async () => manager(),
        managedInstances: async () => ({ items: [member('1')], next: null }),
        instances: async () => ({ items: [regional], next: null }),
        disks: async () => assert.fail('a zonal disk of the same name is another disk'),
        regionDisks: async (region, { filter }) => {
          asked.push(`${region} ${filter}`)
          return { items: [{ ...disk, ...(made === undefined ? {} : { creationTimestamp: made }) }], next: null }
        },
      })
      const victim = (await describeInstances(context, [{ group: GROUP, id: '1' }], new AbortController().signal)).get('1')
      const declaration = declared(manager(), [read(KEY, template('web-1', from))])
      assert.ok(victim && declaration)
      assert.deepEqual(asked, ['europe-west1 (name = "web-aaaa")'])
      const examination = examineVictim({ declaration, victim }, KEY, { ignore: [], warn: [] })
      return { image: victim.image, blocking: examination?.blocking, drift: examination?.findings.map(({ path }) => path) }
    }

    it('runs the image of that disk, where it was made with its instance', async () => {
      assert.deepEqual(await examined('2026-02-02T11:59:40Z'), { image: '222', blocking: [], drift: [] })
    })

    it('S10 is refused where the disk was attached again: what is on it was not rebuilt', async () => {
      const why = 'regional disk web-aaaa is older than its instance: it was not made with it, so nothing is known of what was rebuilt'
      const blocking = [{ what: 'disks/boot/madeAnew', why }]
      assert.deepEqual(await examined('2026-01-01T00:00:00Z'), { image: '222', blocking, drift: [] })
    })

    it('S10 is refused where nobody tells how old the disk is', async () => {
      const { blocking } = await examined(undefined)
      assert.match(blocking?.[0]?.why ?? '', /does not show when disk web-aaaa and its instance were made/)
    })

    it('has drifted where its template makes a disk of one zone, however old the other is', async () => {
      for (const made of ['2026-02-02T12:00:00Z', '2026-01-01T00:00:00Z'])
        assert.ok((await examined(made, full)).drift?.includes('disks/boot/replicaZones'), made)
    })

    it('has none where its template names a disk that is there already', async () => {
      const existing = { ...full, disks: [{ boot: true, autoDelete: true, deviceName: 'boot', source }] }
      assert.deepEqual((await examined('2026-01-01T00:00:00Z', existing)).drift, [])
    })
  })

  it('runs the image by its id, also when the image and its URL are gone', () => {
    assert.equal(configurationOf('1', machine, { project: PROJECT, disks }).image, '111')
  })

  it('runs no image that an older view shows: the disk of the one before, which had the name as well', () => {
    const imageOf = (made: string, launched: string | undefined) => {
      const seen = new Map([['zones/europe-west1-b/disks/web-aaaa', { ...ssd, creationTimestamp: made }]])
      const anew = launched === undefined ? machine : { ...machine, creationTimestamp: launched }
      return configurationOf('1', anew, { project: PROJECT, disks: seen }).image
    }
    assert.equal(imageOf('2026-01-01T00:00:00Z', '2026-02-02T12:00:00Z'), null)
    assert.equal(imageOf('2026-02-02T11:59:20Z', '2026-02-02T12:00:00Z'), '111', 'stamped within one operation')
    assert.equal(imageOf('2026-02-02T12:00:05Z', '2026-02-02T12:00:00Z'), '111')
    assert.equal(imageOf('2026-01-01T00:00:00Z', undefined), '111', 'a moment that is not told accuses nobody')
  })

  it('takes a network that the declaration names in short for the same', () => {
    const declaration = declared(manager(), [read(KEY, template('web-1', { networkInterfaces: [{ network: 'global/networks/default' }] }))])
    assert.ok(declaration)
    const victim = configurationOf('1', machine, { project: PROJECT, disks })
    assert.deepEqual(examineVictim({ declaration, victim }, KEY, { ignore: [], warn: [] })?.findings, [])
  })
})

describe('the forecast of a managed instance group', () => {
  const findings = (found: ReadTemplate, images: [string, ReadImage][]) =>
    templateFindings(manager(), { project: PROJECT, templates: new Map([[KEY, found]]), images: new Map(images) }).map(
      ({ level, path }) => [level, path],
    )
  const there: ReadTemplate = { kind: 'read', key: KEY, template: template('web-1') }
  it('S13 fails where template or image are missing or refuse new instances, and only warns of what is deprecated', () => {
    assert.deepEqual(findings(there, [[IMAGE, image('1')]]), [])
    assert.deepEqual(findings({ kind: 'missing', why: 'gone' }, []), [['fail', 'instanceTemplate']])
    assert.deepEqual(findings(there, [[IMAGE, { kind: 'missing', why: 'gone' }]]), [['fail', 'image']])
    assert.deepEqual(findings(there, [[IMAGE, image('1', { deprecated: { state: 'OBSOLETE' } })]]), [['fail', 'image']])
    assert.deepEqual(findings(there, [[IMAGE, image('1', { deprecated: { state: 'DELETED' } })]]), [['fail', 'image']])
    assert.deepEqual(findings(there, [[IMAGE, image('1', { status: 'FAILED' })]]), [['fail', 'image']])
    assert.deepEqual(findings(there, [[IMAGE, image('1', { deprecated: { state: 'DEPRECATED' } })]]), [['warn', 'image']])
    assert.deepEqual(findings(there, [[IMAGE, { kind: 'unreadable', why: 'denied' }]]), [['warn', null]])
  })
  it('S13 looks at the images of all disks, not only of the one that it boots from', () => {
    const disks = ['web-v1', 'data-v1'].map(name => ({
      boot: name === 'web-v1',
      initializeParams: { sourceImage: url(`global/images/${name}`) },
    }))
    const two: ReadTemplate = { kind: 'read', key: KEY, template: template('web-1', { disks }) }
    const gone: ReadImage = { kind: 'missing', why: 'gone' }
    assert.deepEqual(
      findings(two, [
        [IMAGE, image('1')],
        [IMAGE.replace('web', 'data'), gone],
      ]),
      [['fail', 'image']],
    )
  })
  it('S13 fails where repairs are off', () => {
    assert.equal(repairFindings(manager()).length, 0)
    assert.equal(repairFindings(manager({ instanceLifecyclePolicy: { defaultActionOnFailure: 'DO_NOTHING' } }))[0]?.level, 'fail')
  })
  it('S13 fails where a quota is already seen to be used up, and forgets it once the group is whole', () => {
    const failing = member(null, {
      currentAction: 'CREATING',
      lastAttempt: { errors: { errors: [{ code: 'QUOTA_EXCEEDED', message: 'CPUS' }] } },
    })
    const found = launchFindings({ manager: manager(), managed: [member('1'), failing], errors: [] }, NOW)
    assert.deepEqual([found[0]?.kind, found[0]?.level, /quota is used up/.test(found[0]?.summary ?? '')], ['no-capacity', 'fail', true])
    const listed = [
      { timestamp: '2026-03-02T09:59:00Z', error: { code: 'QUOTA_EXCEEDED' }, instanceActionDetails: { action: 'CREATING' as const } },
    ]
    assert.equal(launchFindings({ manager: manager(), managed: [member('1')], errors: listed }, NOW).length, 1)
    assert.equal(launchFindings({ manager: manager(), managed: [member('1'), member('2')], errors: listed }, NOW).length, 0)
  })

  for (const [code, timestamp, level, words] of [
    ['ZONE_RESOURCE_POOL_EXHAUSTED', '2026-03-02T09:30:00Z', 'fail', /no capacity/],
    ['ZONE_RESOURCE_POOL_EXHAUSTED', '2026-03-02T07:00:00Z', 'warn', /no capacity/],
    ['PERMISSIONS_ERROR', '2026-03-02T07:00:00Z', 'fail', /Repair what it names/],
    ['PERMISSIONS_ERROR', '2026-03-01T09:00:00Z', null, /^$/],
  ] as const)
    it(`S13 says ${level ?? 'nothing'} where a launch failed with ${code} at ${timestamp}, and it is 10:00 on the 2nd`, () => {
      const errors = [{ timestamp, error: { code, message: 'no' }, instanceActionDetails: { action: 'CREATING' as const } }]
      const [found] = launchFindings({ manager: manager(), managed: [member('1')], errors }, NOW)
      assert.equal(found?.level ?? null, level)
      assert.equal(found?.kind === 'no-capacity', code === 'ZONE_RESOURCE_POOL_EXHAUSTED')
      assert.match(found?.summary ?? '', words)
    })
})

describe('a group of another controller', () => {
  it('S7 is known by its name, labels or metadata', () => {
    assert.equal(controllerOf(manager(), [template('web-1')]), null)
    assert.match(controllerOf(manager({ name: 'gke-shop-pool-1a2b3c4d-grp' }), []) ?? '', /GKE/)
    assert.match(controllerOf(manager(), [template('x', { labels: { 'goog-gke-node': '' } })]) ?? '', /GKE/)
    assert.match(controllerOf(manager(), [template('x', { metadata: { items: [{ key: 'kube-env', value: '' }] } })]) ?? '', /Kubernetes/)
  })
})
