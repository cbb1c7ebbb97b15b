import assert from 'node:assert/strict'
import { examineVictim } from '../../src/domain/drift.ts'
import type { StrikeOrder } from '../../src/domain/drill.ts'
import type { GroupId, GroupSnapshot, GroupSummary, InstanceSnapshot, Scope } from '../../src/domain/group.ts'
import type { StrikeMethod } from '../../src/domain/schedule.ts'
import type { Clock } from '../../src/domain/time.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { ProviderError } from '../../src/providers/provider-error.ts'
import { providers } from '../../src/providers/registry.ts'
import { createWorld, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { Kept } from './asking.ts'

type FaultInput = Parameters<Simulator['faults']['add']>[0]

/** One simulated cloud with a fleet that every provider's simulator can make, and the provider opened on it. */
interface Stage {
  readonly provider: Provider
  fault(fault: FaultInput): void
  clearFaults(): void
  /** From now on the platform does not let this group be read. */
  hide(group: string): void
  /** Requests that a strike sends, over all methods. */
  strikesSent(): number
  /** What the platform calls the request that a retire sends. */
  readonly retireOperation: string
  close(): Promise<void>
}

const clock: Clock = {
  now: () => Temporal.Now.instant(),
  monotonic: () => performance.now(),
  sleep: milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds)),
}
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const times = { detect: 100, boot: 250, health: 150, drain: 50, terminate: 50 }
const never = new AbortController().signal

async function startAws(): Promise<Stage> {
  const trait = (name: string, one: { trait: string }) => ({ name, times, traits: [one] })
  const groups = [
    { name: 'web', times },
    { name: 'api', times, source: 'configuration' },
    { name: 'mixed', times, source: 'mixed', overrides: [{ type: 't3.micro' }, { type: 't3.small' }] },
    trait('drifted', { trait: 'config-drift' }),
    trait('broken', { trait: 'cannot-rebuild' }),
    trait('refreshing', { trait: 'refreshing' }),
    trait('suspended', { trait: 'suspended' }),
    trait('owned', { trait: 'owned' }),
    trait('protected', { trait: 'protected' }),
    { name: 'unreadable', times },
    trait('near-miss', { trait: 'near-miss' }),
    trait('not-opted-in', { trait: 'not-opted-in' }),
  ] as Parameters<typeof createWorld>[0]['groups']
  const simulator = await startSimulator({ world: createWorld({ groups }) })
  const aws = await providers.aws?.load()
  const settings = (await providers.aws?.loadSettings())?.parse({})
  if (aws === undefined || settings === undefined) throw new Error('aws is not registered')
  const provider = await aws.openProvider(settings, { clock, log, env: simulator.aws.env })
  return {
    provider,
    fault: fault => void simulator.faults.add(fault),
    clearFaults: () => void simulator.faults.clear(),
    hide: group => void simulator.faults.add({ kind: 'denied', operation: 'DescribeScalingActivities', mentions: group }),
    strikesSent: () => sent(simulator, /:(TerminateInstanceInAutoScalingGroup|TerminateInstances)$/),
    retireOperation: 'TerminateInstanceInAutoScalingGroup',
    async close() {
      await provider.close()
      await simulator.close()
    },
  }
}

function sent(simulator: Simulator, calls: RegExp): number {
  return Object.entries(simulator.counts())
    .filter(([call]) => calls.test(call))
    .reduce((sum, [, count]) => sum + count, 0)
}

