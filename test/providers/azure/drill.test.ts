import assert from 'node:assert/strict'
import { systemClock } from '../../../src/telemetry/system-clock.ts'
import { Stage } from './stage.ts'

const retire = 'virtualMachineScaleSets.deleteInstances'
const restore = 'virtualMachineScaleSets.update'

describe('a drill on a scale set, by the real engine', function () {
  this.timeout(60_000)
  let stage: Stage

  afterEach(() => stage.close())

  for (const mode of ['uniform', 'flexible'] as const)
    it(`strikes one machine of a ${mode} set, brings back one, and proves it a phoenix`, async () => {
      stage = await Stage.open({ mode })
      const plan = await stage.strike()
      const { judgement, order, tracking } = await stage.concluded(plan)
      assert.equal(judgement.verdict, 'phoenix', JSON.stringify(judgement))
      assert.deepEqual(judgement.proven.toSorted(), ['configuration', 'health', 'image', 'replaced'])
      assert.equal(tracking?.restore?.state, 'done')
      assert.deepEqual(stage.writes(), [retire, restore])
      assert.equal(stage.set.machines.size, 3)
      assert.equal(order.members.includes(judgement.successor ?? ''), false)
      const kinds = (await stage.ledger.events(plan.id)).map(event => event.kind)
      for (const kind of ['struck', 'victim-gone', 'launched', 'healthy', 'recovered', 'concluded']) assert.ok(kinds.includes(kind), kind)
    })

  it("carries the drill's id in every call that changes something, for the activity log", async () => {
    stage = await Stage.open()
    const plan = await stage.strike()
    await stage.concluded(plan)
    const writes = stage.simulator.audit().filter(entry => entry.writes)
    assert.equal(writes.length, 2)
    for (const { principal, sessionName, userAgent } of writes) {
      assert.deepEqual([principal, sessionName], [plan.id, plan.id])
      assert.ok(userAgent.includes(plan.id))
    }
  })

  for (const mode of ['uniform', 'flexible'] as const)
    for (const capacityOnDelete of [{ set: 'falls' }, { set: 'stays' }] as const)
      for (const scaling of mode === 'uniform' ? (['absolute'] as const) : (['absolute', 'difference'] as const))
        it(`finishes the restore of a ${mode} set after a crash, under a halt and after opting out (size ${capacityOnDelete.set}, ${scaling})`, async () => {
          stage = await Stage.open({ mode, capacityOnDelete, scaling }, { target: 3_000, deadline: 20_000, soak: 400 })
          const plan = await stage.strike()
          await stage.restart()
          await stage.ledger.halt({ target: { kind: 'installation' }, reason: 'an incident', by: 'test', until: null })
          stage.set.tags = {}
          const { judgement } = await stage.concluded(plan)
          assert.equal(judgement.verdict, 'phoenix', JSON.stringify(judgement))
          await stage.watchUntil(drill => drill.wakeAt === null, plan)
          assert.equal(stage.set.machines.size, 3)
          assert.equal(stage.writes().filter(operation => operation === retire).length, 1)
        })

  it('survives a crash after the size was asked for: nothing is asked for twice', async () => {
    stage = await Stage.open({ times: { detect: 400, boot: 600, health: 100, drain: 50, terminate: 50 } })
    const plan = await stage.strike()
    await stage.watchUntil(() => stage.writes().includes(restore), plan)
    await stage.restart()
    assert.equal((await stage.concluded(plan)).judgement.verdict, 'phoenix')
    assert.deepEqual(stage.writes(), [retire, restore])
  })

  const counting = { mode: 'flexible', capacityOnDelete: { set: 'stays' }, scaling: 'difference' } as const

  it('knows its own second size after a crash, and does not give way to it where no machine comes of it', async () => {
    const traits = [{ trait: 'not-replaced' as const, cause: 'kms' as const }]
    stage = await Stage.open({ ...counting, traits, failedStays: false }, { target: 1_000, deadline: 9_000, soak: 400 })
    const plan = await stage.strike()
    await stage.watchUntil(() => stage.set.capacity === 4, plan)
    await stage.restart()
    const { judgement } = await stage.concluded(plan)
    assert.deepEqual([judgement.verdict, judgement.findings[0]?.kind], ['snowflake', 'not-replaced'], JSON.stringify(judgement))
    const states = (await stage.ledger.events(plan.id)).filter(({ kind }) => kind === 'restore').map(({ data }) => data.state)
    assert.equal(states.includes('yielded'), false, JSON.stringify(states))
  })

  it('does not fight a scale-in after a crash either, where its own change was carried out', async () => {
    stage = await Stage.open(
      { times: { detect: 200, boot: 1_500, health: 100, drain: 50, terminate: 50 } },
      { target: 1_000, deadline: 9_000, soak: 400 },
    )
    const plan = await stage.strike()
    await stage.watchUntil(() => stage.writes().includes(restore) && stage.set.machines.size === 3, plan)
    await stage.restart()
    assert.equal(await stage.patch({ sku: { capacity: 2 } }), 200)
    const { judgement } = await stage.concluded(plan)
    assert.deepEqual([judgement.verdict, judgement.findings[0]?.kind], ['inconclusive', 'interrupted'], JSON.stringify(judgement))
    assert.deepEqual(stage.writes(), [retire, restore])
  })

  it("does not fight an owner's scale-in during the drill, and says so", async () => {
    const slow = { detect: 50, boot: 100, health: 50, drain: 400, terminate: 400 }
    stage = await Stage.open({ size: 4, times: slow }, { target: 1_000, deadline: 2_500, soak: 400 })
    const plan = await stage.strike()
    assert.equal(await stage.patch({ sku: { capacity: 2 } }), 200)
    const drill = await stage.watchUntil(one => 'tracking' in one && one.tracking?.restore?.state === 'yielded', plan)
    assert.match('tracking' in drill ? (drill.tracking?.restore?.detail ?? '') : '', /somebody else set the size to 1/)
    const { judgement } = await stage.concluded(plan)
    assert.deepEqual([judgement.verdict, judgement.findings[0]?.kind], ['inconclusive', 'interrupted'])
    assert.deepEqual(stage.writes(), [retire])
  })

  it('overwrites no change that somebody makes between reading and asking: the etag holds', async () => {
    stage = await Stage.open()
    stage.simulator.faults.add({ kind: 'latency', milliseconds: 400, operation: restore, times: 1 })
    const plan = await stage.strike()
    const refused = () => stage.simulator.audit().some(entry => entry.operation === restore && entry.outcome === 'PreconditionFailed')
    const looking = stage.watchUntil(refused, plan)
    // The request has arrived and is held up: now somebody else changes the set.
    while (stage.simulator.faults.list().length > 0) await systemClock().sleep(5)
    stage.set.etag = 'changed'
    await looking
    assert.equal((await stage.concluded(plan)).judgement.verdict, 'phoenix')
  })

  it("S5 knows a scale-in that no list of machines shows, by the moment of the set's last change", async () => {
    stage = await Stage.open({ size: 4 })
    assert.equal(await stage.patch({ sku: { capacity: 3 } }), 200)
    while (stage.set.machines.size > 3 || stage.set.busy > 0) {
      await systemClock().sleep(20)
      stage.simulator.world.catchUp()
    }
    await assert.rejects(stage.strike(), /"rule":"S5".*its members changed .* ago/)
    assert.deepEqual(stage.writes(), [])
  })

  it('says which right is missing where the restore is refused, asks on, and finishes it once the right is there', async () => {
    stage = await Stage.open({}, { target: 3_000, deadline: 20_000, soak: 400 })
    const message = 'The client has no permission to perform action Microsoft.Network/virtualNetworks/subnets/join/action'
    stage.simulator.faults.add({ kind: 'error', operation: restore, status: 403, code: 'LinkedAuthorizationFailed', message })
    const plan = await stage.strike()
    const drill = await stage.watchUntil(one => 'tracking' in one && /subnets\/join/.test(one.tracking?.restore?.detail ?? ''), plan)
    assert.ok('tracking' in drill && drill.tracking?.restore?.state === 'waiting')
    stage.simulator.faults.clear()
    assert.equal((await stage.concluded(plan)).judgement.verdict, 'phoenix')
    assert.deepEqual(stage.writes(), [retire, restore])
  })

  it('calls a set that cannot make machines a snowflake, in the words of Azure', async () => {
    stage = await Stage.open({ traits: [{ trait: 'not-replaced', cause: 'kms' }] }, { target: 1_000, deadline: 2_500, soak: 400 })
    const { judgement, wounded } = await stage.concluded(await stage.strike())
    assert.equal(judgement.verdict, 'snowflake')
    assert.equal(judgement.findings[0]?.kind, 'not-replaced')
    assert.match(judgement.findings[0]?.summary ?? '', /KeyVaultAccessForbidden/)
    assert.equal(wounded, true)
  })

  for (const failedStays of [true, false])
    it(`says no-capacity where Azure has none, whether failed machines stay listed or not (${failedStays})`, async () => {
      stage = await Stage.open({ failedStays, traits: ['no-capacity'] }, { target: 1_000, deadline: 2_500, soak: 400 })
      const { judgement } = await stage.concluded(await stage.strike())
      assert.deepEqual([judgement.verdict, judgement.findings[0]?.kind], ['inconclusive', 'no-capacity'], JSON.stringify(judgement))
    })
})
