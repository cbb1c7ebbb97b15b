import type { FindingKind } from '../domain/finding.ts'
import type { DrillDocument, FindingDocument } from './document.ts'
import type { DrillCard, Outcome, Report } from './report.ts'
import { clip, visibleLine } from './safe-text.ts'

/** What a finding is called, and what its owner can do about it. */
export interface Advice {
  readonly title: string
  readonly fix: string
}

export const advice: Readonly<Record<FindingKind, Advice>> = {
  'not-replaced': {
    title: 'Not replaced',
    fix: "Repair what the platform's own error names, and drill again before the next real failure does it for you.",
  },
  unhealthy: {
    title: 'Successor unhealthy',
    fix: 'Start a server from the declaration by hand and read its boot log: something that the victim had is missing from the build.',
  },
  'wrong-image': {
    title: 'Wrong image',
    fix: 'Find out what overrides the image of a rebuild (a second template, a policy, an alias), and make the declaration say the image you mean.',
  },
  'stale-image': {
    title: 'Stale image',
    fix: 'Roll the group, so that every member runs the image that a rebuild would get.',
  },
  'config-drift': {
    title: 'Configuration drift',
    fix: 'Write the setting into the declaration if it is meant to be, or take it off the servers if it is not.',
  },
  'state-drift': {
    title: 'State drift',
    fix: 'Put what lived inside the server into the image or its start-up script, or move it to storage that outlives a server.',
  },
  'died-young': {
    title: 'Died young',
    fix: 'Look at what the successor does in its first minutes: it passed its checks and then failed them.',
  },
  outdated: {
    title: 'Born from an older declaration',
    fix: 'Roll the group, so that no member is older than what a rebuild would get.',
  },
  'environment-changed': {
    title: 'Environment changed',
    fix: 'An account or subnet default moved. Write the value into the declaration if it matters.',
  },
  slow: {
    title: 'Slow recovery',
    fix: 'Shorten the boot (bake more into the image, warm less up), or raise recovery.target if this is fast enough.',
  },
  'pre-built': {
    title: 'Came from a warm pool',
    fix: 'The successor was built before the strike: this shows the pool works, not that a build works today.',
  },
  'health-unproven': {
    title: 'Health unproven',
    fix: 'Give the group a health check of its own or write a probe into the schedule, so that something vouches for the successor.',
  },
  'no-capacity': {
    title: 'No capacity',
    fix: 'Allow more machine types or zones, reserve capacity, or ask for more quota. A group that has lost a member stays one short until then.',
  },
  late: {
    title: 'Not finished at the deadline',
    fix: 'Raise recovery.deadline beyond the time that the group needs to let one server go and start another, or make it faster.',
  },
  interrupted: {
    title: 'Successor taken away',
    fix: 'Nothing to fix: scaling, rebalancing or a spot interruption took the successor. The group will be drilled again.',
  },
  'group-changed': {
    title: 'Group changed during the drill',
    fix: 'Nothing to fix: a deployment or an edit came in between. Keep the schedule away from deployment hours.',
  },
  'not-struck': {
    title: 'Strike not known to have happened',
    fix: "Look for the drill's id in the cloud's audit log, and check Firedrill's permission to terminate.",
  },
  unobservable: {
    title: 'Could not be read',
    fix: 'Give Firedrill permission to read what is named here; what cannot be read is never called a phoenix.',
  },
  'cannot-rebuild': {
    title: 'Cannot be rebuilt',
    fix: 'Restore what the declaration names, or point it to something that exists: the next lost server would not come back.',
  },
}

export const outcomeNames: Readonly<Record<Outcome, string>> = {
  phoenix: 'phoenix',
  snowflake: 'snowflake',
  forecast: 'snowflake by forecast',
  inconclusive: 'inconclusive',
  open: 'in progress',
  leashed: 'leashed',
  refused: 'refused',
  planned: 'planned',
}

const rules: Readonly<Record<string, string>> = {
  S1: 'The group is not opted in',
  S2: 'A halt is in force',
  S3: 'A limit is reached',
  S4: 'Outside the window',
  S5: 'The group is not steady',
  S6: 'The service is being drilled or in quarantine',
  S7: 'No member may be struck',
  S8: 'The schedule does not allow a strike',
  S9: 'The victim may not be struck again',
  S10: 'Something could not be evaluated',
  S13: 'The forecast says no, or could not be made',
  S14: 'The ledger was not made on purpose',
  S15: 'Too much of the scope is unsteady',
  announcement: 'The strike was not announced in time',
  veto: 'Somebody vetoed it',
  'run-ended': 'Its run ended before its turn',
}

/** Rules by what they hold; anything else is a guard, by its name. */
export function ruleName(rule: string): string {
  if (Object.hasOwn(rules, rule)) return rules[rule] ?? rule
  return /^S\d+$/.test(rule) ? `Rule ${rule}` : `Guard ${visibleLine(rule)}`
}

