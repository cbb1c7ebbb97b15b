import assert from 'node:assert/strict'
import { timelineOf } from '../../src/reports/html/timeline.ts'
import { timelinePicture } from '../../src/reports/html/timeline-picture.ts'
import { drillCard } from '../../src/reports/report.ts'
import { after, campaign, concluded, fleet, leashed, open } from './fixtures.ts'
import { parseXml, textOf, walk } from './well-formed.ts'

const now = after(30_000)

function labels(source: Parameters<typeof drillCard>[0]): string[] {
  return timelineOf(drillCard(source), now)?.rows.map(row => `${row.label} ${row.amount}`.trim()) ?? []
}

describe('The timeline of a drill', () => {
  it('has each phase with its length and each moment with its time', () => {
    assert.deepEqual(labels(concluded({ name: 'a', verdict: 'phoenix' })), [
      'Victim leaves 4.1 s',
      'Launch 6.4 s',
      'Turns healthy 15.3 s',
      'Probes 3.2 s',
      'Recovered at 24.9 s',
      'Soak 20.0 s',
      'Concluded: phoenix at 45.1 s',
      'Whole again at 46.2 s',
    ])
  })

  it('shows what never came, and that the group is not whole', () => {
    assert.deepEqual(
      labels(concluded({ name: 'a', verdict: 'snowflake', launched: null, recovered: null, whole: null, concluded: 90_000 })),
      ['Victim leaves 4.1 s', 'No successor came 1 min 26 s', 'Concluded: snowflake at 1 min 30 s', 'Not whole again yet →'],
    )
  })

  it('keeps to the order of time at its end', () => {
    const early = labels(concluded({ name: 'a', verdict: 'phoenix', whole: 25_000 }))
    assert.deepEqual(early.slice(-2), ['Whole again at 25.0 s', 'Concluded: phoenix at 45.1 s'])
  })

  it('says of an open drill what has not come yet, not what never came', () => {
    assert.deepEqual(labels(open('b')).slice(-1), ['Not healthy yet 21.6 s'])
  })

  it('ends a soak that was broken off where the successor failed', () => {
    const rows = timelineOf(drillCard(concluded({ name: 'a', verdict: 'snowflake', failed: 38_000, concluded: 40_000 })), now)?.rows
    assert.deepEqual(rows?.find(row => row.label === 'Soak broken off')?.to, 38_000)
  })

  it('begins at the strike even where the successor was built before it', () => {
    const timeline = timelineOf(drillCard(concluded({ name: 'a', verdict: 'phoenix', origin: 'pre-built', launched: -3_600_000 })), now)
    assert.ok(timeline?.rows.every(row => row.from >= 0 && row.to <= timeline.end))
    assert.equal(timeline?.rows[1]?.label, 'From the warm pool')
  })

  it('marks target and deadline only where they fall into the picture', () => {
    const kinds = (times: object) =>
      timelineOf(drillCard(concluded({ name: 'a', verdict: 'phoenix', ...times })), now)?.limits.map(({ kind }) => kind)
    assert.deepEqual(kinds({}), ['target'])
    assert.deepEqual(kinds({ concluded: 90_000 }), ['target', 'deadline'])
    assert.deepEqual(
      kinds({ healthy: 900, launched: 400, gone: 100, recovered: 1_000, concluded: 2_000, whole: 2_000, policy: { soak: 900 } }),
      [],
    )
  })

  it('draws nothing where nothing was struck', () => {
    assert.equal(timelineOf(drillCard(leashed('a')), now), null)
    assert.equal(timelineOf(drillCard(open('b', 'striking')), now), null)
  })

  it('gives every label a line of its own and half of the width, so that none can meet another', () => {
    for (const source of [...fleet(), ...campaign(40)]) {
      const card = drillCard(source)
      const markup = String(timelinePicture(card, 'x', now))
      if (markup === '') continue
      const texts = walk(parseXml(markup)).filter(({ name }) => name === 'text')
      const rows = texts.filter(text => text.attributes.get('class') !== 'dim')
      assert.equal(new Set(rows.map(text => text.attributes.get('y'))).size, rows.length)
      for (const text of rows) {
        const x = Number.parseFloat(text.attributes.get('x') ?? '')
        assert.ok(text.attributes.get('text-anchor') === 'end' ? x > 50 : x <= 50, textOf(text))
        assert.ok(textOf(text).length <= 42, textOf(text))
      }
    }
  })

  it('puts few enough ticks below that they stay apart on a phone', () => {
    for (const seconds of [0.3, 1, 4, 17, 61, 240, 900, 5_400, 90_000]) {
      const timeline = timelineOf(drillCard(concluded({ name: 'a', verdict: 'phoenix', concluded: seconds * 1000, whole: null })), now)
      assert.ok((timeline?.ticks.length ?? 0) <= 6, `${seconds} s: ${timeline?.ticks.length}`)
    }
  })
})
