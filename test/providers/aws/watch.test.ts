import assert from 'node:assert/strict'
import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling'
import { ScopeMemory } from '../../../src/providers/aws/memory.ts'
import { type Look, mustAskTargets, noteLook, noteWarmth } from '../../../src/providers/aws/watch.ts'

const struck = Temporal.Instant.from('2026-11-03T10:00:00Z')

/** `index` tells groups and their newcomers apart; `seconds` is the age of the newcomer. */
function look(index: number, seconds: number, members: readonly string[]): Look {
  const group = {
    AutoScalingGroupName: `web-${index}`,
    DesiredCapacity: 2,
    Instances: members.map(id => ({ InstanceId: id, LifecycleState: 'InService', HealthStatus: 'Healthy' })),
  } as AutoScalingGroup
  return { id: `group-${index}`, group, since: struck, now: struck.add({ milliseconds: seconds * 1000 }), monotonic: seconds * 1000 }
}

function newcomer(memory: ScopeMemory, index: number) {
  const id = `i-new-${index}`
  const seen = (seconds: number) => look(index, seconds, ['i-old', id])
  const watched = noteLook(memory, look(index, 0, ['i-old', 'i-victim']))
  memory.instances.set(id, { launchedAt: struck, image: null, startedAgain: false, interrupted: false })
  const ok = {
    SystemStatus: { Status: 'ok' as const },
    InstanceStatus: { Status: 'ok' as const },
    InstanceState: { Name: 'running' as const },
  }
  memory.statuses.set(id, { value: ok, at: 0 })
  noteLook(memory, seen(1))
  return { id, seen, watched }
}

describe('AWS: how long a new target takes', () => {
  it('is learned from when it was last seen cold, so that looks that came late make no later one wait', () => {
    const memory = new ScopeMemory()
    for (let index = 0; index < 5; index++) {
      const { id, seen, watched } = newcomer(memory, index)
      noteWarmth(memory, watched, { id, look: seen(27), healthy: false })
      noteWarmth(memory, watched, { id, look: seen(30), healthy: true })
    }
    const { seen, watched } = newcomer(memory, 9)
    assert.equal(mustAskTargets(seen(20), watched, memory), false)
    assert.equal(mustAskTargets(seen(26.9), watched, memory), false)
    assert.equal(mustAskTargets(seen(27), watched, memory), true)
  })

  it('makes nobody wait for more than half of the time since the strike: the next may be quicker than all before', () => {
    const memory = new ScopeMemory()
    for (let index = 0; index < 5; index++) {
      const { id, seen, watched } = newcomer(memory, index)
      noteWarmth(memory, watched, { id, look: seen(590), healthy: false })
      noteWarmth(memory, watched, { id, look: seen(600), healthy: true })
    }
    const { seen, watched } = newcomer(memory, 9)
    assert.equal(mustAskTargets(seen(20), watched, memory), false)
    assert.equal(mustAskTargets(seen(45), watched, memory), true)
  })
})
