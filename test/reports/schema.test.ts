import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { reportJsonSchema } from '../../src/reports/document.ts'
import { renderJson } from '../../src/reports/json.ts'
import { buildReport } from '../../src/reports/report.ts'
import { campaign, fleet, hostileDrills, reportInput } from './fixtures.ts'

/** Moments are checked by the schema's own patterns; ajv knows no formats without another package. */
const validate = new Ajv2020({ strict: true, validateFormats: false }).compile(reportJsonSchema())

describe('The JSON Schema of the report', () => {
  it('is the published one (GOLDEN=update writes it)', () => {
    const file = new URL('../../docs/report.schema.json', import.meta.url)
    if (process.env.GOLDEN === 'update') writeFileSync(file, `${JSON.stringify(reportJsonSchema(), null, 2)}\n`)
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), reportJsonSchema())
  })

  for (const [name, drills] of [
    ['every state, verdict and finding', fleet()],
    ['hostile text', hostileDrills()],
    ...[0, 1, 12, 2000].map(size => [`${size} drills`, campaign(size)] as const),
  ] as const) {
    it(`accepts a report of ${name}`, () => {
      const document: unknown = JSON.parse(renderJson(buildReport(reportInput(drills))))
      assert.ok(validate(document), JSON.stringify(validate.errors))
    })
  }

  it('refuses a report with an unknown field, a missing part or a wrong moment', () => {
    const good = buildReport(reportInput(fleet())).document
    assert.equal(validate({ ...good, more: 1 }), false)
    assert.equal(validate({ ...good, summary: undefined }), false)
    assert.equal(validate({ ...good, generatedAt: 'yesterday' }), false)
    assert.equal(validate({ ...good, drills: [{ ...good.drills[0], verdict: 'melted' }] }), false)
  })
})
