import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { wantsColour } from '../../src/commands/io.ts'
import { clean, paint, table, writeSentence } from '../../src/commands/terminal.ts'
import { cells, fitCells, wrap } from '../../src/reports/columns.ts'

describe('text on a terminal', () => {
  it('shows hostile characters instead of obeying them', () => {
    assert.equal(clean('a\u001b[31mb\nc\u202ed\u200be\u0007'), 'a\\u{1b}[31mb\\u{a}c\\u{202e}d\\u{200b}e\\u{7}')
    assert.equal(clean('naïve 漢字 🔥'), 'naïve 漢字 🔥')
  })

  it('knows which characters take two columns or none', () => {
    assert.deepEqual(['abc', '漢字', '🔥', 'e\u0301', '–…', ''].map(cells), [3, 4, 2, 1, 2, 0])
  })

  it('shortens in the middle', () => {
    assert.equal(fitCells('i-0a1b2c3d4e5f', 9, 'halves'), 'i-0a…4e5f')
    assert.equal(cells(fitCells('漢字漢字漢字', 7, 'halves')) <= 7, true)
    assert.equal(fitCells('short', 9, 'halves'), 'short')
  })

  it('colours only where it is wanted', () => {
    assert.equal(paint('x', 'red', true), '\u001b[31mx\u001b[39m')
    assert.equal(paint('x', 'red', false), 'x')
  })

  it('obeys FORCE_COLOR before NO_COLOR before the terminal', () => {
    assert.equal(wantsColour({}, true), true)
    assert.equal(wantsColour({ NO_COLOR: '1' }, true), false)
    assert.equal(wantsColour({ NO_COLOR: '1', FORCE_COLOR: '1' }, false), true)
    assert.equal(wantsColour({ FORCE_COLOR: '0' }, true), false)
    assert.equal(wantsColour({ TERM: 'dumb' }, true), false)
    assert.equal(wantsColour({}, false), false)
  })

  it('wraps without losing a word', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }).map(word => word.replace(/\s/g, '_'))),
        fc.integer({ min: 4, max: 40 }),
        (words, width) => {
          const text = words.map(clean).join(' ')
          const lines = wrap(text, width)
          assert.equal(lines.join('').replace(/ /g, ''), text.replace(/ /g, ''))
          for (const line of lines) assert.ok(cells(line) <= width, line)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('writes a sentence as one line into a log, and wraps it between words where somebody reads it', () => {
    const text = '    firedrill: the ledger cannot be reached\u001b[31m; check that it runs'
    const written = (columns?: number) => {
      const stream = Object.assign(new PassThrough(), columns === undefined ? {} : { columns })
      writeSentence(stream, text)
      return String(stream.read())
    }
    assert.equal(written(), '    firedrill: the ledger cannot be reached\\u{1b}[31m; check that it runs\n')
    assert.equal(written(44), '    firedrill: the ledger cannot be\n      reached\\u{1b}[31m; check that it runs\n')
    assert.equal(written(0), written())
  })

  it('never makes a table wider than asked, whatever is in it', () => {
    const cell = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 90 }), fc.constant('security group sg-9 is in no template'))
    fc.assert(
      fc.property(
        fc.array(fc.array(cell, { minLength: 4, maxLength: 4 }), { maxLength: 6 }),
        fc.integer({ min: 60, max: 120 }),
        (rows, width) => {
          const columns = [{ title: 'WHEN' }, { title: 'GROUP', max: 24 }, { title: 'STATE' }, { title: 'WHY' }]
          for (const line of table(rows, columns, { width })) assert.ok(cells(line) <= width, `${cells(line)} > ${width}: ${line}`)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('shortens names before moments and wraps the reason', () => {
    const rows = [
      ['2026-11-02 10:00Z', 'a-group-with-a-long-name', 'concluded', 'security group sg-9 was on the victim and is in no template'],
    ]
    const columns = [{ title: 'WHEN' }, { title: 'GROUP', max: 24 }, { title: 'STATE' }, { title: 'WHY' }]
    assert.deepEqual(table(rows, columns, { width: 60 }), [
      'WHEN               GROUP     STATE      WHY',
      '2026-11-02 10:00Z  a-gr…ame  concluded  security group sg-9',
      '                                        was on the victim',
      '                                        and is in no',
      '                                        template',
    ])
  })
})
