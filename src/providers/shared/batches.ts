/** Splits a list into parts of at most `size`, in order. */
export function batches<Item>(items: readonly Item[], size: number): Item[][] {
  const parts: Item[][] = []
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size))
  return parts
}

export function distinct<Item>(items: Iterable<Item | null | undefined>): Item[] {
  return [...new Set([...items].filter(item => item !== null && item !== undefined))]
}

/** Maps with at most `width` at work at a time, in order. The first failure ends it. */
export async function mapLimited<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length)
  const waiting = items.entries()
  async function worker(): Promise<void> {
    for (const [index, item] of waiting) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker))
  return results
}