/** "S5 an instance refresh is in progress", "cloudwatch-alarm: 5xx is in state ALARM" */
export function refusalSentence(refusal: { readonly rule: string; readonly reason: string }): string {
  const reason = withoutStop(visibleLine(refusal.reason))
  const rule = visibleLine(refusal.rule)
  if (reason.startsWith(`${rule} `)) return reason
  return /^S\d+$/.test(rule) ? `${rule} ${reason}` : `${rule}: ${reason}`
}

/** The finding that decides: the first failure, else the first warning. */
export function mainFinding(document: Pick<DrillDocument, 'findings'>): FindingDocument | null {
  return document.findings.find(finding => finding.level === 'fail') ?? document.findings[0] ?? null
}

/** One short line on why a drill ended as it did; empty for a phoenix that leaves nothing to say. */
export function whyOf(card: Pick<DrillCard, 'outcome' | 'document'>, width = 110): string {
  const { outcome, document } = card
  switch (outcome) {
    case 'refused':
      return clip(document.refusal ? refusalSentence(document.refusal) : '', width)
    case 'leashed':
      return 'leash on: would have struck'
    case 'planned':
      return `planned for ${document.timeline.plannedFor.slice(0, 16).replace('T', ' ')} UTC`
    case 'open':
      return openSentence(document.state)
    default:
      return findingLine(document, width)
  }
}

function findingLine(document: DrillDocument, width: number): string {
  const finding = mainFinding(document)
  if (!finding) return ''
  const failures = document.findings.filter(({ level }) => level === finding.level).length
  const more = failures > 1 ? ` (+${failures - 1} more)` : ''
  const prefix = finding.level === 'warn' && document.verdict === 'phoenix' ? 'but: ' : ''
  return `${prefix}${clip(withoutStop(visibleLine(finding.summary)), width - more.length - prefix.length)}${more}`
}

function openSentence(state: DrillDocument['state']): string {
  if (state === 'striking') return 'the strike is being made'
  if (state === 'soaking') return 'a successor is up and must stay so'
  return 'waiting for a healthy successor'
}

/** What the reader came for: which groups can be rebuilt, by the newest result of each. */
export interface Standing {
  readonly proven: number
  readonly failing: number
  readonly undecided: number
}

function standingOf(cards: readonly DrillCard[]): Standing {
  const newest = new Map<string, DrillCard>()
  for (const card of cards) {
    if (!['phoenix', 'snowflake', 'forecast', 'inconclusive'].includes(card.outcome)) continue
    const known = newest.get(card.document.group)
    if (!known || Temporal.Instant.compare(settled(card), settled(known)) > 0) newest.set(card.document.group, card)
  }
  const results = [...newest.values()].map(card => card.outcome)
  return {
    proven: results.filter(outcome => outcome === 'phoenix').length,
    failing: results.filter(outcome => outcome === 'snowflake' || outcome === 'forecast').length,
    undecided: results.filter(outcome => outcome === 'inconclusive').length,
  }
}

export function headline(report: Report): string {
  const { proven, failing, undecided } = standingOf(report.cards)
  if (report.cards.length === 0) return 'No drills in this period.'
  if (proven + failing + undecided === 0) return nothingJudged(report.cards)
  if (failing + undecided === 0)
    return proven === 1 ? 'The one group drilled can be rebuilt.' : `All ${proven} groups drilled can be rebuilt.`
  const parts = [
    ...(failing > 0 ? [`${groups(failing)} cannot be rebuilt as ${failing === 1 ? 'it is' : 'they are'}`] : []),
    ...(proven > 0 ? [`${failing > 0 ? proven : groups(proven)} can`] : []),
    ...(undecided > 0 ? [`${proven + failing > 0 ? undecided : groups(undecided)} ${undecided === 1 ? 'is' : 'are'} undecided`] : []),
  ]
  const text = `${parts.join(', ')}.`
  return failing === 0 ? text.replace(' can,', ' can be rebuilt,') : text
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

function nothingJudged(cards: readonly DrillCard[]): string {
  if (cards.some(card => card.outcome === 'open')) return 'No verdict yet: drills are in progress.'
  const refused = cards.filter(card => card.outcome === 'refused').length
  if (refused === cards.length) return `Nothing was struck: ${refused === 1 ? 'the drill was' : `all ${refused} drills were`} refused.`
  return 'Nothing was struck.'
}

function groups(count: number): string {
  return plural(count, 'group')
}

function settled(card: DrillCard): Temporal.Instant {
  return card.moments.concluded ?? card.moments.plannedFor
}

/** One line that starts and ends as a sentence does. */
export function asSentence(text: string): string {
  const line = visibleLine(text)
  const first = /^[a-z]+(?:[ ,]|: )/.test(line) ? line.charAt(0).toUpperCase() + line.slice(1) : line
  return /[.!?…]$/.test(first) || first === '' ? first : `${first}.`
}

function withoutStop(sentence: string): string {
  return sentence.replace(/(?<!\.)\.$/, '')
}
