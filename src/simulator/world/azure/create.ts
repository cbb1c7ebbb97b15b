import { type AzureDescription, type FaultInput, WorldError } from '../description.ts'
import { tellTruth } from '../truth.ts'
import type { World } from '../world.ts'
import { buildScaleSet, buildSubscription } from './fleet.ts'
import type { Subscription } from './model.ts'
import { groupId, identityOf, scaleSetId } from './scale-sets.ts'
import { applyTrait, prepare, truthHere } from './traits.ts'

/** The Azure part of a world, and the faults that it starts with. Throws WorldError where the description is wrong. */
export function createAzure(world: World, description: AzureDescription): FaultInput[] {
  for (const each of description.subscriptions) world.subscriptions.set(each.id, buildSubscription(world, each))
  world.knowInside(id => insideOf(world.subscriptions.values(), id))
  const sorted = description.groups.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  return sorted.flatMap(group => addScaleSet(world, description, group))
}

function addScaleSet(world: World, description: AzureDescription, group: AzureDescription['groups'][number]): FaultInput[] {
  const home = group.subscription ?? (description.subscriptions[0]?.id as string)
  const subscription = world.subscriptions.get(home)
  if (subscription === undefined) throw new WorldError(`the world: azure group ${group.name}: ${home} is not under azure.subscriptions`)
  const prepared = prepare(group)
  const set = buildScaleSet(world, subscription, prepared)
  const traits = prepared.traits.map(trait => ({ trait, edited: applyTrait({ world, subscription, set }, trait) }))
  world.knowTruth(groupId(subscription, set), question => truthHere(prepared.traits, tellTruth(traits, question)))
  if (!prepared.traits.some(({ trait }) => trait === 'unreadable')) return []
  return [{ kind: 'denied', service: 'arm', mentions: `${scaleSetId(subscription, set)}/` }]
}

function insideOf(subscriptions: Iterable<Subscription>, id: string) {
  for (const { scaleSets } of subscriptions) {
    for (const set of scaleSets.values()) {
      const machine = [...set.machines.values()].find(each => identityOf(each) === id)
      if (machine !== undefined) return { state: machine.power ?? 'unknown', content: machine.content }
    }
  }
  return null
}
