import type { Writable } from 'node:stream'
import pino, { type DestinationStream } from 'pino'
import type { Log, LogFields } from '../domain/log.ts'
import { redactText, SECRET_KEY } from './redact.ts'

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Where lines go: stderr, since stdout belongs to what a command prints. */
  readonly stream: Writable
  /** One readable line each, for somebody at a terminal; else JSON lines. */
  readonly pretty: boolean
}

const DEEPEST = 6

/** Structured logs through pino. Messages are constant words; fields pass a filter that hides secrets. */
export function openLog(options: LogOptions): Log {
  const stream: DestinationStream = options.pretty
    ? readable(options.stream)
    : { write: line => void options.stream.write(escapeForTerminals(line)) }
  const logger = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: label => ({ level: label }) } },
    stream,
  )
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: LogFields = {}) => {
      if (logger.isLevelEnabled(level)) logger[level](redactFields(fields), redactText(message))
    }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

function redactFields(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, SECRET_KEY.test(key) ? '***' : redact(value, 0)]))
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return redactError(value, depth)
  if (depth >= DEEPEST) return '…'
  if (Array.isArray(value)) return value.map(item => redact(item, depth + 1))
  // Secrets, Temporal values and dates know how they may be written.
  if ('toJSON' in value && typeof value.toJSON === 'function') return redact(value.toJSON(), depth + 1)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, SECRET_KEY.test(key) ? '***' : redact(item, depth + 1)]))
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const cause = error.cause === undefined || depth >= DEEPEST ? {} : { cause: redact(error.cause, depth + 1) }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  return { name: error.name, message: redactText(error.message), ...code, ...cause }
}

/** pino's JSON lines as `12:03:44 info  message  key=value`. */
function readable(stream: Writable): DestinationStream {
  return {
    write(line) {
      const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>
      const rest = Object.entries(fields).map(
        ([key, value]) => `${key}=${typeof value === 'string' && /^[\w:/.@-]+$/.test(value) ? value : JSON.stringify(value)}`,
      )
      stream.write(`${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${escapeControls([String(msg), ...rest].join('  '))}\n`)
    },
  }
}

/** JSON leaves C1 controls, DEL and direction overrides as they are, and terminals that show a log act on them. */
function escapeForTerminals(line: string): string {
  return line.replace(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, hostile =>
    [...Array(hostile.length).keys()].map(at => `\\u${hostile.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )
}

function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, hostile => `\\u{${(hostile.codePointAt(0) ?? 0).toString(16)}}`)
}
