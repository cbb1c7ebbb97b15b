import { NodeHttpHandler } from '@smithy/node-http-handler'
import { ProviderError } from '../provider-error.ts'
import { orAborted } from '../shared/deadline.ts'
import type { AwsApi, Read, Strike } from './api.ts'
import { awsCode, translate } from './errors.ts'
import { type AwsScope, accountOfArn, scopeId } from './ids.ts'
import { gatePlugin, type Meter, type MeteredClient, meter, meterPlugin } from './meter.ts'
import { auditName } from './naming.ts'

export interface AwsConnection {
  /** Environment variables, for AWS_ENDPOINT_URL and keys; files and machine roles are found by the SDK's own chain. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly endpoint: string | null
  /** The region that STS is asked in. */
  readonly homeRegion: string
  readonly now: () => Temporal.Instant
  readonly onCall: (operation: string, outcome: string) => void
}

export interface AwsRole {
  readonly roleArn: string
  readonly externalId?: string | undefined
}

type Credentials = ReturnType<typeof import('@aws-sdk/credential-providers').fromNodeProviderChain>
type Service = 'AUTO_SCALING' | 'CLOUDWATCH' | 'EC2' | 'ELASTIC_LOAD_BALANCING_V2' | 'IAM' | 'STS'

/** What every client that reads is made with: patient with throttling and 5xx. */
interface ReadConfig {
  readonly region: string
  readonly credentials: Credentials
  readonly retryMode: 'adaptive'
  readonly maxAttempts: number
  readonly requestHandler: NodeHttpHandler
  readonly customUserAgent: string
  readonly endpoint?: string
}

/**
 * Makes the SDK's clients; nothing outside this file imports the SDK's values. All clients share one pool of connections.
 * Each part of the SDK is imported when it is first called: a service that waits lists groups and needs no more (EC2's
 * client alone takes some 40 MB).
 */
