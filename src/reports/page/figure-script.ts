/** Part of the page's script: charts with their tools, the crosshair that they share, and their data tables. */
export const figureScript = `
const canvasOf = (id) => document.getElementById('chart-' + id);
const isShown = (id) => canvasOf(id)?.offsetParent != null;
const isOverTime = (spec) => spec.x.unit === 'seconds' && !spec.x.names;
let crossAt = null;
const crosshair = {
  id: 'crosshair',
  afterDraw(chart) {
    const spec = specs.get(chart.canvas.id.slice(6));
    if (crossAt === null || !spec || !isOverTime(spec)) return;
    const { ctx, chartArea: area } = chart;
    const at = chart.scales.x.getPixelForValue(crossAt);
    if (at < area.left || at > area.right) return;
    ctx.save();
    ctx.strokeStyle = theme.muted;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(at, area.top);
    ctx.lineTo(at, area.bottom);
    ctx.stroke();
    ctx.restore();
  },
};
function cross(at) {
  if (at === crossAt) return;
  crossAt = at;
  for (const [id, chart] of drawn) if (isOverTime(specs.get(id)) && isShown(id)) chart.draw();
}
function draw(id) {
  const spec = specs.get(id);
  const canvas = canvasOf(id);
  if (!spec || !canvas) return;
  const before = drawn.get(id);
  const isLog = canvas.dataset.log === undefined ? spec.y.scale === 'log' : canvas.dataset.log === '1';
  before?.destroy();
  const config = toConfig(isLog === (spec.y.scale === 'log') ? spec : rescaled(spec, isLog), theme, null);
  config.plugins.push(crosshair);
  config.options.plugins.zoom = {
    zoom: { drag: { enabled: true, backgroundColor: theme.faultGround }, pinch: { enabled: true }, wheel: { enabled: true, modifierKey: 'ctrl' }, mode: 'x' },
    pan: { enabled: true, mode: 'x', modifierKey: 'shift' },
    limits: { x: { min: spec.x.min, max: spec.x.max } },
  };
  drawn.set(id, new Chart(canvas, config));
  root.dataset.drawn = drawn.size;
}
function rescaled(spec, isLog) {
  const ys = spec.series.flatMap((one) => one.ys).filter((y) => y !== null && y > 0);
  const low = ys.reduce((a, b) => Math.min(a, b), Infinity);
  const y = isLog
    ? { ...spec.y, scale: 'log', min: 10 ** Math.floor(Math.log10(Number.isFinite(low) ? low : 1)), max: spec.y.max }
    : { ...spec.y, scale: 'linear', min: 0 };
  return { ...spec, y };
}
const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    const id = target.id.slice(6);
    if (isIntersecting && !drawn.has(id)) draw(id);
  }
}, { rootMargin: '600px' });
function tools(figure, id) {
  const spec = specs.get(id);
  if (!spec || figure.querySelector('.tools')) return;
  const bar = document.createElement('div');
  bar.className = 'tools';
  const button = (text, name, act) => {
    const made = document.createElement('button');
    made.type = 'button';
    made.textContent = text;
    made.setAttribute('aria-label', name + ', ' + spec.title + ', ' + spec.subtitle);
    made.title = name;
    made.addEventListener('click', () => act(made));
    bar.append(made);
    return made;
  };
  const chart = () => { if (!drawn.has(id)) draw(id); return drawn.get(id); };
  if (!spec.lanes && spec.cells.length === 0 && !spec.x.names) {
    if (!spec.rects) {
      const log = button('log', 'Log scale', (made) => {
        const isLog = made.getAttribute('aria-pressed') !== 'true';
        made.setAttribute('aria-pressed', isLog);
        canvasOf(id).dataset.log = isLog ? '1' : '0';
        draw(id);
      });
      log.setAttribute('aria-pressed', spec.y.scale === 'log');
    }
    button('+', 'Zoom in', () => chart().zoom(1.5));
    button('−', 'Zoom out', () => chart().zoom(1 / 1.5));
    button('reset', 'Reset zoom', () => chart().resetZoom());
  }
  if (bar.childElementCount > 0) figure.querySelector('figcaption').append(bar);
}
function bindFigures() {
  near.disconnect();
  for (const canvas of document.querySelectorAll('canvas[id^="chart-"]')) {
    const id = canvas.id.slice(6);
    const spec = specs.get(id);
    if (!spec) continue;
    const holder = canvas.parentElement;
    if (holder.dataset.height) holder.style.setProperty('--height', holder.dataset.height + 'px');
    if (holder.dataset.above) holder.style.setProperty('--above', holder.dataset.above + 'px');
    tools(canvas.closest('figure'), id);
    near.observe(canvas);
    if (canvas.getBoundingClientRect().top < innerHeight + 600 && isShown(id)) draw(id);
    if (isOverTime(spec)) {
      canvas.addEventListener('mousemove', (event) => {
        const scale = drawn.get(id)?.scales.x;
        if (scale) cross(scale.getValueForPixel(event.offsetX));
      });
      canvas.addEventListener('mouseleave', () => cross(null));
    }
    const details = document.getElementById('data-' + id);
    details?.addEventListener('toggle', () => {
      const table = details.querySelector('table');
      if (details.open && table.rows.length === 0) fill(table, spec);
    });
    if (details?.open && details.querySelector('table').rows.length === 0) fill(details.querySelector('table'), spec);
  }
}
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
`
