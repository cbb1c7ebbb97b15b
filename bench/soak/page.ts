import { clouds } from './clouds.ts'
import { storm } from './faults.ts'
import type { Tally } from './tally.ts'

const begin = '<!-- verdicts: written by npm run bench:verdicts -->'
const end = '<!-- /verdicts -->'
const verdicts = ['phoenix', 'snowflake', 'inconclusive'] as const

interface Found {
  readonly tally: Tally
  readonly from: number
  readonly size: number
}

/** The page with its generated part made anew. */
export function pageWith(page: string, found: Found): string {
  const [before, rest] = page.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`docs/reliability.md has lost its marks ${begin} and ${end}`)
  return `${before}${begin}\n${section(found)}${end}${after}`
}

function section({ tally, from, size }: Found): string {
  const { worlds, drills, calls, notStruck, unseen, struck } = tally
  const names = clouds.map(cloud => cloud.title).join(', ')
  const share = unseen.of === 0 ? '0.0' : ((100 * unseen.trials.length) / unseen.of).toFixed(1)
  const refusals = [...tally.refused].sort().map(([rule, count]) => `${rule} ${count}`)
  return `
${drills} drills in ${worlds} simulated worlds of ${size} groups (${names}; seeds from ${from}), ${calls} API calls.
In ${struck.length} of them a server was struck:

${matrix(tally)}

Cloud by cloud: ${clouds.map(cloud => `${cloud.title}, ${strikesOn(tally, cloud.provider)} strikes`).join('; ')}.

- Snowflakes called phoenix: **${tally.count('snowflake', 'phoenix')}**. Phoenixes called snowflake: **${tally.count('phoenix', 'snowflake')}**.
- Without a verdict although the truth was there to be seen: **${unseen.trials.length} of ${unseen.of}** (${share} %; the goal is below 2 %).
- Strikes against a rule: **${tally.against}**.
- Called off at the strike (the call was refused, or a rule spoke before it was repeated): ${notStruck}.
- Refused before a strike, by rule: ${refusals.join(', ')}.
- Drills that disagree with the truth in any way: **${tally.disagreements.length}**.

Shares of requests that were hit: throttled ${percent(storm.throttling)}, failed with a server error ${percent(storm.serverErrors)}, connection lost
before or after the effect ${percent(storm.dropped)}, never answered ${percent(storm.hung)}, answered from an older state of up to 60 s ${percent(storm.stale)}, empty
pages ${percent(storm.emptyPages)}, half a second late ${percent(storm.slow)}.
`
}

function matrix(tally: Tally): string {
  const rows = verdicts.map(truth => `| ${truth} | ${verdicts.map(said => tally.count(truth, said)).join(' | ')} |`)
  return ['| the truth | called phoenix | called snowflake | called inconclusive |', '| --- | ---: | ---: | ---: |', ...rows].join('\n')
}

function strikesOn(tally: Tally, provider: string): number {
  return tally.struck.filter(({ trial }) => trial.provider === provider).length
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}
