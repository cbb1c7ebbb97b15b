export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

export function printTable(rows: readonly (readonly string[])[]): void {
  for (const row of rows) say(row.map((cell, index) => (index === 0 ? cell.padEnd(16) : cell.padStart(22))).join(''))
}