export class AwsClients {
  readonly #connection: AwsConnection
  readonly #handler = new NodeHttpHandler({
    connectionTimeout: 5_000,
    requestTimeout: 20_000,
    throwOnRequestTimeout: true,
    httpAgent: { keepAlive: true, maxSockets: 50 },
    httpsAgent: { keepAlive: true, maxSockets: 50 },
  })
  readonly #own: Credentials

  constructor(connection: AwsConnection) {
    this.#connection = connection
    this.#own = ownCredentials(connection.env)
  }

  /** The account of the own credentials, by STS. */
  async ownAccount(signal: AbortSignal): Promise<string> {
    const sdk = await import('@aws-sdk/client-sts')
    const sts = this.#reading(this.#meter(), config => new sdk.STSClient(config), { service: 'STS', region: this.#connection.homeRegion })
    const identity = await send('GetCallerIdentity', signal, abort => sts.send(new sdk.GetCallerIdentityCommand({}), abort))
    if (identity.Account !== undefined) return identity.Account
    throw new ProviderError('GetCallerIdentity: the answer names no account. Check the endpoint.', {
      code: 'unknown',
      operation: 'GetCallerIdentity',
      mayHaveActed: false,
    })
  }

  /** The account and region that a role works in. */
  roleScope(role: AwsRole, region: string): AwsScope {
    return { account: accountOfArn(role.roleArn), region }
  }

  /** The operations of one scope: with the own credentials, or through a role. */
  api(scope: AwsScope, role: AwsRole | null): AwsApi {
    const measured = this.#meter()
    const credentials = role === null ? this.#own : this.#assumed(role, 'firedrill', measured)
    const options = (service: Service) => ({ service, region: scope.region, credentials })
    const autoScaling = lazily(async () => {
      const sdk = await import('@aws-sdk/client-auto-scaling')
      return { sdk, client: this.#reading(measured, config => new sdk.AutoScalingClient(config), options('AUTO_SCALING')) }
    })
    const ec2 = lazily(async () => {
      const sdk = await import('@aws-sdk/client-ec2')
      return { sdk, client: this.#reading(measured, config => new sdk.EC2Client(config), options('EC2')) }
    })
    const elb = lazily(async () => {
      const sdk = await import('@aws-sdk/client-elastic-load-balancing-v2')
      return {
        sdk,
        client: this.#reading(measured, config => new sdk.ElasticLoadBalancingV2Client(config), options('ELASTIC_LOAD_BALANCING_V2')),
      }
    })
    const iam = lazily(async () => {
      const sdk = await import('@aws-sdk/client-iam')
      return { sdk, client: this.#reading(measured, config => new sdk.IAMClient(config), options('IAM')) }
    })
    const cloudWatch = lazily(async () => {
      const sdk = await import('@aws-sdk/client-cloudwatch')
      return { sdk, client: this.#reading(measured, config => new sdk.CloudWatchClient(config), options('CLOUDWATCH')) }
    })
    return {
      scope: scopeId(scope),
      describeAutoScalingGroups: reads('DescribeAutoScalingGroups', autoScaling, ({ client, sdk }, input, abort) =>
        client.send(new sdk.DescribeAutoScalingGroupsCommand(input), abort),
      ),
      describeInstanceRefreshes: reads('DescribeInstanceRefreshes', autoScaling, ({ client, sdk }, input, abort) =>
        client.send(new sdk.DescribeInstanceRefreshesCommand(input), abort),
      ),
      describeLaunchConfigurations: reads('DescribeLaunchConfigurations', autoScaling, ({ client, sdk }, input, abort) =>
        client.send(new sdk.DescribeLaunchConfigurationsCommand(input), abort),
      ),
      describeLifecycleHooks: reads('DescribeLifecycleHooks', autoScaling, ({ client, sdk }, input, abort) =>
        client.send(new sdk.DescribeLifecycleHooksCommand(input), abort),
      ),
      describeScalingActivities: reads('DescribeScalingActivities', autoScaling, ({ client, sdk }, input, abort) =>
        client.send(new sdk.DescribeScalingActivitiesCommand(input), abort),
      ),
      describeWarmPool: reads('DescribeWarmPool', autoScaling, ({ client, sdk }, input, abort) =>
        client.send(new sdk.DescribeWarmPoolCommand(input), abort),
      ),
      describeImages: reads('DescribeImages', ec2, ({ client, sdk }, input, abort) =>
        client.send(new sdk.DescribeImagesCommand(input), abort),
      ),
      describeInstanceAttribute: reads('DescribeInstanceAttribute', ec2, ({ client, sdk }, input, abort) =>
        client.send(new sdk.DescribeInstanceAttributeCommand(input), abort),
      ),
      describeInstanceCreditSpecifications: reads('DescribeInstanceCreditSpecifications', ec2, ({ client, sdk }, input, abort) =>
        client.send(new sdk.DescribeInstanceCreditSpecificationsCommand(input), abort),
      ),
      describeInstances: reads('DescribeInstances', ec2, ({ client, sdk }, input, abort) =>
        client.send(new sdk.DescribeInstancesCommand(input), abort),
      ),
      describeInstanceStatus: reads('DescribeInstanceStatus', ec2, ({ client, sdk }, input, abort) =>
        client.send(new sdk.DescribeInstanceStatusCommand(input), abort),
      ),
      describeKeyPairs: reads('DescribeKeyPairs', ec2, ({ client, sdk }, input, abort) =>
        client.send(new sdk.DescribeKeyPairsCommand(input), abort),
      ),
      describeLaunchTemplates: reads('DescribeLaunchTemplates', ec2, ({ client, sdk }, input, abort) =>
        client.send(new sdk.DescribeLaunchTemplatesCommand(input), abort),
      ),
      describeLaunchTemplateVersions: reads('DescribeLaunchTemplateVersions', ec2, ({ client, sdk }, input, abort) =>
        client.send(new sdk.DescribeLaunchTemplateVersionsCommand(input), abort),
      ),
      describeSecurityGroups: reads('DescribeSecurityGroups', ec2, ({ client, sdk }, input, abort) =>
        client.send(new sdk.DescribeSecurityGroupsCommand(input), abort),
      ),
      describeSubnets: reads('DescribeSubnets', ec2, ({ client, sdk }, input, abort) =>
        client.send(new sdk.DescribeSubnetsCommand(input), abort),
      ),
      describeVolumes: reads('DescribeVolumes', ec2, ({ client, sdk }, input, abort) =>
        client.send(new sdk.DescribeVolumesCommand(input), abort),
      ),
      describeTargetHealth: reads('DescribeTargetHealth', elb, ({ client, sdk }, input, abort) =>
        client.send(new sdk.DescribeTargetHealthCommand(input), abort),
      ),
      getInstanceProfile: reads('GetInstanceProfile', iam, ({ client, sdk }, input, abort) =>
        client.send(new sdk.GetInstanceProfileCommand(input), abort),
      ),
      listInstanceProfiles: reads('ListInstanceProfiles', iam, ({ client, sdk }, input, abort) =>
        client.send(new sdk.ListInstanceProfilesCommand(input), abort),
      ),
      describeAlarms: reads('DescribeAlarms', cloudWatch, ({ client, sdk }, input, abort) =>
        client.send(new sdk.DescribeAlarmsCommand(input), abort),
      ),
      listAlarmTags: reads('ListTagsForResource', cloudWatch, ({ client, sdk }, input, abort) =>
        client.send(new sdk.ListTagsForResourceCommand(input), abort),
      ),
      strike: (strike, signal) => this.#strike({ scope, role, measured }, strike, signal),
      clockSkew: () => measured.skew(),
    }
  }

  close(): void {
    this.#handler.destroy()
  }

  /**
   * The drill's id goes where CloudTrail shows it: into the role's session name where a role is assumed, and
   * into the user agent always (with own credentials there is no session to name). Sent once: `maxAttempts: 1`.
   */
  async #strike(
    from: { scope: AwsScope; role: AwsRole | null; measured: Meter },
    strike: Strike,
    signal: AbortSignal,
  ): Promise<string | null> {
    const name = auditName(strike.drill)
    const gated = { ...strike, mayStillSend: () => !signal.aborted && strike.mayStillSend() }
    const credentials = from.role === null ? this.#own : await this.#session(from.role, name, { measured: from.measured, signal })
    const base = { region: from.scope.region, credentials, maxAttempts: 1, requestHandler: this.#handler, customUserAgent: name }
    if (strike.method === 'retire') {
      const sdk = await import('@aws-sdk/client-auto-scaling')
      const client = this.#gated(new sdk.AutoScalingClient({ ...base, ...this.#endpoint('AUTO_SCALING') }), from.measured, gated)
      const command = new sdk.TerminateInstanceInAutoScalingGroupCommand({
        InstanceId: strike.instance,
        ShouldDecrementDesiredCapacity: false,
      })
      const answer = await send('TerminateInstanceInAutoScalingGroup', signal, abort => client.send(command, abort))
      return answer.Activity?.ActivityId ?? null
    }
    const sdk = await import('@aws-sdk/client-ec2')
    const client = this.#gated(new sdk.EC2Client({ ...base, ...this.#endpoint('EC2') }), from.measured, gated)
    await send('TerminateInstances', signal, abort =>
      client.send(new sdk.TerminateInstancesCommand({ InstanceIds: [strike.instance] }), abort),
    )
    return null
  }

  #gated<Client extends MeteredClient>(client: Client, measured: Meter, { mayStillSend }: Strike): Client {
    client.middlewareStack.use(gatePlugin(mayStillSend) as never)
    return this.#metered(measured, client)
  }

  /** A new session for one strike. It is fetched before the strike, so that its failure is known to have done nothing. */
  async #session(role: AwsRole, name: string, context: { measured: Meter; signal: AbortSignal }): Promise<Credentials> {
    const assume = this.#assumed(role, name, context.measured)
    try {
      const session = await orAborted(assume(), context.signal)
      return async () => session
    } catch (error) {
      if (context.signal.aborted) throw context.signal.reason
      const failed = translate(error, 'AssumeRole')
      throw new ProviderError(failed.message, { code: failed.code, operation: 'AssumeRole', mayHaveActed: false, cause: error })
    }
  }

  #assumed(role: AwsRole, session: string, measured: Meter): Credentials {
    const temporary = lazily(async () => {
      const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers')
      return fromTemporaryCredentials({
        params: {
          RoleArn: role.roleArn,
          RoleSessionName: session,
          ...(role.externalId === undefined ? {} : { ExternalId: role.externalId }),
        },
        masterCredentials: this.#own,
        clientConfig: {
          region: this.#connection.homeRegion,
          requestHandler: this.#handler,
          maxAttempts: 3,
          ...this.#endpoint('STS'),
        },
        clientPlugins: [meterPlugin(measured) as never],
      }) as Credentials
    })
    return async () => (await temporary())()
  }

  #reading<Client extends MeteredClient>(
    measured: Meter,
    make: (config: ReadConfig) => Client,
    options: { service: Service; region: string; credentials?: Credentials },
  ): Client {
    return this.#metered(measured, make(this.#config(options)))
  }

  #config(options: { service: Service; region: string; credentials?: Credentials }): ReadConfig {
    return {
      region: options.region,
      credentials: options.credentials ?? this.#own,
      retryMode: 'adaptive',
      maxAttempts: 5,
      requestHandler: this.#handler,
      customUserAgent: 'firedrill',
      ...this.#endpoint(options.service),
    }
  }

  #metered<Client extends MeteredClient>(measured: Meter, client: Client): Client {
    client.middlewareStack.use(meterPlugin(measured) as never)
    return client
  }

  #meter(): Meter {
    return meter(this.#connection.now, this.#connection.onCall)
  }

  /** As the official tools read it: a service's own variable goes before the general one. */
  #endpoint(service: Service): { endpoint?: string } {
    const { endpoint, env } = this.#connection
    const chosen = endpoint ?? env[`AWS_ENDPOINT_URL_${service}`] ?? env.AWS_ENDPOINT_URL
    return chosen === undefined || chosen === '' ? {} : { endpoint: chosen }
  }
}

