import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from 'mocha'
import { processIo } from '../../src/commands/io.ts'
import { openInstallation } from '../../src/compose.ts'
import type { Drill as LedgerDrill } from '../../src/domain/drill.ts'
import { discover } from '../../src/engine/discover.ts'
import { basisFor, newPlan } from '../../src/engine/plan.ts'
import { type Ended, end, firedrill, start } from '../commands/binary.ts'
import type { Ran } from '../container/engine.ts'
import { kill } from '../support/children.ts'
import { Meanwhile } from '../support/meanwhile.ts'
import { missing } from '../support/missing.ts'
import { onPath } from '../support/on-path.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { freePort } from '../support/server.ts'
import { Cluster, leftovers, socketOf } from './cluster.ts'
import { makeImages } from './image.ts'

const EXAMPLE = new URL('../../examples/swarm', import.meta.url).pathname

/** `groups`: the campaign, the service and the example go on side by side, each with groups of its own. */
const schedule = (groups: string): string => `name: always
timezone: UTC
hours: "00:00-24:00"
groups: ${groups}
meanDaysBetweenDrills: 5
limits: { concurrent: 20, concurrentPerScope: 20, spacing: 0s, breaker: off, woundedPerScope: 20, maxUnsteadyGroups: 100%, strikesPerGroupPerDay: 5 }
victim: { minAge: 0s, minGroupSize: 2 }
settle: 0s
method: crash
maxImageLag: 0s
recovery: { target: 30s, deadline: 45s, soak: 8s }
drift: { ignore: ["state/var/lib/uploads/**"] }
guards: none
leashed: false
`

/** Everything that a service can be given, so that nothing of it is taken for drift. */
const EVERYTHING = [
  ...['--env', 'COLOUR=blue', '--env', 'SLOT={{.Task.Slot}}', '--env', 'LANG=de', '--hostname', '{{.Service.Name}}-{{.Task.Slot}}'],
  ...['--container-label', 'team=web', '--network', 'back', '--publish', '8080:80', '--publish', 'mode=host,target=81'],
  ...['--mount', 'type=volume,source=files-{{.Task.Slot}},target=/var/files', '--mount', 'type=tmpfs,target=/scratch'],
  ...[
    '--secret',
    'key',
    '--config',
    'source=site,target=/etc/site.conf',
    '--limit-memory',
    '64m',
    '--limit-cpu',
    '0.5',
    '--limit-pids',
    '50',
  ],
  ...['--reserve-memory', '8m', '--cap-add', 'NET_ADMIN', '--cap-drop', 'MKNOD', '--user', '0:0', '--workdir', '/var', '--read-only=false'],
  ...[
    '--stop-signal',
    'TERM',
    '--stop-grace-period',
    '5s',
    '--host',
    'db:192.0.2.9',
    '--dns',
    '192.0.2.8',
    '--init',
    '--sysctl',
    'net.ipv4.ip_unprivileged_port_start=0',
  ],
]
const HEALTH = ['--health-cmd', 'test ! -e /tmp/sick', '--health-interval', '2s', '--health-retries', '2', '--health-timeout', '20s']

interface Drill {
  readonly groupName: string
  readonly state: string
  readonly verdict: string | null
  readonly method: string
  readonly findings: readonly { readonly kind: string; readonly level: string; readonly path: string | null; readonly actual: unknown }[]
  readonly proven: readonly string[]
  readonly notCompared: readonly { readonly what: string; readonly why: string }[]
  readonly refusal: { readonly rule: string; readonly reason: string } | null
  readonly victim: { readonly id: string; readonly image: string } | null
  readonly successor: { readonly id: string; readonly image: string } | null
}

interface Served {
  readonly ended: Ended
  readonly drills: readonly LedgerDrill[]
}

interface ExampleRun {
  readonly prepared: Ran
  readonly drills: readonly Drill[]
}

