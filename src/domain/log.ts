/** What is told about a thing that happened: constant words as the message, everything that varies as fields. */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

/** Never a secret: an Error's message, an id, a number. */
export type LogFields = Readonly<Record<string, unknown>>
