import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { drawingSource } from '../charts/draw.ts'
import { darkTheme, lightTheme } from '../charts/theme.ts'

/** Chart.js as one script, without the reference to its source map, which a browser would ask for. */
export function chartLibrary(): string {
  const folder = dirname(createRequire(import.meta.url).resolve('chart.js'))
  return readFileSync(join(folder, 'chart.umd.min.js'), 'utf8').replace(/\/\/# sourceMappingURL=.*$/m, '')
}

/** Draws every canvas from the inlined specifications, again when light or dark changes; fills tables when opened. */
export const pageScript = (): string => `
'use strict';
(() => {
${drawingSource()}
const themes = { light: ${JSON.stringify(lightTheme)}, dark: ${JSON.stringify(darkTheme)} };
const specs = JSON.parse(document.getElementById('charts-data').textContent);
const darkness = matchMedia('(prefers-color-scheme: dark)');
const drawn = new Map();
function draw(theme) {
  for (const spec of specs) {
    const canvas = document.getElementById('chart-' + spec.id);
    drawn.get(spec.id)?.destroy();
    drawn.set(spec.id, new Chart(canvas, toConfig(spec, theme, null)));
  }
  document.documentElement.dataset.drawn = specs.length;
}
const redraw = () => draw(darkness.matches ? themes.dark : themes.light);
function cell(row, tag, text, scope) {
  const made = row.appendChild(document.createElement(tag));
  made.textContent = text;
  if (scope) made.scope = scope;
  return made;
}
function fill(table, spec) {
  const head = table.createTHead().insertRow();
  cell(head, 'th', spec.x.title, 'col');
  for (const one of spec.series) cell(head, 'th', one.label, 'col');
  const body = table.createTBody();
  for (const at of spec.tableRows ?? spec.xs.keys()) {
    const row = body.insertRow();
    cell(row, 'th', spec.x.names ? spec.x.names[spec.xs[at]] : formatValue(spec.xs[at], spec.x.unit), 'row');
    for (const one of spec.series) {
      const made = cell(row, 'td', one.texts ? one.texts[at] : formatValue(one.ys[at] ?? null, one.unit ?? spec.y.unit));
      if (spec.xs[at] > (one.faintFromX ?? Infinity) && (one.ys[at] ?? null) !== null) made.className = 'faint';
    }
  }
  for (const extra of spec.extraRows ?? []) {
    const row = body.insertRow();
    cell(row, 'th', extra.label, 'row');
    for (const y of extra.ys) cell(row, 'td', formatValue(y, spec.y.unit));
  }
}
for (const spec of specs) {
  const details = document.getElementById('data-' + spec.id);
  details.addEventListener('toggle', () => {
    const table = details.querySelector('table');
    if (details.open && table.rows.length === 0) fill(table, spec);
  });
}
darkness.addEventListener('change', redraw);
addEventListener('beforeprint', () => draw(themes.light));
addEventListener('afterprint', redraw);
redraw();
})();
`
