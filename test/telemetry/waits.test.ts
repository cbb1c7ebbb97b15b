import assert from 'node:assert/strict'
import { tellOfWaits } from '../../src/telemetry/waits.ts'
import { planned } from '../reports/fixtures.ts'

describe('a plan that waits', () => {
  const { drill: plan } = planned('web')
  assert(plan.state === 'planned')

  it('is one line for each limit, however often it is tried and whatever its reason counts', () => {
    const { waits, changed, logged, heard } = open()
    for (const minutes of [1, 2, 3]) waits(plan, { rule: 'S3', reason: `the last strike was ${minutes} min ago` })
    waits(plan, { rule: 'S6', reason: 'a drill is open' })
    assert.deepEqual(logged, ['S3 the last strike was 1 min ago', 'S6 a drill is open'])
    assert.equal(heard.length, 4, 'a screen hears of each')
    changed(plan)
    waits(plan, { rule: 'S6', reason: 'a drill is open' })
    assert.equal(logged.length, 3)
  })

  it('for its announcement says anew when that begins to fail, and why', () => {
    const { waits, logged } = open()
    const reasons = ['it has not been sent yet', 'it could not be: the mail server is down', 'it could not be: the mail server is down']
    for (const reason of reasons) waits(plan, { rule: 'announcement', reason })
    assert.deepEqual(logged, ['announcement it has not been sent yet', 'announcement it could not be: the mail server is down'])
  })
})

function open() {
  const logged: string[] = []
  const heard: string[] = []
  const silent = () => {}
  const info = (_: string, fields = {}) => void logged.push(`${Object(fields).rule} ${Object(fields).why}`)
  const told = tellOfWaits({ debug: silent, info, warn: silent, error: silent }, { waits: (_, { reason }) => void heard.push(reason) })
  return { ...told, logged, heard }
}
