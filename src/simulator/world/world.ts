import type { Clock } from '../clock.ts'
import { EventHeap } from './event-heap.ts'
import { History } from './history.ts'
import type { Group, Instance, Region } from './model.ts'
import { Random } from './random.ts'
import type { Truth, TruthQuestion } from './truth.ts'

export interface Account {
  readonly id: string
  /** Roles that may be assumed from outside; null: any name will do. */
  readonly roles: readonly string[] | null
}

export interface AccessKey {
  readonly id: string
  readonly account: string
  readonly arn: string
  readonly userId: string
  readonly sessionName: string | null
}

export interface Strike {
  readonly region: Region
  readonly group: Group
  readonly instance: string
}

type StrikeListener = (strike: Strike) => void

/**
 * All clouds that are simulated, moved on by events. Nothing runs by itself: whoever looks calls `catchUp()`
 * first, and everything that should have happened by the clock happens then, in order and at its own time.
 */
export class World {
  readonly regions = new Map<string, Region>()
  readonly accounts = new Map<string, Account>()
  readonly accessKeys = new Map<string, AccessKey>()
  readonly random: Random
  readonly history = new History()
  readonly clock: Clock
  /** Where the world stands, epoch milliseconds; within an event its own moment. */
  time: number
  readonly #events = new EventHeap()
  readonly #listeners = new Map<string, StrikeListener[]>()
  readonly #truths = new Map<string, (question: TruthQuestion) => Truth>()

  constructor(clock: Clock, seed: number) {
    this.clock = clock
    this.random = new Random(seed)
    this.time = clock.now()
  }

  /** Lets everything happen that is due by the clock. */
  catchUp(): void {
    this.advanceTo(this.clock.now())
  }

  /** Lets everything happen that is due by this moment. Going back does nothing. */
  advanceTo(moment: number): void {
    for (let next = this.#events.nextAt; next !== null && next <= moment; next = this.#events.nextAt) {
      this.time = Math.max(this.time, next)
      this.#events.pop()?.run()
    }
    this.time = Math.max(this.time, moment)
  }

  /** Plans a change of a region. */
  after(region: Region, delay: number, run: () => void): void {
    this.#events.push(this.time + delay, () => {
      this.touch(region)
      run()
    })
  }

  /** Must be called before a region is changed. */
  touch(region: Region): void {
    this.history.capture(region, this.time)
    region.version++
    region.changedAt = this.time
  }

  /** Throws where the account or region is not part of this world. */
  region(account: string, name: string): Region {
    const region = this.regions.get(`${account}/${name}`)
    if (region === undefined)
      throw new Error(`the simulated world has no ${account}/${name}; it has ${[...this.regions.keys()].join(', ')}`)
    return region
  }

  /** `web`, where that is unambiguous, or `aws:123456789012/eu-west-1/asg/web`. */
  findGroup(nameOrId: string): { readonly region: Region; readonly group: Group } {
    const found: { region: Region; group: Group }[] = []
    for (const region of this.regions.values()) {
      for (const group of region.groups.values()) {
        if (group.name === nameOrId || groupId(region, group) === nameOrId) found.push({ region, group })
      }
    }
    const [first, second] = found
    if (first === undefined) throw new Error(`the simulated world has no group ${nameOrId}`)
    if (second !== undefined)
      throw new Error(`the simulated world has several groups ${nameOrId}; use ${groupId(first.region, first.group)}`)
    return first
  }

  findInstance(id: string): { readonly region: Region; readonly instance: Instance } | null {
    for (const region of this.regions.values()) {
      const instance = region.instances.get(id)
      if (instance !== undefined) return { region, instance }
    }
    return null
  }

  /** Calls back when a member of this group is terminated through an API. */
  onStrike(region: Region, group: Group, listener: StrikeListener): void {
    const id = groupId(region, group)
    this.#listeners.set(id, [...(this.#listeners.get(id) ?? []), listener])
  }

  struck(strike: Strike): void {
    for (const listener of this.#listeners.get(groupId(strike.region, strike.group)) ?? []) listener(strike)
  }

  knowTruth(region: Region, group: Group, tell: (question: TruthQuestion) => Truth): void {
    this.#truths.set(groupId(region, group), tell)
  }

  /** What a right verdict or refusal for this group would be. */
  truth(nameOrId: string, question: TruthQuestion = {}): Truth {
    const { region, group } = this.findGroup(nameOrId)
    const tell = this.#truths.get(groupId(region, group))
    if (tell === undefined) throw new Error(`nothing is known of the group ${nameOrId}`)
    return tell(question)
  }

  /** Ids of all groups, `aws:<account>/<region>/asg/<name>`. */
  groupIds(): string[] {
    return [...this.regions.values()].flatMap(region => [...region.groups.values()].map(group => groupId(region, group)))
  }
}

function groupId(region: Region, group: Group): string {
  return `aws:${region.account}/${region.name}/asg/${group.name}`
}
