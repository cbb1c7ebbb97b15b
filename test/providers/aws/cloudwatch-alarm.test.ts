import assert from 'node:assert/strict'
import { openGuard } from '../../../src/guards/registry.ts'
import { awsGuardSettings } from '../../../src/providers/aws/guard-settings.ts'
import { openProvider } from '../../../src/providers/aws/index.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { createWorld, type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { group, never, question } from '../../guards/guards.ts'

const clock = { now: () => Temporal.Now.instant(), monotonic: () => performance.now(), sleep: async () => {} }
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

describe('the cloudwatch-alarm guard', () => {
  let simulator: Simulator
  let provider: Provider
  let calls: string[] = []

  before(async () => {
    const many = Array.from({ length: 120 }, (_, index) => ({ name: `many-${String(index).padStart(3, '0')}` }))
    const alarms: NonNullable<Parameters<typeof createWorld>[0]['alarms']> = [
      { name: 'web-5xx', tags: { team: 'web', guard: 'yes' } },
      { name: 'web-latency', tags: { team: 'web' } },
      { name: 'db-lag', state: 'ALARM', tags: { team: 'db' } },
      { name: 'quiet', state: 'INSUFFICIENT_DATA' },
      { name: 'all', composite: true, state: 'ALARM' },
      { name: 'elsewhere', region: 'eu-central-1' },
      ...many,
      { name: 'many-last', state: 'ALARM' },
    ]
    simulator = await startSimulator({ world: createWorld({ regions: ['eu-west-1', 'eu-central-1'], alarms }) })
    const settings = { regions: [simulator.aws.region, 'eu-central-1'] }
    provider = await openProvider(settings, { clock, log, env: simulator.aws.env, onCall: operation => void calls.push(operation) })
  })
  after(async () => {
    await provider.close()
    await simulator.close()
  })
  beforeEach(() => {
    calls = []
  })

  const scope = () => provider.scopes().find(({ id }) => id.endsWith(simulator.aws.region))?.id ?? ''
  function open(written: Record<string, unknown>) {
    const parsed = awsGuardSettings['cloudwatch-alarm']?.safeParse(written)
    assert.ok(parsed?.success, JSON.stringify(parsed?.error?.issues))
    const settings = JSON.parse(JSON.stringify(parsed.data))
    return openGuard({ kind: 'cloudwatch-alarm', settings }, { env: {}, folder: '/', now: clock.now, brought: provider.guards ?? {} })
  }
  const ask = (written: Record<string, unknown>, about = scope()) =>
    open(written).ask({ ...question, group: { ...group, provider: 'aws', scope: about } }, never)

  it('proceeds while each alarm that is named is OK, with one call', async () => {
    const said = await ask({ names: ['web-5xx', 'web-latency'] })
    assert.deepEqual([said.proceed, said.reason, calls], [true, 'all alarms are OK', ['DescribeAlarms']])
    assert.deepEqual(
      (said.evidence.alarms as { name: string }[]).map(({ name }) => name),
      ['web-5xx', 'web-latency'],
    )
  })

  const refused: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    ['one that alarms', { names: ['web-5xx', 'db-lag'] }, /the alarm db-lag is in ALARM/],
    ['one without data', { names: ['quiet'] }, /quiet is in INSUFFICIENT_DATA/],
    ['a composite one', { names: ['all'] }, /the alarm all is in ALARM/],
    ['one that does not exist', { names: ['web-5xx', 'nonsense'] }, /there is no alarm nonsense/],
    ['one on a later page', { prefix: 'many-' }, /many-last is in ALARM/],
    ['a prefix that nothing has', { prefix: 'none-' }, /guards nothing/],
    ['a tag', { tags: { team: 'db' } }, /db-lag is in ALARM/],
    ['a tag that nothing has', { tags: { team: 'nobody' } }, /guards nothing/],
  ]
  for (const [about, written, says] of refused)
    it(`refuses on ${about}`, async () => {
      const said = await ask(written)
      assert.equal(said.proceed, false)
      assert.match(said.reason, says)
    })

  it('proceeds where the alarms with all of the tags are OK', async () => {
    assert.equal((await ask({ tags: { team: 'web', guard: 'yes' } })).proceed, true)
    assert.equal((await ask({ tags: { team: 'web', guard: 'no' } })).proceed, false)
  })

  it('asks in the account and region of the group, or where the schedule says', async () => {
    const other = scope().replace(simulator.aws.region, 'eu-central-1')
    assert.equal((await ask({ names: ['elsewhere'] }, other)).proceed, true)
    assert.equal((await ask({ names: ['elsewhere'], scope: other })).proceed, true)
    assert.match((await ask({ names: ['elsewhere'] })).reason, /there is no alarm elsewhere/)
    assert.match((await ask({ names: ['elsewhere'] }, 'gcp:project/here')).reason, /no configured scope/)
  })

  it('gives one answer to all groups of a scope', () => {
    const guard = open({ names: ['web-5xx'] })
    assert.equal(guard.concerns(question), guard.concerns({ ...question, group: { ...group, id: 'cloud:here/group/other' } }))
  })

  it('S10 is an error, not an answer, where the alarms may not be read', async () => {
    simulator.faults.add({ kind: 'denied', operation: 'DescribeAlarms' })
    await assert.rejects(ask({ names: ['web-5xx'] }), /DescribeAlarms/)
    simulator.faults.clear()
  })

  it('is told its alarms in exactly one way', () => {
    const wrong = (written: object) => awsGuardSettings['cloudwatch-alarm']?.safeParse(written).error?.issues[0]?.message ?? ''
    assert.match(wrong({}), /exactly one way/)
    assert.match(wrong({ names: ['a'], prefix: 'b' }), /exactly one way/)
    assert.match(wrong({ tags: {} }), /exactly one way/)
  })
})
