import { translated } from './dialect.ts'
import * as drills from './drills.ts'
import * as exceptions from './exceptions.ts'
import * as fleet from './fleet.ts'
import * as groups from './groups.ts'
import * as history from './history.ts'
import { type Ledger, LedgerError } from './ledger.ts'
import * as messages from './messages.ts'
import * as stops from './stops.ts'
import type { Store } from './store.ts'
import * as strikes from './strikes.ts'

/** The ledger on an open and migrated database. Whatever a database throws leaves it as a LedgerError. */
export function repository(store: Store): Ledger {
  const { dialect } = store
  let closing: Promise<void> | null = null
  const guarded = <T>(work: () => Promise<T>): Promise<T> => {
    if (closing !== null) return Promise.reject(new LedgerError('failed', `the ledger ${dialect.place} has been closed`))
    return translated(dialect, work)
  }
  return {
    now: () => guarded(() => dialect.now(dialect.db)),
    salt: () => guarded(() => salt(store)),
    recordDiscovery: discovery => guarded(() => groups.recordDiscovery(store, discovery)),
    groups: () => guarded(() => groups.groups(store)),
    group: id => guarded(() => groups.group(store, id)),
    fleet: filter => guarded(() => fleet.fleet(store, filter)),
    fleetCounts: since => guarded(() => fleet.fleetCounts(store, since)),
    addPlans: plans => guarded(() => drills.addPlans(store, plans)),
    drill: id => guarded(() => drills.drill(store, id)),
    drills: filter => guarded(() => drills.drills(store, filter)),
    conclusions: (cursor, limit) => guarded(() => history.conclusions(store, cursor, limit)),
    refusalCounts: since => guarded(() => history.refusalCounts(store, since)),
    due: (now, limit) => guarded(() => drills.due(store, now, limit)),
    watched: scope => guarded(() => drills.watched(store, scope)),
    advance: step => guarded(() => drills.advance(store, step)),
    events: id => guarded(() => drills.events(store, id)),
    before: id => guarded(() => drills.before(store, id)),
    after: id => guarded(() => drills.after(store, id)),
    intend: intent => guarded(() => strikes.intend(store, intent)),
    renewPermit: renewal => guarded(() => strikes.renewPermit(store, renewal)),
    strikesInFlight: () => guarded(() => strikes.strikesInFlight(store)),
    endPermit: drill => guarded(() => strikes.endPermit(store, drill)),
    state: () => guarded(() => strikes.state(store)),
    audit: limit => guarded(() => history.audit(store, limit)),
    pulse: () => guarded(() => history.pulse(store)),
    halt: halt => guarded(() => stops.halt(store, halt)),
    resume: (target, by) => guarded(() => stops.resume(store, target, by)),
    quarantines: () => guarded(() => stops.quarantines(store)),
    clearQuarantine: (service, note, by) => guarded(() => stops.clearQuarantine(store, { service, note, by })),
    post: posted => guarded(() => messages.post(store, posted)),
    claimMessages: claim => guarded(() => messages.claimMessages(store, claim)),
    settleMessage: (claim, end) => guarded(() => messages.settleMessage(store, claim, end)),
    nextMessageAt: () => guarded(() => messages.nextMessageAt(store)),
    messagesAbout: drill => guarded(() => messages.messagesAbout(store, drill)),
    messageCounts: since => guarded(() => messages.messageCounts(store, since)),
    accept: difference => guarded(() => exceptions.accept(store, difference)),
    accepted: group => guarded(() => exceptions.accepted(store, group)),
    close() {
      closing ??= dialect.close()
      return closing
    },
  }
}

async function salt({ dialect }: Store): Promise<string> {
  const row = await dialect.db.selectFrom('meta').select('value').where('name', '=', 'salt').executeTakeFirst()
  if (row === undefined) throw new LedgerError('corrupt', `the ledger at ${dialect.place} has lost its salt; put a backup in its place`)
  return row.value
}
