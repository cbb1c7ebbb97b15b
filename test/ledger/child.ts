// One process of its own, for tests: does what it is told, says one line, and waits to be killed or for stdin to end.
import type { Secret } from '../../src/config/settings.ts'
import { initLedger, type LedgerLocation, openLedger } from '../../src/ledger/open.ts'
import { holdWorkerRole } from '../../src/ledger/worker-role.ts'

const [action = '', place = ''] = process.argv.slice(2)
const url: Secret = { reveal: () => place, toString: () => '***', toJSON: () => '***' }
const where: LedgerLocation = place.startsWith('postgres:') ? { kind: 'postgres', url } : { kind: 'embedded', file: place }
let ids = 0
const options = { clock: { now: () => Temporal.Now.instant() }, create: true, newId: () => `child-${process.pid}-${ids++}` }

async function act(): Promise<string> {
  switch (action) {
    case 'hold':
      await holdWorkerRole(where)
      return 'held'
    case 'init':
      return String((await initLedger(where)).created)
    case 'salt': {
      const ledger = await openLedger(where, options)
      return await ledger.salt()
    }
    case 'halt': {
      const ledger = await openLedger(where, options)
      await ledger.halt({ target: { kind: 'installation' }, reason: 'a test', by: 'child', until: null })
      return 'halted'
    }
    default:
      throw new Error(`unknown action ${action}`)
  }
}

try {
  console.log(await act())
} catch (error) {
  console.log(`error: ${error instanceof Error ? error.message : String(error)}`)
}
process.stdin.on('end', () => process.exit(0)).resume()
