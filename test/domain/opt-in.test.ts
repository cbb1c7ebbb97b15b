import assert from 'node:assert/strict'
import type { GroupSummary } from '../../src/domain/group.ts'
import { chooseSchedule, type OptIn, policyFor, readOptIn, serviceOf } from '../../src/domain/opt-in.ts'
import type { Schedule } from '../../src/domain/schedule.ts'
import { day, hours, schedule } from './calendars.ts'

const minute = 60_000
const today = day('2026-11-23')

function group(tags: Readonly<Record<string, string>>, changes: Partial<GroupSummary> = {}): GroupSummary {
  return {
    id: 'cloud:1/eu/asg/web',
    provider: 'cloud',
    scope: 'cloud:1/eu',
    name: 'web',
    incarnation: 'a',
    tags,
    optInById: null,
    ...changes,
  }
}

function read(tags: Readonly<Record<string, string>>, optInById: GroupSummary['optInById'] = null): OptIn {
  return readOptIn(group(tags, { optInById }), today)
}

describe('S1 opting in', () => {
  it('takes exactly firedrill = enabled', () => {
    assert.deepEqual([read({ firedrill: 'enabled' }).state, read({ firedrill: 'enabled' }).problems], ['in', []])
  })

  const nearMisses: readonly [string, string][] = [
    ['firedrill', 'Enabled'],
    ['firedrill', 'ENABLED'],
    ['firedrill', 'true'],
    ['firedrill', 'yes'],
    ['firedrill', 'on'],
    ['firedrill', '1'],
    ['firedrill', 'enable'],
    ['firedrill', ' enabled'],
    ['firedrill', 'enabled '],
    ['firedrill', ''],
    ['Firedrill', 'enabled'],
    ['FIREDRILL', 'enabled'],
    ['firedrill ', 'enabled'],
    ['fire-drill', 'enabled'],
    ['firedril', 'enabled'],
    ['firedrill-enabled', 'true'],
    ['firedrill-schedule', 'weekdays'],
  ]
  for (const [key, value] of nearMisses) {
    it(`takes ${JSON.stringify(key)} = ${JSON.stringify(value)} for a near miss and names it`, () => {
      const optIn = read({ [key]: value })
      assert.equal(optIn.state, 'near-miss')
      assert.ok(optIn.why.includes(key) && optIn.why.includes('firedrill = enabled'), optIn.why)
    })
  }

  for (const value of ['disabled', 'Disabled', 'false', 'off', 'no', '0', 'OUT', ' no ']) {
    it(`takes firedrill = ${JSON.stringify(value)} for out, also against firedrill.yaml`, () => {
      assert.equal(read({ firedrill: value }).state, 'out')
      assert.equal(read({ firedrill: value }, 'in').state, 'out')
    })
  }

  it('says none where nothing points to Firedrill', () => {
    assert.equal(read({ Name: 'web', fire: 'enabled' }).state, 'none')
    assert.equal(read({}).state, 'none')
  })

  it('works by id, and "out" anywhere wins', () => {
    assert.equal(read({}, 'in').state, 'in')
    assert.equal(read({}, 'out').state, 'out')
    assert.equal(read({ firedrill: 'enabled' }, 'out').state, 'out')
    assert.equal(read({ firedrill: 'enabled', Firedrill: 'disabled' }).state, 'out')
  })

  it('calls a mark that nobody can read a problem, where another says in', () => {
    assert.match(read({ firedrill: 'Enabled' }, 'in').problems.join(), /"firedrill" = "Enabled"/)
    assert.match(read({ firedrill: 'enabled', Firedrill: 'maybe' }).problems.join(), /"Firedrill" = "maybe"/)
  })

  it('pauses until the given day begins', () => {
    const paused = (until: string) => read({ firedrill: 'enabled', 'firedrill-paused-until': until }).paused
    assert.deepEqual([paused('2026-11-22'), paused('2026-11-23'), paused('2026-11-24')], [false, false, true])
  })
})

