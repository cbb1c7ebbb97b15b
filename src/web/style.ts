/** What the pages need beyond the report's own style, on the same colours, sizes and edges. */
export const appStyle = `
:root { --step: .25rem; --control: #ffffff; --control-line: #85898f; --danger: #b0221a; --danger-ink: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --control: #121315; --control-line: #7d838c; --danger: #ff9388; --danger-ink: #2a0f0d; } }
.app { min-height: 100vh; display: flex; flex-direction: column; }
.app > .wide { width: 100%; }
.app main { flex: 1 0 auto; }
.icon { width: 1em; height: 1em; flex: none; vertical-align: -.13em; }
.strong { font-weight: 650; color: inherit; text-decoration-color: var(--line); }
.strong:hover { text-decoration-color: currentColor; }
.plain { display: grid; gap: .35rem; }
.plain + .plain { margin-top: .35rem; }
.plain > li:has(> .icon) { display: grid; grid-template-columns: 1.3rem 1fr; }
.plain > li > .icon { margin-top: .27rem; color: var(--quiet); }

.bar { background: var(--paper); border-bottom: 1px solid var(--line); }
.bar > .wide { display: flex; align-items: center; gap: .5rem 1.5rem; flex-wrap: wrap; min-height: 3.5rem; padding-top: .5rem; padding-bottom: .5rem; }
.home { display: inline-flex; align-items: center; gap: .45rem; font-weight: 680; font-size: 16px; color: var(--ink); text-decoration: none; }
.home > .icon { color: var(--snowflake); width: 1.15em; height: 1.15em; }
.bar nav ul { display: flex; gap: .1rem; }
.bar nav a { display: block; padding: .4rem .65rem; border-radius: 6px; color: var(--soft); text-decoration: none; font-size: 15px; }
.bar nav a:hover { color: var(--ink); background: var(--faint); }
.bar nav a[aria-current] { color: var(--ink); font-weight: 600; background: var(--faint); }
.halt { margin-left: auto; display: flex; gap: .4rem; }
.halt input { width: 12rem; }

button, input, select { font: inherit; font-size: 14px; line-height: 1.3; color: var(--ink); }
input:not([type=hidden]), select { background: var(--control); border: 1px solid var(--control-line); border-radius: 6px; padding: .38rem .55rem; min-width: 0; }
input::placeholder { color: var(--soft); opacity: 1; }
button { background: var(--paper); border: 1px solid var(--control-line); border-radius: 6px; padding: .38rem .75rem; font-weight: 600; cursor: pointer; white-space: nowrap; }
button:hover { background: var(--faint); }
button.danger { border-color: var(--danger); color: var(--danger); display: inline-flex; align-items: center; gap: .4rem; }
button.danger:hover { background: var(--danger); color: var(--danger-ink); }
button.primary { background: var(--ink); border-color: var(--ink); color: var(--paper); }
button.link { border: 0; padding: 0; background: none; color: var(--link); font-weight: 400; text-decoration: underline; font-size: inherit; }
button:focus-visible, input:focus-visible, select:focus-visible, pre:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.inline { display: inline; }
label { font-size: 13px; color: var(--soft); }

.halted { display: flex; gap: .5rem 1rem; align-items: center; justify-content: space-between; flex-wrap: wrap; background: var(--snowflake-tint); border: 1px solid var(--snowflake); border-left-width: 6px; border-radius: 8px; padding: .6rem .9rem; margin-top: 1rem; }
.halted + .fold { margin-top: .5rem; }
.halted p { flex: 1 1 20rem; min-width: 0; }
.halted b { color: var(--snowflake); }
.away { list-style: none; margin: 1rem 0 0; padding: 0; display: grid; gap: .5rem; }
.away li { display: flex; gap: .6rem; align-items: baseline; background: var(--unsure-tint); border: 1px solid var(--unsure); border-left-width: 6px; border-radius: 8px; padding: .6rem .9rem; }
.away .icon { align-self: center; flex: none; color: var(--unsure); }
.away p { min-width: 0; overflow-wrap: anywhere; }
.away b { color: var(--unsure); }
.after-halt { margin-top: .35rem; }
.quarantine, .notice-box { background: var(--unsure-tint); border: 1px solid var(--unsure); border-left-width: 6px; border-radius: 8px; padding: .8rem 1rem .9rem; margin-top: 1.5rem; }
.notice-box { background: var(--quiet-tint); border-color: var(--quiet); margin-top: 1rem; }
.quarantine h2 { font-size: 17px; margin-bottom: .25rem; }
.clear-quarantine { display: grid; grid-template-columns: 1fr auto; gap: .2rem .5rem; margin-top: .7rem; max-width: 46rem; }
.clear-quarantine label { grid-column: 1 / -1; color: var(--ink); }
.notice { display: grid; grid-template-columns: 1.4rem 1fr; background: var(--unsure-tint); border-radius: 7px; padding: .55rem .8rem; margin: .8rem 0; }
.notice > .icon { margin-top: .22rem; color: var(--unsure); }

.lead-in { padding: 1.75rem 0 1.1rem; }
.lead-in h1 { font-size: clamp(22px, 3.4vw, 30px); font-weight: 680; line-height: 1.2; letter-spacing: -.015em; margin: 0; max-width: 30em; text-wrap: balance; }
.lead-in h1 + p { margin-top: .4rem; max-width: 52em; }
.crumbs { font-size: 13px; padding-top: 1.25rem; margin-bottom: -1rem; }
.app main > section { margin-top: 2.25rem; }
.app main > .lead-in + section { margin-top: .25rem; }
.app main > .quarantine, .app main > .notice-box { margin-top: .25rem; }
.quarantine + .overview { margin-top: 1rem; }
.overview { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1rem; align-items: stretch; }
.overview h2, .schedule h3, .panel h3 { font-size: 13px; font-weight: 600; color: var(--soft); letter-spacing: 0; margin-bottom: .35rem; }
.overview .panel h3 { margin-top: .9rem; }
.overview .big { font-size: 28px; line-height: 1.2; }
.overview .big.day { font-size: 21px; }
.urgent + p { margin-top: .5rem; }
.overview .panel > p:not(.big) + p { margin-top: .2rem; }

.coverage { margin: .9rem 0; }
.curve { display: block; width: 100%; overflow: visible; }
.curve .grid { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.curve .area { fill: var(--phoenix-tint); }
.curve .end { fill: var(--phoenix); stroke: var(--paper); stroke-width: 2; }
.curve .edge { fill: none; stroke: var(--phoenix); stroke-width: 2; vector-effect: non-scaling-stroke; }

.standings { display: grid; gap: .15rem; }
.standings a { display: grid; grid-template-columns: 1.5rem 1fr auto; align-items: center; color: var(--ink); text-decoration: none; padding: .3rem 0 .2rem; border-radius: 4px; }
.standings a:hover .what, .standings a[aria-current] .what { text-decoration: underline; }
.standings b { font-variant-numeric: tabular-nums; }
.standings .none b, .standings .none .what { color: var(--soft); font-weight: 400; }
.standings svg:not(.icon), .limits svg { display: block; }
.rest { fill: var(--faint); }
.share-bar { fill: currentColor; }
.standings .phoenix .icon, .standings .phoenix svg, .legend .phoenix { color: var(--phoenix); }
.standings .snowflake .icon, .standings .snowflake svg, .legend .snowflake, .standings .forecast .icon, .standings .forecast svg, .legend .forecast { color: var(--snowflake); }
.standings .inconclusive .icon, .standings .inconclusive svg, .legend .inconclusive { color: var(--unsure); }
.standings .expired .icon, .standings .expired svg, .standings .unproven .icon, .standings .unproven svg, .legend .expired, .legend .unproven { color: var(--quiet); }

.urgent { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; }
.urgent > li { display: grid; grid-template-columns: 12.5rem 1fr; gap: .3rem 1rem; padding: .7rem 1rem; align-items: start; }
.urgent > li + li { border-top: 1px solid var(--faint); }
.urgent .badge { justify-self: start; }
.where { font-size: 13px; }
.badge.expired, .badge.unproven { color: var(--quiet); background: var(--quiet-tint); }
.standing-line { display: flex; flex-wrap: wrap; gap: .3rem .7rem; align-items: baseline; }
.standing-line > .badge { align-self: center; }
.wounded-box { border: 1px solid var(--snowflake); border-left-width: 6px; }
.wounded-box h2 { display: flex; gap: .5rem; align-items: center; font-size: 17px; margin: 0 0 .2rem; }
.wounded-box h2 .icon { color: var(--snowflake); }
.wounded-box ul { display: flex; flex-wrap: wrap; gap: .3rem 1.6rem; margin-top: .5rem; }
.more-of { display: flex; gap: 1rem; flex-wrap: wrap; }
.rules .whose .small { display: block; }
.badge.live { color: var(--snowflake); background: var(--snowflake-tint); }

.search { display: flex; flex-wrap: wrap; gap: .6rem .8rem; align-items: end; margin-bottom: .6rem; }
.search > div { display: grid; gap: .15rem; }
.search input[type=search] { width: 17rem; }
.search select { max-width: 18rem; }
.search .clear { font-size: 14px; padding: .45rem 0; }
.scope { margin-top: 1.1rem; }
.scope h3 { font-size: 14px; font-weight: 600; margin-bottom: .5rem; }
.scope h3 a { color: inherit; text-decoration-color: var(--line); }
.trouble { display: flex; gap: .4rem; align-items: baseline; margin-bottom: .5rem; color: var(--unsure); }
.trouble .icon { align-self: center; }
.scope h3 .soft { font-weight: 400; font-size: 13px; margin-left: .4rem; }
.cells { display: grid; grid-template-columns: repeat(auto-fill, minmax(12.5rem, 1fr)); gap: .5rem; }
.cell { display: grid; grid-template-columns: 1.35rem 1fr; align-content: center; align-items: center; height: 100%; padding: .5rem .3rem .5rem .6rem; border-radius: 7px; border: 1px solid var(--edge); border-left-width: 5px; background: var(--tint); color: var(--ink); text-decoration: none; line-height: 1.3; }
.cell .icon { color: var(--hue); }
.cell .who { font-weight: 600; overflow-wrap: anywhere; }
.cell .when { grid-column: 2; font-size: 13px; color: var(--soft); }
.cell:hover .who { text-decoration: underline; }
.cell:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.cell.phoenix { --hue: var(--phoenix); --full: var(--phoenix-tint); }
.cell.snowflake, .cell.forecast { --hue: var(--snowflake); --full: var(--snowflake-tint); }
.cell.inconclusive { --hue: var(--unsure); --full: var(--unsure-tint); }
.cell.expired, .cell.unproven { --hue: var(--quiet); --full: var(--paper); }
.cell { --edge: color-mix(in srgb, var(--hue) var(--strength), var(--paper)); --tint: color-mix(in srgb, var(--full) var(--strength), var(--paper)); }
.cell.forecast, .cell.unproven { border-style: dashed; border-left-style: solid; }
.age { white-space: nowrap; }
.age-0 { --strength: 100%; } .age-1 { --strength: 72%; } .age-2 { --strength: 48%; } .age-3 { --strength: 30%; }
.dense { grid-template-columns: repeat(auto-fill, 1.75rem); gap: .3rem; }
.dense .cell { display: flex; justify-content: center; width: 1.75rem; height: 1.75rem; padding: 0; border-width: 1px; border-radius: 5px; }
.dense .cell.snowflake { background: var(--snowflake); border-color: var(--snowflake); }
.dense .cell.snowflake .icon { color: var(--paper); }
.dense .cell:hover { outline: 2px solid var(--link); }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; margin-top: 1rem; }
.legend span { display: inline-flex; align-items: center; gap: .35rem; }
.pager { display: flex; gap: 1rem; align-items: center; margin-top: 1rem; font-size: 14px; }
.choices ul { display: flex; gap: .3rem; margin-bottom: 1rem; flex-wrap: wrap; }
.choices a { display: block; padding: .3rem .7rem; border: 1px solid var(--line); border-radius: 6px; background: var(--paper); text-decoration: none; font-size: 14px; color: var(--ink); }
.choices a[aria-current] { border-color: var(--ink); font-weight: 600; }

.recoveries svg { display: block; overflow: visible; }
.recoveries { margin-top: .5rem; }
.recoveries text, .fortnight text, .curve text { font-size: 12px; fill: var(--soft); font-variant-numeric: tabular-nums; }
.recoveries text { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
.recoveries .axis { stroke: var(--line); }
.recoveries .limit { stroke: var(--unsure); stroke-dasharray: 3 3; stroke-width: 1.25; } .recoveries .limit.deadline { stroke: var(--snowflake); }
.recoveries text.target { fill: var(--unsure); } .recoveries text.deadline { fill: var(--snowflake); }
.mark-phoenix circle { fill: var(--phoenix); stroke: var(--paper); }
.mark-snowflake path { fill: none; stroke: var(--snowflake); stroke-width: 2.25; }
.mark-inconclusive circle { fill: var(--paper); stroke: var(--unsure); stroke-width: 2; }
.facts-list { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.2rem; align-items: baseline; }
.facts-list dt { font-size: 13px; color: var(--soft); }
.halt-here { display: flex; flex-wrap: wrap; gap: .6rem 1.2rem; margin-top: 1rem; }
.halt-here form { display: flex; gap: .4rem; min-width: 0; }
.raw { font: 12px/1.5 var(--mono); background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem; overflow: auto; max-height: 40rem; white-space: pre-wrap; margin: .5rem 0 0; }
.app .fleet tbody th { width: auto; white-space: nowrap; font-weight: 500; font-variant-numeric: tabular-nums; }
.app .fleet td.by { width: 24%; }

.schedule { margin-top: 1rem; }
.schedule > header h2 { font-size: 18px; margin: 0; }
.fortnight { margin: 1rem 0 .4rem; }
.fortnight { display: grid; grid-template-columns: 1.6rem minmax(0, 1fr); }
.fortnight > svg { display: block; }
.fortnight .day { fill: var(--faint); } .fortnight .holiday { fill: var(--unsure-tint); }
.fortnight .open { fill: var(--phoenix-tint); stroke: var(--phoenix); stroke-width: 1; }
.fortnight .grid { stroke: var(--paper); stroke-width: 1; opacity: .7; }
.fortnight .drill { fill: var(--link); stroke: var(--paper); stroke-width: 1; }
.fortnight .now { stroke: var(--ink); stroke-width: 2; }
.fortnight text.letter { fill: var(--ink); } .fortnight text.count { fill: var(--link); font-weight: 650; }
.fortnight .rounded { display: none; }
.fortnight figcaption { grid-column: 2; display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; }
.fortnight figcaption span { display: inline-flex; align-items: center; gap: .4rem; }
.key { flex: none; width: 12px; height: 12px; border-radius: 2px; }
.key.open { background: var(--phoenix-tint); border: 1px solid var(--phoenix); } .key.holiday { background: var(--unsure-tint); border: 1px solid var(--unsure); }
.key.drill { width: 7px; height: 7px; border-radius: 50%; background: var(--link); } .key.now { height: 2px; background: var(--ink); }
.limits { display: grid; gap: .5rem; }
.limits li { display: grid; grid-template-columns: 1fr auto; gap: .1rem .8rem; }
.limits svg { grid-column: 1 / -1; }
.limits .used { fill: var(--start); } .limits .full .used { fill: var(--snowflake); } .limits .full b { color: var(--snowflake); }
.schedule .facts { margin-top: .6rem; gap: 1rem 2rem; }
.schedule .plain li { display: block; }
.schedule .coming { display: grid; grid-template-columns: max-content minmax(0, 1fr); column-gap: .6rem; }
.schedule .coming li { display: grid; grid-column: 1 / -1; grid-template-columns: subgrid; }
.app .rules .panel h2 { font-size: 15px; color: var(--ink); display: flex; gap: .55rem; align-items: baseline; margin: 0; letter-spacing: 0; }
.app .rules .panel h2 .rule { font: 600 12px/1 var(--mono); color: var(--quiet); background: var(--quiet-tint); padding: .28rem .4rem; border-radius: 4px; }
.app .rules .panel h2 .n { margin-left: auto; font-weight: 400; font-size: 13px; color: var(--soft); white-space: nowrap; }
.narrow { max-width: 30rem; padding-top: 3rem; padding-bottom: 3rem; }
.narrow h1 { font-size: 24px; margin: 1rem 0; }
.narrow p + p, .narrow p + .panel, .prose p + p { margin-top: .8rem; }
.app time { white-space: nowrap; }
.login { display: grid; gap: .5rem; margin-bottom: 1rem; }
.app footer { border: 0; margin: 3rem 0 0; padding: 0; }
.app footer > .wide { padding-bottom: 2rem; }
.app footer > .wide::before { content: ""; display: block; border-top: 1px solid var(--line); padding-bottom: 1rem; }

@media (max-width: 46rem) {
  .bar > .wide { gap: .35rem .5rem; padding-top: .6rem; padding-bottom: .6rem; }
  .bar nav { flex: 1 1 100%; order: 3; margin: 0 -.4rem; overflow-x: auto; }
  .bar nav a { padding: .4rem .45rem; font-size: 14px; }
  .halt { flex: 1 1 100%; min-width: 0; margin: 0; }
  .halt input { width: auto; flex: 1 1 4rem; }
  .lead-in { padding: 1.25rem 0 .9rem; }
  .overview { grid-template-columns: minmax(0, 1fr); }
  .urgent > li { grid-template-columns: 1fr; padding: .7rem .9rem; }
  .search > div { flex: 1 1 10rem; }
  .search > div:first-child { flex-basis: 100%; }
  .search input[type=search], .search select { width: 100%; max-width: none; }
  .cells:not(.dense) { grid-template-columns: minmax(0, 1fr); }
  .facts-list { grid-template-columns: 1fr; gap: 0; }
  .facts-list dd { margin-bottom: .5rem; }
  .clear-quarantine { grid-template-columns: 1fr; gap: .4rem; }
  .fortnight .rounded { display: inline; } .fortnight .exact { display: none; }
  .halt-here form { flex: 1 1 100%; }
  .halt-here input { flex: 1 1 0; width: 0; }
  .schedule .facts { grid-template-columns: 1fr; }
  .app .fleet td.by { grid-column: 1 / -1; width: auto; }
}
@media print { .halt, .search, .halt-here, .clear-quarantine, .bar nav { display: none; } }
`
