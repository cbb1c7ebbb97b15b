import assert from 'node:assert/strict'
import { ProviderError } from '../../../src/providers/provider-error.ts'
import { forecast } from '../../../src/providers/swarm/forecast.ts'
import { FakeSwarm, node, service, task, template } from './fake-swarm.ts'

const never = new AbortController().signal
const web = 'swarm:c1/service/web'

describe('the forecast for a service (S13)', () => {
  let swarm: FakeSwarm

  beforeEach(() => {
    swarm = new FakeSwarm()
    swarm.services = [service('web')]
    swarm.tasks = [task('t1'), task('t2', { Slot: 2, NodeID: 'n2' })]
    swarm.secrets = ['s1']
    swarm.networks = [{ Id: 'net1', Name: 'back' }]
  })

  async function findings(changes: object = {}): Promise<string[] | undefined> {
    swarm.services = [service('web', { TaskTemplate: { ...template, ...changes } })]
    const found = (await forecast(swarm.context(), [web], never)).get(web)
    return found?.map(({ level, path, summary }) => `${level} ${path}: ${summary}`)
  }

  it('is good where everything is there', async () => {
    const secrets = { ContainerSpec: { ...template.ContainerSpec, Secrets: [{ SecretID: 's1', SecretName: 'key' }] } }
    assert.deepEqual(
      await findings({ ...secrets, Networks: [{ Target: 'net1' }], Placement: { Constraints: ['node.hostname==beta'] } }),
      [],
    )
  })

  for (const [what, changes, expected] of [
    [
      'a secret is gone',
      { ContainerSpec: { ...template.ContainerSpec, Secrets: [{ SecretID: 's9', SecretName: 'key' }] } },
      /^fail secrets: the secret key does not exist/,
    ],
    [
      'a config is gone',
      { ContainerSpec: { ...template.ContainerSpec, Configs: [{ ConfigID: 'c9', ConfigName: 'site' }] } },
      /^fail configs: the config site/,
    ],
    ['a network is gone', { Networks: [{ Target: 'net9' }] }, /^fail networks: the network net9/],
    ['nothing is restarted', { RestartPolicy: { Condition: 'none' } }, /^fail restartPolicy: a rebuild would not come/],
    ['only failures are restarted', { RestartPolicy: { Condition: 'on-failure' } }, /^warn restartPolicy: .*has not failed/],
    [
      'no node satisfies the constraint',
      { Placement: { Constraints: ['node.labels.disk == ssd'] } },
      /^fail placement: no ready node satisfies node\.labels\.disk == ssd/,
    ],
  ] as const)
    it(`says that ${what}`, async () => {
      const found = await findings(changes)
      assert.equal(found?.length, 1, String(found))
      assert.match(found?.[0] ?? '', expected)
    })

  it('says that no node takes tasks', async () => {
    swarm.nodes = [node('n1', 'alpha', { Spec: { Availability: 'drain' } }), node('n2', 'beta', { Status: { State: 'down' } })]
    assert.match((await findings())?.[0] ?? '', /^fail placement: no node is ready and active/)
  })

  it('takes a constraint that it does not know for met', async () => {
    assert.deepEqual(await findings({ Placement: { Constraints: ['node.mood==good'] } }), [])
  })

  it('says that the image is gone, from the engines and from its registry', async () => {
    swarm.images = {}
    assert.match((await findings())?.[0] ?? '', /^fail image: image web:1 is on no engine.*no such image/)
  })

  it('says nothing where the engines lost the image and the registry still has it', async () => {
    swarm.images = {}
    swarm.registry = async () => ({ Descriptor: {} })
    assert.deepEqual(await findings(), [])
  })

  it('S10 does not answer where the registry wants credentials that only the Swarm has', async () => {
    swarm.images = {}
    swarm.registry = () => Promise.reject(new ProviderError('login first', { code: 'denied', operation: 'x', mayHaveActed: false }))
    assert.equal(await findings(), undefined)
  })

  it('leaves out a service that does not exist', async () => {
    assert.equal((await forecast(swarm.context(), ['swarm:c1/service/gone'], never)).size, 0)
  })
})