describe('S1 the optional tags', () => {
  it('are read', () => {
    const { tags, problems } = read({
      firedrill: 'enabled',
      'firedrill-schedule': 'weekdays',
      'firedrill-service': 'checkout',
      'firedrill-mean-days': '7.5',
      'firedrill-deadline': '10m',
      'firedrill-soak': '90s',
      'firedrill-method': 'retire',
      'firedrill-paused-until': '2026-12-01',
      'firedrill-owner': 'payments',
    })
    assert.deepEqual(problems, [])
    assert.deepEqual(
      { ...tags, pausedUntil: tags.pausedUntil?.toString() },
      {
        schedule: 'weekdays',
        service: 'checkout',
        meanDays: 7.5,
        deadline: 10 * minute,
        soak: 90_000,
        method: 'retire',
        pausedUntil: '2026-12-01',
        owner: 'payments',
      },
    )
  })

  const bad: readonly [string, string][] = [
    ['firedrill-mean-days', 'weekly'],
    ['firedrill-mean-days', '0'],
    ['firedrill-mean-days', '-3'],
    ['firedrill-mean-days', '1e3'],
    ['firedrill-deadline', '15'],
    ['firedrill-deadline', '0s'],
    ['firedrill-soak', '5 min'],
    ['firedrill-method', 'Retire'],
    ['firedrill-method', 'stop'],
    ['firedrill-paused-until', '01.12.2026'],
    ['firedrill-paused-until', '2026-02-30'],
    ['firedrill-paused-until', '2026-12-01T00:00'],
    ['firedrill-service', 'my shop'],
    ['firedrill-service', ''],
    ['firedrill-owner', '@payments'],
    ['firedrill-schedule', ''],
  ]
  for (const [key, value] of bad) {
    it(`refuse ${key} = ${JSON.stringify(value)} by name and value`, () => {
      const { tags, problems } = read({ firedrill: 'enabled', [key]: value })
      assert.equal(problems.length, 1)
      assert.ok(problems[0]?.includes(key) && problems[0].includes(JSON.stringify(value)), String(problems[0]))
      assert.deepEqual([...new Set(Object.values(tags))], [null])
    })
  }

  const misspelt: readonly [string, string][] = [
    ['firedrill-pause-until', 'firedrill-paused-until'],
    ['Firedrill-Method', 'firedrill-method'],
    ['firedrill_soak', 'firedrill-soak'],
    ['firedrill-meandays', 'firedrill-mean-days'],
    ['firedrill:owner', 'firedrill-owner'],
    ['firedrill-colour', 'use one of firedrill-schedule'],
  ]
  for (const [key, suggestion] of misspelt) {
    it(`point out ${key}: ${suggestion}`, () => {
      const { problems } = read({ firedrill: 'enabled', [key]: 'x' })
      assert.equal(problems.length, 1)
      assert.ok(problems[0]?.includes(JSON.stringify(key)) && problems[0].includes(suggestion), String(problems[0]))
    })
  }

  it('name the service, which is the group alone by default', () => {
    const tagged = group({ firedrill: 'enabled', 'firedrill-service': 'checkout' })
    assert.equal(serviceOf(tagged, readOptIn(tagged, today)), 'checkout')
    assert.equal(serviceOf(group({}), read({})), 'cloud:1/eu/asg/web')
  })
})

describe('S1 the schedule of a group', () => {
  const all = schedule({ name: 'all' })
  const shops = schedule({ name: 'shops', groups: { providers: ['cloud'], include: ['shop-*'], exclude: ['*-db'] } })
  const abroad = schedule({ name: 'abroad', groups: { providers: ['other'], include: ['*'], exclude: [] } })

  function choose(name: string, tags: Readonly<Record<string, string>>, schedules: readonly Schedule[]) {
    const summary = group(tags, { name })
    return chooseSchedule(summary, readOptIn(summary, today), schedules)
  }

  it('is the only one that matches', () => {
    assert.deepEqual(choose('web', {}, [all, shops, abroad]), { kind: 'schedule', schedule: all })
    assert.deepEqual(choose('shop-db', {}, [shops]).kind, 'none')
    assert.deepEqual(choose('web', {}, [abroad]).kind, 'none')
    assert.deepEqual(choose('web', {}, []).kind, 'none')
  })

  it('must be named where several match, and they are listed', () => {
    const choice = choose('shop-a', {}, [all, shops, abroad])
    assert.deepEqual(choice.kind === 'several' && choice.names, ['all', 'shops'])
    assert.match(choice.kind === 'several' ? choice.why : '', /all, shops.*firedrill-schedule/)
    assert.deepEqual(choose('shop-a', { 'firedrill-schedule': 'shops' }, [all, shops]), { kind: 'schedule', schedule: shops })
  })

  it('is none where the named one does not exist or leaves the group out', () => {
    const missing = choose('web', { 'firedrill-schedule': 'shop' }, [all, shops])
    assert.match(missing.kind === 'none' ? missing.why : '', /"shop".*did you mean "shops"\?/)
    const out = choose('web', { 'firedrill-schedule': 'shops' }, [all, shops])
    assert.match(out.kind === 'none' ? out.why : '', /"shops", whose groups: leave it out/)
  })
})

