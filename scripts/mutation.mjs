// Mutation tests of src/domain: each file with its own tests, so that a mutant costs a second and not a suite.
//
//   npm run mutation                 every file of src/domain that has tests of its own
//   npm run mutation -- glob chance  some
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/** Below this share of mutants found, the command fails. */
const wanted = 85
const folder = '.cache/mutation'

const { positionals } = parseArgs({ allowPositionals: true })
const named = positionals.length > 0 ? positionals : readdirSync('src/domain').map(file => file.replace(/\.ts$/, ''))
const scores = named.filter(name => existsSync(testOf(name))).map(name => ({ name, score: mutate(name) }))
for (const { name, score } of scores) console.log(`${score.toFixed(1).padStart(6)} %  src/domain/${name}.ts`)
process.exitCode = scores.every(({ score }) => score >= wanted) ? 0 : 1

function testOf(name) {
  return `test/domain/${name}.test.ts`
}

/** The share of a file's mutants that its tests find, in percent. */
function mutate(name) {
  mkdirSync(folder, { recursive: true })
  const report = join(folder, `${name}.json`)
  const config = join(folder, `${name}.config.json`)
  const settings = {
    testRunner: 'command',
    commandRunner: { command: `mocha --no-config --timeout 120000 --bail --no-diff ${testOf(name)}` },
    mutate: [`src/domain/${name}.ts`],
    // Its own compiler support does not know this compiler; types are erased by Node, and checked elsewhere.
    tsconfigFile: 'none.json',
    checkers: [],
    concurrency: 1,
    reporters: ['json', 'clear-text'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: false },
    jsonReporter: { fileName: report },
    tempDirName: join(folder, 'sandbox'),
    ignorePatterns: ['dist', 'coverage', '.cache', 'docs'],
    allowConsoleColors: false,
    timeoutMS: 30000,
  }
  writeFileSync(config, JSON.stringify(settings))
  const { status } = spawnSync('stryker', ['run', config], { stdio: 'inherit' })
  if (status !== 0) throw new Error(`the mutants of ${name} could not be tested`)
  const mutants = Object.values(JSON.parse(readFileSync(report, 'utf8')).files).flatMap(file => file.mutants)
  const count = (...states) => mutants.filter(({ status: state }) => states.includes(state)).length
  const found = count('Killed', 'Timeout')
  return (100 * found) / (found + count('Survived', 'NoCoverage'))
}
