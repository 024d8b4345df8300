import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { drawingSource } from '../charts/draw.ts'
import { darkTheme, lightTheme } from '../charts/theme.ts'
import { figureScript } from './figure-script.ts'
import { tableScript } from './table-script.ts'

/** Chart.js and its plug-ins as one script, without the references to their source maps, which a browser would ask for. */
export function chartLibraries(): string {
  const resolve = createRequire(import.meta.url).resolve
  const files = [
    join(dirname(resolve('chart.js')), 'chart.umd.min.js'),
    join(dirname(resolve('chartjs-plugin-annotation')), 'chartjs-plugin-annotation.min.js'),
    join(dirname(resolve('chartjs-chart-matrix')), 'chartjs-chart-matrix.min.js'),
    join(dirname(resolve('hammerjs')), 'hammer.min.js'),
    join(dirname(resolve('chartjs-plugin-zoom')), 'chartjs-plugin-zoom.min.js'),
  ]
  return files.map((file) => readFileSync(file, 'utf8').replace(/\/\/# sourceMappingURL=.*$/m, '')).join('\n;')
}

/**
 * What the page does. It unpacks the specifications, draws a chart when it comes near the window, and fills data tables
 * when they are opened. It opens the fold that a link leads into, and filters and sorts the table of variants. A live
 * page asks for the next state.
 */
export const pageScript = (): string => `
'use strict';
(() => {
${drawingSource()}
const themes = { light: ${JSON.stringify(lightTheme)}, dark: ${JSON.stringify(darkTheme)} };
const root = document.documentElement;
const darkness = matchMedia('(prefers-color-scheme: dark)');
const isDark = () => (root.dataset.theme ?? (darkness.matches ? 'dark' : 'light')) === 'dark';
let theme = isDark() ? themes.dark : themes.light;
let specs = new Map();
const drawn = new Map();
async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const all = await new Response(stream).json();
  specs = new Map(all.map((spec) => [spec.id, spec]));
}
${figureScript}
${tableScript}
function openFor(hash) {
  const target = hash.length > 1 ? document.getElementById(decodeURIComponent(hash.slice(1))) : null;
  const fold = target?.closest('details.fold');
  if (fold && !fold.open) fold.open = true;
  target?.scrollIntoView();
}
function retheme() {
  theme = isDark() ? themes.dark : themes.light;
  for (const id of [...drawn.keys()]) draw(id);
}
function themeSwitch() {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'theme';
  const name = () => { button.textContent = isDark() ? 'Light theme' : 'Dark theme'; };
  button.addEventListener('click', () => { root.dataset.theme = isDark() ? 'light' : 'dark'; name(); retheme(); });
  name();
  document.querySelector('nav.bar').append(button);
  darkness.addEventListener('change', () => { name(); retheme(); });
}
async function bind() {
  await unpack(document.getElementById('charts-data').textContent);
  bindFigures();
  bindTables();
  root.dataset.drawn = drawn.size;
}
addEventListener('hashchange', () => openFor(location.hash));
document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href^="#"]');
  if (link && link.hash === location.hash) openFor(link.hash);
});
let openBefore = [];
addEventListener('beforeprint', () => {
  theme = themes.light;
  for (const id of specs.keys()) if (drawn.has(id) || isShown(id)) draw(id);
});
addEventListener('afterprint', retheme);
async function refresh(everyMs) {
  try {
    const answer = await fetch(location.href, { cache: 'no-store' });
    const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const open = new Set([...document.querySelectorAll('details[open]')].map(keyOf));
    for (const chart of drawn.values()) chart.destroy();
    drawn.clear();
    document.getElementById('charts-data').textContent = next.getElementById('charts-data').textContent;
    for (const tag of ['main', 'header', 'footer']) document.querySelector(tag).replaceWith(next.querySelector(tag));
    document.querySelector('nav.bar ul').replaceWith(next.querySelector('nav.bar ul'));
    for (const details of document.querySelectorAll('details')) if (open.has(keyOf(details))) details.open = true;
    document.title = next.title;
    root.dataset.refreshed = Number(root.dataset.refreshed ?? 0) + 1;
    await bind();
    if (!next.documentElement.dataset.live) return;
  } catch { root.dataset.stale = '1'; }
  setTimeout(refresh, everyMs, everyMs);
}
const keyOf = (details) => details.id || details.querySelector('h2')?.id || details.querySelector('summary').textContent;
themeSwitch();
bind().then(() => {
  openFor(location.hash);
  if (root.dataset.live) setTimeout(refresh, Number(root.dataset.live), Number(root.dataset.live));
});
})();
`
