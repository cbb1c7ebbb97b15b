import assert from 'node:assert/strict'
import { type Comparison, compare } from '../../src/reports/comparison.ts'
import { renderHtml } from '../../src/reports/html/page.ts'
import type { ReportedDrill } from '../../src/reports/model.ts'
import { buildReport, drillCard } from '../../src/reports/report.ts'
import { concluded, reportInput, type Scene } from './fixtures.ts'
import { parseXml, textOf, walk } from './well-formed.ts'

function compared(scene: Partial<Scene>): Comparison {
  return compare(drillCard(concluded({ name: 'web', verdict: 'phoenix', ...scene }))) ?? assert.fail('nothing was recorded')
}

function listingChanges(scene: Partial<Scene>): ReportedDrill {
  const drill = concluded({ name: 'wiki', verdict: 'snowflake', ...scene })
  assert.ok(drill.before)
  return { ...drill, before: { ...drill.before, fingerprintShows: 'changes' } }
}

describe('The comparison of victim, declaration and successor', () => {
  it('has no row for what nobody has and nobody declares, whether it is left out, nothing or an empty set', () => {
    const nothing = { tty: null, hosts: [] }
    const { rows } = compared({ victimValues: nothing, successorValues: nothing })
    assert.deepEqual(
      rows.filter(({ path }) => path in nothing),
      [],
    )
    assert.ok(rows.length > 10)
  })

  it('marks no difference where a side lacks what the other calls nothing, or a set is in another order', () => {
    const { rows } = compared({ victimValues: { securityGroups: ['sg-0b22', 'sg-0a11'], keyName: null } })
    assert.deepEqual(
      rows.filter(({ mark }) => mark !== 'equal').map(({ path }) => path),
      [],
    )
  })

  it('marks what one side has, and the declaration has not', () => {
    const { rows } = compared({ successorValues: { hosts: ['db'] } })
    assert.deepEqual(
      rows
        .filter(({ mark }) => mark !== 'equal')
        .map(({ path, victimDiffers, successorDiffers }) => [path, victimDiffers, successorDiffers]),
      [['hosts', false, true]],
    )
  })

  it('shows of a list of changes those of the victim, and says that the successor has the rest as its image does', () => {
    const drill = listingChanges({
      fingerprints: [
        { 'bin/tool': 'deleted', same: '1' },
        { same: '1', 'var/ready': '1' },
      ],
    })
    const { inside } = compare(drillCard(drill)) ?? assert.fail('nothing was recorded')
    assert.deepEqual(inside, { shows: 'changes', differing: [{ path: 'bin/tool', victim: 'deleted', successor: null }], equal: 1 })
    const page = parseXml(renderHtml(buildReport(reportInput([drill]))))
    const row = walk(page).find(element => element.name === 'tr' && textOf(element).startsWith('bin/tool'))
    assert.match(textOf(row ?? assert.fail('no row')), /deleted.*as the image has it/s)
  })
})
