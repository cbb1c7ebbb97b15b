import assert from 'node:assert/strict'
import type { Finding } from '../../src/domain/finding.ts'
import { noCapacityAhead } from '../../src/domain/findings.ts'
import { type Forecast, forecastScope } from '../../src/engine/forecast.ts'
import { policy } from '../domain/fixtures.ts'
import { Stage } from './stage.ts'

const gone: Finding = { kind: 'cannot-rebuild', level: 'fail', path: 'image', expected: null, actual: 'web:1', summary: 'it is gone' }

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

  function foresee(finding: Finding): void {
    stage.platform.forecast = async (_, groups) => new Map(groups.map(id => [id, [finding]]))
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
    foresee(gone)
    stage.platform.byHand = { type: 'tiny' }
    const { unreadable, rebuild, members } = await forecast()
    assert.deepEqual([unreadable, rebuild], [null, [gone]])
    assert.deepEqual(
      members.map(({ findings }) => findings?.map(({ path }) => path)),
      [['type'], ['type'], ['type']],
    )
  })

  it('S13 says of a template that is gone only that, and not that it could not be read', async () => {
    stage.platform.declare = async () => new Map()
    foresee({ ...gone, path: 'template' })
    const { unreadable, rebuild, members } = await forecast()
    assert.deepEqual([unreadable, rebuild?.length, members], [null, 1, []])
  })

  it('S10 is unreadable without a declaration where only capacity lacks, and where the declaration could not be asked for', async () => {
    stage.platform.declare = async () => new Map()
    foresee(noCapacityAhead('fail', 'no capacity'))
    assert.equal((await forecast()).unreadable, 'the platform did not answer for it')
    stage.platform.declare = () => Promise.reject(new Error('access denied'))
    foresee({ ...gone, path: 'key' })
    assert.match((await forecast()).unreadable ?? '', /access denied/)
  })

  it('tells what a member differs in as of one that lives', async () => {
    stage.platform.byHand = { type: 'tiny' }
    const [member] = (await forecast()).members
    assert.match(member?.findings?.[0]?.summary ?? '', /^type is tiny on the member but .*: it was changed by hand; write the right value/)
  })

  it('does not take an image that is only deprecated for one that is gone', async () => {
    stage.platform.imagesUnread = 'access denied'
    foresee({ ...gone, level: 'warn', summary: 'it is old' })
    assert.match((await forecast()).unreadable ?? '', /access denied/)
  })
})
