import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

const running = new Set<ChildProcess>()

/** Keeps an eye on a process that a test starts: one that outlives all tests is ended, and named as a failure. */
export function watched<Child extends ChildProcess>(child: Child): Child {
  running.add(child)
  for (const end of ['exit', 'error']) child.once(end, () => running.delete(child))
  return child
}

/** Ends exactly this process and waits for it. */
export async function stopProcess(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

/** Ends it without giving it a chance to do anything, also where it is stopped. */
export function kill(child: ChildProcess): Promise<void> {
  return stopProcess(child, 'SIGKILL')
}

/** Stops a server without its knowledge, and all that it has forked: connections stay open, and nobody answers. Returns how it goes on. */
export function freeze(server: ChildProcess): () => void {
  const frozen = familyOf(server.pid ?? 0)
  for (const pid of frozen) process.kill(pid, 'SIGSTOP')
  return () => {
    for (const pid of frozen) process.kill(pid, 'SIGCONT')
  }
}

function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return [pid, ...(children === '' ? [] : children.split(' ').flatMap(child => familyOf(Number(child))))]
}

// Of the root suite, so after everything else. A process that a test starts may load this as well: it has no tests.
if (typeof after === 'function') after('no test leaves a process running', endWhatIsLeft)

async function endWhatIsLeft(): Promise<void> {
  const left = [...running]
  for (const child of left) {
    const patience = setTimeout(() => child.kill('SIGKILL'), 5_000)
    await stopProcess(child)
    clearTimeout(patience)
  }
  if (left.length > 0) throw new Error(`left running, ended only now: ${left.map(({ spawnargs }) => spawnargs.join(' ')).join('; ')}`)
}
