// Mutation tests of src/domain: each file with those quick tests that reach it.
//
//   npm run mutation                     every file
//   npm run mutation -- glob chance      some
//   npm run mutation -- --resume judge   what was found before stays found, while the test that found it keeps its name
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'

/** Below this share of mutants found, in any file, the command fails. */
const wanted = 85
const folder = '.cache/mutation'
const found = ['Killed', 'Timeout']
const quick = globSync(['test/domain/*.test.ts', 'test/rules/*.test.ts']).sort()

const { positionals, values } = parseArgs({ allowPositionals: true, options: { resume: { type: 'boolean' } } })
const named = positionals.length > 0 ? positionals : readdirSync('src/domain').map(file => file.replace(/\.ts$/, ''))
mkdirSync(folder, { recursive: true })
const counts = []
for (const name of named) if (await isCode(name)) counts.push({ name, ...mutate(name) })
for (const { name, found, missed } of counts) console.log(line(`src/domain/${name}.ts`, found, missed))
console.log(line('together', sum('found'), sum('missed')))
process.exitCode = counts.every(({ found, missed }) => share(found, missed) >= wanted) ? 0 : 1

/** How many of a file's mutants its tests find, and how many they miss. */
function mutate(name) {
  const tests = quick.filter(test => reached(test).has(`src/domain/${name}.ts`))
  if (tests.length === 0) throw new Error(`no quick test reaches src/domain/${name}.ts`)
  const report = join(folder, `${name}.json`)
  const config = join(folder, `${name}.config.json`)
  const durations = join(process.cwd(), folder, `${name}.durations.json`)
  if (values.resume && existsSync(report)) forgetMissed(report)
  else rmSync(report, { force: true })
  const settings = {
    plugins: ['./scripts/mutation-runner.mjs'],
    testRunner: 'mocha',
    mochaRunner: { tests, durations },
    coverageAnalysis: 'perTest',
    // Its own compiler support does not know this compiler; types are erased by Node, and checked elsewhere.
    tsconfigFile: 'none.json',
    mutate: [`src/domain/${name}.ts`],
    checkers: [],
    concurrency: 1,
    incremental: true,
    incrementalFile: report,
    reporters: ['clear-text'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: false },
    tempDirName: join(folder, 'sandbox'),
    ignorePatterns: ['dist', 'coverage', '.cache', 'docs'],
    allowConsoleColors: false,
    timeoutMS: 30000,
  }
  writeFileSync(config, JSON.stringify(settings))
  const { status } = spawnSync('stryker', ['run', config], { stdio: 'inherit' })
  if (status !== 0) throw new Error(`the mutants of ${name} could not be tested`)
  const mutants = Object.values(JSON.parse(readFileSync(report, 'utf8')).files).flatMap(file => file.mutants)
  const count = (...states) => mutants.filter(mutant => states.includes(mutant.status)).length
  return { found: count(...found), missed: count('Survived', 'NoCoverage') }
}

/** What was missed is tried again: of code that runs while loading, Stryker cannot tell that a new test reaches it. */
function forgetMissed(report) {
  const known = JSON.parse(readFileSync(report, 'utf8'))
  for (const file of Object.values(known.files)) file.mutants = file.mutants.filter(({ status }) => found.includes(status))
  writeFileSync(report, JSON.stringify(known))
}

/** Types are erased: a file of types alone has nothing to mutate. */
async function isCode(name) {
  return Object.keys(await import(`../src/domain/${name}.ts`)).length > 0
}

/** The files that loading one loads as well. */
function reached(file, seen = new Set()) {
  const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|export)\s+(?!type\b)[^']*?from '(\..*?)'/gm)
  for (const [, path] of imports) {
    const next = join(dirname(file), path)
    if (seen.has(next) || !existsSync(next)) continue
    seen.add(next)
    reached(next, seen)
  }
  return seen
}

function share(found, missed) {
  return (100 * found) / (found + missed)
}

function sum(what) {
  return counts.reduce((total, count) => total + count[what], 0)
}

function line(what, found, missed) {
  return `${share(found, missed).toFixed(1).padStart(6)} %  ${String(found).padStart(5)} of ${String(found + missed).padStart(5)}  ${what}`
}
