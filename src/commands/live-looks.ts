import type { GroupId, GroupSnapshot } from '../domain/group.ts'
import type { Provider } from '../providers/provider.ts'

/** How a group stood in one look of a drill. */
export interface LiveLook {
  readonly at: Temporal.Instant
  readonly desired: number
  /** How many members are in each phase. */
  readonly members: Readonly<Record<string, number>>
  /** Why it is not steady, in the platform's own account; empty: it calls itself steady. */
  readonly unsteady: readonly string[]
}

/** The same provider; each of its looks at the group is told as well. Nothing more is asked of the platform. */
export function tellingLooks(provider: Provider, group: GroupId, tell: (snapshot: GroupSnapshot) => void): Provider {
  const observe: Provider['observe'] = async (...asked) => {
    const observed = await provider.observe(...asked)
    const seen = observed.get(group)
    if (seen?.kind === 'snapshot') tell(seen.snapshot)
    return observed
  }
  // Called on the provider itself: classes keep private fields.
  return new Proxy(provider, {
    get(target, key) {
      if (key === 'observe') return observe
      const value = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

export function lookOf({ desired, instances, unsteady }: GroupSnapshot, at: Temporal.Instant): LiveLook {
  const members = Object.fromEntries(
    [...Map.groupBy(instances, ({ phase }) => phase)].map(([phase, of]): [string, number] => [phase, of.length]).toSorted(),
  )
  return { at, desired, members, unsteady: unsteady.map(({ detail }) => detail) }
}

/** The last look before this moment, and of those after it each that shows something else than the one before. */
export function changesSince(looks: readonly LiveLook[], moment: Temporal.Instant): LiveLook[] {
  const first = looks.findLastIndex(({ at }) => Temporal.Instant.compare(at, moment) <= 0)
  const text = ({ at, ...shown }: LiveLook) => JSON.stringify(shown)
  return looks.slice(Math.max(0, first)).filter((look, index, all) => {
    const before = all[index - 1]
    return before === undefined || text(before) !== text(look)
  })
}
