import { nameOf } from './tally.ts'
import type { Trial } from './trial.ts'

export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

export function printTable(rows: readonly (readonly string[])[]): void {
  for (const row of rows) say(row.map((cell, index) => (index === 0 ? cell.padEnd(16) : cell.padStart(22))).join(''))
}

/** What a drill was, should have come to and came to. */
export function lineOf(trial: Trial): string {
  const { subject, truth, drill } = trial
  const said =
    drill?.state === 'concluded'
      ? `${drill.judgement.verdict} (${[...new Set(drill.judgement.findings.map(finding => finding.kind))].join(', ')})`
      : (drill?.state ?? 'no drill')
  return `${subject.name} ${subject.traits}, others: ${subject.disturbance}; truth ${truth.verdict}, said ${said}; --replay ${nameOf(trial)}`
}
