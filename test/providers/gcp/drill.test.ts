import assert from 'node:assert/strict'
import type { StrikeMethod } from '../../../src/domain/schedule.ts'
import { providers } from '../../../src/providers/registry.ts'
import { createWorld, startSimulator } from '../../../src/simulator/index.ts'
import { systemClock } from '../../../src/telemetry/system-clock.ts'
import { alwaysOpen, EngineStage, ledgerInMemory, silent } from '../engine-stage.ts'

type GcpGroup = NonNullable<NonNullable<Parameters<typeof createWorld>[0]['gcp']>['groups']>[number]

const times = { detect: 80, boot: 200, health: 100, drain: 60, terminate: 80 }
/** So long that a busy machine keeps them; a drill that goes well ends as soon as it may. */
const recovery = { target: 15_000, deadline: 20_000, soak: 400 }
const short = { target: 1_000, deadline: 2_500, soak: 400 }

async function openStage(group: Partial<GcpGroup>, more: { method?: StrikeMethod; recovery?: typeof recovery } = {}): Promise<EngineStage> {
  const simulator = await startSimulator({ world: createWorld({ gcp: { groups: [{ name: 'web', times, ...group }] } }) })
  const { endpoint, project } = simulator.gcp
  const module = (await providers.gcp?.load()) ?? assert.fail('gcp is not registered')
  const settings = (await providers.gcp?.loadSettings())?.parse({ projects: [project], endpoint })
  assert.ok(settings)
  const open = () => module.openProvider(settings, { clock: systemClock(), log: silent, env: {} })
  const schedule = alwaysOpen('gcp', { recovery, ...more })
  return new EngineStage({ simulator, ledger: await ledgerInMemory(), schedule, provider: await open(), open })
}

describe('a drill on a managed instance group, by the real engine', function () {
  this.timeout(60_000)
  let stage: EngineStage

  afterEach(() => stage.close())

  /** What changed something, and why Google's audit log says that it was asked for. */
  function written(): [string, string | null][] {
    const entries = stage.simulator.audit().filter(entry => entry.writes)
    return entries.map(({ operation, sessionName }) => [operation, sessionName])
  }

  /** The short name of the template that an instance was made from. */
  function templateOf(id: string | null): string {
    const machines = [...stage.simulator.world.projects.values()].flatMap(project => [...project.instances.values()])
    return (
      machines
        .find(machine => machine.id === id)
        ?.template.split('/')
        .at(-1) ?? assert.fail(`${id} is not there`)
    )
  }

  for (const [place, method, operation] of [
    [{ zone: 'europe-west1-b' }, 'retire', 'instanceGroupManagers.recreateInstances'],
    [{ zone: 'europe-west1-b' }, 'crash', 'instances.delete'],
    [{ region: 'europe-west1' }, 'retire', 'regionInstanceGroupManagers.recreateInstances'],
    [{ region: 'europe-west1' }, 'crash', 'instances.delete'],
  ] as const)
    it(`strikes once by ${operation} (${method}, ${Object.keys(place)}), and proves the group a phoenix over a crash of Firedrill`, async () => {
      stage = await openStage(place, { method })
      const plan = await stage.strike()
      await stage.restart()
      const { judgement, order } = await stage.concluded(plan)
      assert.equal(judgement.verdict, 'phoenix', JSON.stringify(judgement))
      assert.deepEqual(judgement.proven.toSorted(), ['configuration', 'health', 'image', 'replaced'])
      assert.ok(judgement.successor !== null && !order.members.includes(judgement.successor))
      assert.deepEqual(written(), [[operation, `firedrill/${plan.id}`]])
    })

  for (const [method, forceUpdateOnRepair, isNew] of [
    ['crash', false, false],
    ['crash', true, true],
    ['retire', false, true],
  ] as const)
    it(`expects ${isNew ? 'the present template' : 'the template of the victim'} of a ${method} where forceUpdateOnRepair is ${forceUpdateOnRepair}`, async () => {
      stage = await openStage({ forceUpdateOnRepair, traits: ['outdated'] }, { method })
      const [old] = [...stage.simulator.world.projects.values()].flatMap(project => [...project.instances.values()])
      const before = templateOf(old?.id ?? null)
      const { judgement } = await stage.concluded(await stage.strike())
      assert.equal(judgement.verdict, 'phoenix', JSON.stringify(judgement))
      assert.deepEqual(
        judgement.findings.map(({ kind, level }) => [kind, level]),
        [['outdated', 'warn']],
      )
      assert.equal(templateOf(judgement.successor) !== before, isNew)
    })

  for (const method of ['retire', 'crash'] as const) {
    it(`proves a group with regional boot disks a phoenix where it makes them anew (${method})`, async () => {
      stage = await openStage({ bootDisk: 'regional' }, { method })
      const { judgement } = await stage.concluded(await stage.strike())
      assert.equal(judgement.verdict, 'phoenix', JSON.stringify(judgement))
      assert.ok(judgement.proven.includes('image'))
    })

    it(`proves nothing where a group attaches the old regional disk again, though its image is the right one (${method})`, async () => {
      stage = await openStage({ bootDisk: 'regional-attached-again' }, { method })
      const { judgement } = await stage.concluded(await stage.strike())
      assert.deepEqual([judgement.verdict, judgement.findings[0]?.kind], ['inconclusive', 'unobservable'], JSON.stringify(judgement))
      assert.match(JSON.stringify(judgement), /regional disk .* is older than its instance/)
    })
  }

  it('calls a group that cannot make instances a snowflake, in the words of Google', async () => {
    stage = await openStage({ traits: [{ trait: 'not-replaced', cause: 'kms' }] }, { recovery: short })
    const { judgement, wounded } = await stage.concluded(await stage.strike())
    assert.deepEqual([judgement.verdict, judgement.findings[0]?.kind, wounded], ['snowflake', 'not-replaced', true])
    assert.match(judgement.findings[0]?.summary ?? '', /PERMISSIONS_ERROR/)
  })

  for (const trait of ['no-capacity', 'quota'] as const)
    it(`says nothing about a group where Google has no ${trait === 'quota' ? 'quota' : 'capacity'} left`, async () => {
      stage = await openStage({ traits: [trait] }, { recovery: short })
      const { judgement } = await stage.concluded(await stage.strike())
      assert.deepEqual([judgement.verdict, judgement.findings[0]?.kind], ['inconclusive', 'no-capacity'], JSON.stringify(judgement))
    })
})
