import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Engine } from './engine.ts'

const run = promisify(execFile)

export interface Bridge {
  /** To be read after docker-compose.yml: gives its network a bridge whose name is known. */
  readonly composeFile: string
  close(): Promise<void>
}

/**
 * The engine leaves this machine's firewall alone, and where another Docker runs that one drops what is bridged. Traffic
 * within this test's own bridge is let through until it is closed; nothing else changes.
 */
export async function openBridge(engine: Engine): Promise<Bridge> {
  const name = `fd-test-${process.pid}`.slice(0, 15)
  const composeFile = join(engine.folder, 'bridge.yml')
  await writeFile(composeFile, `networks: { default: { driver_opts: { com.docker.network.bridge.name: ${name} } } }\n`)
  const rule = ['FORWARD', '-i', name, '-o', name, '-j', 'ACCEPT']
  const added = await run('iptables', ['-w', '-I', ...rule]).then(
    () => true,
    () => false,
  )
  return {
    composeFile,
    async close() {
      if (added) await run('iptables', ['-w', '-D', ...rule])
    },
  }
}
