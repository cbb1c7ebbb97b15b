import type { Clock } from '../clock.ts'
import type { Subscription } from './azure/model.ts'
import { EventHeap } from './event-heap.ts'
import type { Project } from './gcp/model.ts'
import { History, type Part } from './history.ts'
import type { Group, Instance, Region } from './model.ts'
import { Random } from './random.ts'
import type { Truth, TruthQuestion } from './truth.ts'

export interface Account {
  readonly id: string
  /** Roles that may be assumed from outside; null: any name will do. */
  readonly roles: readonly string[] | null
}

/** An instance as far as somebody who looks inside it can tell. */
export interface Inside {
  readonly state: string
  readonly content: Readonly<Record<string, string>>
}

export interface AccessKey {
  readonly id: string
  readonly account: string
  readonly arn: string
  readonly userId: string
  readonly sessionName: string | null
}

/**
 * All clouds that are simulated, moved on by events. Nothing runs by itself: whoever looks calls `catchUp()`
 * first, and everything that should have happened by the clock happens then, in order and at its own time.
 */
export class World {
  readonly regions = new Map<string, Region>()
  /** Of Azure, by id. */
  readonly subscriptions = new Map<string, Subscription>()
  readonly accounts = new Map<string, Account>()
  readonly accessKeys = new Map<string, AccessKey>()
  /** Google Cloud's, by their id. */
  readonly projects = new Map<string, Project>()
  readonly random: Random
  readonly history = new History()
  readonly clock: Clock
  /** Where the world stands, epoch milliseconds; within an event its own moment. */
  time: number
  readonly #events = new EventHeap()
  readonly #listeners = new Map<string, ((victims: readonly string[]) => void)[]>()
  readonly #insides: ((id: string) => Inside | null)[] = []
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

  /** Plans a change of a part. */
  after(part: Part, delay: number, run: () => void): void {
    this.#events.push(this.time + delay, () => {
      this.touch(part)
      run()
    })
  }

  /** Must be called before a part is changed. */
  touch(part: Part): void {
    this.history.capture(part, this.time)
    part.version++
    part.changedAt = this.time
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
    const id = this.groupId(nameOrId)
    for (const region of this.regions.values()) {
      for (const group of region.groups.values()) if (groupId(region, group) === id) return { region, group }
    }
    throw new Error(`${id} is not an Auto Scaling group`)
  }

  findInstance(id: string): { readonly region: Region; readonly instance: Instance } | null {
    for (const region of this.regions.values()) {
      const instance = region.instances.get(id)
      if (instance !== undefined) return { region, instance }
    }
    return null
  }

  /** Makes the instances of one cloud known with what is inside them. */
  knowInside(find: (id: string) => Inside | null): void {
    this.#insides.push(find)
  }

  /** What is inside an instance of any cloud. */
  inside(id: string): Inside | null {
    for (const find of [(each: string) => this.findInstance(each)?.instance ?? null, ...this.#insides]) {
      const found = find(id)
      if (found !== null) return found
    }
    return null
  }

  /** Calls back with their identities when members of this group (by its id) are terminated through an API. */
  onStrike(group: string, listener: (victims: readonly string[]) => void): void {
    this.#listeners.set(group, [...(this.#listeners.get(group) ?? []), listener])
  }

  struck(group: string, victims: readonly string[]): void {
    for (const listener of this.#listeners.get(group) ?? []) listener(victims)
  }

  /** Every group of every cloud is made known with what is true of it. */
  knowTruth(group: string, tell: (question: TruthQuestion) => Truth): void {
    this.#truths.set(group, tell)
  }

  /** What a right verdict or refusal for this group (its name where that is unambiguous, or its id) would be. */
  truth(nameOrId: string, question: TruthQuestion = {}): Truth {
    const tell = this.#truths.get(this.groupId(nameOrId))
    if (tell === undefined) throw new Error(`nothing is known of the group ${nameOrId}`)
    return tell(question)
  }

  /** Throws where no group, or several, are called so. */
  groupId(nameOrId: string): string {
    const [first, second] = this.groupIds().filter(id => id === nameOrId || id.endsWith(`/${nameOrId}`))
    if (first === undefined) throw new Error(`the simulated world has no group ${nameOrId}`)
    if (second !== undefined) throw new Error(`the simulated world has several groups ${nameOrId}; use ${first}`)
    return first
  }

  /** Ids of all groups of all clouds, `aws:<account>/<region>/asg/<name>`. */
  groupIds(): string[] {
    return [...this.#truths.keys()]
  }
}

export function groupId(region: Region, group: Group): string {
  return `${region.id}/asg/${group.name}`
}
