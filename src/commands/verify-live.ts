import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { openInstallation } from '../compose.ts'
import type { GroupId, GroupSnapshot } from '../domain/group.ts'
import type { StrikeMethod } from '../domain/schedule.ts'
import { runCampaign } from '../engine/campaign.ts'
import { type Engine, reasonOf, scopesOf } from '../engine/context.ts'
import { providers } from '../providers/registry.ts'
import { EXIT, UsageError } from './exit.ts'
import { type Io, writeLine } from './io.ts'
import { factLines, type LiveFacts, liveFacts } from './live-facts.ts'
import { type LiveLook, lookOf, tellingLooks } from './live-looks.ts'
import type { VerifyLiveOptions } from './options.ts'
import { prepareOutputs } from './outputs.ts'
import { clean } from './terminal.ts'

/** Asks a question that only `yes` affirms. */
type Ask = (question: string) => Promise<boolean>

/**
 * What documentation leaves open is learned from a live platform: for each group that is named, its provider's open questions, then
 * one drill. That is an ordinary drill: every rule, limit, halt and the leash hold, and the ledger records it. Throws
 * UsageError before anything is opened where a group is not named in full, or nobody could be asked.
 */
export async function verifyLive(options: VerifyLiveOptions, io: Io, ask?: Ask): Promise<number> {
  checkUsage(options, io, ask)
  const file = resolve(io.cwd, options.out)
  await prepareOutputs({ '--out': { file } })
  const { engine, close } = await openInstallation(options, io, { worker: true })
  const mayGoOn = async () => options.yes === true || (ask ?? terminal(io))('Go on? Type "yes": ')
  const verifying = { engine, io, mayGoOn }
  try {
    const answers: LiveAnswer[] = []
    const found: LiveFacts[] = []
    for (const [index, group] of options.group.entries()) {
      if (io.signal.aborted) break
      answers.push(...(await askQuestions(verifying, group)))
      const facts = await holdDrill(verifying, { group, method: options.method, step: `Step ${index + 1} of ${options.group.length}` })
      if (facts !== null) found.push(facts)
    }
    const document = { version: 1, provider: options.provider, at: engine.clock.now(), answers, found }
    await writeFile(file, `${JSON.stringify(document, null, 2)}\n`)
    writeLine(io.stdout, clean(`Written to ${file}.`))
    return found.length === options.group.length && found.every(one => one.secondsUntilVictimGone !== null) ? EXIT.ok : EXIT.inconclusive
  } finally {
    await close()
  }
}

interface Verifying {
  readonly engine: Engine
  readonly io: Io
  readonly mayGoOn: () => Promise<boolean>
}

/** What a provider's question came to; null: it was left out. */
interface LiveAnswer {
  readonly group: GroupId
  readonly question: string
  readonly answer: string | null
}

async function askQuestions({ engine, io, mayGoOn }: Verifying, group: GroupId): Promise<LiveAnswer[]> {
  const handle = scopesOf(engine).find(({ scope }) => group.startsWith(`${scope.id}/`))
  const answers: LiveAnswer[] = []
  for (const { question, sends, writes, ask } of handle?.provider.openQuestions ?? []) {
    if (handle === undefined || io.signal.aborted) break
    writeLine(io.stdout, clean(`${question} To find out, Firedrill sends ${sends}. No server is terminated.`))
    const held = writes ? await whyNothingIsWritten(engine) : null
    if (held !== null) writeLine(io.stdout, clean(`Left out: ${held}.`))
    const goesOn = held === null && (await mayGoOn())
    if (held === null && !goesOn) writeLine(io.stdout, 'Left out.')
    const answer = goesOn ? await ask(handle.scope, group, io.signal).catch(error => unanswered(error, io.signal)) : null
    if (answer !== null) writeLine(io.stdout, clean(`  ${answer}`))
    answers.push({ group, question, answer })
  }
  return answers
}

/** A request that can terminate nothing looks like a strike in the platform's audit log all the same. */
async function whyNothingIsWritten(engine: Engine): Promise<string | null> {
  if (engine.schedules.every(schedule => schedule.leashed)) return 'every schedule is leashed'
  const isHalted = engine.haltFileExists() || (await engine.ledger.state()).halts.length > 0
  return isHalted ? 'there is a halt' : null
}

function unanswered(error: unknown, signal: AbortSignal): string {
  signal.throwIfAborted()
  return `no answer: ${reasonOf(error)}`
}

async function holdDrill(
  { engine, io, mayGoOn }: Verifying,
  { group, method, step }: { readonly group: GroupId; readonly method: StrikeMethod | undefined; readonly step: string },
): Promise<LiveFacts | null> {
  const what = `${step}: a drill${method === undefined ? '' : ` (${method})`} on ${group}`
  writeLine(io.stdout, `${clean(what)}. One of its servers will be terminated, and nothing else touched.`)
  if (!(await mayGoOn())) {
    writeLine(io.stdout, 'Left out.')
    return null
  }
  const looks: LiveLook[] = []
  const note = (snapshot: GroupSnapshot) => looks.push(lookOf(snapshot, engine.clock.now()))
  const asked: Engine = {
    ...engine,
    providers: engine.providers.map(provider => tellingLooks(provider, group, note)),
    ...(method !== undefined && { schedules: engine.schedules.map(one => ({ ...one, method })) }),
  }
  const { drills } = await runCampaign(asked, { run: randomUUID(), all: false, group, victim: null, max: 1 }, io.signal)
  const held = (await Promise.all(drills.map(id => engine.ledger.drill(id)))).filter(drill => drill?.group === group).at(-1)
  if (!held) {
    writeLine(io.stdout, clean(`${group} was not found, is not opted in, or has no schedule: see \`firedrill groups\`.`))
    return null
  }
  const facts = liveFacts(held, await engine.ledger.events(held.id), looks)
  for (const line of factLines(facts)) writeLine(io.stdout, clean(line))
  return facts
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