async function startGcp(place: { readonly zone: string } | { readonly region: string }): Promise<Stage> {
  const trait = (name: string, one: { trait: string }) => ({ name, ...place, times, traits: [one] })
  const groups = [
    { name: 'web', ...place, times, autoscaler: { minimum: 1, maximum: 9 } },
    { name: 'api', ...place, times, image: 'family', templates: 'regional', optInBy: 'all-instances-config' },
    { name: 'mixed', ...place, times, canary: true },
    trait('drifted', { trait: 'config-drift' }),
    trait('broken', { trait: 'cannot-rebuild' }),
    trait('refreshing', { trait: 'refreshing' }),
    trait('suspended', { trait: 'suspended' }),
    trait('owned', { trait: 'owned' }),
    trait('protected', { trait: 'protected' }),
    { name: 'unreadable', ...place, times },
    trait('near-miss', { trait: 'near-miss' }),
    trait('not-opted-in', { trait: 'not-opted-in' }),
  ]
  const simulator = await startSimulator({ world: createWorld({ gcp: { groups } } as Parameters<typeof createWorld>[0]) })
  const { endpoint, project } = simulator.gcp
  const gcp = await providers.gcp?.load()
  const settings = (await providers.gcp?.loadSettings())?.parse({ projects: [project], endpoint })
  if (gcp === undefined || settings === undefined) throw new Error('gcp is not registered')
  const provider = await gcp.openProvider(settings, { clock, log, env: {} })
  const managers = 'zone' in place ? 'instanceGroupManagers' : 'regionInstanceGroupManagers'
  return {
    provider,
    fault: fault => void simulator.faults.add(fault),
    clearFaults: () => void simulator.faults.clear(),
    hide: group => void simulator.faults.add({ kind: 'denied', operation: `${managers}.listManagedInstances`, mentions: group }),
    strikesSent: () => sent(simulator, /:(instances\.delete|\w+\.recreateInstances)$/),
    retireOperation: `${managers}.recreateInstances`,
    async close() {
      await provider.close()
      await simulator.close()
    },
  }
}

async function startAzure(mode: 'uniform' | 'flexible'): Promise<Stage> {
  const trait = (name: string, one: { trait: string }) => ({ name, mode, times, traits: [one] })
  const groups = [
    { name: 'web', mode, times },
    { name: 'api', mode, times, image: 'marketplace', version: 'fixed' },
    { name: 'mixed', mode, times, health: 'rich', image: 'marketplace' },
    trait('drifted', { trait: 'config-drift' }),
    trait('broken', { trait: 'cannot-rebuild' }),
    trait('refreshing', { trait: 'refreshing' }),
    trait('suspended', { trait: 'suspended' }),
    trait('owned', { trait: 'owned' }),
    trait('protected', { trait: 'protected' }),
    { name: 'unreadable', mode, times },
    trait('near-miss', { trait: 'near-miss' }),
    trait('not-opted-in', { trait: 'not-opted-in' }),
  ] as NonNullable<Parameters<typeof createWorld>[0]['azure']>['groups']
  const simulator = await startSimulator({ world: createWorld({ azure: { groups } }) })
  const azure = await providers.azure?.load()
  const settings = (await providers.azure?.loadSettings())?.parse({ endpoint: simulator.azure.endpoint })
  if (azure === undefined || settings === undefined) throw new Error('azure is not registered')
  const provider = await azure.openProvider(settings, { clock, log, env: simulator.azure.env })
  return {
    provider,
    fault: fault => void simulator.faults.add(fault),
    clearFaults: () => void simulator.faults.clear(),
    hide: group => void simulator.faults.add({ kind: 'denied', mentions: `virtualMachineScaleSets/${group}/` }),
    strikesSent: () => sent(simulator, /:virtualMachineScaleSets\.deleteInstances$/),
    retireOperation: 'virtualMachineScaleSets.deleteInstances',
    async close() {
      await provider.close()
      await simulator.close()
    },
  }
}

const nuisances: readonly FaultInput[] = [
  { kind: 'throttling', times: 2 },
  { kind: 'server-error', status: 503, times: 2 },
  { kind: 'drop', times: 1 },
  { kind: 'empty-pages', rate: 0.5 },
  { kind: 'latency', milliseconds: 5 },
]

