/** The page's style sheet: system fonts only, light and dark, narrow screens and paper. */
export const style = `
:root {
  color-scheme: light dark;
  --text: #1c1f24; --muted: #5c636e; --faint: #8a919c; --line: #e1e4e8; --surface: #ffffff; --ground: #f6f7f8;
  --good: #00714f; --warn: #8a5a00; --bad: #b3261e; --good-ground: #e9f5f0; --warn-ground: #fdf3dc; --bad-ground: #fcebe9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e6e8eb; --muted: #a0a7b2; --faint: #7d8590; --line: #2c3138; --surface: #16191d; --ground: #0e1013;
    --good: #4fd0a5; --warn: #f0b849; --bad: #ff8a80; --good-ground: #10261f; --warn-ground: #2b2210; --bad-ground: #311715;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0; background: var(--ground); color: var(--text); overflow-wrap: break-word;
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main, .masthead > *, footer { max-width: 76rem; margin: 0 auto; padding: 0 1.5rem; }
.masthead { padding: 2.2rem 0 1.2rem; }
.brand { color: var(--muted); font-size: .8rem; letter-spacing: .04em; }
h1 { font-size: 1.9rem; line-height: 1.2; letter-spacing: -.02em; margin-block: .2rem .35rem; font-weight: 650; }
h2 { font-size: 1.2rem; letter-spacing: -.01em; margin: 2.6rem 0 .8rem; font-weight: 650; scroll-margin-top: 1rem; }
h3 { font-size: 1rem; margin: 1.8rem 0 .3rem; font-weight: 650; }
h4 { font-size: .85rem; margin: 0 0 .3rem; font-weight: 600; color: var(--muted); }
p { margin: .3rem 0; max-width: 46rem; }
.meta, .explain { color: var(--muted); font-size: .88rem; }
.explain { margin-bottom: .8rem; }
a { color: inherit; text-decoration-color: var(--faint); text-underline-offset: .2em; }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; border-radius: 2px; }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; padding: 0; margin: 1rem 0 0; font-size: .88rem; }
.verdict { border: 1px solid var(--line); border-left: 5px solid var(--tone); background: var(--tone-ground); border-radius: 6px; padding: 1rem 1.3rem 1.1rem; }
.verdict .word { font-size: 1.5rem; font-weight: 700; letter-spacing: -.01em; color: var(--tone); margin: 0; line-height: 1.3; }
.verdict .exit { color: var(--muted); margin: 0; } .verdict .sum { margin: .5rem 0 0; max-width: 60rem; }
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
.scroll.tall { max-height: 24rem; overflow-y: auto; }
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
.cards { columns: 24rem; column-gap: 1rem; } .card { break-inside: avoid; padding-bottom: 1rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); gap: .8rem 1rem; align-items: start; }
.stack { display: grid; gap: .8rem; } .pair > *, .stack > * { min-width: 0; } .pair h3 { margin-top: 1.2rem; }
.grouped tbody { border-bottom: 1px solid var(--line); } .grouped tbody td { border-bottom: 0; } .grouped tbody th { vertical-align: top; border-bottom: 0; }
.grouped .total td { font-weight: 600; } .tall thead th { position: sticky; top: 0; background: var(--surface); z-index: 1; }
.said td { white-space: normal; } h4.spaced { margin-top: 1.2rem; }
th small { display: block; color: var(--faint); font-weight: 400; font-size: .76rem; line-height: 1.3; white-space: normal; }
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
figure { margin: 0; min-width: 0; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem .5rem; }
.canvas { position: relative; height: var(--height, calc(19rem + var(--above, 0px))); } .alone .canvas { height: var(--height, calc(25rem + var(--above, 0px))); }
.none { color: var(--faint); font-style: italic; }
footer { color: var(--faint); font-size: .82rem; margin: 3rem auto 2rem; }
@media (max-width: 40rem) {
  main, .masthead > *, footer { padding-left: .9rem; padding-right: .9rem; }
  h1 { font-size: 1.5rem; } figure { padding: .6rem .5rem .3rem; } th, td { padding: .3rem .6rem; }
  .alone .canvas { height: var(--height, calc(20rem + var(--above, 0px))); } tbody th, thead th:first-child { white-space: normal; min-width: 8.5rem; overflow-wrap: anywhere; }
}
@media print {
  :root { --text: #000; --muted: #444; --faint: #666; --line: #ccc; --surface: #fff; --ground: #fff;
    --good: #00714f; --warn: #8a5a00; --bad: #b3261e; --good-ground: #fff; --warn-ground: #fff; --bad-ground: #fff; }
  html { font-size: 12px; } body { font-size: 9pt; } thead th, .grouped tbody { border-bottom: 1px solid var(--line); } .grouped tbody td { border-bottom: 0; } .grouped tbody th { vertical-align: top; border-bottom: 0; }
.grouped .total td { font-weight: 600; } .tall thead th { position: sticky; top: 0; background: var(--surface); z-index: 1; }
.said td { white-space: normal; } h4.spaced { margin-top: 1.2rem; }
th small { font-size: inherit; } nav, figure details { display: none; } figure, .verdict, tr { break-inside: avoid; }
  h2, h3, .explain { break-after: avoid; } .canvas, .alone .canvas { height: auto; } canvas { width: 100% !important; height: auto !important; }
  .scroll, .scroll.tall { overflow: visible; max-height: none; } .panels { grid-template-columns: 1fr 1fr; }
  .cards { columns: 2; } .pair { grid-template-columns: 1fr 1fr; } table { font-size: 7.5pt; } th, td { padding: .15rem .4rem; } code { font-size: 7pt; }
  .alone { grid-template-columns: 1fr; } .alarm { border: 2px solid var(--bad); color: var(--bad); background: none; }
}
`
