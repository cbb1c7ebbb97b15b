import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  DescribeLaunchConfigurationsCommand,
  DescribeLifecycleHooksCommand,
  DescribeScalingActivitiesCommand,
  DescribeWarmPoolCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling'
import {
  DescribeImagesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  EC2Client,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { DescribeTargetHealthCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { GetInstanceProfileCommand, IAMClient } from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { ProviderError } from '../provider-error.ts'
import { orAborted } from '../shared/deadline.ts'
import type { AwsApi, Strike } from './api.ts'
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

type Credentials = ReturnType<typeof fromNodeProviderChain>
type Service = 'AUTO_SCALING' | 'CLOUDWATCH' | 'EC2' | 'ELASTIC_LOAD_BALANCING_V2' | 'IAM' | 'STS'

interface CloudWatchReads {
  readonly sdk: typeof import('@aws-sdk/client-cloudwatch')
  readonly client: import('@aws-sdk/client-cloudwatch').CloudWatchClient
}

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

/** Makes the SDK's clients; nothing outside this file imports the SDK's values. All clients share one pool of connections. */
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
    const sts = this.#reading(this.#meter(), client => new STSClient(client), { service: 'STS', region: this.#connection.homeRegion })
    const identity = await send('GetCallerIdentity', signal, abort => sts.send(new GetCallerIdentityCommand({}), abort))
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
    const autoScaling = this.#reading(measured, config => new AutoScalingClient(config), options('AUTO_SCALING'))
    const ec2 = this.#reading(measured, config => new EC2Client(config), options('EC2'))
    const elb = this.#reading(measured, config => new ElasticLoadBalancingV2Client(config), options('ELASTIC_LOAD_BALANCING_V2'))
    const iam = this.#reading(measured, config => new IAMClient(config), options('IAM'))
    // Only the alarm guard needs it: not worth its memory to all others.
    let cloudWatch: Promise<CloudWatchReads> | null = null
    const alarms = () => {
      cloudWatch ??= import('@aws-sdk/client-cloudwatch').then(sdk => ({
        sdk,
        client: this.#reading(measured, config => new sdk.CloudWatchClient(config), options('CLOUDWATCH')),
      }))
      return cloudWatch
    }
    return {
      scope: scopeId(scope),
      describeAutoScalingGroups: (input, signal) =>
        send('DescribeAutoScalingGroups', signal, abort => autoScaling.send(new DescribeAutoScalingGroupsCommand(input), abort)),
      describeInstanceRefreshes: (input, signal) =>
        send('DescribeInstanceRefreshes', signal, abort => autoScaling.send(new DescribeInstanceRefreshesCommand(input), abort)),
      describeLaunchConfigurations: (input, signal) =>
        send('DescribeLaunchConfigurations', signal, abort => autoScaling.send(new DescribeLaunchConfigurationsCommand(input), abort)),
      describeLifecycleHooks: (input, signal) =>
        send('DescribeLifecycleHooks', signal, abort => autoScaling.send(new DescribeLifecycleHooksCommand(input), abort)),
      describeScalingActivities: (input, signal) =>
        send('DescribeScalingActivities', signal, abort => autoScaling.send(new DescribeScalingActivitiesCommand(input), abort)),
      describeWarmPool: (input, signal) =>
        send('DescribeWarmPool', signal, abort => autoScaling.send(new DescribeWarmPoolCommand(input), abort)),
      describeImages: (input, signal) => send('DescribeImages', signal, abort => ec2.send(new DescribeImagesCommand(input), abort)),
      describeInstanceAttribute: (input, signal) =>
        send('DescribeInstanceAttribute', signal, abort => ec2.send(new DescribeInstanceAttributeCommand(input), abort)),
      describeInstances: (input, signal) =>
        send('DescribeInstances', signal, abort => ec2.send(new DescribeInstancesCommand(input), abort)),
      describeInstanceStatus: (input, signal) =>
        send('DescribeInstanceStatus', signal, abort => ec2.send(new DescribeInstanceStatusCommand(input), abort)),
      describeKeyPairs: (input, signal) => send('DescribeKeyPairs', signal, abort => ec2.send(new DescribeKeyPairsCommand(input), abort)),
      describeLaunchTemplates: (input, signal) =>
        send('DescribeLaunchTemplates', signal, abort => ec2.send(new DescribeLaunchTemplatesCommand(input), abort)),
      describeLaunchTemplateVersions: (input, signal) =>
        send('DescribeLaunchTemplateVersions', signal, abort => ec2.send(new DescribeLaunchTemplateVersionsCommand(input), abort)),
      describeSecurityGroups: (input, signal) =>
        send('DescribeSecurityGroups', signal, abort => ec2.send(new DescribeSecurityGroupsCommand(input), abort)),
      describeSubnets: (input, signal) => send('DescribeSubnets', signal, abort => ec2.send(new DescribeSubnetsCommand(input), abort)),
      describeVolumes: (input, signal) => send('DescribeVolumes', signal, abort => ec2.send(new DescribeVolumesCommand(input), abort)),
      describeTargetHealth: (input, signal) =>
        send('DescribeTargetHealth', signal, abort => elb.send(new DescribeTargetHealthCommand(input), abort)),
      getInstanceProfile: (input, signal) =>
        send('GetInstanceProfile', signal, abort => iam.send(new GetInstanceProfileCommand(input), abort)),
      describeAlarms: async (input, signal) => {
        const { sdk, client } = await alarms()
        return send('DescribeAlarms', signal, abort => client.send(new sdk.DescribeAlarmsCommand(input), abort))
      },
      listAlarmTags: async (input, signal) => {
        const { sdk, client } = await alarms()
        return send('ListTagsForResource', signal, abort => client.send(new sdk.ListTagsForResourceCommand(input), abort))
      },
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
      const client = this.#gated(new AutoScalingClient({ ...base, ...this.#endpoint('AUTO_SCALING') }), from.measured, gated)
      const command = new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: strike.instance, ShouldDecrementDesiredCapacity: false })
      const answer = await send('TerminateInstanceInAutoScalingGroup', signal, abort => client.send(command, abort))
      return answer.Activity?.ActivityId ?? null
    }
    const client = this.#gated(new EC2Client({ ...base, ...this.#endpoint('EC2') }), from.measured, gated)
    await send('TerminateInstances', signal, abort => client.send(new TerminateInstancesCommand({ InstanceIds: [strike.instance] }), abort))
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
  if (!accessKeyId || !secretAccessKey) return fromNodeProviderChain()
  return async () => ({ accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) })
}
