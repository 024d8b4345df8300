import { formatBytes, formatCount } from '../base/units.ts'
import type { FindMaxSearch, RunResult } from '../contracts/result.ts'
import { outcomeText, searchName, stepColumns } from './_find-max-rows.ts'
import { cut, type Paint, plain, wrapped } from './_text.ts'

/** The searches of `kbench find-max`, each with its steps in the order in which they ran; no line is wider than `columns`. */
export function findMaxLines(result: RunResult, columns: number, paint: Paint): string[] {
  return (result.findMax?.searches ?? []).flatMap((search) => ['', ...searchLines(search, columns, paint)])
}

function searchLines(search: FindMaxSearch, columns: number, paint: Paint): string[] {
  const head = stepColumns.map(({ head: text, width }) => text.padStart(width)).join('')
  const rows = search.steps.map((step) => {
    const line = cut(stepColumns.map(({ text, width }) => text(step).padStart(width)).join(''), columns)
    if (step.verdict !== 'SUSTAINED') return paint('dim', line)
    return step.kind === 'confirm' && step.ratePerSec === search.confirmedPerSec ? paint('green', line) : line
  })
  const tone = search.confirmedPerSec === null ? 'yellow' : 'green'
  const wire = search.confirmedWireBytesPerSec
  const more = [
    ...search.reasons,
    ...(wire === null ? [] : [`${formatBytes(wire)}/s of produce requests at the confirmed rate`]),
    ...(search.ceilingPerSec === null
      ? []
      : [
          `self-test: the generator reached ${formatCount(search.ceilingPerSec)} records/s without a cluster to wait for`,
        ]),
  ]
  return [
    cut(plain(searchName(search)), columns - 3 - outcomeText(search).length) +
      '  ' +
      paint('bold', paint(tone, outcomeText(search))),
    ...more.flatMap((text) =>
      wrapped(plain(text), columns - 2).map((line, at) => paint('dim', `${at === 0 ? '· ' : '  '}${line}`)),
    ),
    ...(rows.length === 0 ? [] : [paint('bold', cut(head, columns)), ...rows]),
  ]
}
