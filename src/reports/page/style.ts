import { clientColours, darkTheme, lightTheme } from '../charts/theme.ts'

const looks = ({ palette }: { palette: readonly string[] }) =>
  palette
    .slice(0, clientColours)
    .map((colour, at) => `--look-${at}: ${colour};`)
    .join(' ')

/** Grounds of table cells by their share of the highest. */
const shades = Array.from(
  { length: 10 },
  (_, at) => `.shade-${at} { background: color-mix(in srgb, currentColor ${at * 4}%, transparent); }`,
).join(' ')

const light = `color-scheme: light;
  --text: #1c1f24; --muted: #5c636e; --faint: #646b74; --line: #dfe2e7; --surface: #ffffff; --ground: #f6f7f8;
  --good: #00714f; --warn: #7d5200; --bad: #b3261e; --good-ground: #e9f5f0; --warn-ground: #fdf3dc; --bad-ground: #fcebe9;
  ${looks(lightTheme)}`
const dark = `color-scheme: dark;
  --text: #e6e8eb; --muted: #a0a7b2; --faint: #979ea8; --line: #2c3138; --surface: #16191d; --ground: #0e1013;
  --good: #4fd0a5; --warn: #f0b849; --bad: #ff8a80; --good-ground: #10261f; --warn-ground: #2b2210; --bad-ground: #311715;
  ${looks(darkTheme)}`

