import fc from 'fast-check'
import { check, type Model } from './model.ts'
import { type Name, names, type RealService } from './service.ts'

type Command = fc.AsyncCommand<Model, RealService>

const name = fc.constantFrom(...names)

/** What may happen to a service, in any order. Each step is followed by everything that must always hold. */
export const commands: fc.Arbitrary<Command>[] = [
  fc.constant(step('plan', async (_model, real) => void (await real.plan()))),
  fc.constant(step('tick', async (_model, real) => real.tick())),
  fc.constant(step('deliver', async (_model, real) => void (await real.deliver()))),
  fc.constant(step('deliver', async (_model, real) => void (await real.deliver()))),
  fc.constant(step('deliver twice at once', async (_model, real) => void (await real.deliver(2)))),
  fc.integer({ min: 1, max: 24 }).map(nth => step(`crash at point ${nth}`, async (_model, real) => real.deliverAndCrash(nth))),
  fc.constant(step('lose the queue', async (_model, real) => real.queue.loseEverything())),
  fc.constant(step('halt', halt)),
  fc.constant(step('resume', resume)),
  name.map(group => step(`opt out ${group}`, async (model, real) => optOut(model, real, group))),
  name.map(group => step(`opt in ${group}`, async (model, real) => optIn(model, real, group))),
  name.map(group => step(`deploy ${group}`, async (_model, real) => real.stage.platform.deploy(real.group(group)))),
  fc.constantFrom('lost', 'silent').map(outcome =>
    step(`the next answer is ${outcome}`, async (_model, real) => {
      real.stage.platform.next = [outcome as 'lost' | 'silent']
    }),
  ),
  fc
    .integer({ min: 1, max: 600 })
    .map(seconds => step(`${seconds} s pass`, async (_model, real) => real.stage.clock.advance(seconds * 1_000))),
  fc
    .integer({ min: 1, max: 30 })
    .map(seconds => step(`${seconds} s pass`, async (_model, real) => real.stage.clock.advance(seconds * 1_000))),
]

async function halt(model: Model, real: RealService): Promise<void> {
  await real.stage.ledger.halt({ target: { kind: 'installation' }, reason: 'an incident', by: 'model', until: null })
  model.halted = true
}

export async function resume(model: Model, real: RealService): Promise<void> {
  await real.stage.ledger.resume(null, 'model')
  model.halted = false
}

async function optOut(model: Model, real: RealService, group: Name): Promise<void> {
  const found = real.stage.platform.groups.get(real.group(group))
  if (found !== undefined) found.tags = { ...found.tags, firedrill: 'disabled' }
  model.optedOut.add(group)
}

async function optIn(model: Model, real: RealService, group: Name): Promise<void> {
  const found = real.stage.platform.groups.get(real.group(group))
  if (found !== undefined) found.tags = { ...found.tags, firedrill: 'enabled' }
  model.optedOut.delete(group)
}

function step(title: string, act: (model: Model, real: RealService) => Promise<void>): Command {
  return {
    check: () => true,
    async run(model, real) {
      await act(model, real)
      await check(model, real)
    },
    toString: () => title,
  }
}
