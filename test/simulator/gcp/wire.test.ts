import assert from 'node:assert/strict'
import { createWorld, parseWorld, SimulatedClock, type Simulator, startSimulator, WorldError } from '../../../src/simulator/index.ts'
import { START } from '../simulated-world.ts'

type Json = Record<string, never> & { [key: string]: unknown }

describe('the simulated Compute Engine', () => {
  const clock = new SimulatedClock(START)
  let simulator: Simulator

  beforeEach(async () => {
    const groups = [
      { name: 'web' },
      { name: 'api', region: 'europe-west1' },
      { name: 'off', traits: ['suspended' as const] },
      { name: 'switched-off', traits: [{ trait: 'not-replaced' as const, cause: 'launch-suspended' as const }] },
    ]
    simulator = await startSimulator({ world: createWorld({ gcp: { groups } }, { clock }) })
  })
  afterEach(() => simulator.close())

  async function ask(path: string, options: { method?: string; body?: object } = {}): Promise<{ status: number; body: Json }> {
    const { endpoint, project } = simulator.gcp
    const init = { method: options.method ?? 'GET', ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }) }
    const response = await fetch(`${endpoint}/compute/v1/projects/${project}/${path}`, init)
    return { status: response.status, body: (await response.json()) as Json }
  }

  interface Row {
    readonly name: string
    readonly id?: string
    readonly instance: string
    readonly currentAction: string
    readonly instanceStatus?: string
  }

  async function rows(group = 'zones/europe-west1-b/instanceGroupManagers/web'): Promise<Row[]> {
    return (await ask(`${group}/listManagedInstances`, { method: 'POST' })).body.managedInstances as unknown as Row[]
  }

  function pass(milliseconds: number): void {
    clock.advance(milliseconds)
    simulator.world.catchUp()
  }

  const reasonOf = ({ body }: { body: Json }) => (body.error as unknown as { errors: { reason: string }[] }).errors[0]?.reason

  it('makes a deleted instance again: same name, another id, and the size unchanged', async () => {
    const [victim] = await rows()
    assert.ok(victim)
    const { body: operation } = await ask(`zones/europe-west1-b/instances/${victim.name}`, { method: 'DELETE' })
    assert.deepEqual([operation.status, operation.operationType], ['PENDING', 'delete'])
    const path = `zones/europe-west1-b/operations/${operation.name}`
    pass(100)
    assert.equal((await ask(path)).body.status, 'RUNNING')
    assert.equal((await rows())[0]?.instanceStatus, 'STOPPING')
    pass(400)
    assert.equal((await ask(path)).body.status, 'DONE')
    assert.equal((await rows())[0]?.id, undefined)
    pass(6_000)
    const [successor] = await rows()
    assert.deepEqual([successor?.name, successor?.currentAction, successor?.instanceStatus], [victim.name, 'NONE', 'RUNNING'])
    assert.notEqual(successor?.id, victim.id)
    assert.equal((await ask('zones/europe-west1-b/instanceGroupManagers/web')).body.targetSize, 3)
  })

  it('makes nothing again where repairs are off', async () => {
    const group = 'zones/europe-west1-b/instanceGroupManagers/off'
    const [victim] = await rows(group)
    await ask(`zones/europe-west1-b/instances/${victim?.name}`, { method: 'DELETE' })
    pass(60_000)
    assert.deepEqual([(await rows(group))[0]?.name, (await rows(group))[0]?.id], [victim?.name, undefined])
  })

  it('makes a member again that is recreated where repairs are off, so that a trait which switches them off stops only a crash', async () => {
    const group = 'zones/europe-west1-b/instanceGroupManagers/off'
    const [victim] = await rows(group)
    await ask(`${group}/recreateInstances`, { method: 'POST', body: { instances: [victim?.instance] } })
    pass(60_000)
    const [successor] = await rows(group)
    assert.deepEqual([successor?.name, successor?.id === victim?.id, successor?.instanceStatus], [victim?.name, false, 'RUNNING'])
    const truth = (method: 'retire' | 'crash') => simulator.world.truth('switched-off', { method }).verdict
    assert.deepEqual([truth('crash'), truth('retire')], ['snowflake', 'phoenix'])
  })

  it('recreates in a regional group, and answers the same request id with the same operation', async () => {
    const group = 'regions/europe-west1/instanceGroupManagers/api'
    const [victim] = await rows(group)
    const body = { instances: [victim?.instance] }
    const first = await ask(`${group}/recreateInstances?requestId=r-1`, { method: 'POST', body })
    const again = await ask(`${group}/recreateInstances?requestId=r-1`, { method: 'POST', body })
    assert.equal(first.body.name, again.body.name)
    assert.match(String(first.body.region), /regions\/europe-west1$/)
    pass(10_000)
    const after = await rows(group)
    assert.deepEqual([after.length, after[0]?.name, after[0]?.id === victim?.id], [3, victim?.name, false])
  })

  it('takes a deletion through the group for a smaller group', async () => {
    const [victim] = await rows()
    await ask('zones/europe-west1-b/instanceGroupManagers/web/deleteInstances', { method: 'POST', body: { instances: [victim?.instance] } })
    pass(10_000)
    assert.deepEqual([(await rows()).length, (await ask('zones/europe-west1-b/instanceGroupManagers/web')).body.targetSize], [2, 2])
  })

  it('pages lists, filters them by name, and refuses a filter that it does not know', async () => {
    const first = await ask('zones/europe-west1-b/instances?maxResults=2')
    const token = String(first.body.nextPageToken)
    const second = await ask(`zones/europe-west1-b/instances?maxResults=500&pageToken=${token}`)
    const names = [first, second].flatMap(({ body }) => (body.items as unknown as Row[]).map(({ name }) => name))
    assert.equal(new Set(names).size, names.length)
    const filter = encodeURIComponent(`(name = "${names[0]}") OR (name = "${names[3]}")`)
    assert.equal(((await ask(`zones/europe-west1-b/instances?filter=${filter}`)).body.items as unknown as Row[]).length, 2)
    assert.deepEqual([(await ask('zones/europe-west1-b/instances?filter=status=x')).status], [400])
  })

  it('leaves a place that cannot be reached out of a list over all, and says so', async () => {
    simulator.faults.add({ kind: 'unreachable', region: 'europe-west1-b' })
    const { status, body } = await ask('aggregated/instanceGroupManagers')
    const items = body.items as unknown as Record<string, { instanceGroupManagers?: unknown[]; warning?: { code: string } }>
    assert.deepEqual([status, items['zones/europe-west1-b']?.warning?.code], [200, 'UNREACHABLE'])
    assert.equal(items['regions/europe-west1']?.instanceGroupManagers?.length, 1)
    assert.equal((await ask('zones/europe-west1-b/instanceGroupManagers/web')).status, 503)
  })

  it("fails in Google's own form: throttled, denied, unavailable, unknown", async () => {
    const path = 'zones/europe-west1-b/instanceGroupManagers/web'
    for (const [kind, statuses, reason] of [
      ['throttling', [403, 429], 'rateLimitExceeded'],
      ['denied', [403], 'forbidden'],
      ['server-error', [500], 'internalError'],
    ] as const) {
      simulator.faults.add({ kind })
      const answer = await ask(path)
      assert.ok((statuses as readonly number[]).includes(answer.status))
      assert.equal(reasonOf(answer), reason)
      simulator.faults.clear()
    }
    assert.equal(reasonOf(await ask('zones/europe-west1-b/instanceGroupManagers/none')), 'notFound')
    assert.equal((await ask('global/firewalls')).status, 404)
  })

  it('shows the past while reads are stale', async () => {
    simulator.faults.add({ kind: 'stale', upTo: '1h', operation: 'instanceGroupManagers.listManagedInstances' })
    pass(1_000)
    const before = await rows()
    await ask(`zones/europe-west1-b/instances/${before[0]?.name}`, { method: 'DELETE' })
    pass(30_000)
    const seen = new Set<string | undefined>()
    for (let look = 0; look < 40; look++) seen.add((await rows())[0]?.id)
    assert.ok(seen.has(before[0]?.id))
  })

  it('counts and audits calls by their names, with the reason that the request gave', async () => {
    const [victim] = await rows()
    const { endpoint, project } = simulator.gcp
    const path = `${endpoint}/compute/v1/projects/${project}/zones/europe-west1-b/instances/${victim?.name}`
    await fetch(path, { method: 'DELETE', headers: { 'x-goog-request-reason': 'firedrill/1', authorization: 'Bearer ops@x' } })
    const entry = simulator.audit().at(-1)
    assert.deepEqual(
      [entry?.operation, entry?.sessionName, entry?.subject, entry?.writes],
      ['instances.delete', 'firedrill/1', victim?.name, true],
    )
    assert.equal(simulator.counts()['compute:instances.delete'], 1)
  })

  it('refuses traits that make no sense there, and says why', () => {
    const world = (trait: string) => () => parseWorld(`gcp: { groups: [{ name: web, traits: [${trait}] }] }`)
    assert.throws(world('pre-built'), WorldError)
    assert.throws(world('pre-built'), /makes no sense here: .*standby/)
    assert.throws(world('{ trait: cannot-rebuild, cause: key-pair }'), /key-pair/)
    assert.throws(world('{ trait: owned, by: ecs }'), /ECS/)
    assert.throws(world('{ trait: config-drift, edits: [{ kind: credits, option: unlimited }] }'), /machines here have no credits/)
  })
})
