import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { subscriptions } from './azure-fleet.ts'
import { fleet, regions } from './fleet.ts'
import { project } from './gcp-fleet.ts'

/** How the firedrill.yaml of a rehearsal begins. */
export const writtenBy = '# Written by firedrill rehearse'

/** Writes the files of an ordinary installation into an empty folder: a rehearsal runs what its users run. */
export async function writeInstallation(folder: string, simulator: { endpoint: string; origin: string }): Promise<string> {
  await rm(join(folder, 'ledger'), { recursive: true, force: true })
  await mkdir(join(folder, 'schedules'), { recursive: true })
  const file = join(folder, 'firedrill.yaml')
  await writeFile(file, installation(simulator.endpoint))
  for (const [name, text] of Object.entries(schedules(simulator.origin))) await writeFile(join(folder, 'schedules', `${name}.yaml`), text)
  return file
}

function installation(endpoint: string): string {
  return `${writtenBy}; every run writes it anew.
ledger: embedded
queue: embedded
dataDir: ledger
schedules: schedules/
never: ["*-db"]
providers:
  aws: { endpoint: "${endpoint}", regions: [${Object.values(regions).join(', ')}] }
  gcp: { endpoint: "${endpoint}", projects: [${project}] }
  azure: { endpoint: "${endpoint}", subscriptions: [${Object.values(subscriptions).join(', ')}] }
`
}

/** The same drill in compressed time, five ways: limits and leash are what differs. */
function schedules(origin: string): Record<string, string> {
  const drill = `settle: 10m
recovery: { target: 4s, deadline: 9s, soak: 2500ms }
fingerprint: { http: { url: "${origin}/_simulator/instances/{id}/fingerprint", timeout: 20s } }
guards: none
`
  const wide = `concurrent: 100, concurrentPerScope: 100, strikesPerDay: 1000, strikesPerRun: 1000, spacing: 0s, serviceCooldown: 0s, woundedPerScope: 100, breaker: off`
  const always = `timezone: UTC\nhours: "00:00-24:00"\nmeanDaysBetweenDrills: 5\n`
  const named = (name: string, rest: string) => `name: ${name}\ngroups: ${groupsOf(name)}\n${rest}`
  return {
    rehearsal: named('rehearsal', `${always}${drill}limits: { ${wide}, maxUnsteadyGroups: 100% }\nleashed: false\n`),
    drifted: named('drifted', `${always}${drill}limits: { ${wide}, maxUnsteadyGroups: 100% }\nleashed: false\nstrikeDrifted: true\n`),
    'once-a-day': named(
      'once-a-day',
      `${always}${drill}limits: { ${wide.replace('strikesPerDay: 1000', 'strikesPerDay: 1')}, maxUnsteadyGroups: 100% }\nleashed: false\n`,
    ),
    closed: named(
      'closed',
      `timezone: UTC\ndays: [${anotherDay()}]\nhours: "10:00-11:00"\nmeanDaysBetweenDrills: 5\n${drill}limits: { ${wide}, maxUnsteadyGroups: 100% }\nleashed: false\n`,
    ),
    strict: named('strict', `${always}${drill}limits: { ${wide} }\nleashed: false\n`),
    leashed: named('leashed', `${always}${drill}limits: { ${wide}, maxUnsteadyGroups: 100% }\nleashed: true\n`),
  }
}

/** Those that name the schedule in a tag; what names none belongs to the first. */
function groupsOf(schedule: string): string {
  const naming = fleet.filter(({ group }) => group.tags?.['firedrill-schedule'] !== undefined)
  if (schedule === 'rehearsal') return JSON.stringify({ include: ['*'], exclude: naming.map(({ group }) => group.name) })
  return JSON.stringify({
    include: naming.filter(({ group }) => group.tags?.['firedrill-schedule'] === schedule).map(({ group }) => group.name),
  })
}

/** A weekday that is neither today nor yesterday nor tomorrow, wherever the clock stands. */
function anotherDay(): string {
  const names = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
  return names[(Temporal.Now.plainDateISO('UTC').dayOfWeek + 2) % 7] ?? 'mon'
}
