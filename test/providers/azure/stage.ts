import assert from 'node:assert/strict'
import type { Clock } from '../../../src/domain/time.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { providers } from '../../../src/providers/registry.ts'
import { createWorld, type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import type { ScaleSet } from '../../../src/simulator/world/azure/model.ts'
import { systemClock } from '../../../src/telemetry/system-clock.ts'
import { alwaysOpen, EngineStage, ledgerInMemory, type StageParts, silent } from '../engine-stage.ts'

type AzureGroup = NonNullable<NonNullable<Parameters<typeof createWorld>[0]['azure']>['groups']>[number]

const times = { detect: 80, boot: 200, health: 100, drain: 120, terminate: 80 }

/** Its monotonic clock, by which the provider waits for what listings may not show yet, is twenty times as fast. */
function impatient(): Clock {
  const clock = systemClock()
  return { ...clock, now: () => clock.now(), sleep: (...by) => clock.sleep(...by), monotonic: () => clock.monotonic() * 20 }
}

/** A provider on a simulator, as a process would open it. */
export async function openAzure(simulator: Simulator, onCall?: (operation: string, outcome: string) => void): Promise<Provider> {
  const module = (await providers.azure?.load()) ?? assert.fail('azure is not registered')
  const settings = (await providers.azure?.loadSettings())?.parse({ endpoint: simulator.azure.endpoint })
  assert.ok(settings)
  return module.openProvider(settings, {
    clock: impatient(),
    log: silent,
    env: simulator.azure.env,
    ...(onCall === undefined ? {} : { onCall }),
  })
}

/** The real engine and one scale set, with short deadlines. */
export class Stage extends EngineStage {
  readonly set: ScaleSet

  private constructor(parts: StageParts) {
    super(parts)
    this.set = [...([...parts.simulator.world.subscriptions.values()][0]?.scaleSets.values() ?? [])][0] ?? assert.fail('no scale set')
  }

  static async open(group: Partial<AzureGroup> = {}, recovery = { target: 3_000, deadline: 6_000, soak: 400 }): Promise<Stage> {
    const simulator = await startSimulator({ world: createWorld({ azure: { groups: [{ name: 'web', times, ...group }] } }) })
    const open = () => openAzure(simulator)
    return new Stage({
      simulator,
      ledger: await ledgerInMemory(),
      schedule: alwaysOpen('azure', { recovery }),
      provider: await open(),
      open,
    })
  }

  /** What an owner, or a tool of theirs, does meanwhile. */
  async patch(body: unknown): Promise<number> {
    const { endpoint, subscription } = this.simulator.azure
    const path = `/subscriptions/${subscription}/resourceGroups/shop/providers/Microsoft.Compute/virtualMachineScaleSets/web`
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${endpoint}${path}?api-version=2026-04-01`, { method: 'PATCH', headers, body: JSON.stringify(body) })
    return answer.status
  }
}
