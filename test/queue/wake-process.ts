// A process of its own that opens a queue and does what it is told; run by bullmq.test.ts.
// Arguments: redis or postgres, the URL, what to do. Prints a line for each thing that happens.
import { openQueue } from '../../src/queue/open.ts'
import { systemClock } from '../../src/telemetry/system-clock.ts'
import { secretOf, silentLog } from './flavours.ts'

const [, , kind, url = '', task] = process.argv
if (kind !== 'redis' && kind !== 'postgres') throw new Error('which queue?')

const queue = await openQueue({ kind, url: secretOf(url) }, { clock: systemClock(), log: silentLog })
queue.onWake('watch', async wakeUp => {
  console.log(`woken ${wakeUp.key}`)
  // Held until the process is killed: the timer keeps it alive.
  if (task === 'hold') await new Promise(resolve => setTimeout(resolve, 60_000))
})
process.on('SIGTERM', async () => {
  await queue.close(500)
  console.log('closed')
})
console.log('open')