describe('S1 what tags may change', () => {
  const gentle = schedule()
  const rough = schedule({ method: 'crash' })

  function policy(tags: Readonly<Record<string, string>>, of = gentle) {
    return policyFor(of, read({ firedrill: 'enabled', ...tags }))
  }

  it('is nothing without tags', () => {
    const { policy: own, meanDays, problems } = policy({})
    assert.deepEqual([own.method, own.target, own.deadline, own.soak, meanDays], ['retire', 5 * minute, 15 * minute, 5 * minute, 5])
    assert.deepEqual(problems, [])
  })

  const allowed: readonly [Readonly<Record<string, string>>, Schedule, unknown][] = [
    [{ 'firedrill-mean-days': '5' }, gentle, 5],
    [{ 'firedrill-mean-days': '5.1' }, gentle, 5.1],
    [{ 'firedrill-mean-days': '20' }, gentle, 20],
  ]
  for (const [tags, of, mean] of allowed) {
    it(`takes ${JSON.stringify(tags)}`, () => assert.deepEqual([policy(tags, of).meanDays, policy(tags, of).problems], [mean, []]))
  }

  it('takes the gentler method and equal ones', () => {
    assert.equal(policy({ 'firedrill-method': 'retire' }, rough).policy.method, 'retire')
    assert.equal(policy({ 'firedrill-method': 'crash' }, rough).policy.method, 'crash')
    assert.deepEqual(policy({ 'firedrill-method': 'crash' }, rough).problems, [])
  })

  it('takes deadlines from the target to the schedule’s own, and longer soaks that fit its hours', () => {
    assert.equal(policy({ 'firedrill-deadline': '5m' }).policy.deadline, 5 * minute)
    assert.equal(policy({ 'firedrill-deadline': '15m' }).policy.deadline, 15 * minute)
    assert.deepEqual([policy({ 'firedrill-soak': '5m' }).policy.soak, policy({ 'firedrill-soak': '5m' }).problems], [5 * minute, []])
    assert.deepEqual(policy({ 'firedrill-deadline': '5m' }).problems, [])
    assert.deepEqual(policy({ 'firedrill-deadline': '15m' }).problems, [])
    const longest = policy({ 'firedrill-soak': '345m' })
    assert.deepEqual([longest.policy.soak, longest.problems], [345 * minute, []])
  })

  const refused: readonly [string, string, Schedule][] = [
    ['firedrill-mean-days', '4.9', gentle],
    ['firedrill-mean-days', '20.1', gentle],
    ['firedrill-method', 'crash', gentle],
    ['firedrill-deadline', '299s', gentle],
    ['firedrill-deadline', '901s', gentle],
    ['firedrill-soak', '299s', gentle],
    ['firedrill-soak', '346m', gentle],
    ['firedrill-soak', '226m', schedule({ hours: hours('22:00', '02:00') })],
  ]
  for (const [key, value, of] of refused) {
    it(`refuses ${key} = ${value} and keeps the schedule’s own`, () => {
      const { problems, ...rest } = policy({ [key]: value }, of)
      assert.equal(problems.length, 1)
      assert.ok(problems[0]?.includes(key) && problems[0].includes(of.name), String(problems[0]))
      assert.deepEqual(rest, { policy: policy({}, of).policy, meanDays: 5 })
    })
  }
})
