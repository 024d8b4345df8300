import { darkTheme, lightTheme } from '../charts/theme.ts'

const colours = (palette: readonly string[]) => palette.map((colour, at) => `--c${at}: ${colour};`).join(' ')

/** Lengths of bars in percent: the page's policy allows no element a style of its own. */
const widths = Array.from({ length: 101 }, (_, percent) => `.w${percent} { width: ${percent}%; }`).join(' ')

/** What the page of a plan has beside the reports' own style sheet: bars in tables, and drawings in the page's colours. */
export const planStyle = `
:root { ${colours(lightTheme.palette)} --over: ${lightTheme.fault}; }
@media (prefers-color-scheme: dark) { :root { ${colours(darkTheme.palette)} --over: ${darkTheme.fault}; } }
.bars td { min-width: 6.2rem; padding: .3rem .5rem; text-align: left; }
.bar { display: block; position: relative; height: 1.25rem; background: color-mix(in srgb, var(--line) 55%, transparent); border-radius: 3px; overflow: hidden; }
.bar > i { position: absolute; inset: 0 auto 0 0; background: var(--c0); opacity: .38; }
.bar.binds > i { background: var(--c1); opacity: .45; } .bar.over > i { background: var(--over); opacity: .45; }
.bar > b { position: relative; font-weight: 500; font-size: .8rem; line-height: 1.25rem; padding-left: .4rem; }
td.winner, th.winner { font-weight: 650; }
svg.drawing { display: block; width: 100%; max-width: 60rem; height: auto; font: 11px system-ui, sans-serif; }
svg.drawing text { fill: var(--muted); } svg.drawing .strong { fill: var(--text); font-weight: 600; }
svg.drawing .grid { stroke: var(--line); stroke-width: 1; } svg.drawing .axis { stroke: var(--faint); stroke-width: 1; }
svg.drawing .line { fill: none; stroke-width: 2; } svg.drawing .limit { stroke-dasharray: 5 4; stroke-width: 1.5; }
svg.drawing circle { stroke: var(--surface); stroke-width: 1.5; }
.families { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; font-size: .82rem; color: var(--muted); margin: .3rem 0 .5rem; padding: 0; list-style: none; }
.families .standard { background: var(--c0); } .families .express { background: var(--c1); }
.families .k0 { background: var(--c0); } .families .k1 { background: var(--c1); } .families .k2 { background: var(--c2); }
.families i { display: inline-block; width: .8rem; height: .8rem; border-radius: 2px; margin-right: .35rem; vertical-align: -1px; }
td[title], .bar[title] { cursor: help; }
${widths}
@media (max-width: 40rem) { svg.drawing { min-width: 34rem; } .drawn { overflow-x: auto; } }
`
