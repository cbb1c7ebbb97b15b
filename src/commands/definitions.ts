import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../domain/duration.ts'
import type { ReportFormat } from './options.ts'

/** How a command is written, and what `--help` says about it. Commands themselves are loaded only when they are called. */
export interface Definition {
  readonly usage: string
  readonly summary: string
  readonly arguments?: Readonly<Record<string, string>>
  readonly options: readonly OptionDefinition[]
  readonly examples: readonly string[]
  /** For `--help`, after the options. */
  readonly note?: string
}

interface OptionDefinition {
  readonly flags: string
  readonly about: string
  /** Throws InvalidArgumentError. */
  readonly parse?: (text: string) => unknown
  readonly fallback?: unknown
  readonly required?: boolean
}

const json: OptionDefinition = { flags: '--json', about: 'print JSON instead of a table' }
const target: readonly OptionDefinition[] = [
  { flags: '--schedule <name>', about: 'only this schedule' },
  { flags: '--scope <id>', about: 'only this scope, as in aws:123456789012/eu-west-1' },
  { flags: '--service <name>', about: 'only this service' },
  { flags: '--group <name>', about: 'only this group, by its name or its id' },
]

export const init: Definition = {
  usage: 'init',
  summary: 'make the ledger, and a sample firedrill.yaml and schedule where there are none',
  options: [],
  examples: ['firedrill init', 'firedrill init --config ops/firedrill.yaml'],
  note: 'Nothing that exists is overwritten. Without a ledger that was made on purpose nothing is ever struck.',
}

export const validate: Definition = {
  usage: 'validate',
  summary: 'check firedrill.yaml and every schedule; strikes and opens nothing',
  options: [{ flags: '--json', about: 'print the mistakes as JSON' }],
  examples: ['firedrill validate', 'firedrill validate --config ops/firedrill.yaml --json'],
}

export const rehearse: Definition = {
  usage: 'rehearse',
  summary: 'the whole job on simulated clouds: drill a fleet, judge it, report it',
  options: [
    { flags: '--out <dir>', about: 'folder for the reports' },
    { flags: '--seed <n>', about: 'draw another fleet', parse: wholeNumber(0) },
    { flags: '--json <file>', about: 'write the report as JSON' },
  ],
  examples: ['firedrill rehearse', 'firedrill rehearse --seed 7 --out /tmp/rehearsal'],
}

export const run: Definition = {
  usage: 'run',
  summary: 'one campaign now: discover, draw, strike, watch, judge, report',
  options: [
    { flags: '--all', about: 'every opted-in group instead of those drawn for today' },
    { flags: '--group <id|glob>', about: 'these groups instead of those drawn' },
    { flags: '--victim <id>', about: 'this instance (with --group)' },
    { flags: '--max <n>', about: 'at most so many strikes', parse: wholeNumber(1) },
    { flags: '--json <file>', about: 'write the report as JSON' },
    { flags: '--report <dir>', about: 'write the report in every format' },
  ],
  examples: ['firedrill run', 'firedrill run --group web --json report.json', 'firedrill run --all --max 5'],
  note: '--all and --group skip the draw, never a rule: hours, limits, guards, halts and the leash hold as ever.',
}

export const serve: Definition = {
  usage: 'serve',
  summary: 'the long-running service: schedules, worker, dashboard, API',
  options: [],
  examples: ['firedrill serve', 'firedrill serve --config /etc/firedrill/firedrill.yaml'],
  note: 'SIGTERM ends it within 10 s; drills that are open go on at the next start.',
}

export const worker: Definition = {
  usage: 'worker',
  summary: 'a further worker for the same queue and ledger',
  options: [{ flags: '--listen <host:port>', about: 'answer /healthz, /readyz and /metrics there; without it it listens nowhere' }],
  examples: ['firedrill worker', 'firedrill worker --listen 0.0.0.0:9090'],
  note: 'Whom /metrics is told is what web: in firedrill.yaml says. SIGTERM ends it within 10 s.',
}

export const plan: Definition = {
  usage: 'plan',
  summary: 'the coming drills and their odds; strikes nothing',
  options: [{ flags: '--days <n>', about: 'how many days ahead', parse: wholeNumber(1, 366), fallback: 14 }, json],
  examples: ['firedrill plan', 'firedrill plan --days 30 --json'],
}

