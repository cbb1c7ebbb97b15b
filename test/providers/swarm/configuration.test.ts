import assert from 'node:assert/strict'
import { compareWithDeclaration, examineVictim } from '../../../src/domain/drift.ts'
import { declare } from '../../../src/providers/swarm/declare.ts'
import { describe as describeTasks } from '../../../src/providers/swarm/describe.ts'
import { observe } from '../../../src/providers/swarm/observe.ts'
import type { WireContainerDetails, WireContainerSpec, WireTaskSpec } from '../../../src/providers/swarm/wire.ts'
import { FakeSwarm, service, task, template } from './fake-swarm.ts'

const never = new AbortController().signal
const web = 'swarm:c1/service/web'

const spec: WireContainerSpec = {
  Image: 'web:1',
  Args: ['serve', '--password', 'not-to-be-seen'],
  Env: ['COLOUR=blue', 'SLOT={{.Task.Slot}}', 'UNSET'],
  Hostname: 'web-{{.Task.Slot}}',
  Labels: { team: 'web', 'api-key': 'not-to-be-seen' },
  User: '10',
  Mounts: [
    { Type: 'volume', Source: 'files-{{.Task.Slot}}', Target: '/srv/files' },
    { Type: 'tmpfs', Target: '/scratch' },
  ],
  Secrets: [{ SecretID: 's1', SecretName: 'key', File: { Name: 'key', UID: '0', GID: '0', Mode: 0o444 } }],
  CapabilityAdd: ['CAP_NET_ADMIN'],
  Hosts: ['192.0.2.9 db db.internal'],
}
const whole: WireTaskSpec = {
  ...template,
  ContainerSpec: spec,
  Resources: { Limits: { NanoCPUs: 500_000_000, MemoryBytes: 1024, Pids: 9 } },
  Networks: [{ Target: 'net1' }],
}
const ports = { EndpointSpec: { Ports: [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: 8080, PublishMode: 'ingress' }] } }

/** What an engine makes of it. */
const container: WireContainerDetails & { readonly Config: object; readonly HostConfig: object } = {
  Id: 'c-t1',
  Name: '/web.1.t1',
  Image: 'sha256:one',
  State: { Running: true, StartedAt: '2026-11-03T08:00:01Z' },
  Config: {
    Hostname: 'web-1',
    User: '10',
    Env: ['COLOUR=blue', 'SLOT=1', 'PATH=/bin'],
    Cmd: ['serve', '--password', 'not-to-be-seen'],
    Entrypoint: ['/entry'],
    WorkingDir: '/app',
    Labels: { team: 'web', 'api-key': 'not-to-be-seen', vendor: 'us', 'com.docker.swarm.task.id': 't1' },
  },
  HostConfig: {
    Mounts: [
      { Type: 'volume', Source: 'files-1', Target: '/srv/files' },
      { Type: 'tmpfs', Target: '/scratch' },
    ],
    NanoCpus: 500_000_000,
    Memory: 1024,
    PidsLimit: 9,
    CapAdd: ['CAP_NET_ADMIN'],
    ExtraHosts: ['db:192.0.2.9', 'db.internal:192.0.2.9'],
    RestartPolicy: { Name: '' },
    LogConfig: { Type: 'json-file' },
    PortBindings: {},
  },
  NetworkSettings: { Networks: { back: { IPAddress: '10.0.1.3' }, ingress: { IPAddress: '10.0.0.3' } } },
}
const image = { Entrypoint: ['/entry'], Cmd: ['help'], Env: ['PATH=/bin', 'COLOUR=none'], WorkingDir: '/app', Labels: { vendor: 'us' } }

