import { groupId, type Site, setCapacity } from '../../src/simulator/world/azure/scale-sets.ts'
import { changeGroup } from '../../src/simulator/world/azure/traits.ts'
import type { World } from '../../src/simulator/world/world.ts'
import type { Hands } from './others.ts'

const rollsFor = 5 * 60_000

export function siteOf(world: World, name: string): Site {
  for (const subscription of world.subscriptions.values())
    for (const set of subscription.scaleSets.values()) if (set.name === name) return { world, subscription, set }
  throw new Error(`there is no scale set ${name}`)
}

export function handsOnAzure(site: Site): Hands {
  const { world, subscription, set } = site
  const moves: { readonly at: number; readonly what: string }[] = []
  const resize = (by: 1 | -1) => {
    const capacity = Math.max(1, set.capacity + by)
    if (capacity === set.capacity) return
    moves.push({ at: world.time, what: `its capacity had been set to ${capacity}` })
    setCapacity(site, capacity)
  }
  return {
    id: groupId(subscription, set),
    part: subscription,
    resize,
    deploy: () => changeGroup(site),
    refresh: () => {
      changeGroup(site)
      // The members keep their identities: a rolling upgrade brings the model to the machines that are there.
      set.rollingUpgrade = 'RollingForward'
      world.after(subscription, rollsFor, () => {
        set.rollingUpgrade = 'Completed'
      })
    },
    crash: () => {
      const machine = [...set.machines.values()].find(each => each.power === 'running' && each.provisioning === 'Succeeded')
      if (machine === undefined) return
      machine.power = 'deallocated'
      if (machine.health !== null) machine.health = 'unhealthy'
      moves.push({ at: world.time, what: `${machine.name} had crashed` })
    },
    optOut: () => {
      const { firedrill: _tag, ...tags } = set.tags
      set.tags = tags
    },
    unsteady: ({ from, to }) => {
      const made = [...set.machines.values()].find(each => each.createdAt > from && each.createdAt < to)
      if (made !== undefined) return `its members had changed: ${made.name} was new`
      return moves.find(each => each.at > from && each.at < to)?.what ?? null
    },
  }
}
