import assert from 'node:assert/strict'
import { MINIMAL, withFiles } from '../config/folder.ts'
import { firedrill } from './binary.ts'

const alarms = async (files: Record<string, string>, mode: string) =>
  withFiles(files, async cwd => {
    const { code, stdout, stderr } = await firedrill(cwd, ['permissions', 'aws', '--mode', mode])
    assert.deepEqual([code, stderr], [0, ''])
    const policy = JSON.parse(stdout) as { Statement: { Action: string | string[]; Resource: string }[] }
    return policy.Statement.filter(({ Action }) => String(Action).startsWith('cloudwatch:')).map(({ Action, Resource }) => [
      Action,
      Resource,
    ])
  })

describe('permissions', () => {
  const named = `${MINIMAL}guards: [{ cloudwatch-alarm: { names: [web-5xx] } }]\n`
  const tagged = `${MINIMAL.replace(/name: .*/, 'name: tagged')}guards: [{ cloudwatch-alarm: { tags: { team: web } } }]\n`
  const read = ['cloudwatch:DescribeAlarms', '*']

  it('print what the guards of the schedules at hand ask, and no more', async () => {
    assert.deepEqual(await alarms({}, 'live'), [])
    assert.deepEqual(await alarms({ 'schedules/a.yaml': MINIMAL }, 'live'), [])
    for (const mode of ['leashed', 'live']) assert.deepEqual(await alarms({ 'schedules/a.yaml': named }, mode), [read])
    const both = { 'schedules/a.yaml': named, 'schedules/b.yaml': tagged }
    assert.deepEqual(await alarms(both, 'live'), [read, ['cloudwatch:ListTagsForResource', 'arn:*:cloudwatch:*:*:alarm:*']])
    assert.deepEqual(await alarms(both, 'forecast'), [])
  })

  it('say where a schedule is wrong instead of leaving out what its guards need', async () => {
    await withFiles({ 'schedules/a.yaml': named.replace('names', 'nmes') }, async cwd => {
      const { code, stdout, stderr } = await firedrill(cwd, ['permissions', 'aws'])
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, /schedules\/a\.yaml:\d+:\d+.*nmes/)
    })
  })
})
