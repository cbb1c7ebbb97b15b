/** No `<` and no `&` in here: the page must stay well-formed XML, and its policy knows this text by its hash. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #f5f5f2; --paper: #ffffff; --ink: #1b1c1e; --soft: #595d64; --line: #dfdfda; --faint: #eeeeea; --link: #1a5fb4;
  --phoenix: #14683a; --phoenix-tint: #e5f3ea; --snowflake: #b0221a; --snowflake-tint: #fcebe8;
  --unsure: #7a5200; --unsure-tint: #fbf0d7; --quiet: #4d525a; --quiet-tint: #ebecee;
  --leave: #8b919a; --wait: #c9cdd2; --start: #4f86c6; --probe: #7a68b8; --soak: #4ba56f;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #121315; --paper: #1a1c1f; --ink: #e8e9eb; --soft: #a3a8b0; --line: #303338; --faint: #24272b; --link: #8ab8f2;
    --phoenix: #6fd395; --phoenix-tint: #16301f; --snowflake: #ff9388; --snowflake-tint: #3b1b18;
    --unsure: #efbe63; --unsure-tint: #342810; --quiet: #b8bec6; --quiet-tint: #282b30;
    --leave: #7d848e; --wait: #41464d; --start: #5b96da; --probe: #8f7dd0; --soak: #4ba56f;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
.wide { max-width: 66rem; margin: 0 auto; padding: 0 1.5rem; }
a { color: var(--link); text-underline-offset: .15em; text-decoration-thickness: 1px; }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
h1, h2, h3, h4, p, figure, dl, dd, ul, ol { margin: 0; padding: 0; }
ul, ol { list-style: none; }
code, .mono { font-family: var(--mono); font-size: .87em; }
.soft { color: var(--soft); }
.small { font-size: 13px; }
.number { font-variant-numeric: tabular-nums; }
.hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem 1rem; z-index: 1; }

header.top { padding: 2.5rem 0 1.75rem; }
.brand { display: flex; align-items: center; gap: .45rem; font-size: 13px; font-weight: 600; letter-spacing: .01em; color: var(--soft); }
.brand svg { color: var(--snowflake); }
h1 { font-size: 17px; font-weight: 600; line-height: 1.35; margin-top: 1.1rem; }
.headline { font-size: clamp(24px, 4.2vw, 36px); font-weight: 680; line-height: 1.16; letter-spacing: -.018em; max-width: 24em; margin: .35rem 0 .7rem; text-wrap: balance; overflow-wrap: break-word; }
.counts { display: grid; grid-template-columns: repeat(6, 1fr); background: var(--paper); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.counts li { padding: .85rem 1rem .9rem; border-left: 1px solid var(--line); margin-left: -1px; }
.counts b { display: block; font-size: 28px; font-weight: 650; line-height: 1.15; font-variant-numeric: tabular-nums; letter-spacing: -.01em; }
.counts .none b { color: var(--soft); font-weight: 400; }
.counts span.label { display: flex; align-items: center; gap: .35rem; font-size: 13px; color: var(--soft); line-height: 1.3; }
.share { display: flex; height: 8px; border-radius: 4px; overflow: hidden; gap: 2px; margin: 0 0 1rem; }
.share svg { display: block; }
.measures { display: grid; grid-template-columns: 1fr 2fr; gap: 1rem; margin-top: 1rem; }
.panel { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.1rem; }
.panel h3 { font-size: 13px; font-weight: 600; color: var(--soft); }
.panel .big { font-size: 22px; font-weight: 650; line-height: 1.3; font-variant-numeric: tabular-nums; }
.recover { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1.75rem; align-items: center; }
.recover h3 { grid-column: 1 / -1; }
.recover dl { display: grid; grid-template-columns: auto auto; gap: .1rem .9rem; align-items: baseline; }
.recover dt { font-size: 13px; color: var(--soft); }
.recover dd { font-weight: 600; text-align: right; font-variant-numeric: tabular-nums; }
.recover dd.big { font-size: 19px; }

main > section { margin-top: 2.5rem; }
h2 { font-size: 20px; font-weight: 650; letter-spacing: -.008em; margin-bottom: .75rem; }
h2 + .lead { margin: -.45rem 0 .9rem; color: var(--soft); max-width: 44em; }

.badge { display: inline-flex; align-items: center; gap: .35rem; font-size: 13px; font-weight: 600; line-height: 1; padding: .32rem .55rem .32rem .42rem; border-radius: 5px; white-space: nowrap; }
.icon { width: 14px; height: 14px; flex: none; }
.phoenix { color: var(--phoenix); } .badge.phoenix { background: var(--phoenix-tint); }
.snowflake, .forecast { color: var(--snowflake); } .badge.snowflake, .badge.forecast { background: var(--snowflake-tint); }
.badge.forecast { background: none; box-shadow: inset 0 0 0 1px currentColor; }
.inconclusive, .open { color: var(--unsure); } .badge.inconclusive, .badge.open { background: var(--unsure-tint); }
.refused, .leashed, .planned { color: var(--quiet); } .badge.refused, .badge.leashed, .badge.planned { background: var(--quiet-tint); }

table { border-collapse: collapse; width: 100%; text-align: left; }
caption { text-align: left; }
th { font-weight: 600; }
.fleet { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.fleet thead th { font-size: 13px; color: var(--soft); font-weight: 500; padding: .55rem 1rem; border-bottom: 1px solid var(--line); }
.fleet tbody th, .fleet td { padding: .55rem 1rem; vertical-align: top; }
.fleet tbody tr + tr > * { border-top: 1px solid var(--faint); }
.fleet tbody + tbody tr:first-child > * { border-top: 1px solid var(--line); }
.fleet tbody th { width: 24%; font-weight: 600; }
.scope-below { display: block; font-size: 12px; font-weight: 400; color: var(--soft); white-space: nowrap; }
.fleet tbody th a { color: inherit; text-decoration-color: var(--line); }
.fleet tbody th a:hover { text-decoration-color: currentColor; }
.fleet .verdict { width: 1%; white-space: nowrap; }
.fleet .time { width: 1%; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.fleet td.why { color: var(--soft); }
.fleet .act td.why { color: var(--ink); }
details.more > summary { padding: .6rem 1rem; border-top: 1px solid var(--line); }

.card { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 1.25rem 1.4rem 1.1rem; margin-top: 1rem; break-inside: auto; scroll-margin-top: 1rem; }
.card:target { outline: 2px solid var(--link); outline-offset: 2px; }
.card > header { display: flex; flex-wrap: wrap; gap: .3rem .8rem; align-items: center; color: var(--ink); }
.card h3 { font-size: 18px; font-weight: 650; line-height: 1.3; letter-spacing: -.005em; min-width: 0; color: var(--ink); }
.card .result { margin-left: auto; font-size: 14px; color: var(--soft); font-variant-numeric: tabular-nums; }
.card .result b { color: var(--ink); }
.card .meta { flex-basis: 100%; font-size: 13px; color: var(--soft); }
.card h4 { font-size: 13px; font-weight: 600; color: var(--soft); margin: 1.35rem 0 .45rem; }
.kind { font-size: 15px; font-weight: 400; color: var(--soft); margin: 1.9rem 0 -.2rem; display: flex; gap: .5rem; align-items: baseline; }

.findings { margin-top: .9rem; display: grid; gap: .6rem; }
.finding { border-radius: 7px; padding: .7rem .9rem .75rem; background: var(--snowflake-tint); color: var(--ink); }
.finding.warn, .inconclusive-card .finding { background: var(--unsure-tint); }
.finding .say { font-weight: 600; }
.finding .tag { display: flex; align-items: center; gap: .35rem; font-size: 13px; font-weight: 600; color: var(--snowflake); margin-bottom: .1rem; }
.finding.warn .tag, .inconclusive-card .finding .tag { color: var(--unsure); }
.finding dl { display: grid; grid-template-columns: auto 1fr; gap: .12rem .8rem; align-items: baseline; font-size: 13px; margin-top: .45rem; }
.finding dt { color: var(--soft); }
.finding .fix { font-size: 14px; margin-top: .45rem; }
.finding .fix b { font-weight: 600; }

.timeline { margin-top: 1.1rem; }
.timeline svg, .distribution { display: block; width: 100%; overflow: visible; }
.timeline text, .distribution text { font-size: 12px; fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; font-variant-numeric: tabular-nums; }
.timeline .amount { font-weight: 600; }
.timeline text.dim, .distribution text { fill: var(--soft); }
.timeline .grid { stroke: var(--faint); stroke-width: 1; }
.timeline .limit { stroke: var(--unsure); stroke-width: 1.25; stroke-dasharray: 3 3; }
.timeline .limit.deadline { stroke: var(--snowflake); }
.timeline text.target { fill: var(--unsure); } .timeline text.deadline { fill: var(--snowflake); }
.timeline .leave { fill: var(--leave); } .timeline .wait { fill: var(--wait); } .timeline .start { fill: var(--start); }
.timeline .probe { fill: var(--probe); } .timeline .soak { fill: var(--soak); }
.timeline .fail { fill: none; stroke: var(--snowflake); stroke-width: 1.25; stroke-dasharray: 4 3; }
.timeline .undone { fill: none; stroke: var(--unsure); stroke-width: 1.25; stroke-dasharray: 4 3; }
.timeline .dot { fill: var(--paper); stroke: var(--ink); stroke-width: 1.5; }
.timeline .dot.key { fill: var(--ink); }
.timeline .end.phoenix { fill: var(--phoenix); } .timeline .end.snowflake { fill: var(--snowflake); } .timeline .end.inconclusive { fill: var(--unsure); }
.distribution .bar { fill: var(--start); }
.distribution .axis { stroke: var(--line); }
.distribution .mark { stroke: var(--ink); stroke-width: 1.25; }

.scroll { overflow-x: auto; }
.compare { font-size: 13px; table-layout: fixed; }
.compare th, .compare td { padding: .4rem .6rem; vertical-align: top; border-top: 1px solid var(--faint); }
.compare thead th { border-top: 0; border-bottom: 1px solid var(--line); color: var(--soft); font-weight: 500; }
.compare tbody th { font-family: var(--mono); font-size: 12px; font-weight: 600; width: 24%; }
.compare thead th:first-child { width: 24%; }
.compare td { font-family: var(--mono); font-size: 12px; }
.compare .quiet { font-family: inherit; color: var(--soft); }
.compare td.off { background: var(--snowflake-tint); }
.compare .warn td.off, .inconclusive-card .compare td.off { background: var(--unsure-tint); }
.compare .ignored td.off { background: var(--quiet-tint); }
.compare td.off::before { content: "\\2260\\00a0"; font-weight: 700; color: var(--snowflake); }
.compare .warn td.off::before, .inconclusive-card .compare td.off::before { color: var(--unsure); }
.compare .ignored td.off::before { color: var(--quiet); }
.compare .note { display: block; font: 400 12px/1.4 system-ui, sans-serif; color: var(--soft); }
.compare ins, .compare del { text-decoration: none; font-weight: 700; border-bottom: 2px solid currentColor; }

details > summary { cursor: pointer; font-size: 13px; color: var(--link); padding: .3rem 0; width: fit-content; }
details.fold { margin-top: .35rem; }
.facts { display: grid; grid-template-columns: 1fr 1fr; gap: 0 2rem; }
.facts ul { font-size: 14px; display: grid; gap: .2rem; }
.facts li { display: grid; grid-template-columns: 1.2rem 1fr; }
.facts li svg { margin-top: .28rem; }
.evidence { font-size: 13px; }
.evidence h4 { color: var(--ink); font-size: 13px; font-weight: 600; margin: .9rem 0 .25rem; }
.evidence dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; }
.evidence dt { color: var(--soft); }
.evidence table { font-size: 12px; }
.evidence th, .evidence td { padding: .25rem .8rem .25rem 0; vertical-align: top; border-top: 1px solid var(--faint); }
.evidence thead th { border: 0; color: var(--soft); font-weight: 500; }
.evidence td.when { white-space: nowrap; font-variant-numeric: tabular-nums; }
.evidence .error { color: var(--snowflake); font-weight: 600; }

.rules { display: grid; gap: .75rem; }
.rules .panel h3 { font-size: 15px; color: var(--ink); display: flex; gap: .55rem; align-items: baseline; }
.rules .panel h3 .rule { font: 600 12px/1 var(--mono); color: var(--quiet); background: var(--quiet-tint); padding: .28rem .4rem; border-radius: 4px; }
.rules .panel h3 .n { margin-left: auto; font-weight: 400; font-size: 13px; color: var(--soft); }
.rules ul { margin-top: .4rem; font-size: 14px; }
.rules li { display: grid; grid-template-columns: minmax(8rem, 26%) 1fr; gap: 0 1rem; padding: .3rem 0; border-top: 1px solid var(--faint); }
.rules li b { font-weight: 600; color: var(--ink); }
.rules li > span { color: var(--soft); }
footer { margin: 3rem 0 2.5rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: 13px; color: var(--soft); }
footer p + p { margin-top: .35rem; }

@media screen and (max-width: 46rem) {
  .wide { padding: 0 1rem; }
  header.top { padding: 1.5rem 0 1.25rem; }
  .counts { grid-template-columns: repeat(3, 1fr); }
  .counts li { border-top: 1px solid var(--line); margin-top: -1px; padding: .65rem .6rem .7rem; }
  .counts span.label { font-size: 12px; gap: .25rem; overflow-wrap: normal; }
  .counts b { font-size: 24px; }
  .measures { grid-template-columns: 1fr; }
  .recover { grid-template-columns: 1fr; gap: .6rem; }
  .scope-below { white-space: normal; }
  .fleet table, .fleet tbody { display: block; }
  .fleet thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .fleet tbody tr { display: grid; grid-template-columns: 1fr auto; gap: .15rem .75rem; padding: .6rem .9rem; align-items: center; }
  .fleet tbody tr + tr, .fleet tbody + tbody tr:first-child { border-top: 1px solid var(--faint); }
  .fleet tbody tr > th, .fleet tbody tr > td { padding: 0; border: 0; width: auto; min-width: 0; }
  .fleet tbody tr > th, .fleet tbody tr + tr > th, .fleet tbody tr + tr > td, .fleet tbody + tbody tr:first-child > * { border: 0; }
  .fleet .verdict { grid-column: 2; grid-row: 1; justify-self: end; align-self: start; width: auto; }
  .fleet td.why { grid-column: 1 / -1; font-size: 14px; width: auto; }
  .fleet .time { grid-column: 1 / -1; text-align: left; font-size: 14px; color: var(--soft); width: auto; }
  .fleet .time::before { content: "recovered in "; }
  .fleet td:empty { display: none; }
  .card { padding: 1rem 1rem .9rem; }
  .card .result { margin-left: 0; flex-basis: 100%; }
  .facts { grid-template-columns: 1fr; }
  .compare, .compare tbody, .compare thead { display: block; }
  .compare thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .compare tr { display: block; padding: .5rem 0; border-top: 1px solid var(--line); }
  .compare tbody th { display: block; width: auto; padding: 0 0 .2rem; border: 0; }
  .compare td { display: grid; grid-template-columns: 6.2rem 1fr; border: 0; padding: .2rem .4rem; border-radius: 4px; }
  .compare td.off { grid-template-columns: 6.2rem auto 1fr; }
  .compare td::before { content: none; }
  .compare td .label { display: block; }
  .compare td.off .label { order: -1; }
  .evidence dl { grid-template-columns: 1fr; }
  .evidence dd { margin-bottom: .3rem; }
  .rules li { grid-template-columns: 1fr; }
}
@media (min-width: 46.01rem), print { .compare td .label { display: none; } }
.compare td .label { font: 400 12px/1.5 system-ui, sans-serif; color: var(--soft); }

@page { margin: 14mm; }
@media print {
  :root { color-scheme: light; --ground: #ffffff; --paper: #ffffff; --ink: #1b1c1e; --soft: #50545b; --line: #cfcfca; --faint: #e4e4e0; --link: #1b1c1e;
    --phoenix: #14683a; --phoenix-tint: #e5f3ea; --snowflake: #b0221a; --snowflake-tint: #fcebe8; --unsure: #7a5200; --unsure-tint: #fbf0d7; --quiet: #4d525a; --quiet-tint: #ebecee;
    --leave: #8b919a; --wait: #c9cdd2; --start: #4f86c6; --probe: #7a68b8; --soak: #4ba56f; }
  body { font-size: 12px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .wide { max-width: none; padding: 0; }
  header.top { padding-top: 0; }
  .skip { display: none; }
  a { text-decoration: none; }
  h2, h3, h4, .card > header { break-after: avoid; }
  .finding, .timeline, .panel, .counts, tr { break-inside: avoid; }
  details.evidence:not([open]) { display: none; }
  details > summary { list-style: none; color: var(--soft); }
  .counts li { padding: .6rem .6rem .65rem; }
  .counts span.label { font-size: 11px; gap: .2rem; overflow-wrap: normal; }
  .fleet thead th, .fleet tbody th, .fleet td { padding: .35rem .6rem; }
  .fleet .badge { font-size: 11px; }
}
`
