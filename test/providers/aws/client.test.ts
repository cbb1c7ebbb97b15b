import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { StrikeOrder } from '../../../src/domain/drill.ts'
import { openProvider } from '../../../src/providers/aws/index.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { never } from './fake-api.ts'

interface Call {
  readonly action: string
  readonly form: URLSearchParams
  readonly agent: string
  /** Of the signature: whose session sent it. */
  readonly key: string
}
type Reply = { readonly status?: number; readonly body?: string; readonly date?: string } | 'reset' | 'hang'

describe('AWS: the wire', () => {
  let server: Server
  let provider: Provider | null
  let calls: Call[]
  let reply: (call: Call, count: number) => Reply | null

  beforeEach(async () => {
    calls = []
    provider = null
    reply = () => null
    server = createServer(async (request, response) => {
      const call = await read(request)
      calls.push(call)
      const answer = reply(call, calls.filter(one => one.action === call.action).length) ?? { body: bodies(call) }
      if (answer === 'reset') return void request.socket.destroy()
      if (answer === 'hang') return
      response.writeHead(answer.status ?? 200, { 'content-type': 'text/xml', ...(answer.date ? { date: answer.date } : {}) })
      response.end(answer.body ?? '')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
  })

  afterEach(async () => {
    await provider?.close()
    server.close()
    server.closeAllConnections()
  })

  async function open(
    settings: object = {},
    more: { env?: Record<string, string>; now?: () => Temporal.Instant; onCall?: (operation: string, outcome: string) => void } = {},
  ): Promise<Provider> {
    provider = await openProvider(settings, {
      clock: { now: more.now ?? (() => Temporal.Now.instant()), monotonic: () => performance.now(), sleep: async () => {} },
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      env: {
        AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'own',
        AWS_SECRET_ACCESS_KEY: 'x',
        ...more.env,
      },
      ...(more.onCall === undefined ? {} : { onCall: more.onCall }),
    })
    return provider
  }

  function order(method: 'retire' | 'crash', scope = 'aws:123456789012/eu-west-1'): StrikeOrder {
    return {
      drill: 'drill 01/ä',
      scope,
      group: `${scope}/asg/web`,
      groupName: 'web',
      incarnation: 'x',
      victim: { id: 'i-0a1', name: 'i-0a1', zone: null, image: null, bornFrom: null },
      method,
      desired: 2,
      members: ['i-0a1'],
      declarationVersion: 'lt-0a1:1',
      intendedAt: Temporal.Now.instant(),
      requestId: 'r',
    }
  }

  const operations = { retire: 'TerminateInstanceInAutoScalingGroup', crash: 'TerminateInstances' } as const
  const sent = (action: string): Call[] => calls.filter(call => call.action === action)

  it('has a scope for the own account and each role in each region, and none of its own with `self: false`', async () => {
    const accounts = [{ roleArn: 'arn:aws:iam::111122223333:role/firedrill' }]
    const both = await open({ regions: ['eu-west-1', 'us-east-1'], accounts })
    assert.deepEqual(
      both.scopes().map(scope => scope.id),
      ['aws:123456789012/eu-west-1', 'aws:111122223333/eu-west-1', 'aws:123456789012/us-east-1', 'aws:111122223333/us-east-1'],
    )
    await both.close()
    const others = await open({ accounts, self: false })
    assert.deepEqual(
      others.scopes().map(scope => scope.id),
      ['aws:111122223333/eu-west-1'],
    )
    assert.equal(sent('GetCallerIdentity').length, 1)
  })

  it('asks for a region where none is configured', async () => {
    await assert.rejects(open({}, { env: { AWS_REGION: '' } }), { name: 'ProviderError', code: 'invalid', message: /AWS_REGION/ })
  })

  it('says what was set and found nothing where there are no credentials', async () => {
    // The SDK's own chain reads this process's environment: it must ask no machine, and find no key of whoever runs the tests.
    const own = { ...process.env }
    Object.assign(process.env, { AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nowhere' })
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) delete process.env[name]
    try {
      const half =
        /CredentialsProviderError \(.*; AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not\)\. No AWS credentials were found/
      await assert.rejects(open({}, { env: { AWS_SECRET_ACCESS_KEY: '' } }), { name: 'ProviderError', code: 'denied', message: half })
      const profile = { AWS_SECRET_ACCESS_KEY: '', AWS_ACCESS_KEY_ID: '', AWS_PROFILE: 'nosuch' }
      await assert.rejects(open({}, { env: profile }), {
        code: 'denied',
        message: /; AWS_PROFILE names "nosuch", which is not there or has/,
      })
    } finally {
      Object.assign(process.env, own)
      for (const name of Object.keys(process.env)) if (!(name in own)) delete process.env[name]
    }
  })

  it('says in one sentence what to do about wrong credentials', async () => {
    reply = () => ({ status: 403, body: failure('InvalidClientTokenId', 'The security token included in the request is invalid.') })
    await assert.rejects(open(), { name: 'ProviderError', code: 'denied', message: /does not accept these credentials: check/ })
  })

  for (const [what, first] of [
    ['throttling', { status: 400, body: failure('Throttling', 'Rate exceeded') }],
    ['a 5xx', { status: 503, body: failure('ServiceUnavailable', 'later') }],
    ['a broken connection', 'reset'],
  ] as const)
    it(`reads again after ${what}, and counts both requests`, async () => {
      const counted: string[] = []
      const opened = await open({}, { onCall: (operation, outcome) => counted.push(`${operation} ${outcome === 'ok' ? 'ok' : 'failed'}`) })
      reply = (call, count) => (call.action === 'DescribeAutoScalingGroups' && count === 1 ? first : null)
      const found = []
      for await (const group of opened.discover({ id: 'aws:123456789012/eu-west-1', provider: 'aws' }, never)) found.push(group.name)
      assert.deepEqual(found, ['web'])
      assert.deepEqual(counted.slice(1), ['DescribeAutoScalingGroups failed', 'DescribeAutoScalingGroups ok'])
    })

  for (const method of ['retire', 'crash'] as const) {
    it(`S9 sends one ${method} that names exactly the victim and keeps the group's size`, async () => {
      const receipt = await (await open()).strike(order(method), never, () => true)
      const [call, ...others] = sent(operations[method])
      assert.equal(others.length, 0)
      if (method === 'retire')
        assert.deepEqual([call?.form.get('InstanceId'), call?.form.get('ShouldDecrementDesiredCapacity')], ['i-0a1', 'false'])
      else
        assert.deepEqual(
          [...(call?.form.entries() ?? [])].filter(([key]) => key.startsWith('InstanceId')),
          [['InstanceId.1', 'i-0a1']],
        )
      assert.equal(receipt.reference, method === 'retire' ? 'activity-1' : null)
      assert.match(call?.agent ?? '', /firedrill-drill-01--/, 'the drill is in the user agent')
    })

    for (const [what, answer, code, mayHaveActed] of [
      ['a 500', { status: 500, body: failure('InternalFailure', 'oops') }, 'unavailable', true],
      ['throttling', { status: 400, body: failure('Throttling', 'Rate exceeded') }, 'throttled', false],
      ['a connection that breaks', 'reset', 'unavailable', true],
      ['a refusal', { status: 403, body: failure('AccessDenied', 'no') }, 'denied', false],
      ['an unknown instance', { status: 400, body: failure('InvalidInstanceID.NotFound', 'no') }, 'not-found', false],
      ['an answer that is no XML', { status: 200, body: '<<<' }, 'unknown', true],
    ] as const)
      it(`S9 never sends a ${method} twice, not even after ${what}`, async () => {
        const opened = await open()
        reply = call => (call.action === operations[method] ? answer : null)
        await assert.rejects(
          opened.strike(order(method), never, () => true),
          { name: 'ProviderError', code, mayHaveActed },
        )
        assert.equal(sent(operations[method]).length, 1)
      })
  }

  it('assumes the role anew for each strike, with the drill in the session name, and strikes with that session', async () => {
    const role = { roleArn: 'arn:aws:iam::111122223333:role/firedrill', externalId: 'shared-word' }
    const opened = await open({ accounts: [role], self: false })
    await opened.strike(order('retire', 'aws:111122223333/eu-west-1'), never, () => true)
    const [assumed] = sent('AssumeRole')
    assert.equal(assumed?.form.get('RoleSessionName'), 'firedrill-drill-01--')
    assert.match(assumed?.form.get('RoleSessionName') ?? '', /^[\w+=,.@-]{2,64}$/)
    assert.deepEqual([assumed?.form.get('RoleArn'), assumed?.form.get('ExternalId')], [role.roleArn, role.externalId])
    assert.equal(sent('TerminateInstanceInAutoScalingGroup')[0]?.key, 'session-firedrill-drill-01--')
  })

  it('knows that nothing was struck where the role cannot be assumed', async () => {
    const opened = await open({ accounts: [{ roleArn: 'arn:aws:iam::111122223333:role/firedrill' }], self: false })
    reply = call => (call.action === 'AssumeRole' ? { status: 403, body: failure('AccessDenied', 'no') } : null)
    await assert.rejects(
      opened.strike(order('crash', 'aws:111122223333/eu-west-1'), never, () => true),
      {
        code: 'denied',
        operation: 'AssumeRole',
        mayHaveActed: false,
      },
    )
    assert.equal(sent('TerminateInstances').length, 0)
  })

  it('S2 asks at the very last whether it may still be sent, and sends nothing when it may not', async () => {
    const opened = await open({ accounts: [{ roleArn: 'arn:aws:iam::111122223333:role/firedrill' }], self: false })
    const asked: number[] = []
    const expired = () => {
      asked.push(sent('AssumeRole').length)
      return false
    }
    await assert.rejects(opened.strike(order('retire', 'aws:111122223333/eu-west-1'), never, expired), {
      name: 'ProviderError',
      mayHaveActed: false,
    })
    assert.deepEqual(asked, [1], 'once, and after the session was fetched')
    assert.equal(sent('TerminateInstanceInAutoScalingGroup').length, 0)
  })

  it('tells by how much the clocks differ', async () => {
    const opened = await open({}, { now: () => Temporal.Instant.from('2026-03-02T10:01:30.500Z') })
    const id = 'aws:123456789012/eu-west-1/asg/web'
    reply = call => ({ body: bodies(call), date: 'Mon, 02 Mar 2026 10:00:00 GMT' })
    const since = Temporal.Instant.from('2026-03-02T10:00:00Z')
    const seen = (await opened.observe({ id: 'aws:123456789012/eu-west-1', provider: 'aws' }, [id], { since, depth: 'watch' }, never)).get(
      id,
    )
    assert.equal(seen?.kind === 'snapshot' ? seen.snapshot.clockSkew : null, 90_000)
    assert.equal(seen?.kind === 'snapshot' ? seen.snapshot.observedAt.toString() : null, '2026-03-02T10:00:00.5Z')
  })

  it("ends a call with the signal's reason, also between two attempts", async () => {
    const opened = await open()
    reply = () => 'hang'
    const stop = new AbortController()
    const waiting = opened.declare(
      { id: 'aws:123456789012/eu-west-1', provider: 'aws' },
      ['aws:123456789012/eu-west-1/asg/web'],
      stop.signal,
    )
    setImmediate(() => stop.abort(new Error('halted')))
    await assert.rejects(waiting, /halted/)
  })

  it('S9 sends nothing for what is no instance of that scope', async () => {
    const opened = await open()
    const wrong = { ...order('crash'), victim: { ...order('crash').victim, id: 'web' } }
    await assert.rejects(
      opened.strike(wrong, never, () => true),
      { code: 'invalid', mayHaveActed: false },
    )
    await assert.rejects(
      opened.strike(order('crash', 'aws:111122223333/eu-west-1'), never, () => true),
      { code: 'invalid', mayHaveActed: false },
    )
    assert.equal(sent('TerminateInstances').length, 0)
  })
})

async function read(request: IncomingMessage): Promise<Call> {
  let body = ''
  for await (const chunk of request) body += chunk
  const form = new URLSearchParams(body)
  const key = /Credential=([^/]+)/.exec(request.headers.authorization ?? '')?.[1] ?? ''
  return { action: form.get('Action') ?? '', form, agent: request.headers['user-agent'] ?? '', key }
}

function failure(code: string, message: string): string {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`
  // EC2 wraps its errors in another way than the query services.
  return `<ErrorResponse>${error}<Errors>${error}</Errors><RequestId>r</RequestId></ErrorResponse>`
}

/** The shortest answers that the APIs may give. */
function bodies({ action, form }: Call): string {
  const session = `session-${form.get('RoleSessionName')}`
  const inner: Record<string, string> = {
    GetCallerIdentity: '<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/x</Arn><UserId>x</UserId>',
    AssumeRole: `<Credentials><AccessKeyId>${session}</AccessKeyId><SecretAccessKey>y</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>`,
    DescribeAutoScalingGroups: '<AutoScalingGroups><member><AutoScalingGroupName>web</AutoScalingGroupName></member></AutoScalingGroups>',
    TerminateInstanceInAutoScalingGroup: '<Activity><ActivityId>activity-1</ActivityId></Activity>',
  }
  return `<${action}Response><${action}Result>${inner[action] ?? ''}</${action}Result></${action}Response>`
}
