import { ProviderError } from '../provider-error.ts'
import { mapLimited } from '../shared/batches.ts'
import { everyItem } from '../shared/paging.ts'
import type { AwsApi } from './api.ts'
import type { Standing } from './forecast-findings.ts'
import { WIDTH } from './reads.ts'

/** From so many on, one listing of the account's profiles (1,000 in a call; IAM cannot filter by name) is cheaper. */
const LISTED_FROM = 4
const MOST_PER_PAGE = 1_000

/** Which instance profiles exist. What a listing does not show is asked for by name: IAM's views lag behind each other. */
export async function readProfiles(api: AwsApi, names: readonly string[], signal: AbortSignal): Promise<Map<string, Standing>> {
  const listed = names.length < LISTED_FROM ? new Set<string>() : await listProfiles(api, names, signal)
  return new Map(
    await mapLimited(names, WIDTH, async name => [name, listed.has(name) ? 'there' : await standingOf(api, name, signal)] as const),
  )
}

/** Those of the names that were listed, over no more pages than asking for each would take. */
async function listProfiles(api: AwsApi, names: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>> {
  const wanted = new Set(names)
  const found = new Set<string>()
  let pages = 0
  const profiles = everyItem<string>(async token => {
    pages++
    const page = await api.listInstanceProfiles({ MaxItems: MOST_PER_PAGE, ...(token === undefined ? {} : { Marker: token }) }, signal)
    const items = (page.InstanceProfiles ?? []).flatMap(profile => profile.InstanceProfileName ?? [])
    return { items, next: page.IsTruncated === true && pages < names.length ? page.Marker : null }
  })
  try {
    for await (const name of profiles) {
      if (wanted.has(name)) found.add(name)
      if (found.size === wanted.size) break
    }
  } catch (error) {
    // A policy may allow the one call and not the other.
    if (signal.aborted || !(error instanceof ProviderError)) throw error
  }
  return found
}

async function standingOf(api: AwsApi, name: string, signal: AbortSignal): Promise<Standing> {
  try {
    await api.getInstanceProfile({ InstanceProfileName: name }, signal)
    return 'there'
  } catch (error) {
    if (signal.aborted || !(error instanceof ProviderError)) throw error
    return error.code === 'not-found' ? 'missing' : { unchecked: error.message }
  }
}
