import { type ChildProcess, fork } from 'node:child_process'
import { decode } from '../../src/domain/codec.ts'
import type { WorldRun } from './trial.ts'

/** A world to be run, and what is counted of it: it fits into a message between processes. */
export interface WorldName {
  readonly provider: string
  readonly seed: number
  readonly size: number
}

export type WorldResult = Pick<WorldRun, 'trials' | 'calls'>

interface Waiting {
  readonly world: WorldName
  readonly done: (result: WorldResult) => void
  readonly failed: (why: Error) => void
}

/** Processes that run worlds, each one after the other: simulated time is a whole process's. */
export class Workers {
  readonly #main: string
  readonly #count: number
  readonly #processes: ChildProcess[] = []
  readonly #idle: ChildProcess[] = []
  readonly #busy = new Map<ChildProcess, Waiting>()
  readonly #queue: Waiting[] = []
  #isClosed = false

  /** Each is started when there is work for it: `main` with `--worker`, which is to call `serveWorlds`. */
  constructor(main: string, count: number) {
    this.#main = main
    this.#count = count
  }

  run(world: WorldName): Promise<WorldResult> {
    return new Promise((done, failed) => {
      this.#queue.push({ world, done, failed })
      this.#next()
    })
  }

  close(): void {
    this.#isClosed = true
    for (const one of this.#processes) one.kill()
  }

  #next(): void {
    if (this.#isClosed || this.#queue.length === 0) return
    const worker = this.#idle.shift() ?? (this.#processes.length < this.#count ? this.#start() : undefined)
    const waiting = worker === undefined ? undefined : this.#queue.shift()
    if (worker === undefined || waiting === undefined) return
    this.#busy.set(worker, waiting)
    worker.send(waiting.world)
  }

  #start(): ChildProcess {
    const one = fork(this.#main, ['--worker'])
    this.#processes.push(one)
    one.on('message', (text: string) => this.#answered(one, text))
    one.on('exit', code => this.#isClosed || this.#busy.get(one)?.failed(new Error(`a worker ended with ${code}`)))
    return one
  }

  #answered(worker: ChildProcess, text: string): void {
    this.#busy.get(worker)?.done(decode<WorldResult>(text))
    this.#busy.delete(worker)
    this.#idle.push(worker)
    this.#next()
  }
}
