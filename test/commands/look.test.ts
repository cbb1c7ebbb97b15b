import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createWorld, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { editByHand } from '../../src/simulator/world/launch.ts'
import { freePort } from '../support/server.ts'
import { type Ended, end, firedrill, start } from './binary.ts'

const times = { detect: 200, boot: 800, health: 300, drain: 100, terminate: 100, retry: 300 }
const always = (leashed: boolean) => `name: always
timezone: UTC
hours: "00:00-24:00"
meanDaysBetweenDrills: 1
maxDaysBetweenDrills: 1
limits: { concurrent: 10, concurrentPerScope: 10, spacing: 0s, breaker: off, woundedPerScope: 10 }
recovery: { target: 5s, deadline: 12s, soak: 500ms }
guards: none
leashed: ${leashed}
`

describe('commands that look at groups and drill them', function () {
  this.timeout(60_000)
  let simulator: Simulator
  let folder: string

  beforeEach(async () => {
    const groups = [
      { name: 'web', times },
      { name: 'api', times, tags: { 'firedrill-owner': 'search' } },
      { name: 'forum', traits: ['near-miss' as const], times },
      { name: 'search', traits: ['refreshing' as const], times },
    ]
    simulator = await startSimulator({ world: createWorld({ groups }) })
    folder = await mkdtemp(join(tmpdir(), 'firedrill-look-'))
    await mkdir(join(folder, 'schedules'))
    await settings(true)
  })

  afterEach(async () => {
    await simulator.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function settings(leashed: boolean, listen = '127.0.0.1:0'): Promise<void> {
    const { endpoint, region } = simulator.aws
    await writeFile(join(folder, 'schedules', 'always.yaml'), always(leashed))
    await writeFile(
      join(folder, 'firedrill.yaml'),
      `providers:\n  aws: { endpoint: "${endpoint}", regions: [${region}] }\nweb: { listen: "${listen}" }\n`,
    )
  }

  function call(...args: readonly string[]): Promise<Ended> {
    return firedrill(folder, args, { ...simulator.aws.env })
  }

  function tag(group: string, tags: Record<string, string>): void {
    const found = simulator.world.findGroup(group).group
    for (const [key, value] of Object.entries(tags)) found.tags.push({ key, value, propagate: false })
  }

  function strikes(): number {
    return Object.entries(simulator.counts()).reduce(
      (sum, [operation, count]) => sum + (/Terminate/.test(operation) ? Number(count) : 0),
      0,
    )
  }

  it('groups explains each no, near misses among them, and strikes nothing', async () => {
    const { code, stdout, stderr } = await call('groups')
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^web +yes +yes +may be drilled$/m)
    assert.match(stdout, /^forum +no +no +S1 its tag "firedrill" = "Enabled"/m)
    assert.match(stdout, /^search +yes +no +S5 an instance refresh is in progress/m)
    assert.match(stdout, /^api +yes +yes +note: the tag firedrill-owner is "search"/m)
    assert.match(stdout, /4 groups seen, 3 opted in, 2 eligible now\./)
    const { groups } = JSON.parse((await call('groups', '--json')).stdout) as { groups: { name: string; eligible: boolean }[] }
    assert.deepEqual(
      groups.filter(group => group.eligible).map(group => group.name),
      ['api', 'web'],
    )
    const elsewhere = await call('groups', '--provider', 'asw')
    assert.deepEqual([elsewhere.code, elsewhere.stderr], [2, 'firedrill: provider asw is not configured; firedrill.yaml has aws\n'])
    assert.equal(strikes(), 0)
  })

  it('groups says of each group also what is no fault of its own, and once what stops many', async () => {
    assert.equal((await call('halt', 'release week', '--schedule', 'always')).code, 0)
    const { code, stdout, stderr } = await call('groups')
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^web +yes +no +S2, see below$/m)
    assert.match(stdout, /^search +yes +no +S5 an instance refresh is in progress/m)
    assert.match(stdout, /^S2 the schedule always is halted by \S+: release week \(3 groups\)$/m)
    assert.match(stdout, /4 groups seen, 3 opted in, 0 eligible now\./)
    const { groups } = JSON.parse((await call('groups', '--json')).stdout) as {
      groups: { name: string; eligible: boolean; refusals: { rule: string; reason: string }[] }[]
    }
    const search = groups.find(group => group.name === 'search')
    assert.deepEqual([search?.eligible, search?.refusals.map(({ rule }) => rule)], [false, ['S5', 'S2']])
  })

  it('ends with 4 where a configured scope cannot be read', async () => {
    simulator.faults.add({ kind: 'denied', service: 'autoscaling' })
    for (const command of ['groups', 'forecast']) {
      const { code, stdout, stderr } = await call(command)
      assert.deepEqual([code, stdout], [4, ''])
      assert.match(stderr, /^aws:\S+ could not be read: .*\n$/)
    }
  })

  it('plan tells the same days twice, and strikes nothing', async () => {
    const first = await call('plan', '--days', '3')
    assert.equal(first.code, 0, first.stderr)
    assert.match(first.stdout, /drills in 3 days for 3 opted-in groups/)
    assert.equal((await call('plan', '--days', '3')).stdout, first.stdout)
    assert.equal(strikes(), 0)
  })

  it('plan counts on no drill before a pause ends, nor of a group that no rule lets pass as it stands, and says by which rule', async () => {
    const today = Temporal.Now.plainDateISO('UTC')
    const ends = today.add({ days: 2 }).toString()
    tag('web', { 'firedrill-paused-until': ends })
    tag('api', { 'eks:cluster-name': 'prod' })
    const { code, stdout, stderr } = await call('plan', '--days', '4')
    assert.equal(code, 0, stderr)
    const days = stdout.split('\n').flatMap(line => /^(\d{4}-\d\d-\d\d)T\S+ +web /.exec(line)?.[1] ?? [])
    assert.deepEqual(days, [ends, today.add({ days: 3 }).toString()])
    assert.doesNotMatch(stdout, /^\d{4}-.* api /m)
    assert.match(stdout, new RegExp(`^web +S1 paused until ${ends} by the tag firedrill-paused-until$`, 'm'))
    const explained = /^api +S7 the group belongs to an EKS cluster/m
    assert.match(stdout, explained)
    assert.match((await call('groups')).stdout.replace(/ yes +no /, ' '), explained, 'in the words of groups')
    assert.match(stdout, /^\d{4}-.* search /m)
    const told = JSON.parse((await call('plan', '--days', '4', '--json')).stdout) as {
      groups: { name: string; pausedUntil: string | null }[]
      inTheWay: { name: string; refusals: { rule: string }[] }[]
    }
    assert.deepEqual(
      told.groups.map(({ name, pausedUntil }) => [name, pausedUntil]),
      [
        ['search', null],
        ['web', ends],
      ],
    )
    assert.deepEqual(
      told.inTheWay.map(({ name, refusals }) => [name, refusals.map(({ rule }) => rule)]),
      [['api', ['S7']]],
    )
  })

  it('plan counts on no drill that a tag forbids, and says what is wrong with each; run has the refusal of each on record', async () => {
    tag('web', { 'firedrill-mean-days': 'often' })
    tag('api', { 'firedrill-schedule': 'alwayz' })
    const { code, stdout, stderr } = await call('plan', '--days', '3')
    assert.equal(code, 0, stderr)
    assert.doesNotMatch(stdout, /^\d{4}-.* (web|api) /m)
    assert.match(stdout, /^web +S1 the tag firedrill-mean-days is "often": it must be a number of\n +days/m)
    assert.match(stdout, /^api +S1 its tag firedrill-schedule names "alwayz", which is not a/m)
    assert.match(stdout, /^\d{4}-.* search /m)
    const { inTheWay } = JSON.parse((await call('plan', '--days', '3', '--json')).stdout) as { inTheWay: { name: string }[] }
    assert.deepEqual(
      inTheWay.map(({ name }) => name),
      ['api', 'web'],
    )
    const ran = await call('run', '--all', '--json', 'out.json', '--report', 'reports')
    assert.match(ran.stdout, /^web .* refused .* S1 the tag firedrill-mean-days$/m)
    assert.match(ran.stdout, /^api .* refused /m)
    assert.doesNotMatch(ran.stderr, /never drilled/, 'its row has said so')
    const right = 'its tag firedrill-schedule names "alwayz", which is not a schedule: did you mean "always"?'
    const { drills } = JSON.parse(await readFile(join(folder, 'out.json'), 'utf8')) as {
      drills: { groupName: string; refusal: { rule: string; reason: string } | null }[]
    }
    assert.deepEqual(drills.find(({ groupName }) => groupName === 'api')?.refusal, {
      rule: 'S1',
      reason: `no one schedule drills the group: ${right}`,
    })
    assert.match(await readFile(join(folder, 'reports', 'report.md'), 'utf8'), /firedrill-schedule names/)
    const alone = await call('run', '--group', 'api')
    assert.deepEqual([alone.code, /^api .* refused /m.test(alone.stdout)], [0, true], alone.stderr)
    assert.equal(strikes(), 0)
  })

  it('forecast ends with 0 where a rebuild would work, with 1 where it would not', async () => {
    assert.equal((await call('forecast', '--group', 'web')).code, 0)
    const { region, group } = simulator.world.findGroup('api')
    const source = group.source
    assert.ok(source.kind === 'template')
    for (const image of region.images.keys()) region.images.delete(image)
    const { code, stdout } = await call('forecast', '--group', 'api')
    assert.equal(code, 1, stdout)
    assert.match(stdout, /^api +snowflake +image ami-/m)
  })

  it('S13 forecast and groups show a member that differs from its declaration, by name', async () => {
    const { region, group } = simulator.world.findGroup('web')
    const instance = region.instances.get(group.members[0]?.instance ?? '') ?? assert.fail()
    editByHand(simulator.world, region, instance, { kind: 'security-group', name: 'sg-emergency' })
    const shown = await call('forecast', '--group', 'web', '--json')
    assert.equal(shown.code, 1, shown.stdout + shown.stderr)
    const { forecasts } = JSON.parse(shown.stdout) as { forecasts: { findings: []; members: { findings: { path: string }[] }[] }[] }
    assert.deepEqual(
      forecasts.map(one => [one.findings.length, one.members.map(member => member.findings.map(finding => finding.path))]),
      [[0, [['securityGroups']]]],
    )
    assert.match((await call('forecast', '--group', 'web')).stdout, /web +snowflake +i-[0-9a-f]+: security group sg-emergency\s+\(sg-/)
    assert.match((await call('groups')).stdout, /web +yes +yes +note: i-[0-9a-f]+\s+could\s+not\s+be\s+struck/)
  })

  it('S13 forecast and groups take a difference that was accepted for the warning that it is to a drill', async () => {
    const { region, group } = simulator.world.findGroup('web')
    const instance = region.instances.get(group.members[0]?.instance ?? '') ?? assert.fail()
    editByHand(simulator.world, region, instance, { kind: 'security-group', name: 'sg-emergency' })
    assert.equal((await call('run', '--group', 'web', '--victim', instance.id, '--json', 'out.json')).code, 1)
    const [drill] = JSON.parse(await readFile(join(folder, 'out.json'), 'utf8')).drills
    const tomorrow = Temporal.Now.plainDateISO('UTC').add({ days: 1 }).toString()
    const accepted = await call('accept', drill.id, 'securityGroups', '--until', tomorrow, '--note', 'see 4711')
    assert.equal(accepted.code, 0, accepted.stderr)
    const forecast = await call('forecast', '--group', 'web')
    assert.equal(forecast.code, 0, forecast.stdout + forecast.stderr)
    assert.match(forecast.stdout.replace(/\s+/g, ' '), /web warning i-[0-9a-f]+: .* \(accepted until .* see 4711\)/)
    const groups = (await call('groups')).stdout
    assert.match(groups, /web +yes +yes +may be drilled/)
    assert.doesNotMatch(groups, /could\s+not\s+be\s+struck/)
  })

  it('S8 run leaves everything alone on a leash', async () => {
    const { code, stdout, stderr } = await call('run', '--group', 'web')
    assert.equal(code, 0, stderr)
    assert.match(stdout, /leashed/)
    assert.equal(strikes(), 0)
  })

  it('run drills one group, and this very member when asked; report tells of it afterwards', async () => {
    await settings(false)
    const victim = simulator.world.findGroup('web').group.members[1]?.instance ?? assert.fail()
    const { code, stdout, stderr } = await call('run', '--group', 'web', '--victim', victim, '--json', 'out.json')
    assert.equal(code, 0, stdout + stderr)
    assert.equal(strikes(), 1)
    const written = JSON.parse(await readFile(join(folder, 'out.json'), 'utf8')) as {
      drills: { victim: { id: string }; verdict: string }[]
    }
    assert.deepEqual(
      written.drills.map(drill => [drill.victim.id, drill.verdict]),
      [[victim, 'phoenix']],
    )
    const absent = await call('run', '--group', 'no-such-group')
    assert.deepEqual([absent.code, absent.stdout], [2, ''])
    assert.match(absent.stderr, /no group that was seen and has a schedule matches no-such-group: see `firedrill groups`/)
    const reported = await call('report', '--since', '1h', '--format', 'md,junit,html,json', '--out', 'reports')
    assert.equal(reported.code, 0, reported.stderr)
    assert.equal(reported.stdout.trim().split('\n').length, 4)
    assert.match(await readFile(join(folder, 'reports', 'report.md'), 'utf8'), /web/)
  })

  it('S7 groups and run spare members without which a weighted group is at its size, and strike another', async () => {
    await simulator.close()
    const overrides = [
      { type: 't3.micro', weight: 1 },
      { type: 't3.small', weight: 2 },
    ]
    const groups = [
      { name: 'thumbnails', size: 2, source: 'mixed' as const, overrides, times },
      { name: 'uploads', size: 5, source: 'mixed' as const, overrides, times },
    ]
    simulator = await startSimulator({ world: createWorld({ groups }) })
    await settings(false)
    const before = simulator.world.findGroup('uploads').group.members
    const spare = before.filter(member => member.weight === 1).map(member => member.instance)
    const shown = (await call('groups')).stdout.replace(/\s+/g, ' ')
    assert.match(
      shown,
      /thumbnails yes no S7 without i-\w+ the group would still have 2 of 2 desired units of capacity: nothing would be launched in its place uploads/,
    )
    assert.match(
      shown,
      /uploads yes yes note: without i-\w+ the group would still have 5 of 5 desired units .* place \(and so for 1 other member\)/,
    )
    const ran = await call('run', '--group', '*', '--json', 'out.json')
    assert.equal(ran.code, 0, ran.stdout + ran.stderr)
    assert.equal(strikes(), 1)
    const { drills } = JSON.parse(await readFile(join(folder, 'out.json'), 'utf8')) as {
      drills: { groupName: string; verdict: string | null; refusal: { rule: string } | null; victim: { id: string } | null }[]
    }
    const told = new Map(drills.map(drill => [drill.groupName, drill]))
    assert.deepEqual([told.get('thumbnails')?.verdict, told.get('thumbnails')?.refusal?.rule], [null, 'S7'])
    assert.equal(told.get('uploads')?.verdict, 'phoenix')
    assert.ok(!spare.includes(told.get('uploads')?.victim?.id ?? ''), 'the victim left a gap')
    assert.equal(simulator.world.findGroup('thumbnails').group.members.length, 2)
  })

  it('run strikes at most --max, and says so of the rest', async () => {
    await settings(false)
    const { code, stdout } = await call('run', '--all', '--max', '1')
    assert.equal(code, 0, stdout)
    assert.equal(strikes(), 1)
    assert.match(stdout, /limited to 1\s+strikes by --max/)
  })

  it('S11 run that is told to end in the midst of a drill ends with 3, and the next run finishes it', async () => {
    await settings(false)
    const child = start(['run', '--group', 'web'], { cwd: folder, env: { ...simulator.aws.env } })
    const ended = end(child)
    for (let wait = 0; wait < 300 && strikes() === 0; wait++) await sleep(50)
    child.kill('SIGTERM')
    const { code: interrupted, stderr } = await ended
    assert.equal(interrupted, 3)
    assert.match(stderr, /firedrill: interrupted; one drill is left open, and the next `firedrill run` or `serve` goes on with it\n$/)
    const { code, stdout } = await call('run', '--group', 'no-such-group')
    assert.equal(code, 0, stdout)
    assert.match(stdout, /web .*phoenix/)
    assert.equal(strikes(), 1)
  })

  it('run that is told to end before it has seen a group strikes nothing and is no success', async () => {
    await settings(false)
    simulator.faults.add({ kind: 'latency', milliseconds: 3_000, service: 'autoscaling' })
    const child = start(['run', '--all'], { cwd: folder, env: { ...simulator.aws.env } })
    const ended = end(child)
    const asked = () => Object.keys(simulator.counts()).some(name => name.startsWith('autoscaling:'))
    for (let wait = 0; wait < 300 && !asked(); wait++) await sleep(50)
    child.kill('SIGINT')
    const { code, stdout, stderr } = await ended
    assert.deepEqual([code, strikes()], [3, 0], stderr)
    assert.match(stdout, /^Firedrill campaign, interrupted/)
    assert.match(stderr, /^firedrill: interrupted; no drill is left open$/m)
  })

  it('serve answers orchestrators, and a second one on its ledger is refused with its pid', async () => {
    const port = await freePort()
    await settings(true, `127.0.0.1:${port}`)
    const first = start(['serve'], { cwd: folder, env: { ...simulator.aws.env } })
    const ended = once(first, 'exit')
    first.stdout?.resume()
    first.stderr?.resume()
    const asked = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status
    for (let wait = 0; wait < 300 && (await asked('/readyz').catch(() => 0)) !== 200; wait++) await sleep(50)
    assert.deepEqual([await asked('/healthz'), await asked('/readyz'), await asked('/other')], [200, 200, 404])
    await settings(true)
    const second = await call('serve')
    assert.equal(second.code, 4)
    assert.match(second.stderr, new RegExp(String(first.pid)))
    first.kill('SIGTERM')
    assert.deepEqual((await ended)[0], 0)
  })

  it('worker says that an embedded ledger has room for one process', async () => {
    const { code, stderr } = await call('worker')
    assert.equal(code, 2)
    assert.match(stderr, /shared ledger and queue/)
  })

  it('ends with 4 and advice for credentials that are wrong', async () => {
    const { code, stderr } = await firedrill(folder, ['serve'], { ...simulator.aws.env, AWS_ACCESS_KEY_ID: 'somebody-else' })
    assert.equal(code, 4)
    assert.match(stderr, /AWS does not accept these credentials/)
  })
})
