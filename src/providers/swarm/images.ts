import { ProviderError } from '../provider-error.ts'
import type { EngineApi } from './api.ts'
import { isNotFound } from './errors.ts'
import { instantOf } from './ids.ts'
import type { WireImage } from './wire.ts'

/** What an image's name means on the engines that were asked: a tag may mean another image on each of them. */
export interface ResolvedImage {
  readonly reference: string
  readonly ids: readonly string[]
  /** When the tag was last set, the latest of all engines; null where it is not told, or a digest says all. */
  readonly taggedAt: Temporal.Instant | null
  readonly missingOn: readonly EngineApi[]
  readonly unread: readonly string[]
}

export function isPinned(reference: string): boolean {
  return reference.includes('@sha256:') || reference.startsWith('sha256:')
}

export async function resolveImage(reference: string, engines: readonly EngineApi[], signal: AbortSignal): Promise<ResolvedImage> {
  const answers = await Promise.all(engines.map(api => inspect(api, reference, signal)))
  const images = answers.flatMap(({ image }) => (image === null ? [] : [image]))
  const tagged = images.flatMap(image => instantOf(image.Metadata?.LastTagTime) ?? [])
  return {
    reference,
    ids: [...new Set(images.flatMap(image => image.Id ?? []))].sort(),
    taggedAt: isPinned(reference) ? null : (tagged.sort(Temporal.Instant.compare).at(-1) ?? null),
    missingOn: answers.flatMap(({ api, image, why }) => (image === null && why === null ? [api] : [])),
    unread: answers.flatMap(({ why }) => why ?? []),
  }
}

async function inspect(api: EngineApi, reference: string, signal: AbortSignal) {
  try {
    const image: WireImage | null = await api.image(reference, signal)
    return { api, image, why: null }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof ProviderError)) throw error
    return { api, image: null, why: isNotFound(error) ? null : error.message }
  }
}
