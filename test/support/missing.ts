import type { Context } from 'mocha'

/** Skips a test for want of a program; under FIREDRILL_REQUIRE_ALL=1 that is a failure. */
export function missing(test: Context, program: string): never {
  if (process.env.FIREDRILL_REQUIRE_ALL === '1')
    throw new Error(`${program} is needed by this test and was not found; run scripts/setup.mjs --services`)
  test.skip()
}
