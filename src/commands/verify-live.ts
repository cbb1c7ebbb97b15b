import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { openInstallation } from '../compose.ts'
import { runCampaign } from '../engine/campaign.ts'
import type { Engine } from '../engine/context.ts'
import { providers } from '../providers/registry.ts'
import { EXIT, UsageError } from './exit.ts'
import { type Io, writeLine } from './io.ts'
import { factLines, type LiveFacts, liveFacts } from './live-facts.ts'
import type { VerifyLiveOptions } from './options.ts'
import { prepareOutputs } from './outputs.ts'
import { clean } from './terminal.ts'

/** Asks a question that only `yes` affirms. */
type Ask = (question: string) => Promise<boolean>

/**
 * One drill on each group that is named, to learn from a live platform what its documentation leaves open. Each is an ordinary
 * drill: every rule, limit, halt and the leash hold, and the ledger records it. Throws UsageError before anything is opened
 * where a group is not named in full, or nobody could be asked.
 */
export async function verifyLive(options: VerifyLiveOptions, io: Io, ask?: Ask): Promise<number> {
  checkUsage(options, io, ask)
  const file = resolve(io.cwd, options.out)
  await prepareOutputs({ '--out': { file } })
  const installation = await openInstallation(options, io, { worker: true })
  try {
    const { engine, ledger } = installation
    const method = options.method
    const asked: Engine = method === undefined ? engine : { ...engine, schedules: engine.schedules.map(one => ({ ...one, method })) }
    const found: LiveFacts[] = []
    for (const [index, group] of options.group.entries()) {
      if (io.signal.aborted) break
      const step = `Step ${index + 1} of ${options.group.length}: a drill${method === undefined ? '' : ` (${method})`} on ${group}`
      writeLine(io.stdout, `${clean(step)}. One of its servers will be terminated, and nothing else touched.`)
      if (!options.yes && !(await (ask ?? terminal(io))('Go on? Type "yes": '))) {
        writeLine(io.stdout, 'Left out.')
        continue
      }
      const { drills } = await runCampaign(asked, { run: randomUUID(), all: false, group, victim: null, max: 1 }, io.signal)
      const held = (await Promise.all(drills.map(id => ledger.drill(id)))).filter(drill => drill?.group === group).at(-1)
      if (!held) {
        writeLine(io.stdout, clean(`${group} was not found, is not opted in, or has no schedule: see \`firedrill groups\`.`))
        continue
      }
      const facts = liveFacts(held, await ledger.events(held.id))
      found.push(facts)
      for (const line of factLines(facts)) writeLine(io.stdout, clean(line))
    }
    await writeFile(file, `${JSON.stringify({ version: 1, provider: options.provider, at: engine.clock.now(), found }, null, 2)}\n`)
    writeLine(io.stdout, clean(`Written to ${file}.`))
    return found.length === options.group.length && found.every(one => one.secondsUntilVictimGone !== null) ? EXIT.ok : EXIT.inconclusive
  } finally {
    await installation.close()
  }
}

function checkUsage({ provider, group, yes }: VerifyLiveOptions, io: Io, ask: Ask | undefined): void {
  if (!Object.hasOwn(providers, provider))
    throw new UsageError(`there is no provider "${provider}"; there is ${Object.keys(providers).join(', ')}`)
  for (const id of group) {
    // A glob, or a name that several groups may have, must never say which servers are terminated.
    if (!id.startsWith(`${provider}:`) || /[*?[\]{}!()]/.test(id))
      throw new UsageError(`"${id}" is not the whole id of a group such as ${provider}:…/web; each group is named in full`)
  }
  if (!yes && ask === undefined && !(io.isTTY && process.stdin.isTTY))
    throw new UsageError('nobody can be asked before each step without a terminal; say --yes to terminate one server of each named group')
}

function terminal(io: Io): Ask {
  return async question => {
    const lines = createInterface({ input: process.stdin, output: io.stdout })
    try {
      return (await lines.question(question, { signal: io.signal })).trim() === 'yes'
    } finally {
      lines.close()
    }
  }
}