describe('what a task is made from', () => {
  let swarm: FakeSwarm

  beforeEach(() => {
    swarm = new FakeSwarm()
    swarm.services = [
      service('web', { TaskTemplate: { ...whole, Runtime: 'container' }, ...ports }, { Endpoint: { Ports: ports.EndpointSpec.Ports } }),
    ]
    swarm.tasks = [task('t1', { Spec: whole })]
    swarm.networks = [
      { Id: 'net1', Name: 'back' },
      { Id: 'net0', Name: 'ingress', Ingress: true },
    ]
    swarm.images = { 'web:1': { Id: 'sha256:one', Config: image }, 'sha256:one': { Id: 'sha256:one', Config: image } }
    swarm.containers = { 'c-t1': container }
  })

  async function read(made: WireContainerDetails = container) {
    swarm.containers = { 'c-t1': made }
    const context = swarm.context()
    const declaration = (await declare(context, [web], never)).get(web)
    const victim = (await describeTasks(context, [{ group: web, id: 't1' }], never)).get('t1')
    const seen = (await observe(context, [web], { since: Temporal.Instant.from('2026-11-01T00:00:00Z'), depth: 'full' }, never)).get(web)
    assert.ok(declaration && victim && seen?.kind === 'snapshot')
    const bornFrom = seen.snapshot.instances[0]?.bornFrom ?? null
    const examined = examineVictim({ declaration, victim }, bornFrom, { ignore: [], warn: [] })
    return { declaration, victim, examined, snapshot: seen.snapshot }
  }

  async function drift(made: WireContainerDetails): Promise<string[]> {
    const { examined } = await read(made)
    return (examined?.findings ?? []).map(({ path, actual }) => `${path} ${actual}`)
  }

  it('fits a container that the engine made of it, whatever its image and its templates add', async () => {
    const { declaration, victim, examined, snapshot } = await read()
    assert.deepEqual([examined?.findings, examined?.unread, examined?.blocking], [[], [], []])
    assert.equal(declaration.current.version, snapshot.declarationVersion)
    assert.deepEqual(declaration.promises, { retire: 'current', crash: 'current' })
    assert.deepEqual([declaration.current.images, victim.image, victim.address], [['sha256:one'], 'sha256:one', '10.0.1.3'])
  })

  it('shows no secret, neither of variables nor of arguments nor of labels', async () => {
    const { declaration, victim } = await read()
    assert.doesNotMatch(JSON.stringify([declaration, victim]), /not-to-be-seen|blue/)
  })

  for (const [what, made, expected] of [
    ['a network connected by hand', { NetworkSettings: { Networks: { back: {}, debug: {} } } }, 'networks back,debug'],
    ['limits that were lifted by hand', { HostConfig: { ...container.HostConfig, Memory: 4096 } }, 'limits/memory 4096'],
    ['a share of the processor set by hand', { HostConfig: { ...container.HostConfig, CpuShares: 512 } }, 'limits/cpuShares 512'],
    [
      'a restart policy set by hand',
      { HostConfig: { ...container.HostConfig, RestartPolicy: { Name: 'always' } } },
      'restartPolicy always',
    ],
    ['another entrypoint than the image’s', { Config: { ...container.Config, Entrypoint: ['/bin/sh'] } }, 'entrypoint /bin/sh'],
    ['a user that nobody declared', { Config: { ...container.Config, User: '0' } }, 'user 0'],
    ['a privilege', { HostConfig: { ...container.HostConfig, Privileged: true } }, 'privileged true'],
  ] as const)
    it(`finds ${what}`, async () => {
      assert.deepEqual(await drift({ ...container, ...made } as WireContainerDetails), [expected])
    })

  it('finds variables that are other, missing or extra, by their names alone', async () => {
    const found = await drift({
      ...container,
      Config: { ...container.Config, Env: ['COLOUR=red', 'SLOT=1', 'PATH=/sbin'] },
    } as WireContainerDetails)
    assert.deepEqual(found.map(text => text.replace(/sha256:\w+/, 'digest')).sort(), ['env/COLOUR digest', 'env/PATH digest'])
  })

  /** One change of the service each, which this task never got: what a successor that ignores it would be told. */
  const withContainer = (changes: WireContainerSpec): WireTaskSpec => ({ ...whole, ContainerSpec: { ...spec, ...changes } })
  const secret = (name: string) => [{ SecretID: 's1', SecretName: 'key', File: { Name: name, UID: '0', GID: '0', Mode: 0o444 } }]
  const declared: Readonly<Record<string, readonly [path: string, template: WireTaskSpec, mode?: 'host']>> = {
    'the command': ['entrypoint', withContainer({ Command: ['/other'] })],
    arguments: ['args', withContainer({ Args: ['serve', '--password', 'another'] })],
    'the value of a variable': ['env/COLOUR', withContainer({ Env: ['COLOUR=red', 'SLOT={{.Task.Slot}}'] })],
    'one more variable': ['env/SIZE', withContainer({ Env: [...(spec.Env ?? []), 'SIZE=9'] })],
    'what is mounted': ['mounts/srv/files/source', withContainer({ Mounts: [{ Type: 'bind', Source: '/srv', Target: '/srv/files' }] })],
    'how it is mounted': [
      'mounts/scratch/readOnly',
      withContainer({ Mounts: (spec.Mounts ?? []).map(one => (one.Target === '/scratch' ? { ...one, ReadOnly: true } : one)) }),
    ],
    networks: ['networks', { ...whole, Networks: [{ Target: 'net1' }, { Target: 'net2' }] }],
    secrets: ['secrets', withContainer({ Secrets: secret('other') })],
    configs: ['configs', withContainer({ Configs: [{ ConfigID: 'f1', ConfigName: 'site', File: { Name: '/etc/site' } }] })],
    'a limit of the processor': ['limits/cpu', { ...whole, Resources: { Limits: { ...whole.Resources?.Limits, NanoCPUs: 1e9 } } }],
    'a limit of memory': ['limits/memory', { ...whole, Resources: { Limits: { ...whole.Resources?.Limits, MemoryBytes: 2048 } } }],
    'a limit of processes': ['limits/pids', { ...whole, Resources: { Limits: { ...whole.Resources?.Limits, Pids: 10 } } }],
    'the user': ['user', withContainer({ User: '11' })],
    'a capability more': ['capabilities/add', withContainer({ CapabilityAdd: ['CAP_NET_ADMIN', 'CAP_SYS_TIME'] })],
    'a capability less': ['capabilities/drop', withContainer({ CapabilityDrop: ['CAP_MKNOD'] })],
    labels: ['labels/team', withContainer({ Labels: { ...spec.Labels, team: 'other' } })],
    'a published port': ['ports', whole, 'host'],
  }
  for (const [what, [path, changed, mode]] of Object.entries(declared))
    it(`compares what is declared with what came: ${what}`, async () => {
      const published = mode === undefined ? [] : [{ Protocol: 'tcp', TargetPort: 81, PublishedPort: 8081, PublishMode: mode }]
      const endpoint = { EndpointSpec: { Ports: [...ports.EndpointSpec.Ports, ...published] } }
      swarm.networks = [...swarm.networks, { Id: 'net2', Name: 'front' }]
      swarm.services = [service('web', { TaskTemplate: changed, ...endpoint }, { Endpoint: { Ports: ports.EndpointSpec.Ports } })]
      const { declaration, victim } = await read()
      const options = { ignore: [], warn: [], subject: 'successor' } as const
      const found = compareWithDeclaration(victim, declaration.current, options).map(finding => [finding.kind, finding.path])
      assert.ok(
        found.some(([kind, at]) => kind === 'config-drift' && (at === path || path.startsWith(`${at}/`))),
        JSON.stringify(found),
      )
      assert.doesNotMatch(JSON.stringify([declaration, victim]), /another|COLOUR=/)
    })

  it('S10 does not take for known what its image decides, where that image is gone', async () => {
    delete (swarm.images as Record<string, unknown>)['sha256:one']
    const { examined } = await read()
    assert.deepEqual(examined?.findings, [])
    assert.ok(examined?.unread.some(({ what }) => what === 'env') && examined.unread.some(({ what }) => what === 'entrypoint'))
  })

  it('S7 protects a container that is paused', async () => {
    const { victim } = await read({ ...container, State: { Running: true, Paused: true } })
    assert.equal(victim.protection, 'its container is paused')
  })

  it('does not describe a task whose container is another task’s', async () => {
    swarm.containers = { 'c-t1': { ...container, Config: { ...container.Config, Labels: { 'com.docker.swarm.task.id': 't9' } } } }
    assert.equal((await describeTasks(swarm.context(), [{ group: web, id: 't1' }], never)).size, 0)
  })

  it('declares for a task of an earlier specification what that one said', async () => {
    const earlier = { ...whole, ContainerSpec: { ...spec, User: '11' } }
    swarm.tasks = [task('t1', { Spec: earlier })]
    const { declaration, examined } = await read({ ...container, Config: { ...container.Config, User: '11' } } as WireContainerDetails)
    assert.deepEqual(examined?.findings, [])
    assert.deepEqual([declaration.current.values.user, Object.values(declaration.born)[0]?.values.user], [['10'], ['11']])
  })

  it('takes a moved tag for the image that it names now, since it was moved', async () => {
    swarm.images['web:1'] = { Id: 'sha256:two', Metadata: { LastTagTime: '2026-11-03T09:00:00Z' } }
    const { declaration, victim } = await read()
    assert.deepEqual([declaration.current.images, victim.image], [['sha256:two'], 'sha256:one'])
    assert.equal(declaration.current.since?.toString(), '2026-11-03T09:00:00Z')
  })

  it('S10 declares no image where no engine has it', async () => {
    delete (swarm.images as Record<string, unknown>)['web:1']
    assert.deepEqual((await read()).declaration.current.images, [])
  })
})
