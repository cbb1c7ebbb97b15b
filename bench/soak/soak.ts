import { readFile, writeFile } from 'node:fs/promises'
import type { Cloud } from './cloud.ts'
import type { KeptResults } from './kept.ts'
import { pageWith } from './page.ts'
import { lineOf, printTable, say } from './say.ts'
import { nameOf, Tally } from './tally.ts'
import type { Workers, WorldResult } from './workers.ts'

export interface SoakOptions {
  /** Ends with the first seed after which so many drills were held, refused ones among them. */
  readonly drills: number
  readonly from: number
  readonly clouds: readonly Cloud[]
  readonly size: number
  /** How many worlds are begun before the one that is counted next has ended. */
  readonly ahead: number
  /** Where results are kept between runs; null: nowhere. */
  readonly kept: KeptResults | null
  readonly json: boolean
  readonly write: boolean
  readonly started: bigint
}

const page = new URL('../../docs/reliability.md', import.meta.url)

/** Returns how many drills disagree with the truth. */
export async function soak(workers: Workers, options: SoakOptions): Promise<number> {
  const tally = new Tally()
  // Ctrl-C ends it after the world that is counted next, with what there is by then.
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  const results = inOrder(workers, options)
  for (let seed = options.from; tally.drills < options.drills && !stop.signal.aborted; seed++) {
    for (const _cloud of options.clouds) {
      const { value } = await results.next()
      if (value === undefined || stop.signal.aborted) break
      for (const { trial, wrong } of tally.add(value)) process.stderr.write(`${wrong.join('; ')}: ${lineOf(trial)}\n`)
    }
    if (!options.json && seed % 10 === 0) progress(tally, options)
  }
  if (options.json) say(JSON.stringify(summary(tally)))
  else report(tally, options)
  if (options.write) await writeFile(page, pageWith(await readFile(page, 'utf8'), { tally, from: options.from, size: options.size }))
  return tally.disagreements.length
}

/** World after world, always in the same order however many workers there are, so that the same worlds are counted. */
async function* inOrder(workers: Workers, { from, clouds: of, size, ahead, kept }: SoakOptions): AsyncGenerator<WorldResult> {
  const running: Promise<WorldResult>[] = []
  for (let seed = from; ; seed++) {
    for (const { provider } of of) {
      const world = { provider, seed, size }
      const run = () => workers.run(world)
      running.push(kept === null ? run() : kept.of(world, run))
      const first = running.length > ahead ? running.shift() : undefined
      if (first !== undefined) yield first
    }
  }
}

function progress({ worlds, drills, struck, disagreements: wrong }: Tally, { started }: SoakOptions): void {
  const seconds = Number(process.hrtime.bigint() - started) / 1e9
  process.stderr.write(
    `${worlds} worlds, ${drills} drills, ${struck.length} struck, ${wrong.length} disagreements, ${seconds.toFixed(0)} s\n`,
  )
}

/** By truth and verdict, over everything or over one world. */
function matrixOf(tally: Tally, world?: string): readonly (readonly number[])[] {
  return verdicts.map(truth => verdicts.map(said => tally.count(truth, said, world)))
}

/** What a program wants to know. */
function summary(tally: Tally) {
  const { worlds, drills, notStruck, unseen } = tally
  const matrix = matrixOf(tally)
  const byWorld = Object.fromEntries([...tally.worldNames].map(name => [name, matrixOf(tally, name)]))
  const wrong = tally.disagreements.map(({ trial, wrong: why }) => ({ replay: nameOf(trial), group: trial.subject.name, why }))
  return {
    worlds,
    drills,
    struck: tally.struck.length,
    notStruck,
    matrix,
    byWorld,
    observable: unseen.of,
    withoutVerdict: unseen.trials.length,
    disagreements: wrong,
  }
}

const verdicts = ['phoenix', 'snowflake', 'inconclusive'] as const

function report(tally: Tally, options: SoakOptions): void {
  const { worlds, drills, calls, notStruck, unseen } = tally
  say(`${worlds} worlds, ${drills} drills, ${tally.struck.length} struck, ${notStruck} called off, ${calls} API calls`)
  printTable([
    ['truth', ...verdicts.map(said => `called ${said}`)],
    ...verdicts.map(truth => [truth, ...verdicts.map(said => String(tally.count(truth, said)))]),
  ])
  say(`without a verdict though the truth was there to be seen: ${unseen.trials.length} of ${unseen.of}`)
  for (const trial of unseen.trials.slice(0, 30)) say(`  ${lineOf(trial)}`)
  say(
    `refused: ${[...tally.refused]
      .sort()
      .map(([rule, count]) => `${rule} ${count}`)
      .join(', ')}`,
  )
  say(`disagreements: ${tally.disagreements.length}`)
  for (const { trial, wrong } of tally.disagreements) say(`  ${wrong.join('; ')}: ${lineOf(trial)}`)
  const seconds = Number(process.hrtime.bigint() - options.started) / 1e9
  say(`${seconds.toFixed(0)} s`)
}
