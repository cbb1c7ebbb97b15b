import assert from 'node:assert/strict'
import type { Finding } from '../../../src/domain/finding.ts'
import { createWorld, type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import type { ImageVersion, ScaleSet, Subscription } from '../../../src/simulator/world/azure/model.ts'
import { openAzure } from './stage.ts'

const never = new AbortController().signal

type Way = 'gallery' | 'community' | 'shared' | 'managed' | 'marketplace'
interface Edited {
  readonly subscription: Subscription
  readonly set: ScaleSet
  readonly version: ImageVersion
}
interface Case {
  readonly what: string
  readonly image: Way
  readonly version: 'latest' | 'fixed'
  readonly edit: (of: Edited) => void
  readonly kind?: 'no-capacity'
  readonly level: 'fail' | 'warn'
  readonly path: string
  readonly says: RegExp
}

const HOUR = 3_600_000

function copied(
  version: 'latest' | 'fixed',
  { state, what, ...found }: Pick<Case, 'level' | 'says' | 'what'> & { readonly state: 'Failed' | 'Replicating' },
): Case {
  const edit: Case['edit'] = of => {
    of.version.replication = state
  }
  return { what: `the ${version} version of its image ${what} to its region`, image: 'gallery', version, edit, path: 'image', ...found }
}

/** Each is read through the SDK from a set that is in order but for this one thing. */
const cases: readonly Case[] = [
  ...(['gallery', 'community', 'shared', 'marketplace'] as const).flatMap(image =>
    (['latest', 'fixed'] as const).map(
      (version): Case => ({
        what: `the ${version} version of its image (${image}) is gone`,
        image,
        version,
        edit: of => {
          of.version.gone = true
        },
        level: 'fail',
        path: 'image',
        says: image === 'marketplace' ? /not offered/ : version === 'fixed' && image === 'gallery' ? /does not exist/ : /has no version/,
      }),
    ),
  ),
  {
    what: 'its managed image is gone',
    image: 'managed',
    version: 'latest',
    edit: of => {
      of.version.gone = true
    },
    level: 'fail',
    path: 'image',
    says: /does not exist/,
  },
  {
    what: 'its managed image was never finished',
    image: 'managed',
    version: 'latest',
    edit: of => {
      of.version.provisioningState = 'Failed'
    },
    level: 'fail',
    path: 'image',
    says: /never finished/,
  },
  ...(['gallery', 'community', 'shared'] as const).map(
    (image): Case => ({
      what: `every version of its image (${image}) is excluded from the newest`,
      image,
      version: 'latest',
      edit: of => {
        of.version.excludeFromLatest = true
      },
      level: 'fail',
      path: 'image',
      says: /has no version/,
    }),
  ),
  {
    what: 'the version that it names is excluded from the newest',
    image: 'gallery',
    version: 'fixed',
    edit: of => {
      of.version.excludeFromLatest = true
    },
    level: 'warn',
    path: 'image',
    says: /may be about to withdraw it/,
  },
  ...(['gallery', 'community', 'shared'] as const).flatMap(image =>
    (['latest', 'fixed'] as const).map(
      (version): Case => ({
        what: `the ${version} version of its image (${image}) is past its end of life, which forbids nothing`,
        image,
        version,
        edit: of => {
          of.version.endOfLifeAt = Date.now() - HOUR
        },
        level: 'warn',
        path: 'image',
        says: /past its end of life/,
      }),
    ),
  ),
  {
    what: 'the version that it names was never finished',
    image: 'gallery',
    version: 'fixed',
    edit: of => {
      of.version.provisioningState = 'Failed'
    },
    level: 'fail',
    path: 'image',
    says: /never finished/,
  },
  ...(['latest', 'fixed'] as const).flatMap(version => [
    copied(version, { state: 'Failed', what: 'could not be copied', level: 'fail', says: /could not be copied to westeurope/ }),
    copied(version, { state: 'Replicating', what: 'is still being copied', level: 'warn', says: /still being copied to westeurope/ }),
  ]),
  {
    what: 'its image of the marketplace is deprecated',
    image: 'marketplace',
    version: 'latest',
    edit: of => {
      of.version.deprecation = 'Deprecated'
    },
    level: 'fail',
    path: 'image',
    says: /is deprecated/,
  },
  {
    what: 'its image of the marketplace will be deprecated',
    image: 'marketplace',
    version: 'fixed',
    edit: of => {
      of.version.deprecation = 'ScheduledForDeprecation'
    },
    level: 'warn',
    path: 'image',
    says: /will be deprecated/,
  },
  {
    what: 'it has no machine profile',
    image: 'gallery',
    version: 'latest',
    edit: of => {
      of.set.model = null
    },
    level: 'fail',
    path: 'model',
    says: /no machine profile/,
  },
  {
    what: 'it has as many machines as a set can have',
    image: 'gallery',
    version: 'latest',
    edit: of => {
      of.set.capacity = 1000
    },
    level: 'warn',
    path: 'capacity',
    says: /1000 are the most/,
  },
  {
    what: 'it has more machines than a set can have',
    image: 'gallery',
    version: 'latest',
    edit: of => {
      of.set.capacity = 1001
    },
    level: 'fail',
    path: 'capacity',
    says: /1000 are the most/,
  },
  {
    what: 'the version that it would be made from is reported for a violation of policy',
    image: 'gallery',
    version: 'latest',
    edit: of => {
      of.version.reported = true
    },
    level: 'fail',
    path: 'image',
    says: /violation of policy/,
  },
  {
    what: 'its last change failed for what the owner must repair',
    image: 'gallery',
    version: 'latest',
    edit: of => {
      of.set.failure = { code: 'KeyVaultAccessForbidden', message: 'no access to the key', at: Date.now() - 24 * HOUR }
    },
    level: 'fail',
    path: 'launches',
    says: /KeyVaultAccessForbidden: no access to the key/,
  },
  {
    what: 'a quota was used up a moment ago',
    image: 'gallery',
    version: 'latest',
    edit: of => {
      of.set.failure = { code: 'OperationNotAllowed', message: 'exceeding approved Total Regional Cores quota', at: Date.now() }
    },
    kind: 'no-capacity',
    level: 'fail',
    path: 'launches',
    says: /a quota is used up/,
  },
  {
    what: 'Azure had no capacity long ago',
    image: 'gallery',
    version: 'latest',
    edit: of => {
      of.set.failure = { code: 'ZonalAllocationFailed', message: 'Allocation failed.', at: Date.now() - 2 * HOUR }
    },
    kind: 'no-capacity',
    level: 'warn',
    path: 'launches',
    says: /no capacity/,
  },
]

describe('the forecast of a scale set', () => {
  let simulator: Simulator

  beforeEach(async () => {
    const groups = (['gallery', 'community', 'shared', 'managed', 'marketplace'] as const).flatMap(image =>
      (['latest', 'fixed'] as const).map(version => ({ name: `${image}-${version}`, image, version, mode: 'flexible' as const })),
    )
    simulator = await startSimulator({ world: createWorld({ azure: { groups } }) })
  })
  afterEach(() => simulator.close())

  async function foreseen(name: string): Promise<readonly Finding[]> {
    const provider = await openAzure(simulator)
    const scope = provider.scopes()[0] ?? assert.fail('no scope')
    const group = `${scope.id}/shop/vmss/${name}`
    const findings = (await provider.forecast(scope, [group], never)).get(group)
    await provider.close()
    return findings ?? assert.fail(`${name} has no forecast`)
  }

  function of(name: string): Edited {
    const subscription = [...simulator.world.subscriptions.values()][0] ?? assert.fail('no subscription')
    const set = subscription.scaleSets.get(`shop/${name}`) ?? assert.fail(`no set ${name}`)
    const images = [...subscription.galleryImages, ...subscription.published, ...subscription.managedImages, ...subscription.marketplace]
    const versions = images.find(([key]) => key.includes(name))?.[1] ?? assert.fail(`no image of ${name}`)
    return { subscription, set, version: [...versions.values()][0] ?? assert.fail('no version') }
  }

  it('S13 has nothing to say where a rebuild will work', async () => {
    for (const name of ['gallery-latest', 'community-fixed', 'shared-latest', 'managed-latest', 'marketplace-fixed'])
      assert.deepEqual(await foreseen(name), [])
  })

  for (const { what, image, version, edit, kind = 'cannot-rebuild', level, path, says } of cases)
    it(`S13 ${level === 'fail' ? 'fails' : 'warns'} where ${what}`, async () => {
      edit(of(`${image}-${version}`))
      const findings = await foreseen(`${image}-${version}`)
      assert.deepEqual(
        findings.map(finding => [finding.kind, finding.level, finding.path]),
        [[kind, level, path]],
        JSON.stringify(findings),
      )
      assert.match(findings[0]?.summary ?? '', says)
    })

  it('S13 reads a gallery in the subscription where it stands, and says what is wrong with it there', async () => {
    const [shop, images] = ['7c1c5f0e-6f0d-4b8e-9a55-0f3f4f6b1d20', '2f0a4d6c-93b1-4a7e-8c1d-5d2b7e6f4a31'] as const
    const groups = (['latest', 'fixed'] as const).map(version => ({ name: version, version, gallerySubscription: images }))
    const world = createWorld({ azure: { groups, subscriptions: [{ id: shop }, { id: images }] } })
    await simulator.close()
    simulator = await startSimulator({ world })
    const provider = await openAzure(simulator)
    const scope = provider.scopes()[0] ?? assert.fail('no scope')
    for (const name of ['latest', 'fixed']) {
      const group = `${scope.id}/shop/vmss/${name}`
      assert.deepEqual(await foreseen(name), [])
      const declared = (await provider.declare(scope, [group], never)).get(group)?.current.images
      assert.match(declared?.join() ?? '', new RegExp(`^/subscriptions/${images}/.*/versions/1\\.0\\.1$`))
    }
    for (const versions of world.subscriptions.get(images)?.galleryImages.values() ?? [])
      for (const version of versions.values()) version.gone = true
    assert.deepEqual(
      (await foreseen('fixed')).map(({ level, path }) => [level, path]),
      [['fail', 'image']],
    )
    await provider.close()
  })

  it('S10 is missing where an image cannot be read, never good', async () => {
    simulator.faults.add({ kind: 'denied', operation: 'communityGalleryImageVersions.list' })
    await assert.rejects(foreseen('community-latest'), { name: 'ProviderError', code: 'denied' })
  })
})
