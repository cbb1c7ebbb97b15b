import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { kill, watched } from './children.ts'

/** A port on loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Starts a server of this test's own and waits until `ready` no longer throws. */
export async function startProcess(command: readonly string[], ready: () => Promise<void>): Promise<ChildProcess> {
  const child = watched(spawn(command[0] ?? '', command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] }))
  let output = ''
  child.stdout?.on('data', chunk => (output += chunk))
  child.stderr?.on('data', chunk => (output += chunk))
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) throw new Error(`${command.join(' ')} ended with ${child.exitCode}: ${output}`)
    try {
      await ready()
      return child
    } catch {
      await sleep(50)
    }
  }
  await kill(child)
  throw new Error(`${command.join(' ')} did not become ready: ${output}`)
}
