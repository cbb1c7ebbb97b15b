// Stryker's own runner for mocha stops short of mocha 12. This one loads the tests once and switches the mutants while they are
// loaded, and it tells Stryker which test reaches which mutant, so that a mutant costs its own tests only.
import fs from 'node:fs'
import fc from 'fast-check'
import Mocha from 'mocha'

export const strykerPlugins = [{ kind: 'TestRunner', name: 'mocha', injectableClass: MochaRunner }]

export const strykerValidationSchema = {
  properties: { mochaRunner: { type: 'object', properties: { tests: { type: 'array' }, durations: { type: 'string' } } } },
}

MochaRunner.inject = ['options']
function MochaRunner({ mochaRunner: { tests, durations } }) {
  // The mutated code reads this to know which mutant it is to be.
  globalThis.__stryker__ ??= {}
  const mutants = globalThis.__stryker__
  const mocha = new Mocha({ timeout: 0, reporter: class {} })
  let loaded = false

  return { capabilities, dryRun, mutantRun }

  function capabilities() {
    // A module that is loaded stays loaded: a mutant of code that runs while loading gets a process of its own.
    return { reloadEnvironment: false }
  }

  async function dryRun() {
    mocha.suite.beforeEach(function () {
      mutants.currentTestId = this.currentTest.fullTitle()
    })
    await load()
    const ran = await run({ bail: false })
    fs.writeFileSync(durations, JSON.stringify(Object.fromEntries(ran.map(({ id, timeSpentMs }) => [id, timeSpentMs]))))
    return { status: 'complete', tests: ran, mutantCoverage: atTests(mutants.mutantCoverage) }
  }

  async function mutantRun({ activeMutant, testFilter, hitLimit, mutantActivation }) {
    mutants.hitLimit = hitLimit
    mutants.hitCount = hitLimit === undefined ? undefined : 0
    mutants.activeMutant = mutantActivation === 'static' ? activeMutant.id : undefined
    try {
      await load()
    } catch (error) {
      return { status: 'killed', killedBy: [], failureMessage: String(error), nrOfTests: 0 }
    }
    mutants.activeMutant = activeMutant.id
    mocha.grep(testFilter === undefined ? /^/ : new RegExp(`^(${testFilter.map(RegExp.escape).join('|')})$`))
    const ran = await run({ bail: true })
    if (mutants.hitCount > hitLimit) return { status: 'timeout', reason: 'it goes round and round' }
    const failed = ran.filter(({ status }) => status === FAILED)
    const nrOfTests = ran.length
    if (failed.length === 0) return { status: 'survived', nrOfTests }
    return { status: 'killed', killedBy: failed.map(({ id }) => id), failureMessage: failed[0].failureMessage, nrOfTests }
  }

  async function load() {
    if (loaded) return
    loaded = true
    // Properties try the same cases each time, and do not look for the smallest that fails.
    fc.configureGlobal({ seed: 1, interruptAfterTimeLimit: 10_000, endOnFailure: true })
    mocha.cleanReferencesAfterRun(false)
    const { file: first } = JSON.parse(fs.readFileSync('.mocharc.json', 'utf8'))
    for (const file of [...first, ...tests]) mocha.addFile(file)
    await mocha.loadFilesAsync()
    if (fs.existsSync(durations)) quickestFirst(mocha.suite, JSON.parse(fs.readFileSync(durations, 'utf8')))
  }

  async function run({ bail }) {
    mocha.bail(bail)
    mocha.suite.eachTest(test => test.parent.bail(bail))
    const ran = []
    await new Promise(resolve => {
      const runner = mocha.run(resolve)
      runner.on('pass', test => ran.push(result(test, { status: PASSED })))
      runner.on('fail', (test, error) => ran.push(result(test, { status: FAILED, failureMessage: `${error?.message ?? error}` })))
    })
    return ran
  }
}

/** Stryker's numbers for them. */
const PASSED = 0
const FAILED = 1

/** Code that ran while loading and in tests as well is tried in the tests, without a process of its own. */
function atTests({ static: whileLoading, perTest }) {
  const inTests = new Set(Object.values(perTest).flatMap(Object.keys))
  return { static: Object.fromEntries(Object.entries(whileLoading).filter(([mutant]) => !inTests.has(mutant))), perTest }
}

function result(test, how) {
  return { id: test.fullTitle(), name: test.fullTitle(), timeSpentMs: test.duration ?? 0, ...how }
}

/** The first test that fails ends a mutant's run. */
function quickestFirst(suite, durations) {
  const time = test => durations[test.fullTitle()] ?? 0
  const whole = ({ tests, suites }) => tests.reduce((sum, test) => sum + time(test), 0) + suites.reduce((sum, one) => sum + whole(one), 0)
  suite.tests.sort((one, other) => time(one) - time(other))
  suite.suites.sort((one, other) => whole(one) - whole(other))
  for (const inner of suite.suites) quickestFirst(inner, durations)
}
