/** What is kept of an answer: enough to see why, never so much that a broken server fills the ledger. */
const LONGEST_TEXT = 500
const LONGEST_LIST = 20
const LARGEST_EVIDENCE = 4_000

export type Evidence = Readonly<Record<string, unknown>>

/** Bounds evidence and passes each text in it through `hide`. */
export function boundedEvidence(evidence: Evidence, hide: (text: string) => string): Evidence {
  const bounded = bound(evidence, hide, 0) as Evidence
  const size = JSON.stringify(bounded).length
  return size <= LARGEST_EVIDENCE ? bounded : { clipped: clip(JSON.stringify(bounded), LARGEST_EVIDENCE / 2) }
}

/** One line at most so long; the rest is left out with a sign. */
export function clip(text: string, longest = LONGEST_TEXT): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

function bound(value: unknown, hide: (text: string) => string, depth: number): unknown {
  if (typeof value === 'string') return clip(hide(value))
  if (typeof value !== 'object' || value === null) return value
  if (depth >= 4) return '…'
  if (Array.isArray(value)) {
    const kept = value.slice(0, LONGEST_LIST).map(item => bound(item, hide, depth + 1))
    return value.length > LONGEST_LIST ? [...kept, `… and ${value.length - LONGEST_LIST} more`] : kept
  }
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, LONGEST_LIST)
      .map(([key, item]) => [clip(hide(key), 100), bound(item, hide, depth + 1)]),
  )
}
