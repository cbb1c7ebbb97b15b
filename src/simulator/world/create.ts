import { type Clock, realClock } from '../clock.ts'
import { lossesOf, type Place } from './auto-scaling.ts'
import { createAzure } from './azure/create.ts'
import { checkWorld, type FaultInput, type GroupDescription, scopeOf, type WorldDescription, type WorldInput } from './description.ts'
import { buildGroup, buildRegion } from './fleet.ts'
import { createProjects } from './gcp/create.ts'
import { applyTrait, prepare } from './traits.ts'
import { tellTruth } from './truth.ts'
import { groupId, World } from './world.ts'

export interface WorldOptions {
  /** Real time by default. */
  readonly clock?: Clock
  readonly seed?: number
}

/** A world and the faults that its description starts with. */
export interface CreatedWorld extends World {
  readonly initialFaults: readonly FaultInput[]
}

/** Builds a world. Throws WorldError where the description is wrong. */
export function createWorld(input: WorldInput | WorldDescription, options: WorldOptions = {}): CreatedWorld {
  const description = checkWorld(input)
  const world = new World(options.clock ?? realClock(description.speed), options.seed ?? description.seed)
  for (const account of description.accounts) {
    world.accounts.set(account.id, { id: account.id, roles: account.roles ?? null })
    addAccessKey(world, account.id)
    for (const region of description.regions) buildRegion(world, account.id, region)
  }
  const faults: FaultInput[] = [...description.faults]
  for (const each of description.groups.toSorted(byName)) faults.push(...addGroup(world, description, each))
  addAlarms(world, description)
  faults.push(...createProjects(world, description.gcp))
  if (description.azure !== undefined) faults.push(...createAzure(world, description.azure))
  return Object.assign(world, { initialFaults: faults })
}

function byName(a: GroupDescription, b: GroupDescription): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

/** The id of the access key that an account starts with; its secret is `simulator`. */
export function accessKeyOf(account: string): string {
  return `simulator-${account}`
}

function addAccessKey(world: World, account: string): void {
  const id = accessKeyOf(account)
  world.accessKeys.set(id, { id, account, arn: `arn:aws:iam::${account}:user/operator`, userId: 'AIDASIMULATOR', sessionName: null })
}

function addGroup(world: World, description: WorldDescription, each: GroupDescription): FaultInput[] {
  const home = scopeOf(description, each)
  const region = world.region(home.account, home.region)
  const prepared = prepare(each)
  const group = buildGroup(world, region, prepared)
  const place: Place = { world, region, group }
  const traits = prepared.traits.map(trait => ({ trait, edited: applyTrait(place, trait) }))
  const losses = lossesOf(group)
  world.knowTruth(groupId(region, group), question => tellTruth(traits, question, losses))
  if (!prepared.traits.some(trait => trait.trait === 'unreadable')) return []
  return [{ kind: 'denied', service: 'autoscaling', operation: 'DescribeScalingActivities', mentions: group.name, ...home }]
}

function addAlarms(world: World, description: WorldDescription): void {
  for (const alarm of description.alarms) {
    const home = scopeOf(description, alarm)
    world.region(home.account, home.region).alarms.set(alarm.name, {
      name: alarm.name,
      arn: `arn:aws:cloudwatch:${home.region}:${home.account}:alarm:${alarm.name}`,
      state: alarm.state,
      stateReason: 'Threshold Crossed',
      updatedAt: world.time - 3_600_000,
      namespace: 'AWS/ApplicationELB',
      metric: 'HTTPCode_Target_5XX_Count',
      threshold: 10,
      composite: alarm.composite,
      tags: alarm.tags,
    })
  }
}
