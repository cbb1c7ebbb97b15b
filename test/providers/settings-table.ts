import assert from 'node:assert/strict'
import type { Configuration, Declaration, DeclaredSet } from '../../src/domain/declaration.ts'
import { examineVictim } from '../../src/domain/drift.ts'

/*
 * Settings that drift, one path at a time. A provider brings a sample: a declaration that says everything that can be said, and an
 * instance as it makes one. Two things are found by the table itself: a path that the sample shows and no row speaks of, and a field
 * of the platform that the adapter reads and the sample does not hold, for then a path may be missing in the sample.
 */

export interface SettingRow<Sample> {
  /** As findings name it. */
  readonly path: string
  /** What somebody did by hand, and how. */
  readonly drift: readonly [what: string, edit: (sample: Sample) => void]
  /** Settings that this one brings along, or takes along. */
  readonly also?: readonly string[]
  /** What differs by design, is said in other words or is left to a default: never a finding. */
  readonly same: readonly [what: string, edit: (sample: Sample) => void]
}

export interface SettingsTable<Sample> {
  readonly sample: () => Sample
  readonly declared: (sample: Sample) => DeclaredSet
  readonly configuration: (sample: Sample) => Configuration
  readonly ignore: readonly string[]
  readonly rows: readonly SettingRow<Sample>[]
  /** Fields, with all below them, that are read and that no instance of the sample's kind has. */
  readonly elsewhere?: readonly string[]
  /** Gives the sample's wire objects to `note`, and takes what it makes of them instead. */
  readonly watched: (sample: Sample, note: <Part extends object>(part: Part) => Part) => Sample
}

/** Registers the tests of one table. */
export function settingsTable<Sample>(table: SettingsTable<Sample>): void {
  const { sample, rows } = table

  it('is none on an instance as its declaration makes it', () => assert.deepEqual(pathsFound(table, sample()), []))

  it('has a row for each path that is described or declared, and no other', () => {
    const made = sample()
    const shown = new Set([...Object.keys(table.configuration(made).values), ...Object.keys(table.declared(made).values)])
    const spoken = rows.map(row => row.path)
    assert.deepEqual(
      [...shown].filter(path => !spoken.includes(path)),
      [],
      'paths without a row',
    )
    assert.equal(new Set(spoken).size, spoken.length, 'a path has two rows')
  })

  it('has a sample that holds every field that the adapter reads', () => {
    const { note, forgotten } = noting(table.elsewhere ?? [])
    const made = table.watched(sample(), note)
    table.configuration(made)
    table.declared(made)
    assert.deepEqual(forgotten(), [])
  })

  for (const { path, drift, same, also = [] } of rows) {
    it(`is ${drift[0]}`, () => assert.deepEqual(foundAfter(table, drift[1]).toSorted(), [path, ...also].sort()))
    it(`is not ${same[0]}`, () => assert.deepEqual(foundAfter(table, same[1]), []))
  }
}

function foundAfter<Sample>(table: SettingsTable<Sample>, edit: (sample: Sample) => void): readonly string[] {
  const made = table.sample()
  edit(made)
  return pathsFound(table, made)
}

function pathsFound<Sample>(table: SettingsTable<Sample>, made: Sample): readonly string[] {
  const current = table.declared(made)
  const declaration: Declaration = {
    current,
    born: { [current.version]: current },
    promises: { retire: 'current', crash: 'current' },
  }
  const examined = examineVictim({ declaration, victim: table.configuration(made) }, current.version, { ignore: table.ignore, warn: [] })
  assert.deepEqual(examined?.blocking, [])
  return (examined?.findings ?? []).map(({ path }) => path ?? '')
}

/** Notes which fields are asked for, and which of those nothing in the sample has. */
function noting(elsewhere: readonly string[]) {
  const held = new Set<string>()
  const missed = new Set<string>()
  const isElsewhere = (path: string): boolean => elsewhere.some(one => path === one || path.startsWith(`${one}.`))
  function note<Part extends object>(part: Part, at = ''): Part {
    if (part instanceof Date) return part
    return new Proxy(part, {
      get(target, key, receiver) {
        const value: unknown = Reflect.get(target, key, receiver)
        if (typeof key === 'symbol' || key === 'toJSON' || typeof value === 'function' || (Array.isArray(target) && key === 'length'))
          return value
        const path = Array.isArray(target) ? at : at === '' ? key : `${at}.${key}`
        const isThere = value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)
        if (!Array.isArray(target)) (isThere ? held : missed).add(path)
        return typeof value === 'object' && value !== null ? note(value, path) : value
      },
    })
  }
  return { note, forgotten: () => [...missed].filter(path => !held.has(path) && !isElsewhere(path)).sort() }
}
