import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { verifyLive } from '../../src/commands/verify-live.ts'
import { createWorld, type Simulator, startSimulator, type WorldInput } from '../../src/simulator/index.ts'
import { scaleSetId } from '../../src/simulator/world/azure/scale-sets.ts'
import { type Ended, firedrill } from './binary.ts'

const times = { detect: 100, boot: 300, health: 100, drain: 50, terminate: 50 }

describe('firedrill verify-live', function () {
  this.timeout(60_000)
  let simulator: Simulator
  let folder: string

  afterEach(async () => {
    await simulator.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function open(world: WorldInput, leashed = false): Promise<void> {
    simulator = await startSimulator({ world: createWorld(world) })
    folder = await mkdtemp(join(tmpdir(), 'firedrill-live-'))
    await mkdir(join(folder, 'schedules'))
    await writeFile(
      join(folder, 'schedules', 'always.yaml'),
      `name: always\ntimezone: UTC\nhours: "00:00-24:00"\nmeanDaysBetweenDrills: 1\nlimits: { spacing: 0s }\nrecovery: { target: 5s, deadline: 15s, soak: 300ms }\nguards: none\nleashed: ${leashed}\n`,
    )
    const { gcp, azure } = simulator
    await writeFile(
      join(folder, 'firedrill.yaml'),
      `providers:\n  gcp: { endpoint: "${gcp.endpoint}", projects: [${gcp.project}] }\n  azure: { endpoint: "${azure.endpoint}", subscriptions: ["${azure.subscription}"] }\n`,
    )
  }

  function call(...args: readonly string[]): Promise<Ended> {
    return firedrill(folder, ['verify-live', ...args])
  }

  async function found() {
    const { found: facts } = JSON.parse(await readFile(join(folder, 'firedrill-verified.json'), 'utf8'))
    assert.equal(facts.length, 1)
    return facts[0]
  }

  function strikes(): number {
    return simulator.audit().filter(({ writes }) => writes).length
  }

  for (const [set, words] of [
    ['falls', /the size fell to 2 with the victim/],
    ['stays', /the size did not fall with the victim/],
  ] as const)
    it(`finds that the size of a scale set ${set} with a deletion, where it does`, async () => {
      await open({ azure: { groups: [{ name: 'web', times, capacityOnDelete: { set } }] } })
      const ended = await call('azure', '--yes', '--group', simulator.world.groupId('web'))
      assert.equal(ended.code, 0, `${ended.stdout}${ended.stderr}`)
      const { restore, sizes, imageTold } = await found()
      assert.match(restore.map(({ detail }: { detail: string }) => detail).join('; '), words)
      assert.equal(sizes.length > 0, set === 'falls')
      assert.equal(imageTold, true)
      assert.match(ended.stdout, words)
    })

  it('asks what is open about Azure without a strike, also whether a lock forbids a deletion', async () => {
    await open({ azure: { groups: [{ name: 'web', times }] } })
    const [subscription = assert.fail()] = simulator.world.subscriptions.values()
    const [set = assert.fail()] = subscription.scaleSets.values()
    subscription.locks.push({ name: 'keep', level: 'CanNotDelete', scope: scaleSetId(subscription, set) })
    const ended = await call('azure', '--yes', '--group', simulator.world.groupId('web'))
    assert.equal(ended.code, 3, `the lock forbids the drill (S5, S7): ${ended.stdout}${ended.stderr}`)
    const { answers } = JSON.parse(await readFile(join(folder, 'firedrill-verified.json'), 'utf8'))
    assert.deepEqual(
      answers.map(({ answer }: { answer: string }) => answer),
      ['at least 1: there is no second page; ask in a subscription with more sets', 'an error: NotFound', 'yes: ScopeLocked'],
    )
    for (const { question, answer } of answers) assert.ok(ended.stdout.includes(question) && ended.stdout.includes(answer))
    const sent = simulator.audit().filter(({ operation }) => operation === 'virtualMachineScaleSets.deleteInstances')
    assert.deepEqual(
      sent.map(({ outcome }) => outcome).filter(outcome => outcome === 'ok'),
      [],
    )
    assert.equal(set.machines.size, set.capacity)
  })

  it('S2, S8 sends no request to delete anything, not even what does not exist, under a halt or a leash', async () => {
    for (const leashed of [true, false]) {
      await open({ azure: { groups: [{ name: 'web', times }] } }, leashed)
      const [subscription = assert.fail()] = simulator.world.subscriptions.values()
      const [set = assert.fail()] = subscription.scaleSets.values()
      subscription.locks.push({ name: 'keep', level: 'CanNotDelete', scope: scaleSetId(subscription, set) })
      if (!leashed) assert.equal((await firedrill(folder, ['halt'])).code, 0)
      const ended = await call('azure', '--yes', '--group', simulator.world.groupId('web'))
      assert.match(ended.stdout, leashed ? /Left out: every schedule is leashed/ : /Left out: there is a halt/)
      assert.equal(strikes(), 0)
      if (leashed) {
        await simulator.close()
        await rm(folder, { recursive: true, force: true })
      }
    }
  })

  it('finds how long a group takes to make a deleted instance again, and that the name stays', async () => {
    await open({
      gcp: {
        groups: [
          { name: 'web', times },
          { name: 'api', times },
        ],
      },
      azure: { groups: [] },
    })
    const ended = await call('gcp', '--yes', '--method', 'crash', '--group', simulator.world.groupId('web'))
    assert.equal(ended.code, 0, `${ended.stdout}${ended.stderr}`)
    const facts = await found()
    assert.deepEqual([facts.method, facts.nameKept, facts.outcome], ['crash', true, 'phoenix'])
    assert.ok(facts.secondsUntilLaunched >= 0)
    const [before, ...after] = facts.looks
    assert.ok(before.afterSeconds <= 0 && after.length > 0, JSON.stringify(facts.looks))
    assert.deepEqual([before.desired, before.members, before.unsteady], [3, { 'in-service': 3 }, []])
    assert.deepEqual(after.at(-1).members, { 'in-service': 3 })
    assert.match(ended.stdout, /at -[\d.]+ s: 3 desired, 3 in-service; steady/)
    assert.equal(strikes(), 1)
    assert.match(ended.stdout, /One of its servers will be terminated/)
  })

  it('S8 strikes nothing under a leash, and says that nothing was found', async () => {
    await open({ gcp: { groups: [{ name: 'web', times }] }, azure: { groups: [] } }, true)
    const ended = await call('gcp', '--yes', '--group', simulator.world.groupId('web'))
    assert.equal(ended.code, 3, ended.stderr)
    assert.equal((await found()).outcome, 'leashed')
    assert.equal(strikes(), 0)
  })

  it('asks before each step, names the group, and leaves out what is not affirmed', async () => {
    await open({ gcp: { groups: [{ name: 'web', times }] }, azure: { groups: [] } })
    const id = simulator.world.groupId('web')
    const stdout = new PassThrough()
    const { signal } = new AbortController()
    const io = { stdout, stderr: new PassThrough(), env: {}, cwd: folder, signal, isTTY: false, columns: 80, colour: false }
    const told: string[] = []
    const ask = async () => {
      told.push(String(stdout.read()))
      return false
    }
    const code = await verifyLive({ provider: 'gcp', group: [id], out: 'firedrill-verified.json' }, io, ask)
    assert.equal(code, 3)
    assert.equal(told.length, 1)
    assert.ok(told[0]?.includes(id))
    assert.equal(strikes(), 0)
  })

  it('refuses without a terminal unless told not to ask, and a group that is not named in full', async () => {
    await open({ gcp: { groups: [{ name: 'web', times }] }, azure: { groups: [] } })
    const id = simulator.world.groupId('web')
    const cases: readonly (readonly string[])[] = [
      ['gcp', '--group', id],
      ['gcp', '--yes', '--group', 'gcp:*'],
      ['gcp', '--yes', '--group', 'web'],
      ['azure', '--yes', '--group', id],
      ['gcp', '--yes'],
    ]
    for (const args of cases) assert.equal((await call(...args)).code, 2, args.join(' '))
    assert.equal(strikes(), 0)
  })
})