export const groups: Definition = {
  usage: 'groups',
  summary: 'every group seen: opted in or not, eligible or not, and why not',
  options: [json, { flags: '--provider <name>', about: 'only this provider' }],
  examples: ['firedrill groups', 'firedrill groups --provider aws --json'],
  note: 'Members are compared with what they were born from (S13); one that differs is named where others may be struck. `firedrill forecast` lists every difference of every member, and groups without a schedule.',
}

export const forecast: Definition = {
  usage: 'forecast',
  summary: 'would a rebuild work, and what has drifted already? without a strike',
  options: [{ flags: '--group <id|glob>', about: 'only these groups' }, json],
  examples: ['firedrill forecast', "firedrill forecast --group 'web-*' --json"],
  note: 'Ends with 1 where a group is a snowflake by forecast, else with 4 where one could not be read, else with 0; with 4 in any case where a whole scope could not be read, and with 2 where --group matches no opted-in group.',
}

export const drills: Definition = {
  usage: 'drills',
  summary: 'what happened, open drills first, then the newest',
  options: [
    { flags: '--since <duration>', about: 'only those planned for the last 30d, 12h …', parse: duration },
    {
      flags: '--state <list>',
      about: 'planned, refused, leashed, striking, restoring, recovering, soaking, concluded',
      parse: drillStates,
    },
    { flags: '--group <id|glob>', about: 'only these groups' },
    { flags: '--limit <n>', about: 'at most so many', parse: wholeNumber(1, 100_000), fallback: 50 },
    json,
  ],
  examples: ['firedrill drills', 'firedrill drills --since 7d --state concluded', 'firedrill drills --group web --json'],
}

export const show: Definition = {
  usage: 'show <drill>',
  summary: 'the timeline, findings and evidence of one drill',
  arguments: { drill: 'its id, or the beginning of it' },
  options: [json],
  examples: ['firedrill show 3f2a', 'firedrill show 3f2a --json'],
}

export const accept: Definition = {
  usage: 'accept <drill> <path>',
  summary: 'accept a known difference of a group until a day',
  arguments: { drill: 'the drill that found it, by its id or the beginning of it', path: 'where: as the finding says, securityGroups' },
  options: [
    { flags: '--until <date>', about: 'the last day, YYYY-MM-DD in UTC; afterwards it fails again', required: true },
    { flags: '--note <text>', about: 'why, for everybody who meets it; kept in the ledger', required: true },
    json,
  ],
  examples: ['firedrill accept 3f2a securityGroups --until 2026-12-31 --note "goes with the next template, see 4711"'],
  note: 'Only this very difference: with other values it fails again. To end it early, accept it again until today. A quarantine stays until it is cleared.',
}

export const report: Definition = {
  usage: 'report',
  summary: 'write a report about a period',
  options: [
    { flags: '--since <duration>', about: 'how far back', parse: duration, fallback: 30 * 86_400_000 },
    { flags: '--format <list>', about: 'html, json, md, junit', parse: formats, fallback: ['html'] },
    { flags: '--out <dir>', about: 'folder for the files' },
  ],
  examples: ['firedrill report', 'firedrill report --since 7d --format html,json --out reports/'],
}

export const halt: Definition = {
  usage: 'halt [reason]',
  summary: 'emergency stop: no new strike from now on; watching goes on',
  arguments: { reason: 'why, for everybody who meets it' },
  options: [
    ...target,
    { flags: '--until <time>', about: 'ends by itself at a moment (2026-12-24T08:00:00Z) or after a duration (2h)' },
    { flags: '--wait', about: 'return when each strike in flight was sent or its permit has run out' },
    json,
  ],
  examples: ['firedrill halt "incident 4711"', 'firedrill halt --service checkout --until 2h', 'firedrill halt --wait'],
  note: 'Without a target the whole installation is halted; a target may be a glob. Open drills are watched and restored as ever. Ends with 4 where nothing goes by that name; the halt stands all the same.',
}

export const resume: Definition = {
  usage: 'resume',
  summary: 'end a halt',
  options: [...target, { flags: '--all', about: 'every halt, whatever its target' }, json],
  examples: ['firedrill resume', 'firedrill resume --schedule weekdays', 'firedrill resume --all'],
  note: 'Without a target the halt of the whole installation ends; halts of schedules, scopes, services and groups stay.',
}

export const quarantine: Definition = {
  usage: 'quarantine',
  summary: 'services that get no drills since a rebuild failed',
  options: [json],
  examples: ['firedrill quarantine', 'firedrill quarantine clear checkout --note "template fixed, see 4711"'],
}

