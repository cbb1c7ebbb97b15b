import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openInstallation } from '../compose.ts'
import { runCampaign } from '../engine/campaign.ts'
import { renderJson } from '../reports/json.ts'
import { buildReport } from '../reports/report.ts'
import { reportFormats, writeReports, writeWhole } from '../reports/write.ts'
import { createWorld, type Simulator, startSimulator } from '../simulator/index.ts'
import { campaignScreen } from './campaign-screen.ts'
import { UsageError } from './exit.ts'
import type { Io } from './io.ts'
import type { RehearseOptions } from './options.ts'
import { prepareOutputs } from './outputs.ts'
import { azureFleet, subscriptions } from './rehearsal/azure-fleet.ts'
import { disagreements } from './rehearsal/check.ts'
import { fleet, haltedGroup, regions } from './rehearsal/fleet.ts'
import { gcpFleet, project } from './rehearsal/gcp-fleet.ts'
import { writeInstallation, writtenBy } from './rehearsal/installation.ts'
import { PatientClock } from './rehearsal/patient-clock.ts'
import { reportInput } from './report-input.ts'
import { writeSentence } from './terminal.ts'

/** What every cloud's part of the rehearsal holds, in the order of the report. */
const everywhere = [...fleet, ...gcpFleet, ...azureFleet]

/**
 * The main job end to end on simulated clouds: an installation like any other, its own ledger, real SDKs over HTTP. 0 when every
 * verdict equals what the simulator knows to be true; else it says which does not, and ends with 4: a defect of ours.
 */
export async function rehearse(options: RehearseOptions, io: Io): Promise<number> {
  const out = resolve(io.cwd, options.out ?? '.firedrill/rehearsal')
  await refuseForeignFolder(out)
  const json = options.json === undefined ? undefined : resolve(io.cwd, options.json)
  await prepareOutputs({ '--out': { folder: out }, '--json': { file: json } })
  const groups = fleet.map(({ group }) => group)
  const clock = new PatientClock()
  const simulatedClock = { now: () => clock.now().epochMilliseconds }
  const azure = { subscriptions: Object.values(subscriptions).map(id => ({ id })), groups: azureFleet.map(({ group }) => group) }
  const gcp = { projects: [{ id: project }], groups: gcpFleet.map(({ group }) => group) }
  const seed = options.seed ?? 1
  const world = createWorld({ seed, regions: Object.values(regions), groups, gcp, azure }, { clock: simulatedClock })
  const simulator = await startSimulator({ world })
  try {
    return await drillTheFleet(simulator, { out, options, io, clock })
  } finally {
    await simulator.close()
    clock.close()
  }
}

/** A rehearsal writes an installation anew: never over one that somebody else made. Throws UsageError. */
async function refuseForeignFolder(folder: string): Promise<void> {
  const text = await readFile(join(folder, 'firedrill.yaml'), 'utf8').catch(() => null)
  if (text !== null && !text.startsWith(writtenBy))
    throw new UsageError(`${folder} holds a firedrill.yaml of yours, which a rehearsal would write over; choose another folder with --out`)
}

async function drillTheFleet(
  simulator: Simulator,
  what: { out: string; options: RehearseOptions; io: Io; clock: PatientClock },
): Promise<number> {
  const { out, options, io, clock } = what
  const { endpoint } = simulator.aws
  const config = await writeInstallation(out, { endpoint, origin: new URL(endpoint).origin })
  const env = { ...io.env, ...simulator.aws.env }
  const screen = campaignScreen(io)
  const quiet = { ...options, config }
  const installation = await openInstallation(quiet, { ...io, env }, { worker: true, changed: screen.changed, quiet: io.isTTY, clock })
  const { engine, ledger } = installation
  try {
    await haltOne(installation, simulator)
    io.whenCutOff?.(() => {
      screen.done()
      return 'what it had begun was simulated and has ended with it'
    })
    screen.start(engine.clock)
    const from = await ledger.now()
    const result = await runCampaign(engine, { run: engine.newId(), all: true, group: null, victim: null, max: null }, io.signal)
    screen.done()
    const input = await reportInput(ledger, { title: 'Firedrill rehearsal', from, drills: result.drills })
    const report = buildReport(input)
    const files = await writeReports({ report, formats: reportFormats, out })
    const html = files.find(file => file.endsWith('.html'))
    const instances = everywhere.reduce((sum, { group }) => sum + (group.size ?? 3), 0)
    screen.print({
      title: `Firedrill rehearsal: ${everywhere.length} groups, ${instances} instances, simulated AWS, Google Cloud and Azure`,
      aside: 'leash off',
      drills: inFleetOrder(input.drills),
      reportUrl: html === undefined ? null : pathToFileURL(html).href,
    })
    if (options.json !== undefined) await writeWhole(resolve(io.cwd, options.json), renderJson(report))
    if (io.signal.aborted) return 3
    return judgeRehearsal(
      disagreements(
        everywhere,
        input.drills.map(({ drill }) => drill),
        (group, question) => simulator.world.truth(group, question),
      ),
      io,
    )
  } finally {
    screen.done()
    await installation.close()
  }
}

async function haltOne(installation: Awaited<ReturnType<typeof openInstallation>>, simulator: Simulator): Promise<void> {
  const name = simulator.world.groupIds().find(id => id.endsWith(`/${haltedGroup}`)) ?? haltedGroup
  await installation.ledger.halt({ target: { kind: 'group', name }, reason: 'its owners are moving house', by: 'rehearsal', until: null })
}

function inFleetOrder<D extends { readonly drill: { readonly groupName: string } }>(drills: readonly D[]): D[] {
  const order = new Map(everywhere.map(({ group }, index) => [group.name, index]))
  return drills.toSorted((a, b) => (order.get(a.drill.groupName) ?? 0) - (order.get(b.drill.groupName) ?? 0))
}

function judgeRehearsal(wrong: ReturnType<typeof disagreements>, io: Io): number {
  for (const { group, expected, got } of wrong) writeSentence(io.stderr, `${group}: expected ${expected}, got ${got}`)
  if (wrong.length === 0) return 0
  writeSentence(
    io.stderr,
    `${wrong.length} verdicts differ from what the simulator knows to be true: a defect of Firedrill or of its simulator.`,
  )
  return 4
}
