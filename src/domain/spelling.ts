/** The candidate that a misspelt word most likely means; null where none is close. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const closest = candidates
    .map(candidate => ({ candidate, distance: editDistance(plain(word), plain(candidate)) }))
    .sort((a, b) => a.distance - b.distance)[0]
  if (closest === undefined) return null
  return closest.distance <= Math.max(1, Math.floor(closest.candidate.length / 4)) ? closest.candidate : null
}

/** The end of a sentence about a name that does not exist: the one probably meant, or all there are. */
export function hintFor(name: string, names: readonly string[]): string {
  const close = nearest(name, names)
  if (close !== null) return `did you mean ${JSON.stringify(close)}?`
  return names.length === 0 ? 'there are none' : `there are ${names.map(known => JSON.stringify(known)).join(', ')}`
}

/** Letters inserted, removed or changed between two words (Levenshtein). */
export function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let line = 1; line <= from.length; line++) {
    const next = [line]
    for (let column = 1; column <= to.length; column++) {
      const changed = (row[column - 1] ?? 0) + (from[line - 1] === to[column - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}

/** Case and the choice of separator are not what makes two words different. */
function plain(word: string): string {
  return word.toLowerCase().replace(/[\s_.:/]+/g, '-')
}
