import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Installation, openInstallation } from '../compose.ts'
import type { Drill } from '../domain/drill.ts'
import { chooseSchedule, readOptIn } from '../domain/opt-in.ts'
import type { Schedule } from '../domain/schedule.ts'
import type { SeenGroup } from '../domain/seen-group.ts'
import { runCampaign } from '../engine/campaign.ts'
import { renderJson } from '../reports/json.ts'
import type { ReportInput } from '../reports/model.ts'
import { buildReport } from '../reports/report.ts'
import { reportFormats, writeReports, writeWhole } from '../reports/write.ts'
import { campaignScreen } from './campaign-screen.ts'
import { EXIT, UsageError } from './exit.ts'
import type { Io } from './io.ts'
import { leftOpen, openDrills } from './open-drills.ts'
import type { RunOptions } from './options.ts'
import { isOpen, outcomeCode } from './outcome.ts'
import { prepareOutputs } from './outputs.ts'
import { reportInput } from './report-input.ts'
import { writeSentence } from './terminal.ts'

/** Told one by one; `groups` has them all. */
const mostProblems = 10

/** One campaign now. Exit codes: see outcome.ts. Throws UsageError before anything is struck. */
export async function run(options: RunOptions, io: Io): Promise<number> {
  checkUsage(options)
  const outputs = outputsOf(options, io)
  await prepareOutputs({ '--json': { file: outputs.json }, '--report': { folder: outputs.folder } })
  const screen = campaignScreen(io)
  const open = openDrills()
  const changed = (drill: Drill) => {
    screen.changed(drill)
    open.changed(drill)
  }
  const { waits, outage, throttled } = screen
  const installation = await openInstallation(options, io, {
    worker: true,
    changed,
    waits,
    outage,
    quiet: io.isTTY,
    ...(io.isTTY && { throttled }),
  })
  const { ledger, engine } = installation
  // Where one part of the campaign fails, the others are to end with it, and to say nothing more.
  const failed = new AbortController()
  const signal = AbortSignal.any([io.signal, failed.signal])
  try {
    screen.start(engine.clock)
    await open.learn(ledger)
    open.tellWhenCutOff(io, screen.done)
    const from = await ledger.now()
    const { all = false, group = null, victim = null, max = null } = options
    const result = await runCampaign(engine, { run: engine.newId(), all, group, victim, max }, signal)
    screen.done()
    const { unreadable } = result.discovered
    const interrupted = io.signal.aborted
    const sawAll = unreadable.length === 0 && !interrupted
    if (sawAll && group !== null && result.drills.length === 0)
      throw new UsageError(`no group that was seen and has a schedule matches ${group}: see \`firedrill groups\``)
    const input = await reportInput(ledger, { title: 'Firedrill campaign', from, drills: result.drills })
    const optedIn = result.discovered.groups.filter(group => group.optedIn).length
    screen.print({
      title: interrupted ? 'Firedrill campaign, interrupted' : `Firedrill campaign: ${optedIn} opted-in groups`,
      aside: leashOf(installation.settings.schedules),
      drills: input.drills,
      reportUrl: await writeOutputs(input, outputs),
    })
    if (sawAll && !all && input.drills.length === 0)
      writeSentence(io.stdout, 'Nothing is drawn for today: `firedrill plan` shows the coming days, --all and --group skip the draw.')
    const onRecord = new Set(input.drills.map(one => one.drill.group))
    const others = result.discovered.groups.filter(({ summary }) => !onRecord.has(summary.id))
    if (group === null) tellOfUnknownSchedules(others, installation, io)
    for (const { scope, why } of unreadable) writeSentence(io.stderr, `${scope} could not be read: ${why}`)
    const drills = input.drills.map(one => one.drill)
    if (interrupted) writeSentence(io.stderr, `firedrill: interrupted; ${leftOpen(drills.filter(isOpen).length)}`)
    // Whatever was not begun is no success.
    return outcomeCode(drills, unreadable.length) || (interrupted ? EXIT.inconclusive : EXIT.ok)
  } catch (error) {
    failed.abort()
    screen.done()
    if (!(error instanceof UsageError)) writeSentence(io.stderr, `firedrill: this run was cut short; ${open.words()}`)
    throw error
  } finally {
    screen.done()
    await installation.close()
  }
}

/** What could be meant in two ways must not strike in the wider one. Throws UsageError. */
function checkUsage({ all, group, victim }: RunOptions): void {
  if (all === true && group !== undefined) throw new UsageError('name either --all or --group')
  if (victim !== undefined && group === undefined) throw new UsageError('--victim needs the group that it belongs to: add --group')
}

interface Outputs {
  /** A file for the report as JSON. */
  readonly json: string | undefined
  /** A folder for the report in every format. */
  readonly folder: string | undefined
}

function outputsOf({ json, report }: RunOptions, { cwd }: Io): Outputs {
  return { json: json === undefined ? undefined : resolve(cwd, json), folder: report === undefined ? undefined : resolve(cwd, report) }
}

/** The address of the page for people, where one was wished for. */
async function writeOutputs(input: ReportInput, { json, folder }: Outputs): Promise<string | null> {
  const report = buildReport(input)
  if (json !== undefined) await writeWhole(json, renderJson(report))
  const files = folder === undefined ? [] : await writeReports({ report, formats: reportFormats, out: folder })
  const html = files.find(file => file.endsWith('.html'))
  return html === undefined ? null : pathToFileURL(html).href
}

/** Groups whose tag names no schedule that takes them, where no refusal of this run's says so: whatever is drawn, they are never drilled. */
function tellOfUnknownSchedules(groups: readonly SeenGroup[], { clock, settings }: Installation, { stderr }: Io): void {
  const today = clock.now().toZonedDateTimeISO('UTC').toPlainDate()
  const problems = groups.flatMap(({ summary, optedIn }) => {
    const optIn = readOptIn(summary, today)
    const chosen = chooseSchedule(summary, optIn, settings.schedules)
    return optedIn && optIn.tags.schedule !== null && chosen.kind === 'none' ? [`${summary.name} is never drilled: ${chosen.why}`] : []
  })
  for (const problem of problems.slice(0, mostProblems)) writeSentence(stderr, problem)
  const left = problems.length - mostProblems
  if (left > 0) writeSentence(stderr, `${left} more have such a tag: \`firedrill groups\` lists them`)
}

function leashOf(schedules: readonly Schedule[]): string {
  const leashed = schedules.filter(schedule => schedule.leashed).length
  if (leashed === schedules.length) return 'leashed'
  return leashed === 0 ? 'leash off' : 'leash partly off'
}
