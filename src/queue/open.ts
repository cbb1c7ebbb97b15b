import type { Settings } from '../config/settings.ts'
import type { Log } from '../domain/log.ts'
import type { Clock } from '../domain/time.ts'
import type { Queue } from './queue.ts'

export interface QueueContext {
  readonly clock: Clock
  readonly log: Log
}

/** Opens the configured queue and loads only what that one needs. Throws QueueError when its server cannot be used. */
export async function openQueue(settings: Settings['queue'], context: QueueContext): Promise<Queue> {
  if (settings.kind === 'embedded') return (await import('./in-process.ts')).openInProcessQueue(context)
  return (await import('./bullmq.ts')).openBullQueue(settings, context)
}
