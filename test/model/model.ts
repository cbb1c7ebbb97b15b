import assert from 'node:assert/strict'
import type { Drill, DrillId } from '../../src/domain/drill.ts'
import type { Strike } from '../engine/platform.ts'
import { limits, type Name, names, type RealService } from './service.ts'

/** What an on-call engineer would hold against the service: kept apart from it, and far simpler. */
export interface Model {
  halted: boolean
  readonly optedOut: Set<Name>
  /** Every drill that was ever planned, with the last that was seen of it. */
  readonly drills: Map<DrillId, Drill>
  /** How many strikes have been checked. */
  checked: number
}

export function newModel(): Model {
  return { halted: false, optedOut: new Set(), drills: new Map(), checked: 0 }
}

const rank: Readonly<Record<Drill['state'], number>> = {
  planned: 0,
  striking: 1,
  restoring: 2,
  recovering: 3,
  soaking: 3,
  refused: 9,
  leashed: 9,
  concluded: 9,
}

/** What holds after every single step. `during` is what was commanded. */
export async function check(model: Model, real: RealService): Promise<void> {
  const drills = await real.drills()
  for (const drill of drills) assertLife(model.drills.get(drill.id), drill)
  assert.deepEqual(
    [...model.drills.keys()].filter(id => !drills.some(drill => drill.id === id)),
    [],
    'S11 a drill was forgotten',
  )
  for (const drill of drills) model.drills.set(drill.id, drill)
  assertStrikes(model, real)
  const { busy } = await real.stage.ledger.state()
  assert.ok(busy.length <= limits.concurrentPerScope, `S3 ${busy.length} drills are open in one scope`)
  const open = busy.filter(drill => !drill.wounded).map(drill => drill.service)
  assert.equal(new Set(open).size, open.length, 'S6 two drills are open on one service')
}

/** A drill only ever goes forward, and what has ended stays as it ended. */
function assertLife(before: Drill | undefined, after: Drill): void {
  if (before === undefined) return
  assert.ok(rank[after.state] >= rank[before.state], `S11 ${after.id} went from ${before.state} back to ${after.state}`)
  if ('order' in before && 'order' in after) assert.deepEqual(after.order, before.order, 'S9 the order was changed')
  if (before.state === 'concluded' && after.state === 'concluded')
    assert.deepEqual(after.judgement, before.judgement, 'S11 a second verdict')
  if (rank[before.state] === 9) assert.equal(after.state, before.state, 'S11 a drill that had ended went on')
}

function assertStrikes(model: Model, real: RealService): void {
  const { sent } = real.stage.platform
  for (const strike of sent.slice(model.checked)) assertStrike(model, real, strike)
  model.checked = sent.length
  const kills = Map.groupBy(
    sent.filter(strike => strike.killed),
    strike => strike.order.drill,
  )
  for (const [drill, own] of kills) assert.equal(own.length, 1, `S9 drill ${drill} killed ${own.length} instances`)
}

function assertStrike(model: Model, real: RealService, { order, wasMember, at }: Strike): void {
  const drill = model.drills.get(order.drill)
  assert.ok(drill !== undefined && 'order' in drill, `S9 a strike for ${order.drill}, which is ${drill?.state ?? 'not in the ledger'}`)
  assert.equal(order.victim.id, drill.order.victim.id, 'S9 another victim than the recorded one')
  assert.equal(model.halted, false, 'S2 a strike while everything was halted')
  const name = order.groupName as Name
  assert.ok(!model.optedOut.has(name), `S1 a strike on ${name}, which is opted out`)
  assert.ok(wasMember, `S9 a call was sent for ${order.victim.id}, which had gone`)
  const own = real.stage.platform.sent.filter(other => other.order.drill === order.drill)
  const repeatable = real.stage.platform.capabilities.namesInstance.length > 0
  if (own.length > 1) assert.ok(repeatable, 'S9 a call that names a reusable name was repeated')
  const earlier = real.stage.platform.sent.filter(other => other.order.drill !== order.drill && Temporal.Instant.compare(other.at, at) < 0)
  const gap = Math.min(...earlier.map(other => at.since(other.at).total('milliseconds')))
  assert.ok(own.length > 1 || gap >= limits.spacing, `S3 only ${gap} ms between two strikes`)
}

export interface World {
  /** A deployment came in between: then nothing can be compared. */
  readonly deployed: boolean
  /** The platform had to be asked for the successor while nobody was there to ask: it may have come too late. */
  readonly restoredLate: boolean
}

/** What holds when everything has come to its end. */
export async function checkTheEnd(model: Model, real: RealService, world: World): Promise<void> {
  await check(model, real)
  const { platform, ledger } = real.stage
  for (const drill of model.drills.values()) {
    assert.ok(rank[drill.state] === 9, `S11 drill ${drill.id} ended as ${drill.state}`)
    const killed = platform.sent.some(strike => strike.killed && strike.order.drill === drill.id)
    const events = (await ledger.events(drill.id)).map(event => event.kind)
    const verdicts = events.filter(kind => ['concluded', 'not-struck'].includes(kind)).length
    assert.equal(verdicts, drill.state === 'concluded' ? 1 : 0, `S11 ${drill.id}: ${events.join(', ')}`)
    if (drill.state !== 'concluded') {
      assert.ok(!killed, `S11 drill ${drill.id} struck and was ${drill.state}`)
      continue
    }
    const { verdict, findings } = drill.judgement
    const told = `${drill.id}: ${verdict} ${findings.map(finding => `${finding.kind} (${finding.summary})`).join(', ')}; ${events.join(', ')}`
    if (!killed) assert.deepEqual([verdict, findings[0]?.kind], ['inconclusive', 'not-struck'], told)
    // Every rebuild of this platform works and is like what was lost.
    if (killed) assert.notEqual(verdict, 'snowflake', told)
    if (killed && !world.deployed && !world.restoredLate) assert.equal(verdict, 'phoenix', told)
  }
  for (const name of names) assert.equal(platform.size(real.group(name)), 3, `${name} was left smaller`)
}
