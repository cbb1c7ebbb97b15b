import fc from 'fast-check'
import { commands, resume } from './commands.ts'
import { checkTheEnd, newModel } from './model.ts'
import { RealService } from './service.ts'

/** `npm run test:model` runs thousands. A failure prints what replays it: FIREDRILL_MODEL_SEED, FIREDRILL_MODEL_PATH, FIREDRILL_MODEL_REPLAY. */
const {
  FIREDRILL_MODEL_RUNS: runs = '150',
  FIREDRILL_MODEL_SEED: seed,
  FIREDRILL_MODEL_PATH: path,
  FIREDRILL_MODEL_REPLAY: replayPath,
} = process.env

describe('the life of drills, whatever happens to the service', function () {
  this.timeout(0)

  it(`S1, S2, S3, S6, S9, S11, S12 hold over ${runs} lives with crashes, halts, doubled and lost wake-ups, opt-outs and deployments`, async () => {
    const lives = fc.commands(commands, { size: 'max', maxCommands: 30, ...(replayPath === undefined ? {} : { replayPath }) })
    const property = fc.asyncProperty(lives, fc.boolean(), fc.boolean(), async (life, restores, reusesNames) => {
      const model = newModel()
      const real = await RealService.open({ restores, reusesNames })
      try {
        await real.plan()
        await real.tick()
        await fc.asyncModelRun(() => ({ model, real }), life)
        await resume(model, real)
        await real.runToTheEnd()
        const steps = [...life].map(String)
        const away = steps.reduce((sum, one) => sum + (one.includes(' s pass') ? Number.parseInt(one, 10) : 0), 0)
        await checkTheEnd(model, real, { deployed: steps.some(one => one.startsWith('deploy')), restoredLate: restores && away > 300 })
      } finally {
        await real.stage.ledger.close()
      }
    })
    await fc.assert(property, {
      numRuns: Number(runs),
      verbose: fc.VerbosityLevel.None,
      ...(seed === undefined ? {} : { seed: Number(seed) }),
      ...(path === undefined ? {} : { path }),
    })
  })
})
