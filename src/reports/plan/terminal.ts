import type { ClusterAnswer } from '../../capacity/cluster.ts'
import type { Load } from '../../capacity/load.ts'
import { hoursText, percentText, plainNumber, usd } from '../../capacity/number-text.ts'
import type { Plan, PlannedCandidate, PlannedConstraint } from '../../capacity/planned.ts'
import type { Alternative, Answer } from '../../capacity/questions.ts'
import { cut, padded, painter, widthOf, wrapped } from '../_text.ts'

export interface PlanTableOptions {
  columns: number
  color: boolean
}

const rowsAtMost = 12

/** Candidates, why the first one wins, the answers and what else could be bought: at most 80 columns. Ends with a newline. */
export function planTable(
  plan: Plan,
  answers: readonly Answer[],
  alternatives: readonly Alternative[],
  { columns, color }: PlanTableOptions,
): string {
  const paint = painter(color)
  const width = Math.min(columns, 100)
  const [best] = plan.candidates
  const shown = plan.candidates.slice(0, rowsAtMost)
  const last = plan.candidates.at(-1)!
  const rows = last.family === 'serverless' && !shown.includes(last) ? [...shown, last] : shown
  const left = plan.candidates.length - rows.length
  const lines = [
    ...wrapped(loadLine(plan.inputs), width),
    '',
    paint('bold', row(heads).trimEnd()),
    ...rows.map((candidate, at) => {
      const text = row(cellsOf(candidate, plan.inputs)).trimEnd()
      return at === 0 ? paint('green', text) : text
    }),
    ...(left > 0 ? [paint('dim', `… and ${left} more (--json, --html)`)] : []),
    ...wrapped('1 zone: peak in ÷ ceiling with a zone down. Caught up: a group so far behind.', width).map((line) =>
      paint('dim', line),
    ),
    '',
    ...reasons(best!, width, paint),
    '',
    ...(answers.length > 0 ? [paint('bold', 'Questions')] : []),
    ...answers.flatMap(({ question, answer }) => aligned(question, answer, 26, width)),
  ]
  // Without a priced candidate there is nothing to set beside another.
  if (alternatives.some(({ costPerMonth }) => costPerMonth !== null)) {
    lines.push('', paint('bold', 'Side by side'), ...alternatives.map((one) => cut(alternativeLine(one), width)))
  }
  if (plan.excluded.length > 0) {
    lines.push('', paint('bold', 'Excluded'))
    lines.push(
      ...plan.excluded.slice(0, 4).flatMap(({ type, reasons: why }) => aligned(type, why.join('; '), 26, width)),
    )
    if (plan.excluded.length > 4) lines.push(paint('dim', `… and ${plan.excluded.length - 4} more (--json, --html)`))
  }
  lines.push(
    '',
    ...wrapped(
      `Data ${plan.dataVersion}. Nothing was measured on MSK: --write-profile writes the run that proves it.`,
      width,
    ).map((line) => paint('dim', line)),
  )
  return `${lines.join('\n')}\n`
}

const loadLine = (load: Load): string =>
  [
    `${plainNumber(load.inMBps)} MB/s in at the peak (average ${plainNumber(load.averageInMBps)})`,
    `${plainNumber(load.outMBps)} out (average ${plainNumber(load.averageOutMBps)})`,
    `replication ${load.replication}, ${load.zones} zones`,
    `retention ${hoursText(load.retentionHours)}${load.localRetentionHours < load.retentionHours ? ` (${hoursText(load.localRetentionHours)} local)` : ''}`,
    `headroom ${percentText(load.headroom)}`,
    `rack-aware fetch ${load.isRackAware ? 'on' : 'off'}`,
  ].join(', ')

const widths = [26, 8, 19, 9, 8, 10] as const
const heads = ['type', 'brokers', 'binding', '$/month', '1 zone', 'caught up']

const row = (cells: readonly string[]): string =>
  cells
    .map((text, at) =>
      at === 0 || at === 2 ? padded(at === 2 ? `  ${text}` : text, widths[at]!) : text.padStart(widths[at]!),
    )
    .join('')

function cellsOf(candidate: PlannedCandidate, _load: Load): string[] {
  const { oneZoneDown, catchUp } = candidate
  const zone = oneZoneDown.shareOfCeiling === null ? 'none' : percentText(oneZoneDown.shareOfCeiling)
  return [
    candidate.type,
    candidate.brokers === null ? '–' : String(candidate.brokers),
    candidate.binding,
    candidate.costPerMonth === null ? 'stale' : plainNumber(Math.round(candidate.costPerMonth.total)),
    `${zone}${oneZoneDown.fits ? '' : '!'}`,
    catchUp.hours === null ? 'never!' : `${hoursText(catchUp.hours)}${catchUp.fits ? '' : '!'}`,
  ]
}

