import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { ConcludedDrill } from '../../src/domain/drill.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { CrashInstallation } from './installation.ts'

const regions = [
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eu-north-1',
  'eu-south-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'ca-central-1',
]

describe('ten workers on one ledger', function () {
  this.timeout(180_000)
  let postgres: TestPostgres

  before(async function () {
    postgres = await startPostgres(this)
  })

  after(() => postgres?.stop())

  it('S3 cannot exceed what the installation may do at a time and in a day', async () => {
    const url = await postgres.database(`limits-${randomUUID()}`)
    const installation = await CrashInstallation.open({
      backend: `ledger: "${url}"\nqueue: "${url}"\nlimits: { concurrent: 3, strikesPerDay: 8 }\n`,
      groups: 30,
      regions,
    })
    try {
      await installation.discover()
      const planned = await installation.planIn(
        20,
        Array.from({ length: 30 }, (_, index) => index),
      )
      assert.equal(planned.length, 30)
      for (let worker = 0; worker < 10; worker++) installation.start(['worker'])
      await installation.until(() => installation.allSettled(), 'an end of every plan')
      const drills = await installation.drills()
      const struck = drills.filter(drill => drill.state === 'concluded') as ConcludedDrill[]
      assert.equal(struck.length, 8)
      assert.equal(installation.strikes().length, 8)
      assert.deepEqual([...new Set(drills.flatMap(drill => (drill.state === 'refused' ? [drill.refusal.rule] : [])))], ['S3'])
      const most = Math.max(...struck.map(one => struck.filter(other => isOpenAt(other, one.order.intendedAt)).length))
      assert.ok(most <= 3, `${most} were open at a time`)
      installation.assertWhole()
    } finally {
      await installation.close()
    }
  })
})

function isOpenAt({ order, concludedAt }: ConcludedDrill, at: Temporal.Instant): boolean {
  return Temporal.Instant.compare(order.intendedAt, at) <= 0 && Temporal.Instant.compare(concludedAt, at) > 0
}
