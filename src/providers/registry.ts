import type { z } from 'zod'
import type { ProviderSettings } from '../config/settings.ts'
import type { Log } from '../domain/log.ts'
import type { CheckSettings } from '../domain/schedule.ts'
import type { Clock } from '../domain/time.ts'
import type { Provider } from './provider.ts'

/** What every provider is handed when it is opened. */
export interface ProviderDeps {
  readonly clock: Clock
  readonly log: Log
  /** The environment's variables: endpoints, regions, keys. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Told of every request to the platform, each retry of its own: `ok`, or the error's name. */
  readonly onCall?: (operation: string, outcome: string) => void
  /** Ends the opening. */
  readonly signal?: AbortSignal
}

export interface ProviderModule {
  /** Throws ProviderError where the platform cannot be reached with these settings. */
  openProvider(settings: ProviderSettings, deps: ProviderDeps): Promise<Provider>
}

/**
 * The smallest policy for a mode, in the platform's own format. `guards` are those of this provider that schedules use: what they
 * ask is allowed where they are asked.
 */
export type PrintPermissions = (mode: 'forecast' | 'leashed' | 'live', guards: readonly CheckSettings[]) => string

export interface RegisteredProvider {
  readonly load: () => Promise<ProviderModule>
  /** The schema of what stands under `providers.<name>` in firedrill.yaml. */
  readonly loadSettings: () => Promise<z.ZodType<ProviderSettings>>
  /** For platforms that have such policies. */
  readonly loadPermissions?: () => Promise<PrintPermissions>
  /** The schemas of guards that it brings, by the name under which a schedule writes them; without its SDK. */
  readonly loadGuards?: () => Promise<Readonly<Record<string, z.ZodType<Readonly<Record<string, unknown>>>>>>
}

/** Every provider there is. What is not configured is never imported; a test fails if a folder is missing here. */
export const providers: Readonly<Record<string, RegisteredProvider>> = {
  aws: {
    load: () => import('./aws/index.ts'),
    loadSettings: async () => (await import('./aws/settings.ts')).awsSettingsSchema,
    loadPermissions: async () => (await import('./aws/permissions.ts')).permissions,
    loadGuards: async () => (await import('./aws/guard-settings.ts')).awsGuardSettings,
  },
  azure: {
    load: () => import('./azure/index.ts'),
    loadSettings: async () => (await import('./azure/settings.ts')).azureSettingsSchema,
    loadPermissions: async () => (await import('./azure/permissions.ts')).permissions,
  },
  gcp: {
    load: () => import('./gcp/index.ts'),
    loadSettings: async () => (await import('./gcp/settings.ts')).gcpSettingsSchema,
    loadPermissions: async () => (await import('./gcp/permissions.ts')).permissions,
  },
  swarm: {
    load: () => import('./swarm/index.ts'),
    loadSettings: async () => (await import('./swarm/settings.ts')).swarmSettingsSchema,
  },
}
