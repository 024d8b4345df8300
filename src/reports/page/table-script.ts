/** Part of the page's script: the table of variants can be filtered, together with the charts, and sorted by its heads. */
export const tableScript = `
function sortBy(table, column, button) {
  const head = button.closest('th');
  const isDown = head.getAttribute('aria-sort') === 'descending' ? false : head.getAttribute('aria-sort') === 'ascending' ? true : head.dataset.first === 'descending';
  for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', isDown ? 'descending' : 'ascending');
  const body = table.tBodies[0];
  const valueOf = (row) => {
    const { value } = row.cells[column].dataset;
    return value === undefined || value === '' ? null : Number.isNaN(Number(value)) ? value : Number(value);
  };
  const rows = [...body.rows].map((row) => ({ row, value: valueOf(row) }));
  // What is not known comes last, whichever way it is sorted.
  rows.sort((a, b) => {
    if (a.value === null || b.value === null) return (a.value === null) - (b.value === null);
    const order = typeof a.value === 'number' && typeof b.value === 'number' ? a.value - b.value : String(a.value).localeCompare(String(b.value), undefined, { numeric: true });
    return isDown ? -order : order;
  });
  body.append(...rows.map(({ row }) => row));
}
function filterBy(text) {
  const words = text.toLowerCase().split(/\\s+/).filter(Boolean);
  const shown = new Set();
  let count = 0;
  for (const row of document.querySelectorAll('table.variants tbody tr')) {
    const fits = words.every((word) => row.dataset.words.includes(word));
    row.hidden = !fits;
    if (fits) { shown.add(row.dataset.variant); count++; }
  }
  for (const figure of document.querySelectorAll('figure')) {
    const own = specs.get(figure.querySelector('canvas')?.id.slice(6))?.variants;
    if (own) figure.hidden = !own.some((id) => shown.has(id));
  }
  const shownCount = document.getElementById('variants-shown');
  if (shownCount) shownCount.textContent = words.length === 0 ? '' : count + ' shown';
}
function bindTables() {
  for (const table of document.querySelectorAll('table.variants')) {
    for (const button of table.querySelectorAll('thead button')) {
      button.addEventListener('click', () => sortBy(table, button.closest('th').cellIndex, button));
    }
  }
  const input = document.getElementById('variants-filter');
  input?.addEventListener('input', () => filterBy(input.value));
  if (input?.value) filterBy(input.value);
}
`
