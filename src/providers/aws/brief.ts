import type { Milliseconds } from '../../domain/time.ts'
import { ProviderError } from '../provider-error.ts'
import type { AwsApi, Read } from './api.ts'

/**
 * The same reads for a moment: declaring and forecasting a group ask the same questions about templates, images and
 * subnets, at the same time, and share the answers. Members and health never pass through here (S1).
 */
export function briefly(api: AwsApi, options: { keep: Milliseconds; monotonic: () => Milliseconds }): AwsApi {
  return {
    ...api,
    describeAutoScalingGroups: shared(api.describeAutoScalingGroups, options),
    describeLaunchTemplates: shared(api.describeLaunchTemplates, options),
    describeLaunchTemplateVersions: shared(api.describeLaunchTemplateVersions, options),
    describeLaunchConfigurations: shared(api.describeLaunchConfigurations, options),
    describeImages: shared(api.describeImages, options),
    describeSecurityGroups: shared(api.describeSecurityGroups, options),
    describeSubnets: shared(api.describeSubnets, options),
  }
}

function shared<Input, Output>(
  read: Read<Input, Output>,
  options: { keep: Milliseconds; monotonic: () => Milliseconds },
): Read<Input, Output> {
  const answers = new Map<string, { at: Milliseconds; answer: Promise<Output> }>()
  return (input, signal) => {
    const now = options.monotonic()
    for (const [key, { at }] of answers) if (now - at >= options.keep) answers.delete(key)
    const key = JSON.stringify(input)
    const known = answers.get(key)
    if (known !== undefined) return known.answer.catch(error => orAgain(error, read, { input, signal }))
    const answer = read(input, signal)
    answers.set(key, { at: now, answer })
    // A question that failed, perhaps because its asker gave up, is asked anew.
    answer.catch(() => answers.delete(key))
    return answer
  }
}

/** Another asker's abort is not this asker's. */
function orAgain<Input, Output>(error: unknown, read: Read<Input, Output>, asked: { input: Input; signal: AbortSignal }): Promise<Output> {
  if (error instanceof ProviderError || asked.signal.aborted) throw error
  return read(asked.input, asked.signal)
}
