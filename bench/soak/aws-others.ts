import { causeTime } from '../../src/simulator/world/activities.ts'
import { killInstance, type Place, setDesired, startRefresh } from '../../src/simulator/world/auto-scaling.ts'
import { changeGroup } from '../../src/simulator/world/traits.ts'
import { groupId } from '../../src/simulator/world/world.ts'
import type { Hands } from './others.ts'

export function handsOnAws(place: Place): Hands {
  const { region, group } = place
  return {
    id: groupId(region, group),
    part: region,
    resize: by => resize(place, group.desired + by),
    deploy: () => changeGroup(place),
    refresh: () => {
      changeGroup(place)
      startRefresh(place)
    },
    crash: () => crash(place),
    optOut: () => {
      group.tags.splice(0, group.tags.length, ...group.tags.filter(tag => tag.key !== 'firedrill'))
    },
    unsteady: ({ from, to }) => {
      if (group.refreshes.some(each => each.start < to && ['Pending', 'InProgress'].includes(each.status)))
        return 'an instance refresh was under way'
      const moved = group.activities.find(each => each.start < to && each.start > from)
      return moved === undefined ? null : `its members had changed: ${moved.description}`
    },
  }
}

function crash(place: Place): void {
  const { region, group } = place
  const member = group.members.find(each => each.state === 'InService')
  const instance = member === undefined ? undefined : region.instances.get(member.instance)
  if (instance?.state === 'running') killInstance(place, instance)
}

function resize(place: Place, desired: number): void {
  const { world, group } = place
  const wanted = Math.min(group.maximum, Math.max(group.minimum, 1, desired))
  const at = causeTime(world.time)
  setDesired(
    place,
    wanted,
    `At ${at} a monitor alarm ${group.name}-load in state ALARM triggered policy ${group.name}-load changing the desired capacity from {from} to {to}.  `,
  )
}
