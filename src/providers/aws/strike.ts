import type { StrikeOrder } from '../../domain/drill.ts'
import type { Receipt } from '../provider.ts'
import { ProviderError } from '../provider-error.ts'
import { awsCode } from './errors.ts'
import { groupName } from './ids.ts'
import type { ScopeContext } from './observe.ts'

/**
 * The contract's strike(): one call, sent once, that names the recorded victim and nothing else. The group keeps its
 * size in both methods: retire says so, and a crash does not touch the group.
 */
export async function strike(
  context: ScopeContext,
  order: StrikeOrder,
  sending: { signal: AbortSignal; mayStillSend: () => boolean },
): Promise<Receipt> {
  const operation = order.method === 'retire' ? 'TerminateInstanceInAutoScalingGroup' : 'TerminateInstances'
  const { id } = order.victim
  if (!/^i-[0-9a-f]+$/.test(id) || groupName(context.scope, order.group) === null) {
    const message = `${operation}: ${id} in ${order.group} is not an EC2 instance of ${context.scope}. Nothing was sent.`
    throw new ProviderError(message, { code: 'invalid', operation, mayHaveActed: false })
  }
  try {
    const { signal, mayStillSend } = sending
    const reference = await context.api.strike({ drill: order.drill, instance: id, method: order.method, mayStillSend }, signal)
    return { acceptedAt: context.clock.now(), reference }
  } catch (error) {
    throw explained(error, operation)
  }
}

/** Two refusals that carry general names, and are neither bad input nor missing permission. */
function explained(error: unknown, operation: string): unknown {
  if (!(error instanceof ProviderError) || error.mayHaveActed) return error
  const because = (code: ProviderError['code'], hint: string): ProviderError =>
    new ProviderError(`${error.message} ${hint}`, { code, operation: error.operation, mayHaveActed: false, cause: error.cause })
  if (awsCode(error) === 'ValidationError' && /not found|no managed instance/i.test(error.message))
    return because('not-found', 'The instance is no member of an Auto Scaling group (any more).')
  if (operation === 'TerminateInstances' && awsCode(error) === 'OperationNotPermitted')
    return because('conflict', 'Termination protection is on: switch it off, or drill with `method: retire`.')
  return error
}
