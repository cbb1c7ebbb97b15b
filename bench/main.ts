/*
 * Firedrill against the script one would write (script.ts), on equal simulated fleets: API calls per drill, wall time, lag,
 * memory. docs/performance.md says what each number means. By default it takes some five minutes; sizes by environment:
 *
 * BENCH_GROUPS (32)        groups drilled, as many more beside them that are not opted in; the goals are about 1000
 * BENCH_REPLACEMENT (30000) from a strike until the successor is healthy, in ms
 * BENCH_LANES (16)         drills at once, in the script as in Firedrill
 * BENCH_POLLING (1000)     drills at once in the larger measurement of polling
 * BENCH_DISCOVERY (1000)   opted-in groups in the measurement of discovery, as many more beside them
 * BENCH_OPEN (10000)       open drills in the measurement of memory
 * BENCH_PARTS              some of calls, polling, discovery, idle, memory, pages; by default all
 */
import { type Campaign, type Measured, runFiredrill, runScript } from './campaigns.ts'
import { fill, weigh, weighIdle, weighOpen } from './memory.ts'
import { timePages } from './pages.ts'
import { type Polled, repeatedByScript, runPolling, timeDiscovery } from './polling.ts'

const [role, folder = ''] = process.argv.slice(2)
if (role === 'fill') await fill(folder)
else if (role === 'weigh') await weigh(folder)
else await bench()

function size(name: string, usual: number): number {
  const value = Number(process.env[`BENCH_${name}`] ?? usual)
  if (!Number.isInteger(value) || value < 1) throw new Error(`BENCH_${name} must be a positive whole number`)
  return value
}

async function bench(): Promise<void> {
  const parts = process.env.BENCH_PARTS?.split(',') ?? ['calls', 'polling', 'discovery', 'idle', 'memory', 'pages']
  const replacementTime = size('REPLACEMENT', 30_000)
  const lanes = size('LANES', 16)
  const fleet = { groups: size('GROUPS', 32), replacementTime }
  if (parts.includes('calls')) await benchCalls(fleet, lanes)
  if (parts.includes('polling')) await benchPolling(replacementTime, lanes, size('POLLING', 1000))
  if (parts.includes('discovery')) await benchDiscovery(size('DISCOVERY', 1000))
  if (parts.includes('idle')) await benchIdle()
  if (parts.includes('memory')) await benchMemory(size('OPEN', 10_000))
  if (parts.includes('pages')) await benchPages()
}

async function benchPages(): Promise<void> {
  const { groups, drills, pages } = await timePages()
  say(`\ndashboard, ${groups} groups and ${drills} drills; ms of the processor (goal: under 100 once warm, under 100 kB)`)
  const rows = pages.map(({ path, first, best, bytes }) => [
    path.slice(0, 40),
    first.toFixed(0),
    best.toFixed(0),
    `${(bytes / 1000).toFixed(0)} kB`,
  ])
  table([['', 'first', 'then', 'size'], ...rows])
}

async function benchCalls(fleet: { groups: number; replacementTime: number }, lanes: number): Promise<void> {
  const sample = Math.min(2, fleet.groups)
  say(`${fleet.groups} groups of 3 and as many not opted in; a replacement takes ${fleet.replacementTime / 1000} s`)
  // Each has a fleet of its own and sleeps nearly all the time; side by side they find the machine equally busy.
  const [script, alone, firedrill] = await Promise.all([
    runScript(fleet, { lanes, drills: fleet.groups }),
    runScript({ ...fleet, groups: sample }, { lanes: 1, drills: sample }),
    runFiredrill(fleet, lanes),
  ])
  table([
    ['', 'calls', 'per drill', 'wall time'],
    [`script, ${lanes} lanes`, ...figures(script)],
    [`script, one by one, from a sample of ${sample}`, ...figures(extrapolated(alone, fleet.groups))],
    [`firedrill, ${lanes} at once`, ...figures(firedrill)],
  ])
  say(`calls per drill, firedrill / script: ${ratio(firedrill, script)} (goal: at most 0.33)`)
  say(`wall time, firedrill / script: ${(firedrill.seconds / script.seconds).toFixed(3)} (goal: at most 1)`)
  sayLag(firedrill)
  sayOperations(firedrill)
}

