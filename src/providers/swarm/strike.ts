import type { StrikeOrder } from '../../domain/drill.ts'
import type { Receipt } from '../provider.ts'
import { ProviderError } from '../provider-error.ts'
import type { SwarmContext } from './context.ts'
import { locate } from './describe.ts'
import { serviceName } from './ids.ts'
import { graceOf } from './tasks.ts'

/**
 * The contract's strike(): one call to the engine that the victim runs on, sent once, which names the victim's very container. The
 * service keeps its size in both methods: Swarm sees a task end and makes another.
 */
export async function strike(
  context: SwarmContext,
  order: StrikeOrder,
  sending: { signal: AbortSignal; mayStillSend: () => boolean },
): Promise<Receipt> {
  const operation = order.method === 'retire' ? 'ContainerStop' : 'ContainerKill'
  const { signal, mayStillSend } = sending
  if (serviceName(context.scope, order.group) === null) throw nothingSent(operation, `${order.group} is no service of ${context.scope}`)
  const { task, container, api } = await beforeSending(operation, () => locate(context, order.victim.id, signal))
  if (task.ServiceID !== order.incarnation) throw nothingSent(operation, `the task ${order.victim.id} belongs to another service`)
  if (container.State?.Running !== true) throw nothingSent(operation, `the container of ${order.victim.id} does not run`)
  await api.strike({ drill: order.drill, container: container.Id, method: order.method, grace: graceOf(task), mayStillSend }, signal)
  return { acceptedAt: context.clock.now(), reference: container.Id.slice(0, 12) }
}

/** Whatever goes wrong while the victim is looked up, no call has been sent. */
async function beforeSending<Result>(operation: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    throw new ProviderError(`${error.message} Nothing was sent.`, { code: error.code, operation, mayHaveActed: false, cause: error.cause })
  }
}

function nothingSent(operation: string, why: string): ProviderError {
  return new ProviderError(`${operation}: ${why}. Nothing was sent.`, { code: 'invalid', operation, mayHaveActed: false })
}
