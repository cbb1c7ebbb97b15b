import type { Halt, LedgerState } from '../../domain/ledger-state.ts'
import { formatMoment } from '../../reports/durations.ts'
import { icon, iconSheet } from '../../reports/html/icons.ts'
import { type Markup, markup, name } from '../../reports/html/markup.ts'
import { clip } from '../../reports/safe-text.ts'
import { asSentence, plural } from '../../reports/sentences.ts'
import type { Identity } from '../access/identity.ts'
import { assets } from '../assets.ts'
import { hidden, moment, since } from './parts.ts'

/** What every page shows around its own: who looks, what is halted, what is open. */
export interface Shell {
  readonly identity: Identity
  readonly formKey: string
  readonly canLogOut: boolean
  readonly state: LedgerState
  /** FIREDRILL_HALT_FILE exists. */
  readonly haltFile: boolean
  /** Platforms that were not reached since this process started, by name, and why. */
  readonly unreachable: ReadonlyMap<string, string>
  /** This page's own address, to come back to. */
  readonly here: string
  /** What the page follows while it is shown: everything, one drill, or nothing. */
  readonly live: string | null
}

export interface Page {
  readonly title: string
  readonly active: 'fleet' | 'schedules' | 'refusals' | 'changes' | null
  readonly main: Markup
}

const places = [
  ['fleet', '/', 'Fleet'],
  ['schedules', '/schedules', 'Schedules'],
  ['refusals', '/refusals', 'Refusals'],
  ['changes', '/changes', 'Changes'],
] as const

export function layout(page: Page, shell: Shell): string {
  return document(
    page.title,
    markup`<a class="skip" href="#main">To the page itself</a>
<header class="bar"><div class="wide">
<a class="home" href="/">${icon('phoenix')}Firedrill</a>
<nav aria-label="Pages"><ul>${places.map(
      ([id, href, label]) => markup`<li><a href="${href}"${id === page.active ? markup` aria-current="page"` : null}>${label}</a></li>`,
    )}</ul></nav>
${haltForm(shell)}
</div></header>
<div data-live="state" class="wide">${halted(shell)}${away(shell)}</div>
<main id="main" class="wide" data-live="main">
${page.main}
</main>
<footer><div class="wide"><p>${who(shell)}</p><p>All times are UTC unless a zone is named. ${shell.live === null ? null : markup`<span data-live-state="">This page is as of ${moment(shell.state.now)}.</span>`}</p></div></footer>`,
    shell.live,
  )
}

/** A page for somebody who is not known yet: it tells nothing. */
export function bareLayout(title: string, main: Markup): string {
  return document(title, markup`<main id="main" class="wide narrow">${main}</main>`, null)
}

function document(title: string, body: Markup, live: string | null): string {
  return `<!DOCTYPE html>\n${markup`<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<title>${title} – Firedrill</title>
<link rel="icon" href="${assets.icon.path}" type="image/svg+xml"/>
<link rel="stylesheet" href="${assets.style.path}"/>
<script src="${assets.script.path}" defer="defer"></script>
</head>
<body class="app"${live === null ? null : markup` data-follow="${live}"`}>
${iconSheet()}${body}
</body>
</html>
`}`
}

/** More halts than these are folded away: the page itself must stay in sight. */
const haltsShown = 3
const widestFirst = ['installation', 'scope', 'schedule', 'service', 'group'] as const satisfies readonly Halt['target']['kind'][]

/** One click stops everything; the reason may stay empty, since the stop must not wait for words. */
function haltForm(shell: Shell): Markup {
  if (shell.identity.role !== 'operator') return markup``
  return markup`<form class="halt" method="post" action="/halt">${hidden(shell)}<input type="hidden" name="kind" value="installation"/>
<label class="hidden" for="halt-reason">Reason for halting everything</label><input id="halt-reason" name="reason" maxlength="500" placeholder="Reason" autocomplete="off"/>
<button class="danger">${icon('refused')}Halt everything</button></form>`
}

function halted(shell: Shell): Markup {
  const { halts } = shell.state
  if (halts.length === 0 && !shell.haltFile) return markup``
  const open = shell.state.busy.filter(drill => !drill.wounded).length
  const file = markup`<div class="halted"><p><b>Everything is halted:</b> the halt file exists, or cannot be looked for. Take it away to go on.</p></div>`
  const sorted = halts.toSorted((a, b) => widestFirst.indexOf(a.target.kind) - widestFirst.indexOf(b.target.kind))
  const [shown, rest] = [sorted.slice(0, haltsShown), sorted.slice(haltsShown)]
  const more = markup`<details class="fold"><summary>${plural(rest.length, 'more halt')}</summary>${rest.map(halt => haltLine(halt, shell))}</details>`
  const going = open === 0 ? 'No drill is open.' : `${plural(open, 'open drill')} ${open === 1 ? 'is' : 'are'} still watched and judged.`
  return markup`<section aria-label="What is halted">${shell.haltFile ? file : null}${shown.map(halt => haltLine(halt, shell))}${rest.length === 0 ? null : more}<p class="small soft after-halt">${going}</p></section>`
}

/** A platform that was never read has no group to be shown with. */
function away({ unreachable }: Shell): Markup {
  if (unreachable.size === 0) return markup``
  const lines = [...unreachable].map(
    ([platform, why]) =>
      markup`<li>${icon('warn')}<p><b>${name(platform)} is out of reach</b> since this service started, and nothing is struck there. ${name(clip(asSentence(why), 400))}</p></li>`,
  )
  return markup`<ul class="away" aria-label="Platforms out of reach">${lines}</ul>`
}

function haltLine(halt: Halt, shell: Shell): Markup {
  const { target } = halt
  const all = target.kind === 'installation'
  const what = all ? markup`Everything is halted` : markup`The ${target.kind} ${name(target.name)} is halted`
  return markup`<div class="halted"><p><b>${what}</b> by ${name(halt.by)}, ${since(halt.since, shell.state.now)}${halt.until === null ? null : markup`, until ${formatMoment(halt.until)}`}${halt.reason === '' ? '.' : markup`: ${name(asSentence(halt.reason))}`}</p>
${
  shell.identity.role !== 'operator'
    ? null
    : markup`<form method="post" action="/resume">${hidden(shell)}<input type="hidden" name="kind" value="${target.kind}"/>${all ? null : markup`<input type="hidden" name="name" value="${target.name}"/>`}<button>Resume</button></form>`
}</div>`
}

function who(shell: Shell): Markup {
  const { identity } = shell
  const logOut = markup` <form class="inline" method="post" action="/logout">${hidden(shell)}<button class="link">Log out</button></form>`
  return markup`You are ${name(identity.name)}, ${identity.role}.${shell.canLogOut ? logOut : null}`
}
