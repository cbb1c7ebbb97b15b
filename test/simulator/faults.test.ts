import assert from 'node:assert/strict'
import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  paginateDescribeAutoScalingGroups,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling'
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { createWorld, SimulatedClock, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { START } from './simulated-world.ts'

describe('faults of the simulated AWS', () => {
  let clock: SimulatedClock
  let simulator: Simulator
  let autoScaling: AutoScalingClient
  let ec2: EC2Client

  beforeEach(async () => {
    clock = new SimulatedClock(START)
    const names = ['api', 'queue', 'web']
    simulator = await startSimulator({ world: createWorld({ groups: names.map(name => ({ name })) }, { clock }) })
    const { endpoint, region, credentials } = simulator.aws
    autoScaling = new AutoScalingClient({ endpoint, region, credentials, maxAttempts: 1 })
    ec2 = new EC2Client({ endpoint, region, credentials, maxAttempts: 1 })
  })

  afterEach(async () => {
    autoScaling.destroy()
    ec2.destroy()
    await simulator.close()
  })

  const web = async () => {
    const found = await autoScaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['web'] }))
    return found.AutoScalingGroups?.[0]
  }
  const strike = async (id: string) =>
    autoScaling.send(new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: id, ShouldDecrementDesiredCapacity: false }))
  const failure = async (call: Promise<unknown>) =>
    call.then(
      () => null,
      (error: Error & { $metadata?: { httpStatusCode?: number } }) => [error.name, error.$metadata?.httpStatusCode ?? null],
    )

  it('throttles with each service’s own code', async () => {
    simulator.faults.add({ kind: 'throttling' })
    assert.deepEqual(await failure(web()), ['Throttling', 400])
    assert.deepEqual(await failure(ec2.send(new DescribeInstancesCommand({}))), ['RequestLimitExceeded', 503])
    assert.equal(simulator.audit().at(-1)?.outcome, 'RequestLimitExceeded')
  })

  it('hits only what it was aimed at, as often as it was told', async () => {
    simulator.faults.add({ kind: 'server-error', service: 'autoscaling', mentions: 'web', times: 2 })
    assert.equal(await failure(ec2.send(new DescribeInstancesCommand({}))), null)
    assert.equal(await failure(autoScaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['api'] }))), null)
    assert.deepEqual(await failure(web()), ['InternalFailure', 500])
    assert.deepEqual(await failure(web()), ['InternalFailure', 500])
    assert.equal(await failure(web()), null)
  })

  it('hits a share of requests, the same ones for the same seed', async () => {
    simulator.faults.add({ kind: 'denied', rate: 0.5 })
    const outcomes: (string | null)[] = []
    for (let index = 0; index < 40; index++) outcomes.push((await failure(web())) === null ? 'ok' : 'denied')
    const denied = outcomes.filter(each => each === 'denied').length
    assert.ok(denied > 8 && denied < 32, `${denied} of 40`)
  })

  it('drops a connection before the request has an effect', async () => {
    const id = (await web())?.Instances?.[0]?.InstanceId ?? ''
    simulator.faults.add({ kind: 'drop', operation: 'TerminateInstanceInAutoScalingGroup' })
    assert.notEqual(await failure(strike(id)), null)
    assert.equal((await web())?.Instances?.[0]?.LifecycleState, 'InService')
  })

  it('drops a connection after the request had its effect: the caller cannot know', async () => {
    const id = (await web())?.Instances?.[0]?.InstanceId ?? ''
    simulator.faults.add({ kind: 'drop', moment: 'after', operation: 'TerminateInstanceInAutoScalingGroup' })
    assert.notEqual(await failure(strike(id)), null)
    assert.equal((await web())?.Instances?.[0]?.LifecycleState, 'Terminating')
    assert.equal(
      simulator.audit().some(each => each.outcome === 'dropped' && each.subject === id),
      true,
    )
  })

  it('never answers where it hangs, until the caller gives up', async () => {
    simulator.faults.add({ kind: 'hang', times: 1 })
    const call = autoScaling.send(new DescribeAutoScalingGroupsCommand({}), { abortSignal: AbortSignal.timeout(150) })
    assert.notEqual(await failure(call), null)
    assert.equal(await failure(web()), null)
  })

  it('answers late', async () => {
    simulator.faults.add({ kind: 'latency', milliseconds: 120, times: 1 })
    const start = performance.now()
    await web()
    assert.ok(performance.now() - start >= 115)
  })

  it('shows reads a past of the world, never a future, and writes the present', async () => {
    simulator.faults.add({ kind: 'stale', service: 'autoscaling', upTo: '10s' })
    const id = (await web())?.Instances?.[0]?.InstanceId ?? ''
    clock.advance(60_000)
    await strike(id)
    clock.advance(2000)
    const states = new Set<string>()
    for (let index = 0; index < 30; index++) {
      const found = (await web())?.Instances?.find(each => each.InstanceId === id)
      states.add(found?.LifecycleState ?? 'gone')
    }
    assert.ok(states.has('InService'), 'the victim still looks well to some reads')
    assert.ok(states.has('gone') || states.has('Terminating') || states.has('Terminating:Proceed'), [...states].join())
    clock.advance(30_000)
    for (let index = 0; index < 10; index++) {
      const now = await web()
      assert.equal(
        now?.Instances?.some(each => each.InstanceId === id),
        false,
        'what is older than that is never shown',
      )
    }
  })

  it('gives pages without items and a token to go on with, and loses nothing', async () => {
    simulator.faults.add({ kind: 'empty-pages' })
    const sizes: number[] = []
    const names: (string | undefined)[] = []
    for await (const page of paginateDescribeAutoScalingGroups({ client: autoScaling, pageSize: 1 }, {})) {
      sizes.push(page.AutoScalingGroups?.length ?? 0)
      names.push(...(page.AutoScalingGroups ?? []).map(each => each.AutoScalingGroupName))
    }
    assert.deepEqual(names, ['api', 'queue', 'web'])
    assert.deepEqual(sizes, [0, 1, 0, 1, 0, 1])
  })

  it('fails in the middle of a listing', async () => {
    simulator.faults.add({ kind: 'server-error', status: 503, page: 'next' })
    const names: (string | undefined)[] = []
    const listing = async () => {
      for await (const page of paginateDescribeAutoScalingGroups({ client: autoScaling, pageSize: 1 }, {}))
        names.push(...(page.AutoScalingGroups ?? []).map(each => each.AutoScalingGroupName))
    }
    assert.deepEqual(await failure(listing()), ['ServiceUnavailable', 503])
    assert.deepEqual(names, ['api'])
  })

  it('shifts the provider’s clock', async () => {
    simulator.faults.add({ kind: 'clock-skew', milliseconds: 90_000 })
    const answer = await fetch(simulator.aws.endpoint, {
      method: 'POST',
      body: 'Action=GetCallerIdentity',
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=simulator-123456789012/20260302/eu-west-1/sts/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
      },
    })
    assert.equal(Date.parse(answer.headers.get('date') ?? ''), START + 90_000)
  })

  it('is set, listed and lifted over HTTP while it runs; what is malformed is refused', async () => {
    const faults = `${simulator.aws.endpoint}/_simulator/faults`
    const bad = await fetch(faults, { method: 'POST', body: JSON.stringify({ kind: 'thunder' }) })
    assert.equal(bad.status, 400)
    const set = await fetch(faults, { method: 'POST', body: JSON.stringify({ kind: 'denied', service: 'ec2' }) })
    const { id } = (await set.json()) as { id: string }
    assert.deepEqual(await failure(ec2.send(new DescribeInstancesCommand({}))), ['UnauthorizedOperation', 403])
    const listed = (await (await fetch(faults)).json()) as { id: string; hits: number }[]
    assert.deepEqual(
      listed.map(each => [each.id, each.hits]),
      [[id, 1]],
    )
    assert.equal((await fetch(`${faults}/${id}`, { method: 'DELETE' })).status, 200)
    assert.equal(await failure(ec2.send(new DescribeInstancesCommand({}))), null)
  })

  it('shows what is inside an instance, the audit log and the truth over HTTP', async () => {
    const id = (await web())?.Instances?.[0]?.InstanceId ?? ''
    const get = async (path: string) =>
      (await fetch(`${simulator.aws.endpoint}/_simulator/${path}`)).json() as Promise<Record<string, unknown>>
    assert.equal((await get(`instances/${id}/fingerprint`))['service:app'], 'running')
    assert.equal((await get('truth/aws:123456789012/eu-west-1/asg/web')).outcome, 'phoenix')
    assert.equal((await get('audit')).length, 1)
    assert.equal((await fetch(`${simulator.aws.endpoint}/_simulator/instances/i-none/fingerprint`)).status, 404)
  })
})