type Paint = ReturnType<typeof painter>

/** Why the cheapest wins: its constraints with their sources, its cost, the readings it rests on, its warnings. */
function reasons(best: PlannedCandidate, width: number, paint: Paint): string[] {
  const count = best.brokers === null ? '' : `${best.brokers} × `
  const lines = [
    paint(
      'bold',
      `${count}${best.type}: ${best.family === 'serverless' ? 'the only one that takes it' : 'the cheapest'}`,
    ),
  ]
  const nameWidth = Math.max(...best.constraints.map(({ name }) => widthOf(name))) + 2
  for (const constraint of best.constraints) lines.push(cut(constraintLine(constraint, nameWidth), width))
  if (best.costPerMonth) {
    const { total, ...parts } = best.costPerMonth
    const paid = Object.entries(parts).filter(([, value]) => value > 0)
    lines.push(
      ...aligned(
        'cost a month',
        `${usd(total)}: ${paid.map(([part, value]) => `${partName(part)} ${usd(value)}`).join(', ')}`,
        26,
        width,
      ),
    )
  }
  for (const { id, taken, other } of best.conflicts)
    lines.push(...aligned(`conflict ${id} in AWS docs`, `taken: ${taken}. ${other}`, 26, width))
  for (const warning of best.warnings)
    lines.push(...hanging(`! ${warning}`, width).map((line) => paint('yellow', line)))
  return lines
}

const partNames: Readonly<Record<string, string>> = {
  provisionedThroughput: 'provisioned throughput',
  dataIn: 'data in',
  crossZone: 'between zones',
}
export const partName = (part: string): string => partNames[part] ?? part

function constraintLine(
  { name, demand, capacity, unit, brokers, tag, source }: PlannedConstraint,
  nameWidth: number,
): string {
  const need = brokers === null ? '' : `${String(brokers).padStart(3)} broker${brokers === 1 ? ' ' : 's'}  `
  const asked = demand === null ? 'not known' : plainNumber(demand)
  return `${padded(name, nameWidth)}${need}${asked} of ${plainNumber(capacity)} ${unit}  ${tag} ${source}`
}

function alternativeLine({ change, type, brokers, costPerMonth, differencePerMonth }: Alternative): string {
  const name = padded(change, 28)
  if (type === null) return `${name}none`
  const size = `${brokers === null ? '' : `${brokers} × `}${type}`
  const cost = costPerMonth === null ? '' : usd(costPerMonth)
  const more =
    differencePerMonth === null || Math.abs(differencePerMonth) < 0.5
      ? ''
      : `${differencePerMonth > 0 ? '+' : '−'}${usd(Math.abs(differencePerMonth))}`
  return `${name}${padded(size, 30)}${cost.padStart(10)}${more.padStart(11)}`.trimEnd()
}

/** A label, then text that is wrapped beside it. */
function aligned(label: string, text: string, at: number, width: number): string[] {
  // A number is not broken where its digits are grouped.
  const whole = text.replace(/(\d) (?=\d{3}\b)/g, '$1\u00a0')
  const lines = wrapped(whole, width - at).map((line) => line.replaceAll('\u00a0', ' '))
  const head = widthOf(label) < at ? [padded(label, at) + (lines[0] ?? '')] : [label, ' '.repeat(at) + (lines[0] ?? '')]
  return [...head, ...lines.slice(1).map((line) => ' '.repeat(at) + line)]
}

const hanging = (text: string, width: number): string[] =>
  wrapped(text, width - 2).map((line, at) => (at === 0 ? line : `  ${line}`))

/** The highest load of a cluster, constraint by constraint. Ends with a newline. */
export function clusterText(answer: ClusterAnswer, load: Load, { columns, color }: PlanTableOptions): string {
  const paint = painter(color)
  const width = Math.min(columns, 100)
  const lines = [
    paint(
      'bold',
      `${answer.brokers} × ${answer.type}: at most ${plainNumber(answer.maxInMBps)} MB/s in (${answer.binding})`,
    ),
    ...wrapped(
      `with ${plainNumber(load.g)} × as much out, replication ${load.replication}, retention ${hoursText(load.retentionHours)}`,
      width,
    ),
    '',
    ...answer.constraints.map(({ name, maxInMBps, fits, tag, source }) => {
      const text = maxInMBps === null ? (fits ? 'met' : 'exceeded') : `${plainNumber(maxInMBps)} MB/s in`
      return cut(`${padded(name, 20)}${text.padStart(16)}  ${tag} ${source}`, width)
    }),
    ...answer.warnings.flatMap((warning) => hanging(`! ${warning}`, width)),
  ]
  return `${lines.join('\n')}\n`
}
