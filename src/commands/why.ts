import type { Drill } from '../domain/drill.ts'
import type { Verdict } from '../domain/finding.ts'

/** Null while there is none, and for what was never struck. */
export function verdictOf(drill: Drill): Verdict | null {
  return drill.state === 'concluded' ? drill.judgement.verdict : null
}

/** The one reason that explains a drill's state best, as a sentence. */
export function whyOf(drill: Drill): string {
  if (drill.state === 'planned') return drill.policy.method === 'crash' ? 'crash' : ''
  if (drill.state === 'refused') return `${drill.refusal.rule} ${drill.refusal.reason}`
  if (drill.state === 'leashed') return `leashed: ${drill.victim.id} would have been struck`
  if (drill.state === 'concluded') {
    const { findings } = drill.judgement
    const worst = findings.find(({ level }) => level === 'fail') ?? findings[0]
    return [worst?.summary ?? '', drill.wounded ? '(the group is not whole yet)' : ''].filter(part => part !== '').join(' ')
  }
  return `victim ${drill.order.victim.id}`
}
