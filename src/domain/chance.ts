/**
 * Chance as a pure function: the same parts give the same number, on every machine and in every release.
 * Not for secrets: whoever knows the salt can compute every draw, which is the point.
 */

const TWO_TO_21 = 0x200000
const TWO_TO_53 = 0x20000000000000

/**
 * A number in [0, 1) with 53 even bits. Each part is hashed with its length before it, so that
 * `('ab', 'c')` and `('a', 'bc')` are different draws.
 */
export function uniform(...parts: readonly string[]): number {
  const text = parts.map(part => `${part.length}:${part}`).join('')
  const first = hash(text, 0x9e3779b9)
  // The second lane starts from the first: two plain seeds would share their collisions.
  const second = hash(text, first ^ 0x85ebca6b)
  return (first * TWO_TO_21 + (second >>> 11)) / TWO_TO_53
}

/** One of the items, each as likely; null where there are none. */
export function pick<Item>(items: readonly Item[], ...parts: readonly string[]): Item | null {
  return items[Math.floor(uniform(...parts) * items.length)] ?? null
}

/** MurmurHash3 (32 bits) over UTF-16 code units, a well-known public-domain mixing scheme. */
function hash(text: string, seed: number): number {
  let state = seed
  for (let index = 0; index < text.length; index++) {
    const block = Math.imul(text.charCodeAt(index), 0xcc9e2d51)
    state ^= Math.imul(rotate(block, 15), 0x1b873593)
    state = (Math.imul(rotate(state, 13), 5) + 0xe6546b64) | 0
  }
  return avalanche(state ^ text.length)
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function avalanche(value: number): number {
  let state = value
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35)
  return (state ^ (state >>> 16)) >>> 0
}