const stages: readonly { readonly name: string; readonly provider: string; readonly start: () => Promise<Stage> }[] = [
  { name: 'aws', provider: 'aws', start: startAws },
  { name: 'gcp zonal', provider: 'gcp', start: () => startGcp({ zone: 'europe-west1-b' }) },
  { name: 'gcp regional', provider: 'gcp', start: () => startGcp({ region: 'europe-west1' }) },
  { name: 'azure uniform', provider: 'azure', start: () => startAzure('uniform') },
  { name: 'azure flexible', provider: 'azure', start: () => startAzure('flexible') },
]

for (const { name, provider, start } of stages)
  for (const weather of ['calm', 'stormy'] as const)
    describe(`the provider contract: ${name}, ${weather}`, () => {
      let stage: Stage
      let scope: Scope
      let groups: ReadonlyMap<string, GroupSummary>

      before(async function () {
        this.timeout(60_000)
        stage = await start()
        const [only] = stage.provider.scopes()
        assert.ok(only)
        scope = only
        groups = await discovered()
      })
      beforeEach(() => {
        if (weather === 'stormy') for (const fault of nuisances) stage.fault(fault)
      })
      afterEach(() => stage.clearFaults())
      after(() => stage.close())

      async function discovered(): Promise<Map<string, GroupSummary>> {
        const found = new Map<string, GroupSummary>()
        for await (const group of stage.provider.discover(scope, never)) found.set(group.name, group)
        return found
      }

      function idOf(group: string): GroupId {
        const found = groups.get(group)
        assert.ok(found, group)
        return found.id
      }

      async function look(group: GroupId, since: Temporal.Instant, depth: 'full' | 'watch' = 'full'): Promise<GroupSnapshot> {
        const seen = (await stage.provider.observe(scope, [group], { since, depth }, never)).get(group)
        assert.ok(seen?.kind === 'snapshot', JSON.stringify(seen))
        return seen.snapshot
      }

      const recently = (): Temporal.Instant => clock.now().subtract({ minutes: 10 })

      it('discovers the groups that are opted in and near misses, with their tags, and no others', async () => {
        assert.deepEqual([...(await discovered()).keys()].sort(), [...groups.keys()].sort())
        assert.ok(groups.has('web') && groups.has('near-miss') && !groups.has('not-opted-in'))
        const web = groups.get('web')
        assert.deepEqual([web?.provider, web?.scope, web?.tags.firedrill, web?.optInById], [provider, scope.id, 'enabled', null])
        assert.ok(groups.size >= 11)
      })

      it('answers for every group that it is asked about', async () => {
        stage.hide('unreadable')
        const asked = [...[...groups.values()].map(group => group.id), idOf('web').replace(/web$/, 'nowhere')]
        const seen = await stage.provider.observe(scope, asked, { since: recently(), depth: 'full' }, never)
        assert.deepEqual([...seen.keys()].sort(), [...asked].sort())
        assert.equal(seen.get(asked.at(-1) ?? '')?.kind, 'gone')
        const unreadable = seen.get(idOf('unreadable'))
        assert.ok(unreadable?.kind === 'unreadable' && unreadable.why.length > 10)
      })

      it('shows a group at rest as steady and whole, with members that are healthy and old', async () => {
        for (const group of ['web', 'api', 'mixed']) {
          const seen = await look(idOf(group), recently())
          assert.deepEqual([seen.unsteady, seen.replacementOff, seen.controller, seen.instances.length], [[], null, null, 3], group)
          assert.equal(
            seen.instances.reduce((sum, instance) => sum + instance.weight, 0),
            seen.desired,
          )
          for (const instance of seen.instances) {
            assert.deepEqual(
              [instance.phase, instance.health, instance.protection],
              ['in-service', 'healthy', null],
              JSON.stringify(instance.checks),
            )
            assert.ok(instance.checks.some(check => check.independent && check.state === 'healthy'))
            assert.ok(instance.launchedAt !== null && instance.bornFrom !== null && instance.image !== null)
          }
        }
      })

      it('S15 shows in a brief look as well that a group at rest is whole', async () => {
        const ids = ['web', 'api', 'mixed'].map(idOf)
        const seen = await stage.provider.observe(scope, ids, { since: recently(), depth: 'brief' }, never)
        for (const id of ids) {
          const one = seen.get(id)
          assert.ok(one?.kind === 'snapshot', JSON.stringify(one))
          const well = one.snapshot.instances.filter(({ phase, health }) => phase === 'in-service' && health !== 'unhealthy')
          assert.equal(
            well.reduce((sum, { weight }) => sum + weight, 0),
            one.snapshot.desired,
            id,
          )
        }
      })

      it('S5 and S7 show why a group or a member must be left alone', async () => {
        assert.ok((await look(idOf('refreshing'), recently())).unsteady.some(one => one.reason === 'refreshing'))
        assert.notEqual((await look(idOf('suspended'), recently())).replacementOff, null)
        assert.notEqual((await look(idOf('owned'), recently())).controller, null)
        assert.ok((await look(idOf('protected'), recently())).instances.every(instance => instance.protection !== null))
      })

      it('declares what members are made from, so that untouched ones fit and edited ones do not', async () => {
        const ids = ['web', 'api', 'mixed', 'drifted'].map(idOf)
        const declarations = await stage.provider.declare(scope, ids, never)
        for (const group of ids) {
          const seen = await look(group, recently())
          const declaration = declarations.get(group)
          assert.ok(declaration)
          assert.equal(declaration.current.version, seen.declarationVersion)
          const described = await stage.provider.describe(
            scope,
            seen.instances.map(instance => ({ group, id: instance.id })),
            never,
          )
          assert.equal(described.size, seen.instances.length)
          const fits = [...described.values()].map(victim => {
            const bornFrom = seen.instances.find(instance => instance.id === victim.instance)?.bornFrom ?? null
            const examined = examineVictim({ declaration, victim }, bornFrom, { ignore: stage.provider.capabilities.driftIgnore, warn: [] })
            assert.deepEqual(examined?.blocking, [])
            return examined?.findings.length === 0 && declaration.current.images.includes(victim.image ?? '')
          })
          assert.equal(
            fits.every(fit => fit),
            group !== idOf('drifted'),
            group,
          )
        }
      })

      it('S13 forecasts a rebuild that must fail, and nothing where it will work', async () => {
        const forecasts = await stage.provider.forecast(scope, ['web', 'api', 'mixed', 'broken'].map(idOf), never)
        for (const group of ['web', 'api', 'mixed']) assert.deepEqual(forecasts.get(idOf(group)), [], group)
        assert.ok(forecasts.get(idOf('broken'))?.some(finding => finding.kind === 'cannot-rebuild' && finding.level === 'fail'))
      })

      function order(snapshot: GroupSnapshot, victim: InstanceSnapshot, method: StrikeMethod): StrikeOrder {
        return {
          drill: crypto.randomUUID(),
          scope: scope.id,
          group: snapshot.summary.id,
          groupName: snapshot.summary.name,
          incarnation: snapshot.summary.incarnation,
          victim: { id: victim.id, name: victim.name, zone: victim.zone, image: victim.image, bornFrom: victim.bornFrom },
          method,
          desired: snapshot.desired,
          members: snapshot.instances.map(instance => instance.id),
          declarationVersion: snapshot.declarationVersion ?? '',
          intendedAt: clock.now(),
          requestId: crypto.randomUUID(),
        }
      }

      /** A storm breaks for the strike itself, which is sent only once. */
      async function strike(group: GroupId, method: StrikeMethod): Promise<StrikeOrder> {
        const before = await look(group, recently())
        const [victim] = before.instances
        assert.ok(victim)
        const one = order(before, victim, method)
        stage.clearFaults()
        await stage.provider.strike(one, never, () => true)
        if (weather === 'stormy') for (const fault of nuisances) stage.fault(fault)
        return one
      }

      /** One step of a restore; true once it says done. What the platform refuses or loses is asked again. */
      async function restore(struck: StrikeOrder, kept: Kept): Promise<boolean> {
        assert.ok(stage.provider.restore)
        const { state, detail } = await stage.provider.restore(struck, never, kept)
        assert.notEqual(state, 'yielded', detail)
        return state === 'done'
      }

      for (const [method, group] of [
        ['retire', 'web'],
        ['crash', 'api'],
      ] as const)
        it(`sees a ${method} through: exactly the victim goes, and a new member rises healthy`, async function () {
          this.timeout(60_000)
          if (!stage.provider.capabilities.methods.includes(method)) return this.skip()
          const struck = await strike(idOf(group), method)
          const kept = new Kept()
          for (;;) {
            const seen = await look(struck.group, struck.intendedAt, 'watch')
            const restored = stage.provider.capabilities.replacesItself || (await restore(struck, kept))
            const fresh = seen.instances.filter(instance => !struck.members.includes(instance.id))
            const victim = seen.instances.find(instance => instance.id === struck.victim.id)
            assert.ok(fresh.length <= 1)
            if (restored && victim === undefined && fresh[0]?.health === 'healthy') {
              const kept = struck.members.filter(id => id !== struck.victim.id)
              assert.ok(kept.every(id => seen.instances.some(instance => instance.id === id && instance.health === 'healthy')))
              assert.equal(seen.desired, struck.desired)
              assert.equal(seen.declarationVersion, struck.declarationVersion)
              break
            }
            await clock.sleep(50)
          }
          if (!stage.provider.capabilities.replacesItself) return
          const events = (await look(struck.group, struck.intendedAt)).events
          assert.ok(events.some(event => event.kind === 'terminate' && event.instance === struck.victim.id))
          assert.ok(events.some(event => event.kind === 'launch' && event.cause === 'replacement' && event.outcome === 'succeeded'))
        })

      it('S9 sends a strike once whatever happens to it, and says whether it may have acted', async () => {
        stage.clearFaults()
        const before = await look(idOf('mixed'), recently())
        const [victim] = before.instances
        assert.ok(victim)
        for (const [fault, acted] of [
          [{ kind: 'denied' }, false],
          [{ kind: 'server-error' }, true],
          [{ kind: 'drop', moment: 'before' }, true],
        ] satisfies [FaultInput, boolean][]) {
          stage.clearFaults()
          const sent = stage.strikesSent()
          stage.fault({ ...fault, operation: stage.retireOperation })
          await assert.rejects(
            stage.provider.strike(order(before, victim, 'retire'), never, () => true),
            (error: unknown) => error instanceof ProviderError && error.mayHaveActed === acted,
          )
          assert.equal(stage.strikesSent(), sent + 1, JSON.stringify(fault))
        }
        stage.clearFaults()
        const sent = stage.strikesSent()
        await assert.rejects(
          stage.provider.strike(order(before, victim, 'retire'), never, () => false),
          { mayHaveActed: false },
        )
        assert.equal(stage.strikesSent(), sent)
        assert.ok(
          (await look(idOf('mixed'), recently())).instances.some(instance => instance.id === victim.id && instance.phase === 'in-service'),
        )
      })

      it('S10 throws a ProviderError, or says unreadable, where nothing is allowed', async () => {
        stage.clearFaults()
        stage.fault({ kind: 'denied' })
        const seen = await stage.provider.observe(scope, [idOf('web')], { since: recently(), depth: 'full' }, never)
        assert.equal(seen.get(idOf('web'))?.kind, 'unreadable')
        await assert.rejects(discovered(), { name: 'ProviderError', code: 'denied' })
        await assert.rejects(stage.provider.declare(scope, [idOf('web')], never), { name: 'ProviderError', code: 'denied' })
        stage.clearFaults()
      })

      it("ends every call with an aborted signal's reason", async () => {
        const gone = AbortSignal.abort(new Error('halted'))
        const group = idOf('web')
        await assert.rejects(stage.provider.observe(scope, [group], { since: recently(), depth: 'watch' }, gone), /halted/)
        await assert.rejects(stage.provider.declare(scope, [group], gone), /halted/)
        await assert.rejects(stage.provider.forecast(scope, [group], gone), /halted/)
      })
    })
