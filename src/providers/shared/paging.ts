import { ProviderError } from '../provider-error.ts'

export interface Page<Item> {
  readonly items: readonly Item[]
  /** Null, undefined or empty: this was the last page. */
  readonly next: string | null | undefined
}

/** Half a million groups, or as many instances of one. */
const MOST_PAGES = 10_000

/**
 * Every item of every page, in order. An empty page with a token is not the end; a token that comes
 * twice is an error, because a listing that goes round in circles must not be taken for a whole one, and so is
 * one that does not end.
 */
export async function* everyItem<Item>(fetch: (token: string | undefined) => Promise<Page<Item>>): AsyncGenerator<Item> {
  const seen = new Set<string>()
  let token: string | undefined
  do {
    const page = await fetch(token)
    yield* page.items
    token = page.next === null || page.next === '' ? undefined : page.next
    if (token !== undefined && seen.has(token)) throw unending('gave the same page token twice')
    if (seen.size >= MOST_PAGES) throw unending(`has more than ${MOST_PAGES} pages`)
    if (token !== undefined) seen.add(token)
  } while (token !== undefined)
}

/** The first page that is not empty: enough of a listing whose newest items come first. */
export async function firstItems<Item>(fetch: (token: string | undefined) => Promise<Page<Item>>): Promise<readonly Item[]> {
  let filled: readonly Item[] = []
  const pages = everyItem<readonly Item[]>(async token => {
    const { items, next } = await fetch(token)
    return { items: items.length === 0 ? [] : [items], next }
  })
  for await (const items of pages) {
    filled = items
    break
  }
  return filled
}

export async function collect<Item>(fetch: (token: string | undefined) => Promise<Page<Item>>): Promise<Item[]> {
  const items: Item[] = []
  for await (const item of everyItem(fetch)) items.push(item)
  return items
}

function unending(how: string): ProviderError {
  const message = `A listing ${how}, so it cannot be read to its end. Check the endpoint.`
  return new ProviderError(message, { code: 'unknown', operation: 'list', mayHaveActed: false })
}