describe('Docker Swarm, on real engines', function () {
  this.timeout(240_000)
  let cluster: Cluster
  let redis: TestRedis
  let postgres: TestPostgres
  let folder = ''
  let untouched: readonly string[] = []
  let drills: ReadonlyMap<string, Drill> = new Map()
  let settingUp: Promise<unknown> = Promise.resolve()
  let exampleRun: Meanwhile<ExampleRun> | null = null
  let served: Meanwhile<Served> | null = null

  before(function () {
    settingUp = setUp(this)
    return settingUp
  })

  after(async () => {
    // They may go on after a hook or a test that took too long.
    await Promise.allSettled([settingUp, exampleRun?.over, served?.over])
    await Promise.all([cluster?.stop(), redis?.stop(), postgres?.stop()])
    await rm(folder, { recursive: true, force: true })
  })

  async function setUp(test: Context): Promise<void> {
    folder = await mkdtemp(join(tmpdir(), 'firedrill-swarm-'))
    const started = await Promise.allSettled([
      startRedis(test).then(it => (redis = it)),
      startPostgres(test).then(it => (postgres = it)),
      Cluster.start(test).then(it => (cluster = it)),
    ])
    for (const one of started) if (one.status === 'rejected') throw one.reason
    const { manager } = cluster
    await makeImages(manager, test, {
      'app:1': 'one',
      'moved:latest': 'old',
      'moved:next': 'new',
      'lost:1': 'lost',
      'early:1': 'early',
      'busybox:1.37': 'example',
    })
    await cluster.copyImage('app:1')
    await manager.docker(['network', 'create', '--driver', 'overlay', '--attachable', 'back'])
    await writeFile(join(folder, 'file'), 'not a secret\n')
    await manager.docker(['secret', 'create', 'key', join(folder, 'file')])
    await manager.docker(['config', 'create', 'site', join(folder, 'file')])
    await Promise.all([
      create('web', EVERYTHING),
      create('api', [...HEALTH, '--label', 'firedrill-method=retire']),
      create('wiki', HEALTH),
      create('shop', [], 'moved:latest'),
      create('sick', [...HEALTH, ...(await state('sick'))]),
      create('frail', await state('frail')),
      create('torn', await state('torn')),
      create('batch', ['--restart-condition', 'none']),
      create('polite', ['--restart-condition', 'on-failure', '--label', 'firedrill-method=retire']),
      create('tired', ['--restart-condition', 'on-failure', '--restart-max-attempts', '1']),
      create('lost', [], 'lost:1'),
      create('tuned', []),
      create('stuck', ['--update-failure-action', 'pause', '--update-monitor', '2s']),
      create('rolling', []),
      create('reverting', ['--rollback-delay', '10m']),
      create('relapsed', ['--rollback-failure-action', 'pause', '--rollback-monitor', '2s'], 'early:1'),
      create('agent', ['--mode', 'global']),
      create('bystander', ['--label-rm']),
      create('wanderer', ['--constraint-rm']),
      create('served', [...HEALTH, '--label', 'firedrill-method=retire']),
    ])
    await cluster.until('every service runs', async () => (await cluster.unready()).length === 0)
    const { both, others } = {
      both: [manager, cluster.worker].map(socketOf),
      others: '{ exclude: ["firedrill-example_*", served, wanderer] }',
    }
    await Promise.all([
      prepare(),
      installation('both', { engines: both, groups: others }),
      installation('one', { engines: [socketOf(manager)], groups: '{ include: [agent, wanderer] }' }),
      installation('serving', { engines: both, groups: '{ include: [served] }' }),
    ])
  }

  /** Two tasks on the manager, or one on each node; Swarm waits for nothing it need not wait for. */
  async function create(name: string, words: readonly string[], image = 'app:1'): Promise<void> {
    const isOptedIn = !words.includes('--label-rm')
    const isAnywhere = words.includes('global') || words.includes('--constraint-rm')
    await cluster.manager.docker([
      ...['service', 'create', '--detach', '--quiet', '--no-resolve-image', '--name', name, '--restart-delay', '300ms'],
      ...(words.includes('--update-monitor') ? [] : ['--update-monitor', '1s']),
      ...(words.includes('global') ? [] : ['--replicas', '2']),
      ...(isAnywhere ? [] : ['--constraint', 'node.role==manager']),
      ...(isOptedIn ? ['--label', 'firedrill=enabled'] : []),
      ...words.filter(word => !word.endsWith('-rm')),
      image,
    ])
  }

  async function state(service: string): Promise<string[]> {
    const path = join(folder, 'state', service)
    await mkdir(path, { recursive: true })
    return ['--mount', `type=bind,source=${path},target=/state`]
  }

  /** What happens to services in the course of their lives. */
  async function prepare(): Promise<void> {
    const { manager } = cluster
    untouched = await cluster.tasks('bystander')
    await manager.docker(['tag', 'moved:next', 'moved:latest'])
    await manager.docker(['rmi', '--force', 'lost:1', 'early:1'])
    await writeFile(join(folder, 'state', 'sick', 'sick'), '')
    await writeFile(join(folder, 'state', 'frail', 'frail'), '')
    await rm(join(folder, 'state', 'torn'), { recursive: true })
    await Promise.all([updateHalfWay(), rollBackHalfWay(), useUpRestarts(), changeByHand(), editInside()])
  }

  /** One update that fails and is paused, and one that takes its time between two tasks. */
  async function updateHalfWay(): Promise<void> {
    await update('stuck', '--image', 'nowhere:1')
    await update('rolling', '--force', '--update-delay', '10m')
    await Promise.all([untilUpdateIs('stuck', 'paused'), untilUpdateIs('rolling', 'updating')])
  }

  /** The same of rollbacks: what they go back to is slow, or is not there any more. */
  async function rollBackHalfWay(): Promise<void> {
    await update('reverting', '--env-add', 'COLOUR=red')
    await update('relapsed', '--image', 'app:1')
    await Promise.all(['reverting', 'relapsed'].map(service => untilUpdateIs(service, 'completed')))
    await Promise.all(['reverting', 'relapsed'].map(service => update(service, '--rollback')))
    await Promise.all([untilUpdateIs('reverting', 'rollback_started'), untilUpdateIs('relapsed', 'rollback_paused')])
  }

  async function update(service: string, ...words: readonly string[]): Promise<void> {
    const resolve = words.includes('--rollback') ? [] : ['--no-resolve-image']
    await cluster.manager.docker(['service', 'update', '--detach', '--quiet', ...resolve, ...words, service])
  }

  async function untilUpdateIs(service: string, state: string): Promise<void> {
    const words = ['service', 'inspect', '--format', '{{.UpdateStatus.State}}', service]
    await cluster.until(`the update of ${service} is ${state}`, async () => (await cluster.manager.docker(words)) === state)
  }

  async function useUpRestarts(): Promise<void> {
    const before = await cluster.tasks('tired')
    await cluster.manager.docker(['kill', ...(await cluster.containers(cluster.manager, 'tired'))])
    await cluster.until('the tasks of tired were replaced', async () => {
      const tasks = await cluster.tasks('tired')
      return tasks.length === 2 && tasks.every(task => !before.includes(task))
    })
  }

  async function changeByHand(): Promise<void> {
    const { manager } = cluster
    for (const container of await cluster.containers(manager, 'tuned')) {
      await manager.docker(['update', '--cpu-shares', '512', container])
      await manager.docker(['network', 'connect', 'back', container])
    }
  }

  async function editInside(): Promise<void> {
    for (const container of await cluster.containers(cluster.manager, 'wiki')) {
      await untilStarted(container)
      const edit =
        'echo "colour = red" > /etc/app.conf; mkdir -p /opt/hotfix; echo "#!/bin/sh" > /opt/hotfix/run; echo x > /tmp/scratch; mkdir /var/lib/uploads; echo x > /var/lib/uploads/one; rm /bin/date'
      await cluster.manager.docker(['exec', container, 'sh', '-c', edit])
    }
  }

  /** Until what is written inside is no longer taken for the work of its start. */
  async function untilStarted(container: string): Promise<void> {
    const started = Temporal.Instant.from(await cluster.manager.docker(['inspect', '--format', '{{.State.StartedAt}}', container]))
    const left = started.add({ milliseconds: 7_000 }).since(Temporal.Now.instant()).total('milliseconds')
    if (left > 0) await sleep(left)
  }

  async function installation(name: string, { engines, groups }: { engines: readonly string[]; groups: string }): Promise<void> {
    const at = join(folder, name)
    await mkdir(join(at, 'schedules'), { recursive: true })
    await writeFile(join(at, 'schedules', 'always.yaml'), schedule(groups))
    const ledger = await postgres.database(`ledger-${name}`)
    const written = `ledger: "${ledger}"\nqueue: "${redis.url}"\nproviders:\n  swarm: { engines: ${JSON.stringify(engines)}, startUp: 5s }\nweb: { listen: "127.0.0.1:${await freePort()}" }\n`
    await writeFile(join(at, 'firedrill.yaml'), written)
    const made = await call(name, 'init')
    assert.equal(made.code, 0, made.stderr)
  }

  function call(name: string, ...words: readonly string[]): Promise<Ended> {
    return firedrill(join(folder, name), words)
  }

  function drill(service: string): Drill {
    const found = drills.get(service)
    assert.ok(found, `${service} has no drill`)
    return found
  }

  function told(service: string): string {
    return JSON.stringify(drill(service), null, 1)
  }

  function failures(service: string): string[] {
    return drill(service)
      .findings.filter(({ level }) => level === 'fail')
      .map(({ kind, path }) => `${kind} ${path ?? ''}`.trim())
  }

  it('forecasts what would not come back, without touching anything', async () => {
    const { code, stdout, stderr } = await call('both', 'forecast', '--json')
    assert.equal(code, 1, `${stdout}\n${stderr}`)
    const { forecasts } = JSON.parse(stdout) as { forecasts: { name: string; findings: { kind: string; level: string; path: string }[] }[] }
    const bad = forecasts.flatMap(({ name, findings }) =>
      findings.filter(({ level }) => level === 'fail').map(({ path }) => `${name} ${path}`),
    )
    assert.deepEqual(bad.sort(), ['batch restartPolicy', 'lost image', 'relapsed image', 'stuck image', 'tired restartPolicy'], stdout)
  })

  it('runs a campaign over all of them, and ends with 1', async () => {
    // Most of each is waiting, so the service and the example run meanwhile.
    served = new Meanwhile(serve())
    exampleRun = new Meanwhile(runExample())
    const campaign = start(['run', '--all', '--json', 'report.json'], { cwd: join(folder, 'both') })
    const dying = killOnceRecovered('frail', campaign)
    const { code, stdout, stderr } = await end(campaign)
    assert.equal(code, 1, `${stdout}\n${stderr}`)
    await dying
    const report = JSON.parse(await readFile(join(folder, 'both', 'report.json'), 'utf8')) as { drills: Drill[] }
    drills = new Map(report.drills.map(one => [one.groupName, one]))
    assert.equal(drills.size, 17, [...drills.keys()].join())
  })

  /** Within its soak, however long its start took. */
  async function killOnceRecovered(service: string, campaign: ChildProcess): Promise<void> {
    assert.ok(campaign.stderr)
    for await (const line of createInterface({ input: campaign.stderr }))
      if (line.includes('"recovered"') && line.includes(`/service/${service}"`)) await writeFile(join(folder, 'state', service, 'die'), '')
  }

  it('proves a phoenix with every setting there is, by its running and stable task alone', () => {
    const { verdict, proven, method } = drill('web')
    assert.deepEqual([verdict, failures('web'), method], ['phoenix', [], 'crash'], told('web'))
    assert.deepEqual([...proven].sort(), ['configuration', 'image', 'replaced', 'state'], told('web'))
    assert.ok(drill('web').findings.some(({ kind }) => kind === 'health-unproven'))
  })

  it('proves a phoenix with a health check that is retired, with what its start writes and its log inside', () => {
    const { verdict, proven, method } = drill('api')
    assert.deepEqual([verdict, failures('api'), method], ['phoenix', [], 'retire'], told('api'))
    assert.deepEqual([...proven].sort(), ['configuration', 'health', 'image', 'replaced', 'state'], told('api'))
  })

  it('finds the hidden snowflake that somebody edited by hand, path by path', () => {
    assert.equal(drill('wiki').verdict, 'snowflake')
    assert.deepEqual(
      failures('wiki'),
      ['state-drift state/bin/date', 'state-drift state/etc/app.conf', 'state-drift state/opt/hotfix/run'],
      told('wiki'),
    )
  })

  it('finds that a tag was moved to another image meanwhile', () => {
    assert.deepEqual([drill('shop').verdict, failures('shop')], ['snowflake', ['stale-image image']], told('shop'))
    assert.notEqual(drill('shop').victim?.image, drill('shop').successor?.image)
  })

  it('finds a successor that never becomes healthy', () => {
    assert.deepEqual([drill('sick').verdict, failures('sick').includes('unhealthy health')], ['snowflake', true], told('sick'))
  })

  it('finds a successor that dies young', () => {
    assert.deepEqual([drill('frail').verdict, failures('frail')], ['snowflake', ['died-young health']], told('frail'))
  })

  it("finds that nothing replaced the victim, with Swarm's own error", () => {
    assert.deepEqual([drill('torn').verdict, failures('torn')], ['snowflake', ['not-replaced']], told('torn'))
    assert.match(String(drill('torn').findings.find(({ kind }) => kind === 'not-replaced')?.actual), /bind source path does not exist/)
  })

  it('strikes a global service on one of its nodes', () => {
    assert.deepEqual([drill('agent').verdict, failures('agent')], ['phoenix', []], told('agent'))
  })

  const refused = [
    ['batch', 'S5', /restart condition is none/],
    ['polite', 'S5', /on-failure/],
    ['tired', 'S5', /used up its 1 restart /],
    ['stuck', 'S5', /^its last update stopped half-way and is paused: update paused due to failure or early termination of task/],
    ['rolling', 'S5', /^an update is in progress/],
    ['reverting', 'S5', /^a rollback is in progress/],
    ['relapsed', 'S5', /^a rollback stopped half-way and is paused: update paused due to failure or early termination of task/],
    ['lost', 'S13', /lost:1 is on no engine/],
    ['tuned', 'S13', /already differs from its declaration/],
  ] as const
  for (const [service, rule, reason] of refused)
    it(`${rule} refuses ${service}, and says why`, () => {
      assert.deepEqual([drill(service).state, drill(service).refusal?.rule], ['refused', rule], told(service))
      assert.match(drill(service).refusal?.reason ?? '', reason)
    })

  it('says of each of these why it is not eligible, before anybody plans a drill', async () => {
    const { stdout } = await call('both', 'groups', '--json')
    const { groups } = JSON.parse(stdout) as {
      groups: { name: string; eligible: boolean; refusals: { rule: string; reason: string }[] }[]
    }
    for (const [service, rule, why] of refused) {
      const group = groups.find(({ name }) => name === service)
      assert.equal(group?.eligible, false, stdout)
      assert.ok(
        group.refusals.some(one => one.rule === rule && why.test(one.reason)),
        JSON.stringify(group),
      )
    }
  })

  it('names the settings that were changed by hand', () => {
    assert.deepEqual(failures('tuned').sort(), ['config-drift limits/cpuShares', 'config-drift networks'], told('tuned'))
  })

  it('S1 never touches a service that is not opted in', async () => {
    assert.deepEqual((await cluster.tasks('bystander')).sort(), [...untouched].sort())
  })

  it('S7 says which tasks run where no engine is configured, and strikes none of them', async () => {
    const { stdout } = await call('one', 'groups', '--json')
    const { groups } = JSON.parse(stdout) as { groups: { group: string; name: string; eligible: boolean; hints: string[] }[] }
    const agent = groups.find(({ name }) => name === 'agent')
    assert.ok(agent)
    const hints = agent.hints.filter(hint => /whose engine is not configured/.test(hint))
    assert.deepEqual([agent.eligible, hints.length], [true, 1], stdout)
    const task = /^agent\.[^.]+\.(\w+) /.exec(hints[0] ?? '')?.[1] ?? ''
    assert.ok((await cluster.tasks('agent')).includes(task), stdout)
    const { code } = await call('one', 'run', '--group', agent.group, '--victim', task, '--json', 'report.json')
    assert.equal(code, 0)
    const { drills: refused } = JSON.parse(await readFile(join(folder, 'one', 'report.json'), 'utf8')) as { drills: Drill[] }
    assert.equal(refused[0]?.refusal?.rule, 'S7')
    assert.ok((await cluster.tasks('agent')).includes(task))
  })

  it('cannot judge a successor that came up where no engine is configured', async () => {
    const { manager, worker } = cluster
    const node = (await manager.docker(['node', 'ls', '--quiet', '--filter', 'role=manager'])).trim()
    const [victim = ''] = await cluster.containers(manager, 'wanderer')
    const task = await manager.docker(['inspect', '--format', '{{index .Config.Labels "com.docker.swarm.task.id"}}', victim])
    const before = (await cluster.containers(worker, 'wanderer')).length
    // What runs there stays, and nothing new comes.
    await manager.docker(['node', 'update', '--availability', 'pause', node])
    try {
      const { code, stdout, stderr } = await call('one', 'run', '--group', 'wanderer', '--victim', task, '--json', 'report.json')
      assert.equal(code, 3, `${stdout}\n${stderr}`)
    } finally {
      await manager.docker(['node', 'update', '--availability', 'active', node])
    }
    const { drills: judged } = JSON.parse(await readFile(join(folder, 'one', 'report.json'), 'utf8')) as { drills: Drill[] }
    const failed = judged[0]?.findings.filter(({ level }) => level === 'fail').map(({ kind, path }) => `${kind} ${path}`)
    const expected = ['inconclusive', ['unobservable image', 'unobservable configuration']]
    assert.deepEqual([judged[0]?.verdict, failed], expected, JSON.stringify(judged))
    assert.equal((await cluster.containers(worker, 'wanderer')).length, before + 1)
  })

  it('serves on Redis and PostgreSQL: strikes what is planned, and judges it', async () => {
    const { ended, drills: all } = (await served?.outcome()) ?? assert.fail('it was not started')
    assert.equal(ended.code, 0, ended.stderr)
    const [one] = all
    assert.ok(all.length === 1 && one?.state === 'concluded', `${JSON.stringify(all)}\n${ended.stderr}`)
    assert.deepEqual([one.judgement.verdict, one.order.method], ['phoenix', 'retire'], JSON.stringify(one.judgement))
  })

  /** A drill that is due now, as the draw would have planned it, and a service until that drill has ended. */
  async function serve(): Promise<Served> {
    const cwd = join(folder, 'serving')
    const io = { ...processIo(new AbortController()), cwd, env: { ...process.env, FIREDRILL_LOG_LEVEL: 'silent' } }
    const { engine, ledger, close } = await openInstallation({}, io, { worker: false })
    let serving: ChildProcess | null = null
    try {
      await discover(engine, AbortSignal.timeout(60_000))
      const now = await ledger.now()
      const group = (await ledger.groups()).find(({ summary }) => summary.name === 'served')
      const basis = group === undefined ? null : basisFor(engine, group, now)
      assert.ok(basis)
      await ledger.addPlans([newPlan(basis, { planKey: now.toZonedDateTimeISO('UTC').toPlainDate().toString(), plannedFor: now })])
      serving = start(['serve'], { cwd })
      const ended = end(serving)
      const isOver = ({ state }: LedgerDrill): boolean => state === 'concluded' || state === 'refused'
      await cluster.until('the planned drill has ended', async () => serving?.exitCode !== null || (await ledger.drills({})).every(isOver))
      serving.kill('SIGTERM')
      return { ended: await ended, drills: await ledger.drills({}) }
    } finally {
      if (serving !== null) await kill(serving)
      await close()
    }
  }

  it('runs the example as its page says, on an engine over TLS', async () => {
    const { prepared, drills: all } = (await exampleRun?.outcome()) ?? assert.fail('it was not started')
    assert.match(prepared.output, /ready: somebody/)
    const told = all.map(one =>
      `${one.groupName} ${one.verdict ?? one.refusal?.rule} ${one.findings.find(({ level }) => level === 'fail')?.path ?? ''}`.trim(),
    )
    assert.deepEqual(told.sort(), [
      'firedrill-example_batch S5',
      'firedrill-example_shop phoenix',
      'firedrill-example_wiki snowflake state/etc/app-hosts',
    ])
  })

  async function runExample(): Promise<ExampleRun> {
    const prepared = await cluster.manager.try('sh', [join(EXAMPLE, 'prepare.sh')])
    const at = join(folder, 'example')
    await cp(EXAMPLE, at, { recursive: true })
    const written = await readFile(join(at, 'firedrill.yaml'), 'utf8')
    const elsewhere = written.replace('engines: ["unix:///var/run/docker.sock"]', cluster.overTls()).replace('/data', 'data')
    await writeFile(join(at, 'firedrill.yaml'), elsewhere)
    const made = await cluster.firedrillBesideManager(at, ['init'])
    assert.equal(made.code, 0, made.output)
    const ended = await cluster.firedrillBesideManager(at, ['run', '--all', '--json', 'report.json'])
    assert.equal(ended.code, 1, ended.output)
    const report = JSON.parse(await readFile(join(at, 'report.json'), 'utf8')) as { drills: Drill[] }
    return { prepared, drills: report.drills }
  }

  it('has an example that compose understands', async function () {
    if (onPath('docker-compose') === null) missing(this, 'docker-compose')
    const checked = await cluster.manager.try('docker-compose', ['--file', join(EXAMPLE, 'compose.yaml'), 'config', '--quiet'])
    assert.equal(checked.code, 0, checked.output)
  })

  it('leaves no container, network, mount or process behind', async () => {
    const traces = await cluster.traces()
    assert.ok(traces.pids.length > 20)
    await cluster.stop()
    assert.deepEqual(await leftovers(traces), [])
  })
})
