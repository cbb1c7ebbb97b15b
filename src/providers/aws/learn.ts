import type { Instance } from '@aws-sdk/client-ec2'
import type { InstanceId } from '../../domain/group.ts'
import type { Clock } from '../../domain/time.ts'
import { ProviderError } from '../provider-error.ts'
import { batches, distinct, mapLimited } from '../shared/batches.ts'
import { collect } from '../shared/paging.ts'
import { instant } from './activities.ts'
import type { AwsApi } from './api.ts'
import type { KnownInstance, ScopeMemory } from './memory.ts'
import { instancesById, statusesById, WIDTH } from './reads.ts'
import type { LaunchSource } from './sources.ts'

export interface Learner {
  readonly api: AwsApi
  readonly memory: ScopeMemory
  readonly clock: Clock
}

/** Reads launch time and image of the members that are not known yet; `again` asks for all of them. */
export async function learnInstances(
  { api, memory }: Learner,
  ids: readonly InstanceId[],
  options: { again: boolean; signal: AbortSignal },
): Promise<void> {
  const asked = options.again ? ids : ids.filter(id => memory.instances.get(id) === undefined)
  const found = await instancesById(api, asked, options.signal)
  for (const [id, instance] of found) memory.instances.set(id, knownInstance(instance))
}

/** A restart gives an instance a new launch time, but leaves its root disk and first interface attached since the first. */
const RESTART_MS = 60_000

function knownInstance(instance: Instance): KnownInstance {
  const attached = [
    ...(instance.BlockDeviceMappings ?? []).map(mapping => mapping.Ebs?.AttachTime),
    ...(instance.NetworkInterfaces ?? []).map(networkInterface => networkInterface.Attachment?.AttachTime),
  ].filter(time => time !== undefined)
  const launched = instance.LaunchTime
  const first = Math.min(...attached.map(time => time.getTime()))
  return {
    launchedAt: launched === undefined ? null : instant(launched),
    image: instance.ImageId ?? null,
    startedAgain: launched !== undefined && attached.length > 0 && first + RESTART_MS < launched.getTime(),
    interrupted: /^Server\.SpotInstance(Termination|Shutdown)$/.test(instance.StateReason?.Code ?? ''),
  }
}

export async function readStatuses({ api, memory, clock }: Learner, ids: readonly InstanceId[], signal: AbortSignal): Promise<void> {
  const asked = distinct(ids)
  const found = await statusesById(api, asked, signal)
  const at = clock.monotonic()
  for (const id of asked) memory.statuses.set(id, { value: found.get(id), at })
}

/** One call per target group, because the API takes no more. What cannot be read is kept as the reason. */
export async function readTargets({ api, memory, clock }: Learner, arns: readonly string[], signal: AbortSignal): Promise<void> {
  await mapLimited(arns, WIDTH, async arn => {
    try {
      const answer = await api.describeTargetHealth({ TargetGroupArn: arn }, signal)
      memory.targets.set(arn, { value: answer.TargetHealthDescriptions ?? [], at: clock.monotonic() })
    } catch (error) {
      if (signal.aborted || !(error instanceof ProviderError)) throw error
      memory.targets.set(arn, { value: error.message, at: clock.monotonic() })
    }
  })
}

/**
 * The numbers behind `$Latest` and `$Default` of the templates that are named so, many in a call. A template
 * that does not exist fails its whole call, so then each is asked alone; what is missing is forgotten.
 */
export async function readAliases({ api, memory, clock }: Learner, launches: readonly LaunchSource[], signal: AbortSignal): Promise<void> {
  const wanted = launches.filter(launch => launch.kind === 'template').filter(launch => launch.version.startsWith('$'))
  const ids = distinct(wanted.map(launch => launch.id))
  const names = distinct(wanted.filter(launch => launch.id === null).map(launch => launch.name))
  const read = async (input: { LaunchTemplateIds: string[] } | { LaunchTemplateNames: string[] }): Promise<void> => {
    const templates = await collect(async token => {
      const page = await api.describeLaunchTemplates({ ...input, NextToken: token }, signal)
      return { items: page.LaunchTemplates ?? [], next: page.NextToken }
    })
    for (const template of templates) {
      const { LatestVersionNumber: latest, DefaultVersionNumber: byDefault } = template
      if (latest === undefined || byDefault === undefined) continue
      const value = { latest: String(latest), default: String(byDefault) }
      for (const key of distinct([template.LaunchTemplateId, template.LaunchTemplateName]))
        memory.aliases.set(key, { value, at: clock.monotonic() })
    }
  }
  await Promise.all([
    mapLimited(batches(ids, 100), WIDTH, part => eachAlone(part, { memory, read: some => read({ LaunchTemplateIds: some }) })),
    mapLimited(batches(names, 100), WIDTH, part => eachAlone(part, { memory, read: some => read({ LaunchTemplateNames: some }) })),
  ])
}

async function eachAlone(
  items: readonly string[],
  { memory, read }: { memory: ScopeMemory; read: (items: string[]) => Promise<void> },
): Promise<void> {
  try {
    await read([...items])
  } catch (error) {
    if (!(error instanceof ProviderError) || (error.code !== 'not-found' && error.code !== 'invalid')) throw error
    const [only] = items
    if (items.length > 1) await mapLimited(items, WIDTH, item => eachAlone([item], { memory, read }))
    else if (only !== undefined) memory.aliases.delete(only)
  }
}
