import { type Assessment, assess, disagreements } from './assess.ts'
import type { Trial } from './trial.ts'
import type { WorldResult } from './workers.ts'

export interface Disagreement {
  readonly trial: Trial
  readonly wrong: readonly string[]
}

type Struck = Extract<Assessment, { kind: 'struck' }>

/** What a soak came to; grows world by world. */
export class Tally {
  worlds = 0
  calls = 0
  drills = 0
  readonly struck: { readonly trial: Trial; readonly assessed: Struck }[] = []
  readonly refused = new Map<string, number>()
  notStruck = 0
  readonly disagreements: Disagreement[] = []

  readonly worldNames = new Set<string>()

  /** Returns what of it disagrees with the truth. */
  add(run: WorldResult): readonly Disagreement[] {
    this.worlds++
    this.calls += run.calls
    return run.trials.flatMap(trial => this.#count(trial))
  }

  #count(trial: Trial): readonly Disagreement[] {
    const assessed = assess(trial)
    this.worldNames.add(nameOf(trial))
    if (assessed.kind !== 'not-drilled') this.drills++
    if (assessed.kind === 'struck') this.struck.push({ trial, assessed })
    if (assessed.kind === 'not-struck') this.notStruck++
    if (trial.drill?.state === 'refused') {
      const { rule } = trial.drill.refusal
      this.refused.set(rule, (this.refused.get(rule) ?? 0) + 1)
    }
    const wrong = disagreements(trial)
    if (wrong.length === 0) return []
    this.disagreements.push({ trial, wrong })
    return [{ trial, wrong }]
  }

  /** Of the drills whose truth could be seen, those that were left without a verdict. */
  get unseen(): { readonly of: number; readonly trials: readonly Trial[] } {
    const observable = this.struck.filter(({ assessed }) => assessed.observable)
    return {
      of: observable.length,
      trials: observable.filter(({ assessed }) => assessed.said === 'inconclusive').map(({ trial }) => trial),
    }
  }

  /** Strikes that a rule forbade, by the cloud's own state. */
  get against(): number {
    return this.disagreements.filter(({ wrong }) => wrong.some(sentence => /^(struck|S9)/.test(sentence))).length
  }

  /** Of everything, or of one provider (`gcp`) or world (`gcp:17`). */
  count(truth: string, said: string, of?: string): number {
    const isCounted = (trial: Trial) => of === undefined || of === trial.provider || of === nameOf(trial)
    return this.struck.filter(({ trial, assessed }) => assessed.truth === truth && assessed.said === said && isCounted(trial)).length
  }
}

/** How a world is called, to be replayed. */
export function nameOf({ provider, seed }: Trial): string {
  return `${provider}:${seed}`
}
