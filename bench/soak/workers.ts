import { type ChildProcess, fork } from 'node:child_process'
import { decode, encode } from '../../src/domain/codec.ts'
import type { SimulatedTime } from '../../test/support/simulated-time.ts'
import { cloudNamed } from './clouds.ts'
import { runWorld, type WorldRun } from './trial.ts'

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
  readonly #processes: ChildProcess[]
  readonly #idle: ChildProcess[]
  readonly #busy = new Map<ChildProcess, Waiting>()
  readonly #queue: Waiting[] = []
  #isClosed = false

  /** `main` is started with `--worker` and is to call `serveWorlds`. */
  constructor(main: string, count: number) {
    this.#processes = Array.from({ length: count }, () => fork(main, ['--worker']))
    this.#idle = [...this.#processes]
    for (const one of this.#processes) {
      one.on('message', (text: string) => this.#answered(one, text))
      one.on('exit', code => this.#isClosed || this.#busy.get(one)?.failed(new Error(`a worker ended with ${code}`)))
    }
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
    const worker = this.#queue.length === 0 ? undefined : this.#idle.shift()
    const waiting = worker === undefined ? undefined : this.#queue.shift()
    if (worker === undefined || waiting === undefined) return
    this.#busy.set(worker, waiting)
    worker.send(waiting.world)
  }

  #answered(worker: ChildProcess, text: string): void {
    this.#busy.get(worker)?.done(decode<WorldResult>(text))
    this.#busy.delete(worker)
    this.#idle.push(worker)
    this.#next()
  }
}

/** The other side of `Workers`, in a process whose time is simulated. */
export function serveWorlds(time: SimulatedTime): void {
  // Ctrl-C goes to the whole group of processes; the one that counts decides when it is over.
  process.on('SIGINT', () => {})
  process.on('disconnect', () => process.exit())
  process.on('message', async ({ provider, seed, size }: WorldName) => {
    const { trials, calls } = await time.run(runWorld(time, { cloud: cloudNamed(provider), seed, size }))
    process.send?.(encode({ trials, calls }))
  })
}
