import assert from 'node:assert/strict'
import { parse } from 'yaml'
import type { GroupSnapshot } from '../../src/domain/group.ts'
import type { CheckSettings } from '../../src/domain/schedule.ts'
import type { GuardAnswer } from '../../src/guards/guard.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { providers } from '../../src/providers/registry.ts'
import { createWorld, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { group, question } from '../guards/guards.ts'

type Mode = 'forecast' | 'leashed' | 'live'

const never = new AbortController().signal
const clock = {
  now: () => Temporal.Now.instant(),
  monotonic: () => performance.now(),
  sleep: (milliseconds: number) => new Promise<void>(resolve => setTimeout(resolve, milliseconds)),
}
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

interface Cloud {
  readonly world: Parameters<typeof createWorld>[0]
  settings(simulator: Simulator): object
  env(simulator: Simulator): Record<string, string>
  /** What the printed policy allows. */
  allowed(policy: string): readonly string[]
  /** Guards of its own, each as a schedule may use it. */
  readonly guards?: readonly CheckSettings[]
  /** The permission that an operation needs, as the platform documents it; null: none. */
  needs(call: string): string | null
}

/** Operations whose permission is not called as they are. */
const GOOGLE_NEEDS: Readonly<Record<string, string>> = {
  'instanceGroupManagers.aggregatedList': 'instanceGroupManagers.list',
  'instanceGroupManagers.listManagedInstances': 'instanceGroupManagers.get',
  'instanceGroupManagers.listErrors': 'instanceGroupManagers.get',
  'instanceGroupManagers.recreateInstances': 'instanceGroupManagers.update',
  'imageFamilyViews.get': 'images.getFromFamily',
  'zoneOperations.wait': 'zoneOperations.get',
  'regionOperations.wait': 'regionOperations.get',
}

const clouds: Readonly<Record<string, Cloud>> = {
  aws: {
    // So many that an account's profiles are listed, and one with a warm pool.
    world: {
      groups: [
        { name: 'a' },
        { name: 'b', source: 'configuration' },
        { name: 'c', image: 'ssm' },
        { name: 'd', traits: ['pre-built'] },
        { name: 'e' },
      ],
      alarms: [{ name: 'web-5xx', tags: { team: 'web' } }],
    },
    guards: [
      { kind: 'cloudwatch-alarm', settings: { names: ['web-5xx'] } },
      { kind: 'cloudwatch-alarm', settings: { tags: { team: 'web' } } },
    ],
    settings: () => ({}),
    env: simulator => ({ ...simulator.aws.env }),
    allowed: policy => (JSON.parse(policy) as { Statement: { Action: string | string[] }[] }).Statement.flatMap(({ Action }) => Action),
    // Everybody may ask who they are. CloudWatch has another name in policies than in requests.
    needs: call => (call === 'sts:GetCallerIdentity' ? null : call.replace(/^monitoring:/, 'cloudwatch:')),
  },
  gcp: {
    world: {
      gcp: {
        groups: [
          { name: 'a', autoscaler: { minimum: 1, maximum: 5 } },
          { name: 'b', region: 'europe-west1', image: 'family', templates: 'regional', autoscaler: { minimum: 1, maximum: 5 } },
          { name: 'c', traits: ['below-desired'] },
          { name: 'd', bootDisk: 'regional' },
        ],
      },
    },
    settings: ({ gcp }) => ({ projects: [gcp.project], endpoint: gcp.endpoint }),
    env: () => ({}),
    allowed: policy => (parse(policy) as { includedPermissions: string[] }).includedPermissions,
    needs: call => {
      const zonal = call.replace(/^compute:/, '').replace(/^region(?!Operations)([A-Z])/, (_, letter: string) => letter.toLowerCase())
      return `compute.${GOOGLE_NEEDS[zonal] ?? zonal}`
    },
  },
}

/** Everything that a mode may ask of a provider. */
async function play(provider: Provider, mode: Mode, guards: readonly CheckSettings[]): Promise<void> {
  const [scope] = provider.scopes()
  assert.ok(scope)
  for (const { kind, settings } of mode === 'forecast' ? [] : guards) {
    const said: GuardAnswer | undefined = await provider.guards?.[kind]?.(settings).ask(
      { ...question, group: { ...group, scope: scope.id } },
      never,
    )
    assert.equal(said?.proceed, true, said?.reason ?? kind)
  }
  const ids: string[] = []
  for await (const group of provider.discover(scope, never)) ids.push(group.id)
  const since = clock.now().subtract({ minutes: 5 })
  for (const depth of ['brief', 'watch', 'full'] as const) await provider.observe(scope, ids, { since, depth, explain: true }, never)
  await provider.forecast(scope, ids, never)
  await provider.declare(scope, ids, never)
  for (const id of ids) {
    // One alone may be asked for by other calls than many.
    await provider.forecast(scope, [id], never)
    await provider.declare(scope, [id], never)
    const seen = (await provider.observe(scope, [id], { since, depth: 'full' }, never)).get(id)
    assert.ok(seen?.kind === 'snapshot', JSON.stringify(seen))
    const snapshot: GroupSnapshot = seen.snapshot
    const { instances, summary, desired, declarationVersion } = snapshot
    await provider.describe(
      scope,
      instances.map(instance => ({ group: id, id: instance.id })),
      never,
    )
    if (mode !== 'live') continue
    for (const [index, method] of provider.capabilities.methods.entries()) {
      const victim = instances[index]
      assert.ok(victim)
      const order = {
        drill: `drill-${index}`,
        scope: scope.id,
        group: id,
        groupName: summary.name,
        incarnation: summary.incarnation,
        victim,
        method,
        desired,
        members: instances.map(instance => instance.id),
        declarationVersion: declarationVersion ?? '',
        intendedAt: clock.now(),
        requestId: crypto.randomUUID(),
      }
      await provider.strike(order, never, () => true)
    }
    await provider.observe(scope, [id], { since, depth: 'watch' }, never)
  }
}

for (const [name, registered] of Object.entries(providers)) {
  const cloud = clouds[name]
  const { loadPermissions } = registered
  if (cloud === undefined || loadPermissions === undefined) continue
  describe(`the permissions that are printed for ${name}`, function () {
    this.timeout(60_000)

    const guards = cloud.guards ?? []

    async function callsOf(mode: Mode): Promise<readonly string[]> {
      const simulator = await startSimulator({ world: createWorld(cloud?.world ?? {}) })
      try {
        const settings = (await registered.loadSettings()).parse(cloud?.settings(simulator))
        const provider = await (await registered.load()).openProvider(settings, { clock, log, env: cloud?.env(simulator) ?? {} })
        await play(provider, mode, guards)
        await provider.close()
        return Object.keys(simulator.counts())
      } finally {
        await simulator.close()
      }
    }

    for (const mode of ['forecast', 'leashed', 'live'] as const)
      it(`allow everything that is called in the mode ${mode}`, async () => {
        const allowed = cloud.allowed((await loadPermissions())(mode, guards))
        const needed = (await callsOf(mode)).map(call => cloud.needs(call)).filter(permission => permission !== null)
        assert.deepEqual(
          needed.filter(permission => !allowed.includes(permission)),
          [],
        )
        assert.ok(needed.length > 5)
      })

    it('allow nothing that is never called, and no strike without the mode live', async () => {
      const policyFor = await loadPermissions()
      const live = cloud.allowed(policyFor('live', guards))
      const needed = new Set((await callsOf('live')).map(call => cloud.needs(call)))
      // Needed to resolve what a template names, by the very call that reads the template.
      const rare = ['ssm:GetParameters']
      assert.deepEqual(
        live.filter(permission => !needed.has(permission) && !rare.includes(permission)),
        [],
      )
      const base = cloud.allowed(policyFor('live', []))
      assert.deepEqual(
        cloud.allowed(policyFor('forecast', guards)).filter(permission => !base.includes(permission)),
        [],
        'a forecast asks no guards',
      )
      for (const mode of ['forecast', 'leashed'] as const)
        for (const permission of cloud.allowed(policyFor(mode, guards)))
          assert.doesNotMatch(permission, /terminate|delete|update|recreate/i)
    })
  })
}