export const quarantineClear: Definition = {
  usage: 'clear <services>',
  summary: 'let services be drilled again',
  arguments: { services: 'a glob over service names' },
  options: [{ flags: '--note <text>', about: 'what was done about it; kept in the ledger', required: true }, json],
  examples: ['firedrill quarantine clear checkout --note "template fixed"', 'firedrill quarantine clear \'web-*\' --note "AMI restored"'],
}

export const notify: Definition = {
  usage: 'notify',
  summary: 'the targets that schedules and owners tell',
  options: [],
  examples: ['firedrill notify', 'firedrill notify test payments-slack'],
}

export const notifyTest: Definition = {
  usage: 'test <target>',
  summary: 'send one test message to a target, now',
  arguments: { target: 'its name under notify.targets of firedrill.yaml' },
  options: [],
  examples: ['firedrill notify test payments-slack'],
  note: 'Needs neither ledger nor provider; what it sends is kept nowhere. Ends with 4 where the target did not take it.',
}

export const permissions: Definition = {
  usage: 'permissions <provider>',
  summary: 'print the least-privilege policy for a platform',
  arguments: { provider: 'aws, gcp …' },
  options: [{ flags: '--mode <mode>', about: 'forecast, leashed or live', parse: permissionMode, fallback: 'live' }],
  examples: ['firedrill permissions aws --mode forecast', 'firedrill permissions gcp --mode live > role.yaml'],
  note: 'What guards of the platform ask (cloudwatch-alarm) is in it where a schedule uses them, unless the mode is forecast.',
}

export const verifyLive: Definition = {
  usage: 'verify-live <provider>',
  summary: 'check in a sandbox account what the documentation of a platform leaves open',
  arguments: { provider: 'aws, gcp, azure …' },
  options: [
    { flags: '--group <id...>', about: 'the groups to drill, each by its whole id', required: true },
    { flags: '--method <method>', about: 'retire or crash, instead of the schedule’s', parse: strikeMethod },
    { flags: '--yes', about: 'do not ask before each step' },
    { flags: '--out <file>', about: 'where to keep what was found', fallback: 'firedrill-verified.json' },
  ],
  examples: ['firedrill verify-live gcp --group gcp:sandbox/europe-west1-b/mig/web --method crash'],
  note: 'Each step is an ordinary drill under the schedule of its group: one server is terminated, and every rule holds. Nothing is struck under a leash.',
}

export const simulate: Definition = {
  usage: 'simulate',
  summary: 'run simulated clouds on loopback and print how to connect to them',
  options: [
    { flags: '--world <file>', about: 'build the fleet from YAML' },
    { flags: '--port <n>', about: 'port of the simulated clouds (0: any free one)', parse: wholeNumber(0, 65_535) },
    { flags: '--json', about: 'print the endpoints as one line of JSON first' },
  ],
  examples: ['firedrill simulate', 'firedrill simulate --world fleet.yaml --json'],
}

function strikeMethod(text: string): string {
  if (text === 'retire' || text === 'crash') return text
  throw new InvalidArgumentError('must be retire or crash')
}

function wholeNumber(atLeast: number, atMost = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return text => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (number >= atLeast && number <= atMost) return number
    const range = atMost === Number.MAX_SAFE_INTEGER ? `of at least ${atLeast}` : `from ${atLeast} to ${atMost}`
    throw new InvalidArgumentError(`It must be a whole number ${range}.`)
  }
}

function duration(text: string): number {
  const milliseconds = parseDuration(text)
  if (milliseconds !== null && milliseconds > 0) return milliseconds
  throw new InvalidArgumentError('It must be a duration such as 30d, 12h or 15m.')
}

function permissionMode(text: string): string {
  if (['forecast', 'leashed', 'live'].includes(text)) return text
  throw new InvalidArgumentError('It must be forecast, leashed or live.')
}

const STATES = ['planned', 'refused', 'leashed', 'striking', 'restoring', 'recovering', 'soaking', 'concluded'] as const
const FORMATS: readonly ReportFormat[] = ['html', 'json', 'md', 'junit']

function drillStates(text: string): readonly string[] {
  return listOf(text, STATES)
}

function formats(text: string): readonly string[] {
  return listOf(text, FORMATS)
}

function listOf(text: string, known: readonly string[]): readonly string[] {
  const words = text.split(',').map(word => word.trim())
  const unknown = words.find(word => !known.includes(word))
  if (unknown === undefined) return [...new Set(words)]
  throw new InvalidArgumentError(`"${unknown}" is none of ${known.join(', ')}.`)
}
