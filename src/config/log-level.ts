import { near } from '../domain/spelling.ts'
import { ConfigError } from './config-error.ts'
import type { Environment } from './environment.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** FIREDRILL_LOG_LEVEL, else LOG_LEVEL, else info. Throws ConfigError for a level that does not exist. */
export function readLogLevel(env: Environment): LogLevel {
  for (const variable of ['FIREDRILL_LOG_LEVEL', 'LOG_LEVEL']) {
    const written = env[variable]
    if (written === undefined || written === '') continue
    const level = LOG_LEVELS.find(known => known === written.toLowerCase())
    if (level !== undefined) return level
    // Other programs' levels may stand in LOG_LEVEL: the nearest louder one of ours is meant.
    if (variable === 'LOG_LEVEL' && written.toLowerCase() === 'trace') return 'debug'
    if (variable === 'LOG_LEVEL' && ['fatal', 'critical'].includes(written.toLowerCase())) return 'error'
    const meant = near(written, LOG_LEVELS)[0]
    throw new ConfigError([
      {
        file: `environment variable ${variable}`,
        line: null,
        column: null,
        message: `there is no log level "${written}"`,
        suggestion: meant === undefined ? `Write one of ${LOG_LEVELS.join(', ')}.` : `Did you mean "${meant}"?`,
      },
    ])
  }
  return 'info'
}
