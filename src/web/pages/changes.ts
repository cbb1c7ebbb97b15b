import type { AuditEntry } from '../../ledger/ledger.ts'
import { type Markup, markup, name } from '../../reports/html/markup.ts'
import type { WebNeeds } from '../needs.ts'
import type { Page } from './layout.ts'
import { moment } from './parts.ts'

const shown = 200

/** Who halted, resumed, vetoed, cleared and accepted, from wherever. */
export async function changesPage({ ledger }: Pick<WebNeeds, 'ledger'>): Promise<Page> {
  const entries = await ledger.audit(shown)
  const main = markup`<header class="lead-in"><h1>${entries.length === 0 ? 'Nobody has changed anything yet.' : 'Who changed what'}</h1><p class="soft">Every halt, resuming and veto, every quarantine cleared and every difference accepted, from these pages, the API, the command line and the links of announcements. Nothing here can be edited.</p></header>
${entries.length === 0 ? null : table(entries)}`
  return { title: 'Changes', active: 'changes', main }
}

const words: Readonly<Record<AuditEntry['action'], string>> = {
  halt: 'halted',
  resume: 'resumed',
  'clear-quarantine': 'cleared the quarantine of',
  accept: 'accepted the difference',
  veto: 'vetoed',
}

function table(entries: readonly AuditEntry[]): Markup {
  return markup`<div class="fleet"><table role="table"><caption class="hidden">Changes, newest first</caption><thead role="rowgroup"><tr role="row"><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th></tr></thead>
<tbody role="rowgroup">${entries.map(
    ({ at, by, action, subject, note }) =>
      markup`<tr role="row"><th scope="row" role="rowheader">${moment(at)}</th><td role="cell" class="by">${name(by)}</td><td role="cell" class="why">${words[action]} <b>${name(subject)}</b>${note === '' ? null : markup`: ${name(note)}`}</td></tr>
`,
  )}</tbody></table></div>`
}
