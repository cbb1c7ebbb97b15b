import assert from 'node:assert/strict'
import { discover } from '../../src/engine/discover.ts'
import { planToday } from '../../src/engine/plan.ts'
import { openPlans } from '../../src/web/plans/coming.ts'
import { Stage } from './stage.ts'

const never = new AbortController().signal
const daily = { meanDaysBetweenDrills: 1, minDaysBetweenDrills: 1, maxDaysBetweenDrills: 1 }

async function planned(stage: Stage): Promise<readonly string[]> {
  return (await planToday(stage.engine())).map(({ groupName }) => groupName).sort()
}

describe('what is planned of a group that must not be struck', () => {
  let stage: Stage

  beforeEach(async () => {
    stage = await Stage.open(daily)
  })

  afterEach(() => stage.ledger.close())

  /** Opting in starts the count: nothing is drawn on that day. */
  async function nextDay(): Promise<void> {
    await discover(stage.engine(), never)
    await stage.clock.advance(24 * 3_600_000)
  }

  it('S1 a pause: nothing is drawn before its end, the day of its end is drawn like any other, and a day planned twice is the same', async () => {
    stage.platform.add('web')
    stage.platform.add('api', { 'firedrill-paused-until': '2026-11-05' })
    await nextDay()
    assert.deepEqual(await planned(stage), ['web'])
    assert.deepEqual(await planned(stage), [], 'planned already')
    await stage.clock.advance(24 * 3_600_000)
    assert.deepEqual(await planned(stage), ['api', 'web'])
  })

  it('S1 a run that skips the draw has the refusal of a paused group on record', async () => {
    stage.platform.add('api', { 'firedrill-paused-until': '2026-11-05' })
    assert.deepEqual(await refusals(), ['S1 drills are paused until 2026-11-05 by the tag firedrill-paused-until'])
  })

  it('S1 a tag that names no schedule is refused by name, by a run as by the service, also where no schedule would take the group', async () => {
    const nobody = { groups: { ...stage.schedule.groups, include: ['others-*'] } }
    await stage.ledger.close()
    for (const changes of [{}, nobody]) {
      stage = await Stage.open({ ...daily, ...changes })
      stage.platform.add('web', { 'firedrill-schedule': 'nope' })
      assert.deepEqual(await refusals(), [
        'S1 no one schedule drills the group: its tag firedrill-schedule names "nope", which is not a schedule: there are "weekdays"',
      ])
      await nextDay()
      assert.deepEqual(await planned(stage), ['web'])
      if (changes !== nobody) await stage.ledger.close()
    }
  })

  it('S7 what a listing shows to bar every strike is remembered, and nothing is in store for the group', async () => {
    const small = stage.platform.add('small')
    stage.platform.add('web')
    const group = stage.platform.groups.get(small) ?? assert.fail()
    group.desired = 1
    group.members.splice(1)
    await nextDay()
    const barred = (await stage.ledger.groups()).map(({ summary, barred }) => [summary.name, barred.map(({ rule }) => rule)])
    assert.deepEqual(barred, [
      ['small', ['S7']],
      ['web', []],
    ])
    const coming = await openPlans(stage.ledger, { schedules: [stage.schedule], never: [] }).all(await stage.ledger.now())
    assert.deepEqual([...new Set(coming.map(({ name }) => name))], ['web'])
    group.desired = 3
    await nextDay()
    assert.deepEqual((await stage.ledger.group(small))?.barred, [], 'short of members it is small for the moment only')
  })

  async function refusals(): Promise<readonly string[]> {
    await stage.attempt(await stage.plan('run:one'))
    const drills = await stage.ledger.drills({ states: ['refused'] })
    return drills.map(drill => (drill.state === 'refused' ? `${drill.refusal.rule} ${drill.refusal.reason}` : drill.state))
  }
})
