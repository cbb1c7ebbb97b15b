import type { PlannedDrill, StrikeOrder } from '../src/domain/drill.ts'
import type { GroupSnapshot } from '../src/domain/group.ts'
import { transition } from '../src/domain/transition.ts'
import { type Engine, type ScopeHandle, scopesOf } from '../src/engine/context.ts'
import { discover } from '../src/engine/discover.ts'
import { basisFor, newPlan } from '../src/engine/plan.ts'

export const endless = new AbortController().signal

/**
 * Discovers, and writes one drill for each opted-in group as recovering, past everything that comes before a strike.
 * `strike`: its victim is really struck; else nobody ever comes, and the drill stays open.
 */
export async function openDrills(engine: Engine, { strike }: { readonly strike: boolean }): Promise<ScopeHandle> {
  const [handle] = scopesOf(engine)
  if (handle === undefined) throw new Error('the bench needs a scope')
  await discover(engine, endless)
  const now = await engine.ledger.now()
  const plans = (await engine.ledger.groups()).flatMap(group => {
    const basis = basisFor(engine, group, now)
    return basis === null ? [] : [newPlan(basis, { planKey: 'bench', plannedFor: now })]
  })
  const planned = await engine.ledger.addPlans(plans)
  const groups = planned.map(plan => plan.group)
  // A real strike comes right after a full look.
  const depth = strike ? 'full' : 'brief'
  const seen = await handle.provider.observe(handle.scope, groups, { since: now, depth }, endless)
  for (const plan of planned) {
    const observation = seen.get(plan.group)
    if (observation?.kind === 'snapshot') await open(engine, handle, { plan, snapshot: observation.snapshot, strike })
  }
  return handle
}

async function open(
  engine: Engine,
  handle: ScopeHandle,
  { plan, snapshot, strike }: { plan: PlannedDrill; snapshot: GroupSnapshot; strike: boolean },
): Promise<void> {
  const [victim] = snapshot.instances
  if (victim === undefined) throw new Error(`${plan.group} has no members`)
  const at = await engine.ledger.now()
  const order: StrikeOrder = {
    drill: plan.id,
    scope: plan.scope,
    group: plan.group,
    groupName: plan.groupName,
    incarnation: plan.incarnation,
    victim,
    method: plan.policy.method,
    desired: snapshot.desired,
    members: snapshot.instances.map(instance => instance.id),
    declarationVersion: snapshot.declarationVersion ?? '',
    intendedAt: at,
    requestId: engine.newId(),
  }
  if (strike) await handle.provider.strike(order, endless, () => true)
  const { desired, declarationVersion } = order
  const struck = { kind: 'struck', at, mustRestore: false, declarationVersion, desired } as const
  const recovering = transition(transition(transition(plan, { kind: 'intend', order }), { kind: 'attempt', at }), struck)
  const written = await engine.ledger.advance({ drill: { ...recovering, revision: plan.revision + 1 }, events: [] })
  if (!written) throw new Error(`the ledger did not take ${plan.id}`)
}
