#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { commandLine, quietOnClosedPipe } from './commands/command-line.ts'
import * as definitions from './commands/definitions.ts'
import { endAtOnce } from './commands/end-at-once.ts'
import { processIo } from './commands/io.ts'
import { onSignals } from './commands/signals.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
const signals = onSignals(process.stderr)
const io = processIo(signals)
const line = commandLine({ version, io })
quietOnClosedPipe(io)

line.add(definitions.init, async () => (await import('./commands/init.ts')).init)
line.add(definitions.validate, async () => (await import('./commands/validate.ts')).validate)
line.add(definitions.rehearse, async () => (await import('./commands/rehearse.ts')).rehearse)
line.add(definitions.run, async () => (await import('./commands/run.ts')).run)
line.add(definitions.serve, async () => (await import('./commands/serve.ts')).serve)
line.add(definitions.worker, async () => (await import('./commands/worker.ts')).worker)
line.add(definitions.plan, async () => (await import('./commands/plan.ts')).plan)
line.add(definitions.groups, async () => (await import('./commands/groups.ts')).groups)
line.add(definitions.forecast, async () => (await import('./commands/forecast.ts')).forecast)
line.add(definitions.drills, async () => (await import('./commands/drills.ts')).drills)
line.add(definitions.show, async () => (await import('./commands/show.ts')).show)
line.add(definitions.accept, async () => (await import('./commands/accept.ts')).accept)
line.add(definitions.report, async () => (await import('./commands/report.ts')).report)
line.add(definitions.halt, async () => (await import('./commands/halt.ts')).halt)
line.add(definitions.resume, async () => (await import('./commands/resume.ts')).resume)
const quarantine = line.add(definitions.quarantine, async () => (await import('./commands/quarantine.ts')).quarantine)
line.add(definitions.quarantineClear, async () => (await import('./commands/quarantine.ts')).quarantineClear, quarantine)
const notify = line.add(definitions.notify, async () => (await import('./commands/notify.ts')).notify)
line.add(definitions.notifyTest, async () => (await import('./commands/notify.ts')).notifyTest, notify)
line.add(definitions.permissions, async () => (await import('./commands/permissions.ts')).permissions)
line.add(definitions.verifyLive, async () => (await import('./commands/verify-live.ts')).verifyLive)
line.add(definitions.simulate, async () => (await import('./commands/simulate.ts')).simulate)

const code = await line.main(process.argv.slice(2))
signals.stop()
// Asked to end, it has: connections to a server that hangs, or tries to reach one that is gone, would keep the process for ever.
if (signals.signal.aborted) endAtOnce(code)
process.exitCode = code
