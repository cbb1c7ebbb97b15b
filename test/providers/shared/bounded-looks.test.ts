import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GroupSummary, Scope } from '../../../src/domain/group.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { ProviderError } from '../../../src/providers/provider-error.ts'
import { type BoundedLooks, boundedLooks, isThrottling } from '../../../src/providers/shared/bounded-looks.ts'

const scope: Scope = { id: 'cloud:here', provider: 'cloud' }
const never = new AbortController().signal
const times = { look: 60, each: 0, tellAfter: 20 }
const how = { since: Temporal.Instant.fromEpochMilliseconds(0), depth: 'watch' } as const

describe('a look at a platform', () => {
  let told: (string | null)[] = []
  let looks: BoundedLooks

  beforeEach(() => {
    told = []
    looks = boundedLooks('cloud', problem => told.push(problem), times)
  })

  /** Asks until the signal, as an SDK does that is throttled: the calls are heard where they are made. */
  async function asking(outcomes: readonly string[], signal: AbortSignal): Promise<never> {
    for (const outcome of outcomes) {
      await sleep(1)
      looks.heard('DescribeThings', outcome)
    }
    await sleep(10_000, undefined, { signal, ref: false })
    throw new Error('it was not told to end')
  }

  const provider = (own: Partial<Provider>): Provider => looks.bounded(own as Provider)
  const observing = (outcomes: readonly string[]) =>
    provider({ observe: (_scope, _groups, _options, signal) => asking(outcomes, signal) }).observe(scope, ['a'], how, never)

  it('ends in time, and names throttling where that is what the platform answered', async () => {
    const error = await observing(['ok', 'Throttling', 'RequestLimitExceeded']).catch((failed: unknown) => failed)
    assert.ok(error instanceof ProviderError)
    assert.equal(error.code, 'throttled')
    assert.match(
      error.message,
      /^cloud throttled 2 of 3 calls \(the last: DescribeThings\), so it could not be read within 60 ms\. Firedrill goes on /,
    )
  })

  it('ends in time where the platform says nothing, and blames no throttling', async () => {
    const error = await observing(['ok']).catch((failed: unknown) => failed)
    assert.ok(error instanceof ProviderError)
    assert.equal(error.code, 'unavailable')
    assert.match(error.message, /^cloud could not be read within 60 ms: it answered too slowly or not at all \(1 answer/)
  })

  it('is told of before its end where it is throttled, and when it is over', async () => {
    await assert.rejects(observing(['429']))
    assert.deepEqual(told, ['cloud throttles calls (1 of 1, the last: DescribeThings), so this takes longer', null])
  })

  it('that is throttled and goes on at once is nothing to tell', async () => {
    const answers = provider({
      observe: async () => {
        looks.heard('DescribeThings', 'throttled')
        return new Map()
      },
    })
    await answers.observe(scope, ['a'], how, never)
    await sleep(2 * times.tellAfter)
    assert.deepEqual(told, [])
  })

  it('is not blamed for the throttling of another at the same time', async () => {
    const [throttled, silent] = await Promise.allSettled([observing(['Throttling']), observing([])])
    assert.deepEqual(
      [throttled, silent].map(one => one.status === 'rejected' && (one.reason as ProviderError).code),
      ['throttled', 'unavailable'],
    )
    assert.equal(told.at(-1), null)
  })

  it('ends at once with the signal that it was given, whatever the adapter does', async () => {
    const stop = new AbortController()
    const deaf = provider({ observe: () => new Promise(() => {}) })
    const look = deaf.observe(scope, ['a'], how, stop.signal)
    const reason = new Error('interrupted')
    stop.abort(reason)
    await assert.rejects(look, error => error === reason)
  })

  it('has its time anew for each page of a listing, and takes none for what is done between two', async () => {
    async function* pages(): AsyncIterable<GroupSummary> {
      for (const name of ['a', 'b', 'c']) {
        await sleep(times.look / 2)
        yield { name } as GroupSummary
      }
    }
    const seen: string[] = []
    for await (const { name } of provider({ discover: pages }).discover(scope, never)) {
      seen.push(name)
      await sleep(times.look / 2)
    }
    assert.deepEqual(seen, ['a', 'b', 'c'])
  })

  it('of a listing that gets stuck ends in time', async () => {
    async function* stuck(_scope: Scope, signal: AbortSignal): AsyncIterable<GroupSummary> {
      yield { name: 'a' } as GroupSummary
      await asking(['TooManyRequests'], signal)
    }
    const list = async () => {
      for await (const _ of provider({ discover: stuck }).discover(scope, never));
    }
    await assert.rejects(list, { code: 'throttled' })
  })

  it('has more time the more it is asked about', async () => {
    looks = boundedLooks('cloud', () => {}, { look: 10, each: 100, tellAfter: 1_000 })
    const slow = provider({ declare: () => sleep(100, new Map()) })
    assert.equal((await slow.declare(scope, ['a', 'b', 'c'], never)).size, 0)
    await assert.rejects(slow.declare(scope, [], never), { code: 'unavailable' })
  })

  it('S9 is all that is bounded: a strike and a restore are handed on as they are', async () => {
    class Private {
      #sent = 0
      strike() {
        return sleep(2 * times.look, ++this.#sent)
      }
    }
    const bounded = looks.bounded(new Private() as unknown as Provider) as unknown as Private
    assert.equal(await bounded.strike(), 1)
  })

  it('knows throttling by the names of every platform, and nothing else', () => {
    const names = ['Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'TooManyRequestsException', 'throttled', '429', 'SlowDown']
    assert.deepEqual(
      names.filter(name => !isThrottling(name)),
      [],
    )
    assert.deepEqual(['ok', 'AccessDenied', '403', '4290', 'unavailable'].filter(isThrottling), [])
  })
})
