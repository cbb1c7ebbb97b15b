import type { Drill, PlannedDrill, Refusal } from '../domain/drill.ts'
import type { Clock } from '../domain/time.ts'
import { fitCells } from '../reports/columns.ts'
import { ansi, type Paint, plain } from '../reports/paint.ts'
import { renderProgress, type Waiting } from '../reports/progress.ts'
import { visibleLine } from '../reports/safe-text.ts'
import { renderScreen, type Screen } from '../reports/screen.ts'
import type { Io } from './io.ts'

export interface CampaignScreen {
  /** Handed to the engine: every change of a drill. */
  readonly changed: (drill: Drill) => void
  /** Handed to the engine: a plan waits for a limit. */
  readonly waits: (plan: PlannedDrill, refusal: Refusal) => void
  /** Handed to the ledger: why it cannot be used at present, or null. */
  readonly outage: (problem: string | null) => void
  /** Handed to the providers: why looks at one take long at present, or null. */
  readonly throttled: (provider: string, problem: string | null) => void
  /** Starts drawing drills in flight, on a terminal; elsewhere the log lines tell what happens. */
  start(clock: Clock): void
  /** Wipes what is drawn. Idempotent. */
  done(): void
  print(screen: Omit<Screen, 'width' | 'paint'>): void
}

/** How often drills in flight are drawn anew: their times run on while nothing changes. */
const redrawEvery = 200
const mostLines = 12

/** Live progress on a terminal, on stderr so that stdout holds the result only. */
export function campaignScreen(io: Io): CampaignScreen {
  const drills = new Map<string, Drill>()
  const waiting = new Map<string, Waiting>()
  const paint: Paint = io.colour ? ansi : plain
  let outage: string | null = null
  const throttled = new Map<string, string>()
  let drawn = 0
  let timer: NodeJS.Timeout | null = null

  function wipe(): void {
    if (drawn > 0) io.stderr.write(`\u001b[${drawn}A\u001b[0J`)
    drawn = 0
  }

  function draw(clock: Clock): void {
    const view = { width: io.columns - 1, height: mostLines, now: clock.now(), paint }
    const problems = [...(outage === null ? [] : [outage]), ...throttled.values()]
    const away = problems.map(problem => paint('bad', fitCells(visibleLine(`Waiting: ${problem}`), view.width)))
    const text = [renderProgress([...drills.values()], view, [...waiting.values()]), ...away].filter(part => part !== '').join('\n')
    wipe()
    if (text === '') return
    io.stderr.write(`${text}\n`)
    drawn = text.split('\n').length
  }

  return {
    changed(drill) {
      drills.set(drill.id, drill)
      waiting.delete(drill.id)
    },
    waits({ id, groupName }, { rule, reason }) {
      waiting.set(id, { groupName, rule, reason })
    },
    outage(problem) {
      outage = problem
    },
    throttled(provider, problem) {
      if (problem === null) throttled.delete(provider)
      else throttled.set(provider, problem)
    },
    start(clock) {
      if (!io.isTTY) return
      timer = setInterval(() => draw(clock), redrawEvery)
      timer.unref()
    },
    done() {
      if (timer !== null) clearInterval(timer)
      timer = null
      wipe()
    },
    print(screen) {
      io.stdout.write(renderScreen({ ...screen, width: io.columns, paint }))
    },
  }
}
