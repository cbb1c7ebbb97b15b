import { randomUUID } from 'node:crypto'
import type { GroupId, Scope } from '../../domain/group.ts'
import type { OpenQuestion } from '../provider.ts'
import { ProviderError } from '../provider-error.ts'
import { azureCode } from './errors.ts'
import { type ScaleSetRef, scaleSetRef } from './ids.ts'
import { lockOf, lockOn } from './locks.ts'
import { isFlexible } from './members.ts'
import type { ScopeContext } from './observe.ts'

/** No set ever had so many machines: numbers begin at 0 and are used again. */
const NO_SUCH_NUMBER = '2147483647'

/** What docs/providers/azure.md calls open and can be asked without a strike. */
export function openQuestions(contextOf: (scope: Scope) => ScopeContext): readonly OpenQuestion[] {
  const about = (ask: (context: ScopeContext, set: ScaleSetRef, signal: AbortSignal) => Promise<string>) => {
    return async (scope: Scope, group: GroupId, signal: AbortSignal): Promise<string> => {
      const context = contextOf(scope)
      const set = scaleSetRef(context.scope, group)
      return set === null ? `${group} is no scale set of ${context.scope}` : ask(context, set, signal)
    }
  }
  return [
    {
      question: 'How many scale sets stand on one page of a listing?',
      sends: 'a listing of all scale sets of the subscription',
      writes: false,
      ask: about(pageSize),
    },
    {
      question: 'What is told of rolling upgrades where none ever ran?',
      sends: "a question for the set's latest rolling upgrade",
      writes: false,
      ask: about(rollingUpgrade),
    },
    {
      question: 'Does a CanNotDelete lock forbid POST …/delete?',
      sends: 'where such a lock lies on the set: a request to delete a machine of it that does not exist',
      writes: true,
      ask: about(lockedDelete),
    },
  ]
}

async function pageSize({ api }: ScopeContext, _set: ScaleSetRef, signal: AbortSignal): Promise<string> {
  const { count, more } = await api.firstPageOfScaleSets(signal)
  return more ? `${count}, with more on further pages` : `at least ${count}: there is no second page; ask in a subscription with more sets`
}

async function rollingUpgrade({ api }: ScopeContext, set: ScaleSetRef, signal: AbortSignal): Promise<string> {
  try {
    const { runningStatus } = await api.getRollingUpgrade(set, signal)
    return `the status ${runningStatus?.code ?? 'is not told'}; if upgrades have run before, ask a set that never had one`
  } catch (error) {
    if (!(error instanceof ProviderError) || !['not-found', 'conflict', 'invalid'].includes(error.code)) throw error
    return `an error: ${azureCode(error)}`
  }
}

/** The Resource Manager asks its locks before it hands a request on, so whether the machine exists is asked only where no lock forbids it. */
async function lockedDelete({ api }: ScopeContext, set: ScaleSetRef, signal: AbortSignal): Promise<string> {
  const model = await api.getScaleSet(set, { userData: false }, signal)
  const locks = (await api.listLocks(signal)).map(lockOf).filter(lock => lock !== null)
  const lock = lockOn(locks, model.id, ['CanNotDelete'])
  if (lock === null) return 'not asked: no such lock lies on the set or above it'
  const instanceId = isFlexible(model) ? `firedrill-nobody-${randomUUID()}` : NO_SUCH_NUMBER
  try {
    await api.deleteMember({ set, instanceId, forced: false }, { drill: `verify-live-${randomUUID()}`, signal })
    return `no: with the lock ${lock.name} a request to delete a machine that does not exist was accepted`
  } catch (error) {
    if (!(error instanceof ProviderError) || error.mayHaveActed) throw error
    const code = azureCode(error)
    return code === 'ScopeLocked' ? 'yes: ScopeLocked' : `no: with the lock ${lock.name} it went as far as ${code}`
  }
}
