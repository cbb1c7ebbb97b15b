import assert from 'node:assert/strict'
import { openPlatforms, type PlatformNeeds, type Platforms } from '../src/platforms.ts'
import type { Provider } from '../src/providers/provider.ts'
import { ProviderError, type ProviderErrorCode } from '../src/providers/provider-error.ts'
import { Platform } from './engine/platform.ts'
import { TestClock } from './support/test-clock.ts'

type Answer = ProviderErrorCode | 'open' | 'silence'

/** Platforms that answer their opening as told, the last answer for ever. */
class Stage {
  readonly clock = new TestClock()
  readonly told: string[] = []
  readonly closed: string[] = []
  readonly stop = new AbortController()
  readonly tries: Record<string, number> = {}
  platforms: Platforms | null = null
  failed: unknown = null

  /** Begins to open them and does not wait. */
  begin(answers: Readonly<Record<string, readonly Answer[]>>, patient = true): void {
    const names = Object.keys(answers)
    const settings = { providers: Object.fromEntries(names.map(name => [name, { endpoint: null, optIn: [], optOut: [] }])) }
    const known = Object.fromEntries(names.map(name => [name, { load: async () => ({ openProvider: () => this.#open(name, answers) }) }]))
    openPlatforms(settings, this.#needs(patient), known).then(
      platforms => {
        this.platforms = platforms
      },
      error => {
        this.failed = error
      },
    )
  }

  get names(): string[] | undefined {
    return this.platforms?.providers.map(({ name }) => name)
  }

  #needs(patient: boolean): PlatformNeeds {
    const line = (text: string, fields?: object) => void this.told.push([text, ...Object.values(fields ?? {})].join(' | '))
    return {
      clock: this.clock,
      log: { debug: () => {}, info: line, warn: line, error: line },
      env: {},
      signal: this.stop.signal,
      patient,
      slow: name => this.told.push(`${name} is slow`),
      onCall: () => {},
      throttled: () => {},
      wrapped: provider => provider,
    }
  }

  async #open(name: string, answers: Readonly<Record<string, readonly Answer[]>>): Promise<Provider> {
    const place = this.tries[name] ?? 0
    this.tries[name] = place + 1
    const answer = answers[name]?.[place] ?? answers[name]?.at(-1) ?? 'open'
    if (answer === 'silence') await this.clock.sleep(3_600_000, this.stop.signal)
    if (answer !== 'open' && answer !== 'silence')
      throw new ProviderError(`${name}: ${answer}`, { code: answer, operation: 'open', mayHaveActed: false })
    const provider = new Platform(this.clock)
    return Object.assign(provider, { name, close: async () => void this.closed.push(name) })
  }
}

describe('the platforms of an installation', () => {
  let stage: Stage

  beforeEach(() => {
    stage = new Stage()
  })
  afterEach(async () => {
    stage.stop.abort(new Error('over'))
    await stage.platforms?.close()
    assert.equal(stage.clock.sleeping, 0)
  })

  for (const [how, answers] of [
    ['cannot be reached', ['unavailable', 'unavailable', 'open']],
    ['throttles', ['throttled', 'throttled', 'open']],
    ['refuses', ['denied', 'denied', 'open']],
  ] as const)
    it(`do not wait for one that ${how}, which comes in later, at its own place`, async () => {
      stage.begin({ first: answers, second: ['open'] })
      await stage.clock.advance(0)
      assert.deepEqual(stage.names, ['second'])
      const why = `first: ${answers[0]}`
      assert.deepEqual([...(stage.platforms?.unreachable ?? [])], [['first', why]])
      await stage.clock.advance(60_000)
      assert.deepEqual(stage.names, ['first', 'second'])
      assert.equal(stage.platforms?.unreachable.size, 0)
      assert.equal(stage.tries.first, 3)
      assert.deepEqual(stage.told, [
        `platform cannot be reached and will be tried again | first | ${why}`,
        'platform is reachable now | first',
      ])
      await stage.platforms?.close()
      assert.deepEqual(stage.closed.toSorted(), ['first', 'second'])
      stage.platforms = null
    })

  it('do not wait longer than five seconds for one that says nothing', async () => {
    stage.begin({ first: ['silence'], second: ['open'] })
    await stage.clock.advance(4_900)
    assert.equal(stage.platforms, null)
    await stage.clock.advance(200)
    assert.deepEqual(stage.names, ['second'])
    assert.deepEqual([...((stage.platforms as Platforms | null)?.unreachable ?? [])], [['first', 'first has not answered yet']])
    assert.deepEqual(stage.told, ['first is slow'])
  })

  it('are waited for while none is there and one may come', async () => {
    stage.begin({ first: ['denied'], second: ['unavailable', 'unavailable', 'open'] })
    await stage.clock.advance(5_000)
    assert.equal(stage.platforms, null)
    await stage.clock.advance(2_000)
    assert.deepEqual(stage.names, ['second'])
  })

  for (const [what, answers, patient] of [
    ['all refuse', { first: ['denied'], second: ['not-found'] }, true],
    ['the only one refuses', { first: ['denied'] }, true],
    ['one is configured wrongly', { first: ['invalid'], second: ['open'] }, true],
    ['a command that ends needs one that is away', { first: ['unavailable'], second: ['open'] }, false],
    ['a command that ends needs one that refuses', { first: ['denied'], second: ['open'] }, false],
  ] as const)
    it(`cannot be opened where ${what}`, async () => {
      stage.begin(answers, patient)
      await stage.clock.advance(10_000)
      assert.ok(stage.failed instanceof ProviderError)
      assert.match(stage.failed.message, /^first: /)
      assert.deepEqual(stage.closed, 'second' in answers && answers.second[0] === 'open' ? ['second'] : [])
      assert.equal(stage.tries.first, 1)
    })

  it('say of one that turns out to be configured wrongly that it is not tried again', async () => {
    stage.begin({ first: ['unavailable', 'invalid'], second: ['open'] })
    await stage.clock.advance(60_000)
    assert.deepEqual(stage.names, ['second'])
    assert.deepEqual([...(stage.platforms?.unreachable ?? [])], [['first', 'first: invalid']])
    assert.deepEqual(stage.told.slice(1), ['platform cannot be used, and is not tried again | first | first: invalid'])
    assert.equal(stage.tries.first, 2)
  })

  it('are waited for, where there is only one, until it can be reached', async () => {
    stage.begin({ first: ['unavailable', 'unknown', 'open'] })
    await stage.clock.advance(5_900)
    assert.equal(stage.platforms, null)
    await stage.clock.advance(200)
    assert.deepEqual(stage.names, ['first'])
  })

  it('are waited for no longer than whoever waits wants to', async () => {
    stage.begin({ first: ['unavailable'], second: ['unavailable'] })
    await stage.clock.advance(5_000)
    stage.stop.abort(new Error('over'))
    await stage.clock.advance(0)
    assert.match(String(stage.failed), /over/)
  })
})
