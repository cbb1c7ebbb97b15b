/** Known words that may have been meant, nearest first. Case and separators count for little. */
export function near(word: string, known: readonly string[], atMost = 3): string[] {
  const plain = simplified(word)
  return known
    .map(candidate => ({ candidate, distance: distanceTo(plain, simplified(candidate)) }))
    .filter(({ candidate, distance }) => distance <= allowance(Math.min(plain.length, simplified(candidate).length)))
    .sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
    .slice(0, atMost)
    .map(({ candidate }) => candidate)
}

/** The end of a sentence about a name that does not exist: the one probably meant, or all there are. */
export function hintFor(name: string, names: readonly string[]): string {
  const [close] = near(name, names, 1)
  if (close !== undefined) return `did you mean ${JSON.stringify(close)}?`
  return names.length === 0 ? 'there are none' : `there are ${names.map(known => JSON.stringify(known)).join(', ')}`
}

function simplified(word: string): string {
  return word.toLowerCase().replace(/[\s_.:-]/g, '')
}

function allowance(length: number): number {
  return Math.max(1, Math.floor(length / 4))
}

function distanceTo(word: string, candidate: string): number {
  // A word that only goes on ("monday") or stops early ("holiday") is near, however long the rest.
  if (word.length >= 3 && candidate.length >= 3 && (word.startsWith(candidate) || candidate.startsWith(word))) return 0.5
  return editDistance(word, candidate)
}

/** Letters inserted, removed or changed between two words (Levenshtein), where two neighbours swapped count as one. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const edited = Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1)
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row.push(swapped ? Math.min(edited, (beforeLast[j - 2] ?? 0) + 1) : edited)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}
