import assert from 'node:assert/strict'
import { type Forecast, forecastScope } from '../../src/engine/forecast.ts'
import { policy } from '../domain/fixtures.ts'
import { Stage } from './stage.ts'

describe('a forecast', () => {
  let stage: Stage
  beforeEach(async () => {
    stage = await Stage.open()
  })
  afterEach(() => stage.ledger.close())

  async function forecast(): Promise<Forecast> {
    const { platform } = stage
    const group = platform.add('web')
    const about = { since: stage.clock.now(), signal: new AbortController().signal }
    const found = await forecastScope({ provider: platform, scope: platform.scope }, [{ group, policy: policy(), accepted: [] }], about)
    return found.get(group) ?? assert.fail('it is missing')
  }

  it('is good where a rebuild would work and no member differs', async () => {
    const { unreadable, rebuild, members } = await forecast()
    assert.deepEqual([unreadable, rebuild, members.map(({ findings }) => findings)], [null, [], [[], [], []]])
  })

  it('cannot be made where the declared image could not be read', async () => {
    stage.platform.imagesUnread = 'access denied'
    assert.equal((await forecast()).unreadable, 'image is declared and could not be read (access denied)')
  })

  it('says that the image is gone, and what members differ in all the same', async () => {
    stage.platform.imagesUnread = 'access denied'
    const gone = { kind: 'cannot-rebuild', level: 'fail', path: 'image', expected: null, actual: 'web:1', summary: 'it is gone' } as const
    stage.platform.forecast = async (_, groups) => new Map(groups.map(id => [id, [gone]]))
    stage.platform.byHand = { type: 'tiny' }
    const { unreadable, rebuild, members } = await forecast()
    assert.deepEqual([unreadable, rebuild], [null, [gone]])
    assert.deepEqual(
      members.map(({ findings }) => findings?.map(({ path }) => path)),
      [['type'], ['type'], ['type']],
    )
  })

  it('does not take an image that is only deprecated for one that is gone', async () => {
    stage.platform.imagesUnread = 'access denied'
    const old = { kind: 'cannot-rebuild', level: 'warn', path: 'image', expected: null, actual: 'web:1', summary: 'it is old' } as const
    stage.platform.forecast = async (_, groups) => new Map(groups.map(id => [id, [old]]))
    assert.match((await forecast()).unreadable ?? '', /access denied/)
  })
})