/** Made when it is first asked for; once. */
function lazily<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | null = null
  return () => (made ??= make())
}

function reads<Kit, Input, Output>(
  operation: string,
  kit: () => Promise<Kit>,
  call: (kit: Kit, input: Input, options: { abortSignal: AbortSignal }) => Promise<Output>,
): Read<Input, Output> {
  return (input, signal) => send(operation, signal, async abort => call(await kit(), input, abort))
}

async function send<Output>(
  operation: string,
  signal: AbortSignal,
  call: (options: { abortSignal: AbortSignal }) => Promise<Output>,
): Promise<Output> {
  signal.throwIfAborted()
  try {
    return await orAborted(call({ abortSignal: signal }), signal)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw translate(error, awsCode(error) === 'CredentialsProviderError' ? `${operation} (credentials)` : operation)
  }
}

function ownCredentials(env: AwsConnection['env']): Credentials {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env
  if (!accessKeyId || !secretAccessKey) {
    const chain = lazily(async () => (await import('@aws-sdk/credential-providers')).fromNodeProviderChain())
    return async () =>
      (await chain())().catch(error => {
        throw withHint(error, env)
      })
  }
  return async () => ({ accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) })
}

/** The SDK says only that it has found none, whatever was set to name them. */
function withHint(
  error: unknown,
  { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_PROFILE: profile }: AwsConnection['env'],
): unknown {
  const hint =
    id && !secret
      ? 'AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not'
      : secret && !id
        ? 'AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not'
        : profile
          ? `AWS_PROFILE names ${JSON.stringify(profile)}, which is not there or has none that work`
          : null
  if (hint === null || !(error instanceof Error)) return error
  return Object.assign(new Error(`${error.message}; ${hint}`, { cause: error }), { name: error.name })
}