/** The page's style sheet: system fonts only, light and dark (as the system or the reader chooses), narrow screens and paper. */
export const style = `
:root { ${light} }
@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { ${dark} } }
:root[data-theme="dark"] { ${dark} }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 3.2rem; }
body {
  margin: 0; background: var(--ground); color: var(--text); overflow-wrap: break-word;
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main, .masthead > *, footer, nav.bar { max-width: 76rem; margin: 0 auto; padding: 0 1.5rem; }
.masthead { padding: 1.4rem 0 .6rem; } main:focus { outline: none; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: .4rem; z-index: 9; background: var(--surface); padding: .3rem .8rem; }
.brand { color: var(--muted); font-size: .8rem; letter-spacing: .04em; }
h1 { font-size: 1.6rem; line-height: 1.2; letter-spacing: -.02em; margin-block: .2rem .35rem; font-weight: 650; }
h2 { font-size: 1.2rem; letter-spacing: -.01em; margin: 1.6rem 0 .6rem; font-weight: 650; }
h3 { font-size: 1rem; margin: 1.8rem 0 .3rem; font-weight: 650; }
h4 { font-size: .85rem; margin: 0 0 .3rem; font-weight: 600; color: var(--muted); }
p { margin: .3rem 0; max-width: 46rem; }
.meta, .explain { color: var(--muted); font-size: .88rem; }
.explain { margin-bottom: .8rem; }
a { color: inherit; text-decoration-color: var(--faint); text-underline-offset: .2em; }
a:focus-visible, summary:focus-visible, .scroll:focus-visible, button:focus-visible, input:focus-visible, pre:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; border-radius: 2px; }
nav.bar { position: sticky; top: 0; z-index: 5; display: flex; align-items: center; gap: 1rem; background: var(--ground); border-bottom: 1px solid var(--line); padding-top: .35rem; padding-bottom: .35rem; }
nav ul { display: flex; gap: .2rem 1.1rem; list-style: none; padding: 0; margin: 0; font-size: .88rem; overflow-x: auto; white-space: nowrap; flex: 1; flex-wrap: wrap; }
nav a { display: inline-block; padding: .2rem 0; }
button { font: inherit; color: var(--text); background: var(--surface); border: 1px solid var(--line); border-radius: 4px; padding: .1rem .5rem; font-size: .78rem; line-height: 1.5; cursor: pointer; white-space: nowrap; }
button[aria-pressed="true"] { background: var(--text); color: var(--surface); }
.answers { margin: .6rem 0 0; display: grid; gap: .35rem; max-width: 76rem; } .answers > div { display: grid; grid-template-columns: 12.5rem 1fr; gap: 0 1rem; padding-left: .8rem; border-left: 3px solid var(--tone, var(--line)); }
.answers dt { font-weight: 650; } .answers dd { margin: 0; } .answers code { white-space: nowrap; background: var(--surface); border: 1px solid var(--line); border-radius: 4px; padding: .05rem .35rem; }
.measured { color: var(--muted); font-size: .88rem; max-width: none; margin: .8rem 0 0; }
.live { font-weight: 600; border: 1px solid var(--line); border-radius: 6px; background: var(--surface); padding: .4rem .9rem; max-width: none; margin-top: .8rem; }
details.fold { border-top: 1px solid var(--line); margin: 0; } details.fold:first-of-type { margin-top: 2rem; }
details.fold > summary { padding: .55rem 0; color: var(--text); } details.fold > summary h2 { display: inline; font-size: 1.05rem; margin: 0; } .count { color: var(--muted); margin-left: .6rem; font-size: .85rem; }
.folded { padding-bottom: 1.6rem; } .folded > h3:first-child { margin-top: .4rem; }
.filter input { font: inherit; color: var(--text); background: var(--surface); border: 1px solid var(--muted); border-radius: 4px; padding: .15rem .5rem; } .filter { font-size: .88rem; margin-bottom: .5rem; }
pre { background: var(--surface); border: 1px solid var(--line); border-radius: 6px; padding: .5rem .9rem; margin: .4rem 0 .8rem; overflow: auto; } pre code { white-space: pre-wrap; overflow-wrap: anywhere; } pre.scroll code { white-space: pre; }
figcaption { display: flex; justify-content: space-between; gap: .4rem 1rem; align-items: start; flex-wrap: wrap; } .tools { display: flex; gap: .25rem; }
.verdict { border: 1px solid var(--line); border-left: 5px solid var(--tone); background: var(--tone-ground); border-radius: 6px; padding: .6rem 1.1rem .7rem; }
.verdict .word { font-size: 1.25rem; font-weight: 700; letter-spacing: -.01em; color: var(--tone); margin: 0; line-height: 1.3; }
.verdict .exit { color: var(--muted); margin: 0; max-width: none; } .verdict .sum { margin: .5rem 0 0; max-width: 60rem; }
.good { --tone: var(--good); --tone-ground: var(--good-ground); }
.warn { --tone: var(--warn); --tone-ground: var(--warn-ground); }
.bad { --tone: var(--bad); --tone-ground: var(--bad-ground); }
.alarm { background: var(--bad); color: var(--surface); font-weight: 700; padding: .7rem 1.3rem; border-radius: 6px; margin: 0 0 .8rem; max-width: none; }
.findings { list-style: none; margin: .8rem 0 0; padding: 0; }
.verdict.more { margin-top: .6rem; padding: .7rem 1.3rem; } .verdict.more .findings { margin: 0; } .note { --tone: var(--muted); }
.bound b { font-weight: 600; } figure.marked { border-color: var(--bad); border-style: dashed; }
.findings li { padding: .15rem 0 .15rem 1.4rem; position: relative; max-width: 60rem; }
.findings li::before { content: attr(data-sign); position: absolute; left: 0; color: var(--tone); font-weight: 700; }
.findings b { font-weight: 600; }
.scroll { overflow-x: auto; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; position: relative; }
.scroll.tall { max-height: 24rem; overflow-y: auto; } .scroll:has(> .variants) { max-height: min(42rem, 85vh); }
table.variants { font-size: .84rem; } table.variants thead th { white-space: normal; vertical-align: bottom; padding: .3rem .45rem; } table.variants td, table.variants tbody th { padding: .28rem .6rem; }
table.variants thead button { border: 0; background: none; padding: 0; color: inherit; font-weight: 600; white-space: normal; text-align: inherit; font-size: .8rem; line-height: 1.25; }
table.variants th[aria-sort="ascending"] button::after { content: " ↑"; } table.variants th[aria-sort="descending"] button::after { content: " ↓"; }
table.variants td.words { min-width: 7rem; } table.variants tbody th { min-width: min(15rem, 40vw); white-space: normal; } tr.spoilt > * { background-image: repeating-linear-gradient(135deg, transparent 0 6px, color-mix(in srgb, var(--bad) 9%, transparent) 6px 7px); }
.key { display: inline-block; width: .7rem; height: .7rem; border-radius: 2px; margin-right: .4rem; }
.look-0 { background: var(--look-0); } .look-1 { background: var(--look-1); } .look-2 { background: var(--look-2); } .look-3 { background: var(--look-3); } .look-4 { background: var(--look-4); } .look-5 { background: var(--look-5); }
p + .cards, .scroll + p, .findings + .scroll { margin-top: .5rem; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: .32rem .9rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 500; }
thead th { color: var(--muted); font-size: .82rem; }
tbody tr:last-child > * { border-bottom: 0; }
tbody th, th:first-child, th.text, td.text, td.words { text-align: left; }
td.words { white-space: normal; min-width: 10rem; overflow-wrap: anywhere; }
td.value { white-space: normal; overflow-wrap: anywhere; min-width: 7rem; }
tbody th { position: sticky; left: 0; background: var(--surface); }
thead th:first-child { font-weight: 650; color: var(--text); }
.cards { columns: 24rem; column-gap: 1rem; } .cards.broad { columns: 36rem; } .card { break-inside: avoid; padding-bottom: 1rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); gap: .8rem 1rem; align-items: start; }
.stack { display: grid; gap: .8rem; } .pair > *, .stack > * { min-width: 0; } .pair h3 { margin-top: 1.2rem; }
.grouped tbody { border-bottom: 1px solid var(--line); } .grouped tbody td { border-bottom: 0; } .grouped tbody th { vertical-align: top; border-bottom: 0; }
.grouped .total td { font-weight: 600; } .tall thead th { position: sticky; top: 0; background: var(--surface); z-index: 1; }
.said td { white-space: normal; } h4.spaced { margin-top: 1.2rem; }
th small { display: block; color: var(--muted); font-weight: 400; font-size: .76rem; line-height: 1.3; white-space: normal; }
td.faint { color: var(--faint); }
td.faint::before { content: "("; } td.faint::after { content: ")"; }
td.alert { color: var(--bad); font-weight: 650; }
.status { color: var(--tone); font-weight: 650; }
tr.differs th::before { content: "≠ "; color: var(--warn); font-weight: 700; }
tr.differs td { font-weight: 600; }
code { font: .84rem/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 16rem), 1fr)); gap: .7rem 1.6rem; margin: .6rem 0; }
.facts dt { color: var(--muted); font-size: .8rem; } .facts dd { margin: 0; font-variant-numeric: tabular-nums; }
details { margin: .5rem 0; } summary { cursor: pointer; color: var(--muted); font-size: .88rem; padding: .15rem 0; }
details[open] > summary { margin-bottom: .4rem; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); gap: 1rem; align-items: start; }
.panels.many { grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); } .panels.many .canvas { height: var(--height, calc(14rem + var(--above, 0px))); }
${shades}
figure { margin: 0; min-width: 0; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem .5rem; }
.canvas { position: relative; height: var(--height, calc(19rem + var(--above, 0px))); } .alone .canvas { height: var(--height, calc(22rem + var(--above, 0px))); }
.none { color: var(--muted); font-style: italic; }
footer { color: var(--muted); font-size: .82rem; margin: 3rem auto 2rem; }
@media (max-width: 40rem) {
  main, .masthead > *, footer, nav.bar { padding-left: .9rem; padding-right: .9rem; }
  nav ul { flex-wrap: nowrap; } .answers > div { grid-template-columns: 1fr; } .answers code { white-space: normal; } .masthead { padding-top: .9rem; } .verdict { padding: .5rem .8rem; } .answers, .measured, p, .verdict .exit { font-size: .88rem; line-height: 1.45; }
  h1 { font-size: 1.5rem; } figure { padding: .6rem .5rem .3rem; } th, td { padding: .3rem .6rem; }
  .alone .canvas { height: var(--height, calc(20rem + var(--above, 0px))); } tbody th, thead th:first-child { white-space: normal; min-width: 8.5rem; overflow-wrap: anywhere; }
}
@media print {
  :root, :root:not([data-theme="light"]), :root[data-theme="dark"] { ${light} --ground: #fff; --good-ground: #fff; --warn-ground: #fff; --bad-ground: #fff; }
  html { font-size: 12px; } body { font-size: 9pt; } nav.bar, .tools, .filter, .skip, figure details { display: none; } figure, .verdict, tr, .answers > div { break-inside: avoid; }
  h2, h3, .explain { break-after: avoid; } .canvas, .alone .canvas, .many .canvas { height: auto; } canvas { width: 100% !important; height: auto !important; }
  .scroll, .scroll.tall, .scroll:has(> .variants) { overflow: visible; max-height: none; } .panels, .panels.many { grid-template-columns: 1fr 1fr; } .alone { grid-template-columns: 1fr; }
  .cards { columns: 2; } .pair { grid-template-columns: 1fr 1fr; } table, table.variants { font-size: 7.5pt; } th, td, table.variants td, table.variants th { padding: .15rem .35rem; min-width: 0; } code { font-size: 7pt; }
  thead th, .tall thead th { position: static; } .alarm { border: 2px solid var(--bad); color: var(--bad); background: none; } pre { white-space: pre-wrap; } details.fold:not([open]) { display: none; }
}
`
