// Runs the tests and ends with the line "N passed, N failed" (and ", N skipped" where something was not to be had).
//
//   npm test                              everything, a process per folder, several side by side
//   npm test -- test/queue                a folder, a file or a glob, in this process
//   npm test -- --grep S4 --bail          as mocha does
import { spawn, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { enableCompileCache } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** Tests leave nothing running; what is still open after this many milliseconds is told, and is a failure. */
const LEFT_OPEN = 10_000

/** These start a dozen processes or whole engines at a time and have deadlines: each has the machine for itself, first. */
const ALONE = ['crash', 'container', 'swarm']

/** The others go side by side, one for each of two processors. */
const LANES = 2

/** Of those the longest begin first; every other folder follows by name. */
const LONGEST = ['commands', 'scenarios', 'providers', 'web', 'ledger', 'model', 'flow', 'queue', 'security']

/** Characters of either end of a failure's words that are said again at the end of a whole run. */
const TOLD = 2_000

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)

const ownNode = join(root, 'node_modules', 'node', 'bin', 'node')
if (Number(process.versions.node.split('.')[0]) < 26) {
  if (!fs.existsSync(ownNode)) throw new Error('run node scripts/setup.mjs first')
  process.exit(spawnSync(ownNode, process.argv.slice(1), { stdio: 'inherit' }).status ?? 1)
}

// Reading the same files again is a third of what each process that a test starts costs. Coverage would be less exact with it.
if (process.env.NODE_V8_COVERAGE === undefined) {
  process.env.NODE_COMPILE_CACHE ??= join(root, '.cache', 'compiled')
  enableCompileCache(process.env.NODE_COMPILE_CACHE)
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { grep: { type: 'string', short: 'g' }, bail: { type: 'boolean', short: 'b' }, total: { type: 'string' } },
})

let passed = 0
let failed = 0
let skipped = 0
/** One for each failed test: its title and what it says, for the end of a long output. */
const failures = []
// Also after a file that cannot be loaded, and when something calls process.exit.
process.on('exit', code => {
  if (passed + failed + skipped === 0) failed = 1
  if (code !== 0 && failed === 0) failed = 1
  if (values.total === undefined) console.log(`${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`)
  else fs.writeFileSync(values.total, JSON.stringify({ passed, failed, skipped, failures }))
  process.exitCode = failed === 0 ? 0 : 1
})

const files = filesOf(positionals)
if (files.length === 0) throw new Error(`no test file matches ${positionals.join(' ') || 'test/**/*.test.ts'}`)
if (positionals.length === 0 && values.grep === undefined && !values.bail) await runInLanes(files)
else await runHere(files)

/** Each folder is a process of its own, so none sees what another left, and what it leaves open is told with its name. */
async function runInLanes(all) {
  const folders = [...Map.groupBy(all, folderOf)].sort(([one], [other]) => rank(one) - rank(other) || one.localeCompare(other))
  const isAlone = ([folder]) => ALONE.includes(folder)
  const run = async ([folder, ofFolder]) => {
    const ended = await runFolder(folder, ofFolder)
    passed += ended.passed
    failed += ended.failed
    skipped += ended.skipped
    process.stdout.write(`\n──── ${folder}: ${ended.seconds} s\n${ended.output}`)
    if (ended.failed > 0) failures.push(`──── ${folder}: ${ended.failed} failed`, ...ended.failures)
  }
  for (const folder of folders.filter(isAlone)) await run(folder)
  const queue = folders.filter(folder => !isAlone(folder))
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) await run(next)
    }),
  )
  for (const failure of failures) console.log(failure)
}

/** A folder counts as failed when its process ends without having said what it counted. */
async function runFolder(folder, ofFolder) {
  const started = performance.now()
  const total = join(fs.mkdtempSync(join(tmpdir(), 'firedrill-tests-')), 'total.json')
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), '--total', total, ...ofFolder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', chunk => (output += chunk))
  child.stderr.setEncoding('utf8').on('data', chunk => (output += chunk))
  // A grandchild that was left running may hold the pipes open: the process's own end is what counts.
  const code = await new Promise(resolve => child.once('exit', resolve))
  const counted = readTotal(total)
  fs.rmSync(dirname(total), { recursive: true, force: true })
  if (counted === null) output += `${folder} ended with ${code} before it had counted its tests\n`
  return {
    ...(counted ?? { passed: 0, failed: 1, skipped: 0, failures: [output.slice(-TOLD)] }),
    output,
    seconds: Math.round((performance.now() - started) / 1000),
  }
}

function readTotal(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

async function runHere(chosen) {
  const { default: Mocha } = await import('mocha')
  const { timeout, forbidOnly, file: first } = JSON.parse(fs.readFileSync('.mocharc.json', 'utf8'))
  const mocha = new Mocha({ timeout, forbidOnly, diff: false, reporter: 'spec', grep: values.grep, bail: values.bail })
  for (const file of [...first.map(name => join(root, name)), ...chosen]) mocha.addFile(file)
  await mocha.loadFilesAsync()
  await new Promise(resolve => {
    const runner = mocha.run(resolve)
    runner.on('pass', () => passed++)
    runner.on('fail', (test, error) => {
      failed++
      failures.push(`${test.fullTitle()}\n${shortened(error.stack ?? String(error))}`)
    })
    runner.on('pending', () => skipped++)
  })
  setTimeout(() => {
    const open = `tests left open: ${[...new Set(process.getActiveResourcesInfo())].join(', ')}`
    console.error(open)
    failures.push(open)
    failed++
    process.exit(1)
  }, LEFT_OPEN).unref()
}

/** Both ends of what a failure says: the first names it, the last is often what a process had printed. */
function shortened(text) {
  return text.length <= 2 * TOLD ? text : `${text.slice(0, TOLD)}\n…\n${text.slice(-TOLD)}`
}

/** `test/queue/queue.test.ts` → `queue`; `test/providers/aws/map.test.ts` → `providers/aws`. */
function folderOf(file) {
  return dirname(file).slice(join(root, 'test').length + 1) || '.'
}

function rank(folder) {
  const at = LONGEST.indexOf(folder)
  return at === -1 ? LONGEST.length : at
}

function filesOf(patterns) {
  const globs = patterns.length === 0 ? ['test/**/*.test.ts'] : patterns.map(asGlob)
  return [...new Set(globs.flatMap(glob => fs.globSync(glob)))]
    .sort()
    .map(file => join(root, file.startsWith(root) ? file.slice(root.length + 1) : file))
}

function asGlob(pattern) {
  return fs.existsSync(pattern) && fs.statSync(pattern).isDirectory() ? join(pattern, '**/*.test.ts') : pattern
}
