import type { SimulatedTime } from '../../test/support/simulated-time.ts'
import { disagreements } from './assess.ts'
import { cloudNamed } from './clouds.ts'
import { lineOf, say } from './say.ts'
import type { Trial, WorldRun } from './trial.ts'
import { runWarm } from './warm.ts'

/** One world again: every drill with its events and findings, and what was logged. */
export async function replay(time: SimulatedTime, name: string, size: number): Promise<void> {
  const [provider = '', seed = ''] = name.split(':')
  const cloud = cloudNamed(provider)
  const run = await runWarm(time, { cloud, seed: Number(seed), size })
  for (const line of run.said) say(`${line.at} ${line.level} ${line.message} ${JSON.stringify(line.fields)}`)
  for (const trial of run.trials) tell(trial, run)
}

function tell(trial: Trial, run: WorldRun): void {
  const wrong = disagreements(trial)
  say(`\n${lineOf(trial)}${wrong.length === 0 ? '' : `  ← ${wrong.join('; ')}`}`)
  for (const strike of trial.carried)
    say(
      `  ${new Date(strike.at).toISOString()} carried out on ${strike.victim}${strike.against === null ? '' : ` against ${strike.against}`}`,
    )
  const { drill } = trial
  if (drill === null) return
  for (const event of run.events.get(drill.id) ?? []) say(`  ${event.at} ${event.kind} ${JSON.stringify(event.data)}`)
  if (drill.state === 'concluded')
    for (const finding of drill.judgement.findings) say(`  ${finding.level} ${finding.kind}: ${finding.summary}`)
  if (drill.state === 'concluded' && drill.tracking !== null) say(`  ${JSON.stringify(drill.tracking)}`)
}
