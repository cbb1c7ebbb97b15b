/** Splits a list into parts of at most `size`, in order. */
export function batches<Item>(items: readonly Item[], size: number): Item[][] {
  const parts: Item[][] = []
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size))
  return parts
}

export function distinct<Item>(items: Iterable<Item | null | undefined>): Item[] {
  return [...new Set([...items].filter(item => item !== null && item !== undefined))]
}
