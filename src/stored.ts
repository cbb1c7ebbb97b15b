import { randomUUID } from 'node:crypto'
import type { Io } from './commands/io.ts'
import type { CommonOptions } from './commands/options.ts'
import { writeSentence } from './commands/terminal.ts'
import { loadLedgerSettings } from './config/load.ts'
import type { Settings } from './config/settings.ts'
import type { Clock } from './domain/time.ts'
import { type Ledger, LedgerError } from './ledger/ledger.ts'
import { openLedger, type Patience } from './ledger/open.ts'
import { systemClock } from './telemetry/system-clock.ts'

/** The ledger and nothing else: what halts, and what reads what happened, needs no provider and no queue. */
export interface Stored {
  readonly settings: Settings
  readonly ledger: Ledger
  readonly clock: Clock
  close(): Promise<void>
}

/**
 * Opens the ledger that the settings lead to, also where schedules or providers hold mistakes: the emergency stop
 * must work then too. Throws ConfigError or LedgerError.
 */
export async function openStored(options: CommonOptions, io: Io): Promise<Stored> {
  const settings = await loadLedgerSettings({ file: options.config, env: io.env, cwd: io.cwd })
  const clock = systemClock()
  const ledger = await openLedgerFor(settings, { clock, ...sayingSo(io) })
  return { settings, ledger, clock, close: () => ledger.close() }
}

/** Somebody who waits at the screen is told what for. */
export function sayingSo({ stderr, signal }: Pick<Io, 'stderr' | 'signal'>): Patience {
  const retrying = () => writeSentence(stderr, 'firedrill: the ledger does not answer yet; it is tried again for some seconds')
  return { retrying, signal }
}

/** A ledger that nobody made is made silently only where every endpoint is on loopback (S14). Throws LedgerError. */
export async function openLedgerFor(settings: Settings, { clock, ...patience }: Patience & { readonly clock: Clock }): Promise<Ledger> {
  try {
    return await openLedger(settings.ledger, { clock, create: settings.onlyLoopback, newId: randomUUID, ...patience })
  } catch (error) {
    if (!(error instanceof LedgerError && error.code === 'missing') || settings.written) throw error
    // Somebody in the wrong folder must not be told to make a ledger there: a halt in it would stop nothing.
    throw new LedgerError(
      'missing',
      `there is no firedrill.yaml in ${settings.folder} and no ledger; go to the folder of your installation, name its firedrill.yaml with --config, or make a new one with \`firedrill init\``,
      error,
    )
  }
}
