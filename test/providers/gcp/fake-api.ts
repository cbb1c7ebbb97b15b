import type { GcpApi } from '../../../src/providers/gcp/api.ts'
import type { ScopeContext } from '../../../src/providers/gcp/context.ts'
import { ProjectMemory } from '../../../src/providers/gcp/memory.ts'
import type { ManagedInstance, Manager, Template } from '../../../src/providers/gcp/wire.ts'

export const PROJECT = 'my-project'
export const SCOPE = `gcp:${PROJECT}`
export const ZONE = 'europe-west1-b'
export const GROUP = `${SCOPE}/${ZONE}/mig/web`
export const NOW = Temporal.Instant.from('2026-03-02T10:00:00Z')
const BASE = `https://www.googleapis.com/compute/v1/projects/${PROJECT}`

type Answers = { readonly [Operation in keyof GcpApi]?: GcpApi[Operation] }

export interface TestContext extends ScopeContext {
  readonly calls: string[]
  readonly warnings: string[]
  /** Moves both clocks. */
  pass(milliseconds: number): void
}

/** Answers with an empty page where nothing else is said, and notes every call. */
export function testContext(answers: Answers = {}): TestContext {
  const calls: string[] = []
  const warnings: string[] = []
  let passed = 0
  const api = new Proxy({} as GcpApi, {
    get(_target, operation: string) {
      if (operation === 'scope') return SCOPE
      if (operation === 'project') return PROJECT
      if (operation === 'clockSkew') return answers.clockSkew ?? (() => null)
      return async (...input: unknown[]) => {
        calls.push(operation)
        const answer = answers[operation as keyof Answers] as ((...input: unknown[]) => Promise<unknown>) | undefined
        return answer === undefined ? { items: [], next: null } : answer(...input)
      }
    },
  })
  const log = { debug: () => {}, info: () => {}, warn: (message: string) => void warnings.push(message), error: () => {} }
  return {
    scope: SCOPE,
    api,
    memory: new ProjectMemory(),
    clock: { now: () => NOW.add({ milliseconds: passed }), monotonic: () => passed, sleep: async () => {} },
    log,
    optInById: () => null,
    calls,
    warnings,
    pass(milliseconds) {
      passed += milliseconds
    },
  }
}

export function url(path: string): string {
  return `${BASE}/${path}`
}

/** A whole and stable zonal group of two. */
export function manager(more: Partial<Manager> = {}): Manager {
  return {
    kind: 'compute#instanceGroupManager',
    id: '77',
    name: 'web',
    zone: url(`zones/${ZONE}`),
    targetSize: 2,
    versions: [{ instanceTemplate: url('global/instanceTemplates/web-1') }],
    autoHealingPolicies: [{ healthCheck: url('global/healthChecks/alive'), initialDelaySec: 60 }],
    updatePolicy: { type: 'PROACTIVE' },
    status: { isStable: true, versionTarget: { isReached: true } },
    ...more,
  }
}

export function member(id: string | null, more: Partial<ManagedInstance> = {}): ManagedInstance {
  const name = more.name ?? 'web-aaaa'
  return {
    ...(id === null ? {} : { id, instanceStatus: 'RUNNING', instanceHealth: [{ detailedHealthState: 'HEALTHY' }] }),
    name,
    instance: url(`zones/${ZONE}/instances/${name}`),
    currentAction: 'NONE',
    version: { instanceTemplate: url('global/instanceTemplates/web-1') },
    ...more,
  }
}

export function template(name: string, more: Template['properties'] = {}): Template {
  return {
    name,
    creationTimestamp: '2026-02-01T00:00:00Z',
    properties: {
      machineType: 'e2-small',
      labels: { firedrill: 'enabled' },
      disks: [
        {
          boot: true,
          autoDelete: true,
          deviceName: 'boot',
          initializeParams: { sourceImage: url('global/images/web-v1'), diskType: 'pd-ssd' },
        },
      ],
      networkInterfaces: [{ network: url('global/networks/default') }],
      ...more,
    },
  }
}
