import assert from 'node:assert/strict'
import type { StrikeMethod } from '../../../src/domain/schedule.ts'
import { providers } from '../../../src/providers/registry.ts'
import { createWorld, startSimulator } from '../../../src/simulator/index.ts'
import { systemClock } from '../../../src/telemetry/system-clock.ts'
import { alwaysOpen, EngineStage, ledgerInMemory, silent } from '../engine-stage.ts'

type AwsGroup = NonNullable<Parameters<typeof createWorld>[0]['groups']>[number]

const times = { detect: 80, boot: 200, health: 100, drain: 60, terminate: 80 }
const recovery = { target: 15_000, deadline: 20_000, soak: 400 }

async function openStage(group: Partial<AwsGroup>, method: StrikeMethod): Promise<EngineStage> {
  const simulator = await startSimulator({ world: createWorld({ groups: [{ name: 'web', times, ...group }] }) })
  const module = (await providers.aws?.load()) ?? assert.fail('aws is not registered')
  const settings = (await providers.aws?.loadSettings())?.parse({})
  assert.ok(settings)
  const open = () => module.openProvider(settings, { clock: systemClock(), log: silent, env: simulator.aws.env })
  return new EngineStage({
    simulator,
    ledger: await ledgerInMemory(),
    schedule: alwaysOpen('aws', { recovery, method }),
    provider: await open(),
    open,
  })
}

describe('a drill on an Auto Scaling group, by the real engine', function () {
  this.timeout(60_000)
  let stage: EngineStage

  afterEach(() => stage.close())

  async function provesAPhoenix(): Promise<readonly string[]> {
    const { judgement, order } = await stage.concluded(await stage.strike())
    assert.equal(judgement.verdict, 'phoenix', JSON.stringify(judgement))
    assert.ok(judgement.successor !== null && !order.members.includes(judgement.successor))
    return strikes()
  }

  /** Calls that changed something, and came to what. */
  function strikes(): string[] {
    const entries = stage.simulator.audit().filter(entry => entry.writes)
    return entries.map(({ operation, outcome }) => (outcome === 'ok' ? operation : `${operation}: ${outcome}`))
  }

  for (const detect of [20, 3_000])
    it(`proves a phoenix of a crash, however late the group notices it (${detect} ms)`, async () => {
      stage = await openStage({ times: { ...times, detect } }, 'crash')
      assert.deepEqual(await provesAPhoenix(), ['TerminateInstances'])
    })

  for (const hooksOfTheDead of [true, false])
    for (const method of ['crash', 'retire'] as const)
      it(`proves a phoenix of a ${method}, whether a hook runs for who is dead already or not (${hooksOfTheDead})`, async () => {
        stage = await openStage({ hooks: [{ on: 'terminate', takes: 1_500 }], hooksOfTheDead }, method)
        assert.deepEqual(await provesAPhoenix(), [method === 'crash' ? 'TerminateInstances' : 'TerminateInstanceInAutoScalingGroup'])
      })

  it('keeps the size of a group that stands at its minimum: none is ever asked to shrink', async () => {
    stage = await openStage({ size: 3, minimum: 3, maximum: 3 }, 'retire')
    await provesAPhoenix()
    const [region] = [...stage.simulator.world.regions.values()]
    assert.equal([...(region?.groups.values() ?? [])][0]?.desired, 3)
  })

  const credits = 'DescribeInstanceCreditSpecifications'
  const asked = (): number => stage.simulator.audit().filter(entry => entry.operation === credits).length

  it('proves the configuration of a phoenix whose template names a credit option, and leaves nothing uncompared but what is inside', async () => {
    stage = await openStage({}, 'retire')
    const { judgement } = await stage.concluded(await stage.strike())
    assert.equal(judgement.verdict, 'phoenix', JSON.stringify(judgement))
    assert.ok(judgement.proven.includes('configuration'))
    assert.deepEqual(
      judgement.notCompared.map(({ what }) => what),
      ['state'],
    )
  })

  it('calls a successor with another credit option a snowflake, in a sentence that names both', async () => {
    stage = await openStage({ traits: [{ trait: 'successor-drift', edits: [{ kind: 'credits', option: 'unlimited' }] }] }, 'retire')
    const { judgement } = await stage.concluded(await stage.strike())
    assert.equal(judgement.verdict, 'snowflake', JSON.stringify(judgement))
    const [finding] = judgement.findings.filter(one => one.kind === 'config-drift')
    assert.deepEqual([finding?.path, finding?.expected, finding?.actual], ['creditSpecification', 'standard', 'unlimited'])
    assert.match(
      finding?.summary ?? '',
      /^credit specification is unlimited on the successor but standard in launch template lt-\w+ version 1\b.*: /,
    )
  })

  it('S10 judges no successor whose credit option is declared and may not be read, and says why', async () => {
    stage = await openStage({}, 'retire')
    const plan = await stage.strike()
    stage.simulator.faults.add({ kind: 'denied', operation: credits })
    const { judgement } = await stage.concluded(plan)
    assert.equal(judgement.verdict, 'inconclusive', JSON.stringify(judgement))
    const [finding] = judgement.findings.filter(one => one.kind === 'unobservable')
    assert.match(
      finding?.summary ?? '',
      /^creditSpecification of the successor is declared and could not be read \(.*UnauthorizedOperation/,
    )
    assert.ok(!judgement.proven.includes('configuration'))
  })

  for (const restarts of [false, true])
    it(`needs no right to read credit options where no declaration names one${restarts ? ', and compares none that a restart had asked for' : ''}`, async () => {
      stage = await openStage({ source: 'configuration' }, 'retire')
      if (!restarts) stage.simulator.faults.add({ kind: 'denied', operation: credits })
      const plan = await stage.strike()
      assert.equal(asked(), 0)
      if (restarts) await stage.restart()
      const { judgement } = await stage.concluded(plan)
      assert.deepEqual(
        [judgement.verdict, judgement.proven.includes('configuration'), judgement.findings.filter(one => one.path !== null)],
        ['phoenix', true, []],
      )
      assert.equal(asked() > 0, restarts)
    })

  for (const method of ['retire', 'crash'] as const)
    it(`takes a ${method} that the policy refuses for not struck, and the group for whole`, async () => {
      stage = await openStage({}, method)
      const operation = method === 'crash' ? 'TerminateInstances' : 'TerminateInstanceInAutoScalingGroup'
      stage.simulator.faults.add({ kind: 'error', operation, status: 403, code: 'AccessDenied', message: 'no policy allows it' })
      const { judgement, wounded } = await stage.concluded(await stage.strike())
      assert.deepEqual([judgement.verdict, judgement.findings[0]?.kind, wounded], ['inconclusive', 'not-struck', false])
      assert.match(judgement.findings[0]?.summary ?? '', /no policy allows it/)
      assert.deepEqual(strikes(), [`${operation}: AccessDenied`])
    })
})
