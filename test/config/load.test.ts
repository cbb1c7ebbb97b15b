// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how variables are written in settings
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { SAMPLE_SCHEDULE, SAMPLE_SETTINGS } from '../../src/commands/samples.ts'
import { jsonSchemas } from '../../src/config/json-schema.ts'
import { loadLedgerSettings, loadSettings, requireProviders } from '../../src/config/load.ts'
import { readLogLevel } from '../../src/config/log-level.ts'
import { secret } from '../../src/config/secret.ts'
import { MINIMAL, withFiles } from './folder.ts'

const load = (files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) =>
  withFiles(files, cwd => loadSettings({ env, cwd }))

describe('loading settings', () => {
  it('fills in the defaults of the design where a schedule says only what it must', async () => {
    const { schedules } = await load({ 'schedules/a.yaml': MINIMAL })
    const [schedule] = schedules
    assert.ok(schedule)
    const { holidays, ...rest } = schedule
    assert.deepEqual(rest, {
      name: 'weekdays',
      timezone: 'Europe/Berlin',
      days: [1, 2, 3, 4, 5, 6, 7],
      hours: { opens: 570, closes: 930 },
      groups: { providers: ['aws', 'gcp', 'azure', 'swarm'], include: ['*'], exclude: ['*-db'] },
      meanDaysBetweenDrills: 5,
      minDaysBetweenDrills: 1,
      maxDaysBetweenDrills: 20,
      limits: {
        concurrent: 3,
        concurrentPerScope: 1,
        strikesPerDay: 20,
        strikesPerGroupPerDay: 1,
        strikesPerRun: 20,
        spacing: 600_000,
        serviceCooldown: 1_800_000,
        maxCapacityLoss: 0.5,
        maxUnsteadyGroups: 0.1,
        woundedPerScope: 0,
        breaker: { inARow: 2, shareOfDay: 0.5 },
      },
      victim: { minAge: 3_600_000, minGroupSize: 2 },
      settle: 600_000,
      method: 'retire',
      maxImageLag: 1_209_600_000,
      strikeDrifted: false,
      recovery: { target: 300_000, deadline: 900_000, soak: 300_000 },
      drift: { ignore: [], warn: [] },
      leashed: true,
      guards: [],
      probes: [],
      fingerprint: null,
      notify: { before: null, to: [] },
    })
    assert.equal(holidays.isHoliday(Temporal.PlainDate.from('2026-12-25')), false)
  })

  it('reads what is written, down to a breaker that is off and a fingerprint', async () => {
    const written = `${MINIMAL}days: [fri, mon]
hours: "22:00-06:00"
limits: { breaker: off, maxCapacityLoss: 100%, spacing: 0s }
fingerprint: { http: { url: "http://{address}:9100/fingerprint", timeout: 2s } }
`
    const [schedule] = (await load({ 'schedules/a.yaml': written })).schedules
    assert.deepEqual(schedule?.days, [1, 5])
    assert.deepEqual(schedule?.hours, { opens: 1320, closes: 360 })
    assert.equal(schedule?.limits.breaker, null)
    assert.equal(schedule?.limits.maxCapacityLoss, 1)
    assert.equal(schedule?.limits.spacing, 0)
    const settings = { url: 'http://{address}:9100/fingerprint', timeout: 2000, headers: {}, allowLinkLocal: false }
    assert.deepEqual(schedule?.fingerprint, { kind: 'http', settings })
  })

  it('knows public holidays by country and region, in calendar dates, and only those', async () => {
    const written = `${MINIMAL}holidays: { country: de, region: BE, dates: [2026-12-24] }\n`
    const [schedule] = (await load({ 'schedules/a.yaml': written })).schedules
    const isHoliday = (date: string) => schedule?.holidays.isHoliday(Temporal.PlainDate.from(date))
    assert.equal(schedule?.holidays.country, 'DE')
    assert.deepEqual(['2026-12-24', '2026-12-25', '2026-03-08', '2026-05-01', '2027-01-01'].map(isHoliday), [true, true, true, true, true])
    // New Year's Eve and Carnival are observed, not public; Epiphany is a holiday elsewhere in the country.
    assert.deepEqual(['2026-12-31', '2026-02-16', '2026-01-06'].map(isHoliday), [false, false, false])
  })

  it('counts every day of a holiday that lasts several', async () => {
    const [schedule] = (await load({ 'schedules/a.yaml': `${MINIMAL}holidays: { country: SA }\n` })).schedules
    const days = ['2026-03-18', '2026-03-19', '2026-03-22', '2026-03-23'].map(date =>
      schedule?.holidays.isHoliday(Temporal.PlainDate.from(date)),
    )
    assert.deepEqual(days, [false, true, true, false])
  })

  it('gives embedded defaults without a file, and refuses what needs a provider', async () => {
    await withFiles({}, async cwd => {
      const settings = await loadSettings({ env: {}, cwd })
      assert.deepEqual(settings.ledger, { kind: 'embedded', file: join(cwd, '.firedrill/ledger.sqlite') })
      assert.deepEqual([settings.queue, settings.schedules, settings.providers], [{ kind: 'embedded' }, [], {}])
      assert.equal(settings.onlyLoopback, false)
      assert.throws(() => requireProviders(settings), { name: 'ConfigError', message: /no provider is configured\n {4}.*firedrill init/ })
    })
  })

  it('resolves paths from the folder of firedrill.yaml, wherever it is called from', async () => {
    await withFiles({ 'ops/fd.yaml': 'dataDir: data\n', 'ops/schedules/a.yaml': MINIMAL }, async cwd => {
      const settings = await loadSettings({ file: 'ops/fd.yaml', env: { FIREDRILL_HALT_FILE: 'HALT' }, cwd })
      assert.equal(settings.dataDir, join(cwd, 'ops/data'))
      assert.equal(settings.haltFile, join(cwd, 'ops/HALT'))
      assert.equal(settings.schedules.length, 1)
    })
  })

  it('fills variables after parsing, so that their values cannot become keys', async () => {
    const settings = 'ledger: ${DB}\nowners: { a: { slack: "${X:-none} $${Y}" } }\ndataDir: "${DIR}"\n'
    const env = { DB: 'postgres://u:p@db/fd', X: '', DIR: 'a: [b' }
    const loaded = await load({ 'firedrill.yaml': settings, 'schedules/a.yaml': MINIMAL }, env)
    assert.equal(loaded.ledger.kind === 'postgres' && loaded.ledger.url.reveal(), 'postgres://u:p@db/fd')
    assert.deepEqual(loaded.owners, { a: { slack: 'none ${Y}' } })
    assert.ok(loaded.dataDir.endsWith('/a: [b'))
  })

  it('freezes what it returns to the leaves', async () => {
    const settings = await load({ 'schedules/a.yaml': MINIMAL })
    assert.throws(() => Object.assign(settings.schedules[0]?.limits ?? {}, { concurrent: 99 }), TypeError)
  })

  const loopback: readonly [string, string, Record<string, string>, boolean][] = [
    ['no provider and no endpoint', '{}', {}, false],
    ['a provider without an endpoint', 'providers: { aws: {} }', {}, false],
    ['an endpoint on loopback', 'providers: { aws: { endpoint: "http://127.0.0.1:4566" } }', {}, true],
    ['AWS_ENDPOINT_URL on loopback', 'providers: { aws: {} }', { AWS_ENDPOINT_URL: 'http://localhost:4566' }, true],
    ['AWS_ENDPOINT_URL elsewhere', 'providers: { aws: {} }', { AWS_ENDPOINT_URL: 'https://aws.example.com' }, false],
    [
      'one service elsewhere',
      'providers: { aws: { endpoint: "http://[::1]:4566" } }',
      { AWS_ENDPOINT_URL_EC2: 'https://ec2.example.com' },
      false,
    ],
    ['a name that only begins like loopback', 'providers: { aws: { endpoint: "https://localhost.example.com" } }', {}, false],
  ]
  for (const [about, file, env, expected] of loopback)
    it(`S14 ${about}: a ledger ${expected ? 'may' : 'must not'} be made silently`, async () => {
      assert.equal((await load({ 'firedrill.yaml': file, 'schedules/a.yaml': MINIMAL }, env)).onlyLoopback, expected)
    })

  it('leaves endpoints of the environment to the provider, where single services may go elsewhere', async () => {
    const files = { 'firedrill.yaml': 'providers: { aws: {} }', 'schedules/a.yaml': MINIMAL }
    assert.equal((await load(files, { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' })).providers.aws?.endpoint, null)
  })

  it('leads to the ledger even where a schedule and a provider are broken', async () => {
    await withFiles({ 'firedrill.yaml': 'dataDir: d\nproviders: { nope: {} }\n', 'schedules/a.yaml': ':::' }, async cwd => {
      const settings = await loadLedgerSettings({ env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, cwd })
      assert.deepEqual(settings.ledger, { kind: 'embedded', file: join(cwd, 'd/ledger.sqlite') })
      assert.equal(settings.onlyLoopback, false)
    })
  })
})

describe('a secret', () => {
  it('is given away by nothing but reveal', () => {
    const url = secret('postgres://drill:hunter2@db:5432/fd?password=hunter2')
    assert.equal(url.reveal(), 'postgres://drill:hunter2@db:5432/fd?password=hunter2')
    assert.equal(`${url}`, 'postgres://db:5432/fd')
    for (const shown of [inspect({ url }, { showHidden: true }), JSON.stringify({ url }), String(url), Object.values(url).join()])
      assert.ok(!shown.includes('hunter2') && !shown.includes('drill:'), shown)
  })

  it('stays hidden where it is no URL', () => assert.equal(String(secret('hunter2')), '***'))
})

describe('the log level', () => {
  it('comes from FIREDRILL_LOG_LEVEL, then LOG_LEVEL, then is info', () => {
    assert.equal(readLogLevel({ FIREDRILL_LOG_LEVEL: 'debug', LOG_LEVEL: 'error' }), 'debug')
    assert.equal(readLogLevel({ LOG_LEVEL: 'WARN' }), 'warn')
    assert.equal(readLogLevel({ FIREDRILL_LOG_LEVEL: '' }), 'info')
    assert.throws(() => readLogLevel({ FIREDRILL_LOG_LEVEL: 'debugg' }), /there is no log level "debugg"\n.*Did you mean "debug"\?/)
  })
})

describe('files made from the code', () => {
  const root = new URL('../../', import.meta.url)
  const read = (name: string) => readFile(new URL(name, root), 'utf8')

  it('are the samples that init writes', async () => {
    assert.equal(await read('firedrill.example.yaml'), SAMPLE_SETTINGS)
    assert.equal(await read('schedules/weekdays.yaml'), SAMPLE_SCHEDULE)
  })

  it('are samples without a mistake, and leashed', async () => {
    const settings = await load({ 'firedrill.yaml': SAMPLE_SETTINGS, 'schedules/weekdays.yaml': SAMPLE_SCHEDULE })
    assert.deepEqual(
      settings.schedules.map(({ leashed }) => leashed),
      [true],
    )
  })

  it('are the JSON Schemas, current (else run: node scripts/json-schemas.mjs)', async () => {
    for (const [name, schema] of Object.entries(jsonSchemas()))
      assert.deepEqual(JSON.parse(await read(`docs/${name}.schema.json`)), JSON.parse(JSON.stringify(schema)))
  })

  it('are JSON Schemas that take the samples and refuse a misspelt key', async () => {
    const [{ default: Ajv }, { parse }] = await Promise.all([import('ajv/dist/2020.js'), import('yaml')])
    const ajv = new Ajv.default({ strict: false, validateFormats: false })
    const { firedrill, schedule } = jsonSchemas()
    assert.equal(ajv.validate(schedule, parse(SAMPLE_SCHEDULE)), true, ajv.errorsText())
    assert.equal(ajv.validate(firedrill, parse(SAMPLE_SETTINGS)), true, ajv.errorsText())
    assert.equal(ajv.validate(schedule, { ...parse(SAMPLE_SCHEDULE), limitz: {} }), false)
    assert.equal(ajv.validate(schedule, parse(MINIMAL)), true, ajv.errorsText())
  })
})
