/*
 * What a restore does next: a pure function of what was recorded with the strike and what is read now.
 *
 * A strike takes one machine, so a restore brings back one, never more. What is open about Azure is decided by what is
 * seen, not by belief:
 *
 *   capacity fell with the deletion    nominal = recorded - 1      raise it to what was recorded
 *   capacity stayed                    nominal = recorded          ask for that size once more (harmless); where that
 *                                                                  makes nothing, the platform counts differences, and
 *                                                                  only a size one larger brings the machine back
 *
 * It never lowers a size, never leads to more machines than were recorded, and gives way as soon as the size shows
 * somebody else's hand. Every change carries the etag of the very reading that it was decided on.
 */

export interface RestoreFacts {
  /** Size before the strike. */
  readonly recorded: number
  /** `sku.capacity` now; null: the set, or this incarnation of it, is gone. */
  readonly nominal: number | null
  /** Members that are there and neither deleted nor being deleted, whatever became of their creation. */
  readonly present: number
  /** Of these, those whose creation succeeded. */
  readonly ready: number
  readonly victim: 'there' | 'leaving' | 'gone'
  /** Some other member is being deleted. */
  readonly othersLeaving: boolean
  readonly state: 'updating' | 'deleting' | 'failed' | 'succeeded'
  /** The set counts absolutely by all that is known (uniform), or perhaps by differences (flexible). */
  readonly counting: 'absolute' | 'unknown'
  readonly etag: string | null
  /** The last change that this process sent for this drill. */
  readonly sent: SentChange | null
}

export interface SentChange {
  readonly to: number
  readonly ended: 'running' | 'succeeded' | 'failed'
  /** It ended so long ago that listings show what it made. */
  readonly settled: boolean
  /** It failed so long ago that it is worth another try. */
  readonly mayRepeat: boolean
  readonly detail: string
}

export type RestoreDecision =
  | { readonly kind: 'wait'; readonly detail: string }
  /** Asked for and not there yet: nothing to be done but look. */
  | { readonly kind: 'requested'; readonly detail: string }
  | { readonly kind: 'set-capacity'; readonly to: number; readonly etag: string; readonly detail: string }
  | { readonly kind: 'done'; readonly detail: string }
  | { readonly kind: 'yield'; readonly detail: string }

export function decideRestore(facts: RestoreFacts): RestoreDecision {
  const { recorded, nominal, present, ready } = facts
  if (nominal === null || facts.state === 'deleting')
    return { kind: 'yield', detail: 'the scale set was deleted, so there is nothing to be restored' }
  if (facts.victim === 'there') return { kind: 'wait', detail: 'the victim is still there' }
  if (facts.victim === 'leaving') return { kind: 'wait', detail: 'the victim is being deleted' }
  if (ready >= recorded) return { kind: 'done', detail: `the scale set has its ${recorded} machines again` }
  if (facts.state === 'updating' || facts.othersLeaving || facts.sent?.ended === 'running') return underWay(facts)
  if (nominal > recorded) return larger(facts, nominal)
  if (nominal < recorded - 1) return givenWay(facts, nominal)
  if (present >= recorded) return { kind: 'requested', detail: notReady(facts) }
  return facts.sent?.mayRepeat ? missing({ ...facts, sent: null }, nominal) : missing(facts, nominal)
}

/** A machine is missing, and the size is what was recorded or one less. */
function missing(facts: RestoreFacts, nominal: number): RestoreDecision {
  const { recorded } = facts
  if (facts.sent?.ended === 'failed')
    return { kind: 'requested', detail: `asked for, and Azure could not make the machine${because(facts.sent.detail)}` }
  if (nominal === recorded) return stayed(facts)
  // Our change was carried out, and the size has fallen again since.
  if (facts.sent !== null) return givenWay(facts, nominal)
  return raise(facts, { to: recorded, detail: `the size fell to ${nominal} with the victim` })
}

function givenWay({ recorded }: RestoreFacts, nominal: number): RestoreDecision {
  return { kind: 'yield', detail: `somebody else set the size to ${nominal} meanwhile (it was ${recorded}), and that is not fought` }
}

/** A change is carried out: ours, where this process sent one, or somebody's. */
function underWay({ sent, nominal, recorded }: RestoreFacts): RestoreDecision {
  if (sent !== null || nominal === recorded) return { kind: 'requested', detail: 'the scale set is making the machine' }
  return { kind: 'wait', detail: 'the scale set is being changed' }
}

/** Larger than recorded: by our own second try, or by somebody else. Either way there is nothing left to ask for. */
function larger({ sent, recorded }: RestoreFacts, nominal: number): RestoreDecision {
  if (sent !== null && sent.to === nominal)
    return { kind: 'requested', detail: `asked for (size ${nominal}), and not there yet${because(sent.detail)}` }
  return {
    kind: 'yield',
    detail: `the size is ${nominal} where ${recorded} was recorded: somebody else has set it, and that is not fought`,
  }
}

/** The size did not fall, and a machine is missing. */
function stayed(facts: RestoreFacts): RestoreDecision {
  const { recorded, present, sent, counting } = facts
  if (sent?.to !== recorded) return raise(facts, { to: recorded, detail: 'the size did not fall with the victim' })
  if (counting === 'absolute' || !sent.settled)
    return { kind: 'requested', detail: `asked for (size ${recorded}), and no machine has come` }
  if (present < recorded - 1)
    return { kind: 'yield', detail: `${recorded - present} machines are missing where the strike took one: somebody else took the others` }
  return raise(facts, { to: recorded + 1, detail: `asking for ${recorded} made nothing, so sizes are counted by their difference` })
}

function raise({ etag }: RestoreFacts, change: { to: number; detail: string }): RestoreDecision {
  if (etag === null) {
    const detail = `Azure shows no etag, so the size cannot be changed without the danger of undoing somebody else's change: set it to ${change.to} by hand`
    return { kind: 'wait', detail }
  }
  return { kind: 'set-capacity', to: change.to, etag, detail: change.detail }
}

function notReady({ recorded, ready, sent }: RestoreFacts): string {
  return `${ready} of ${recorded} machines are made${because(sent?.ended === 'failed' ? sent.detail : '')}`
}

function because(detail: string): string {
  return detail === '' ? '' : `: ${detail}`
}
