import { type Markup, markup, trusted } from '../reports/html/markup.ts'
import type { Letter, Point } from './letter.ts'

/** Written into the page: mail readers load nothing. No `<` and no `&` in here. */
const style = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
body { margin: 0; padding: 24px 12px; background: #f5f5f2; color: #1b1c1e; font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
.letter { max-width: 600px; margin: 0 auto; background: #ffffff; border: 1px solid #dfdfda; border-top: 4px solid #1a5fb4; border-radius: 8px; padding: 24px; overflow-wrap: anywhere; }
.phoenix { border-top-color: #14683a; } .snowflake { border-top-color: #b0221a; } .inconclusive { border-top-color: #7a5200; }
.kind { margin: 0 0 4px; font-size: 13px; font-weight: 600; color: #595d64; }
h1 { margin: 0 0 12px; font-size: 21px; line-height: 1.25; font-weight: 650; }
h2 { margin: 20px 0 4px; font-size: 15px; font-weight: 650; }
p { margin: 0 0 12px; }
ul { margin: 0 0 12px; padding: 0 0 0 20px; } li { margin: 0 0 4px; }
.go { margin: 20px 0; }
a { color: #1a5fb4; }
.button { display: inline-block; margin: 0 8px 8px 0; padding: 9px 16px; border: 1px solid #1a5fb4; border-radius: 6px; font-weight: 600; text-decoration: none; }
table { width: 100%; border-collapse: collapse; margin: 20px 0 0; font-size: 14px; }
th, td { padding: 7px 0; border-top: 1px solid #dfdfda; text-align: left; vertical-align: top; }
th { width: 7.5em; padding-right: 12px; font-weight: 400; color: #595d64; }
.foot { max-width: 600px; margin: 12px auto 0; font-size: 13px; color: #595d64; }
@media (prefers-color-scheme: dark) {
  body { background: #121315; color: #e8e9eb; }
  .letter { background: #1a1c1f; border-color: #303338; border-top-color: #8ab8f2; }
  .phoenix { border-top-color: #6fd395; } .snowflake { border-top-color: #ff9388; } .inconclusive { border-top-color: #efbe63; }
  .kind, th, .foot { color: #a3a8b0; }
  th, td { border-top-color: #303338; }
  a { color: #8ab8f2; } .button { border-color: #8ab8f2; }
}
@media (max-width: 480px) { body { padding: 0; } .letter { border-radius: 0; border-left: 0; border-right: 0; padding: 20px 16px; } .foot { padding: 0 16px 16px; } }
`

/** A letter as a page for mail readers: no script, no picture, nothing from elsewhere. */
export function emailHtml(letter: Letter): string {
  const { subject, tone, lead, sections, rows, links, foot } = letter
  return `<!DOCTYPE html>\n${markup`<html lang="en">
<head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/><meta name="color-scheme" content="light dark"/><title>${subject}</title><style>${trusted(style)}</style></head>
<body><div class="letter ${tone}"><p class="kind">Firedrill</p><h1>${capital(subject)}</h1>
<p>${lead}</p>
${links.length === 0 ? null : markup`<p class="go">${links.map(({ text, url }) => markup`<a class="button" href="${url}">${text}</a>`)}</p>`}
${sections.map(
  ({ title, points }) =>
    markup`${title === null ? null : markup`<h2>${title}</h2>`}${points.length === 1 ? markup`<p>${linked(points[0] ?? '')}</p>` : markup`<ul>${points.map(point => markup`<li>${linked(point)}</li>`)}</ul>`}
`,
)}
${rows.length === 0 ? null : markup`<table role="presentation">${rows.map(([term, value]) => markup`<tr><th>${term}</th><td><bdi>${value}</bdi></td></tr>`)}</table>`}
</div><p class="foot">${foot}</p></body>
</html>
`}`
}

function linked(point: Point): Markup {
  return typeof point === 'string' ? markup`${point}` : markup`<a href="${point.url}">${point.text}</a>`
}

function capital(text: string): string {
  return /^[a-z]+ /.test(text) && /^(a|the) /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text
}
