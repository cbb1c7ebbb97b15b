import { z } from 'zod'
import type { Fingerprint } from '../domain/drill.ts'

/** Programs and agents answer with at most so much; a server with thousands of packages and files has a quarter of it. */
export const LARGEST_FINGERPRINT = 4 * 1024 * 1024

const flat = z.record(z.string(), z.string())

/** Reads one flat JSON object of texts. `who` begins the sentence that says what is wrong. */
export function parseFingerprint(text: string, who: string): Fingerprint {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch (error) {
    throw new Error(`${who} did not answer with JSON`, { cause: error })
  }
  const record = flat.safeParse(answer)
  if (!record.success) throw new Error(`${who} must answer with one flat JSON object whose values are texts`)
  // An agent that has lost its senses must not pass as a server without any contents.
  if (Object.keys(record.data).length === 0) throw new Error(`${who} answered with an empty record`)
  return record.data
}
