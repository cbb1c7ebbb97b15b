// Runs the tests and ends with the line "N passed, N failed".
//
//   npm test                              everything
//   npm test -- test/queue                a folder, a file or a glob
//   npm test -- --grep S4 --bail          as mocha does
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** Tests leave nothing running; what is still open after this many milliseconds is told, and is a failure. */
const LEFT_OPEN = 10_000

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)

const ownNode = join(root, 'node_modules', 'node', 'bin', 'node')
if (Number(process.versions.node.split('.')[0]) < 26) {
  if (!existsSync(ownNode)) throw new Error('run node scripts/setup.mjs first')
  process.exit(spawnSync(ownNode, process.argv.slice(1), { stdio: 'inherit' }).status ?? 1)
}

// Reading the same files again is a third of what each process that a test starts costs. Coverage would be less exact with it.
if (process.env.NODE_V8_COVERAGE === undefined) {
  process.env.NODE_COMPILE_CACHE ??= join(root, '.cache', 'compiled')
  enableCompileCache(process.env.NODE_COMPILE_CACHE)
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { grep: { type: 'string', short: 'g' }, bail: { type: 'boolean', short: 'b' }, parallel: { type: 'boolean' } },
})

let passed = 0
let failed = 0
// Also after a file that cannot be loaded, and when something calls process.exit.
process.on('exit', code => {
  if (passed + failed === 0) failed = 1
  if (code !== 0 && failed === 0) failed = 1
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
})

const { default: Mocha } = await import('mocha')
const { timeout, forbidOnly } = JSON.parse(readFileSync('.mocharc.json', 'utf8'))
const mocha = new Mocha({
  timeout,
  forbidOnly,
  diff: false,
  reporter: 'spec',
  grep: values.grep,
  bail: values.bail,
  parallel: values.parallel,
  jobs: 2,
})
const files = filesOf(positionals)
if (files.length === 0) throw new Error(`no test file matches ${positionals.join(' ') || 'test/**/*.test.ts'}`)
for (const file of files) mocha.addFile(file)
if (!values.parallel) await mocha.loadFilesAsync()

await new Promise(resolve => {
  const runner = mocha.run(resolve)
  runner.on('pass', () => passed++)
  runner.on('fail', () => failed++)
})

setTimeout(() => {
  console.error(`tests left open: ${[...new Set(process.getActiveResourcesInfo())].join(', ')}`)
  failed++
  process.exit(1)
}, LEFT_OPEN).unref()

function filesOf(patterns) {
  const globs = patterns.length === 0 ? ['test/**/*.test.ts'] : patterns.map(asGlob)
  return [...new Set(globs.flatMap(glob => globSync(glob)))].sort().map(file => join(root, file))
}

function asGlob(pattern) {
  return existsSync(pattern) && statSync(pattern).isDirectory() ? join(pattern, '**/*.test.ts') : pattern
}