function sayOperations({ byOperation, drills }: Measured): void {
  say(`\nfiredrill, by operation, ${drills} drills`)
  const operations = Object.entries(byOperation).toSorted(([, a], [, b]) => b - a)
  table(operations.map(([operation, count]) => [operation, String(count), (count / drills).toFixed(2)]))
}

function sayLag({ lags }: Campaign): void {
  const sorted = lags.toSorted((a, b) => a - b)
  const seconds = (value: number | undefined) => `${((value ?? Number.NaN) / 1000).toFixed(1)} s`
  say(`healthy to recorded: median ${seconds(sorted[Math.floor(sorted.length / 2)])}, longest ${seconds(sorted.at(-1))}`)
}

/** The script's polling: everything that it sends between its strike and its word that the group is back. */
async function benchPolling(replacementTime: number, lanes: number, many: number): Promise<void> {
  say('\npolling alone: every call from the strikes until the last successor is recorded')
  const [script, few, taught] = await Promise.all([
    runScript({ groups: lanes, replacementTime }, { lanes, drills: lanes }),
    runPolling(lanes, replacementTime, false),
    runPolling(lanes, replacementTime, true),
  ])
  const more = await runPolling(many, replacementTime, true)
  const calls = Object.entries(script.byOperation).filter(([operation]) => !operation.includes('Terminate'))
  // One page lists so small a fleet.
  const all = { ...script, calls: calls.reduce((sum, [, count]) => sum + count, 0) - 1 }
  const polls: Polled = { ...all, repeated: repeatedByScript(all) }
  const row = (name: string, polled: Polled) => [
    name,
    (polled.calls / polled.drills).toFixed(2),
    (polled.repeated / polled.drills).toFixed(2),
    ratio(polled, polls),
    ratio({ ...polled, calls: polled.repeated }, { ...polls, calls: polls.repeated }),
  ]
  table([
    ['', 'per drill', 'of them "not yet"', "of the script's", 'of its "not yet"'],
    row('script', polls),
    row(`firedrill, ${lanes} at once, first drills of a scope`, few),
    row(`firedrill, ${lanes} at once, after others`, taught),
    row(`firedrill, ${many} at once, after others`, more),
  ])
  say('goal: at most 0.020')
  sayOperations(taught)
  sayOperations(more)
}

async function benchDiscovery(groups: number): Promise<void> {
  const { seconds, calls } = await timeDiscovery(groups)
  say(`\ndiscovery of ${groups} opted-in groups among ${groups * 2}: ${seconds.toFixed(1)} s, ${calls} calls`)
}

async function benchIdle(): Promise<void> {
  const { resident, from } = await weighIdle()
  say(`\nserve, idle, from ${from}: ${megabytes(resident)} resident (goal: below 150 MB)`)
}

async function benchMemory(drills: number): Promise<void> {
  const [one, all] = [await weighOpen(1), await weighOpen(drills)]
  const each = (part: 'resident' | 'peak' | 'heap') => `${((all[part] - one[part]) / (drills - 1) / 1000).toFixed(1)} kB`
  say(
    `\n${drills} open drills, each looked at once (${all.seconds.toFixed(1)} s): ${megabytes(all.peak)} at most, ${megabytes(one.peak)} with one`,
  )
  say(`growth per open drill: ${each('peak')} of the peak, ${each('resident')} resident, ${each('heap')} of heap (goal: below 20 kB)`)
}

function extrapolated(sample: Measured, drills: number): Measured {
  const factor = drills / sample.drills
  return { ...sample, drills, calls: Math.round(sample.calls * factor), seconds: sample.seconds * factor }
}

function figures({ calls, drills, seconds }: Measured): string[] {
  return [String(calls), (calls / drills).toFixed(1), `${seconds.toFixed(1)} s`]
}

function ratio(one: Measured, other: Measured): string {
  return (one.calls / one.drills / (other.calls / other.drills)).toFixed(3)
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}

function table(rows: readonly (readonly string[])[]): void {
  for (const row of rows) say(row.map((cell, index) => (index === 0 ? cell.padEnd(52) : cell.padStart(19))).join(''))
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
