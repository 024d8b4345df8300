import { formatCount, formatMicros, formatSeconds } from '../../base/units.ts'
import type { FaultPartition, FaultResult, RunResult, Variant } from '../../contracts/result.ts'
import { counted, faultFinding, whenWords } from '../_fault-words.ts'
import {
  faultTitle,
  groupRebalances,
  isrFullS,
  leastOf,
  ledByTarget,
  medianOf,
  occurrences,
  partitionName,
  worstFirst,
  worstOf,
} from '../_faults.ts'
import type { Cell, Row } from '../_rows.ts'
import { variantLabels } from '../_variants.ts'
import { html, type Markup } from './markup.ts'
import { findingList, inFull } from './sections.ts'
import { columnHeads, framed, rowMarkup } from './tables.ts'

const rowsAtOnce = 14

/** One fault, with what each variant went through; null where a variant had none. */
interface Occurrence {
  variants: readonly Variant[]
  labels: readonly string[]
  faults: readonly (FaultResult | null)[]
}

/** Every fault with its numbers and its failover table, the variants side by side. */
export function faultSection(result: RunResult): Markup {
  const labels = variantLabels(result.variants)
  const all = occurrences(result.variants)
  const parts = all.map((faults, at) => {
    const one: Occurrence = { variants: result.variants, labels, faults }
    const words =
      all.length === 1
        ? []
        : faults.flatMap((fault, n) =>
            fault ? [{ ...faultFinding(result, result.variants[n]!, fault, false), about: labels[n]! }] : [],
          )
    return html`<h3>${headingOf(faults, at, all.length)}</h3>
${findingList(words.map(inFull))}
${factsTable(one)}
<h4 class="spaced">Failover by partition</h4>
${failoverTable(one)}`
  })
  return html`${parts}
<p class="explain">Times count from the injection, unavailability is a length. Unavailable: the longest silence of the canary, a client of its own that writes to every partition; “exact to” is its longest silence before the fault. Client gap: the longest silence of the measured client’s own load. * led by the broker that was hit. “–” did not happen, or is not known.</p>`
}

function headingOf(faults: readonly (FaultResult | null)[], at: number, count: number): string {
  const titles = new Set(faults.flatMap((fault) => (fault ? [faultTitle(fault)] : [])))
  const first = faults.find((fault) => fault !== null)!
  return `${count > 1 ? `${at + 1}. ` : ''}${titles.size === 1 ? faultTitle(first) : first.use}`
}

const ms = (value: number | null): string => formatMicros(value === null ? null : value * 1000)
const rounded = (seconds: number | null): string =>
  formatSeconds(seconds === null ? null : Math.round(seconds * 100) / 100)

function factsTable({ variants, labels, faults }: Occurrence): Markup {
  const row = (label: string, cell: (fault: FaultResult, variant: Variant) => Cell | string, help?: string): Row => ({
    label,
    ...(help === undefined ? {} : { help }),
    cells: faults.map((fault, at) => {
      const made = fault ? cell(fault, variants[at]!) : '–'
      return typeof made === 'string' ? { text: made } : made
    }),
  })
  const groups = [...new Set(faults.flatMap((fault) => Object.keys(fault?.lagPeak ?? {})))]
  const rows = [
    row('target', (fault) => fault.target || '–'),
    row('when', (fault, variant) => whenWords(variant, fault)),
    row('verified after', verifiedCell, 'seen to have happened'),
    row(
      'first new leader after',
      (fault) => ms(leastOf(fault.partitions.map((one) => one.electionMs))),
      'from the metadata',
    ),
    row('in-sync sets full after', (fault) => rounded(isrFullS(fault))),
    row('preferred leaders back after', (fault) => rounded(fault.leadershipRestoredS)),
    row('under-replicated', (fault) => partitionSeconds(fault.underReplicatedS), 'partition-seconds'),
    row('fewer in sync than required', (fault) => partitionSeconds(fault.underMinIsrS), 'min.insync.replicas'),
    row('without a leader', (fault) => partitionSeconds(fault.offlineS)),
    row(
      'unclean elections',
      (fault) => ({ text: formatCount(fault.uncleanElections), bad: (fault.uncleanElections ?? 0) > 0 }),
      'the leader was not in sync: its log may lack records',
    ),
    ...groups.flatMap((group) => lagRows(row, group)),
  ]
  return framed(
    'The fault in numbers',
    html`<table class="said">${columnHeads('', labels)}<tbody>${rows.map(rowMarkup)}</tbody></table>`,
  )
}

const partitionSeconds = (seconds: number | null): string =>
  formatCount(seconds === null ? null : Math.round(seconds * 10) / 10)

const verifiedCell = (fault: FaultResult): Cell =>
  fault.verifiedAtS === null
    ? { text: 'not verified', bad: true }
    : { text: ms(Math.max(0, Math.round((fault.verifiedAtS - fault.injectedAtS) * 1000))) }

type MakeRow = (label: string, cell: (fault: FaultResult) => Cell | string, help?: string) => Row

const lagRows = (row: MakeRow, group: string): Row[] => [
  row(`${group}: lag at most`, ({ lagPeak }) => {
    const peak = lagPeak[group]
    const seconds = peak?.seconds ?? null
    return `${formatCount(peak?.records ?? null)}${seconds === null ? '' : `, ${formatSeconds(seconds)} old`}`
  }),
  row(
    `${group}: drained after`,
    ({ drainS, calmBeforeS }) => {
      if (!(group in drainS) || calmBeforeS === null) return '–'
      if (drainS[group] === 0) return 'never rose'
      return drainS[group] === null ? { text: 'not drained', bad: true } : rounded(drainS[group] ?? null)
    },
    'at most its p99 from before, for 5 s',
  ),
  row(`${group}: drained by`, ({ drainRecordsPerSec }) => {
    const rate = drainRecordsPerSec[group] ?? null
    return rate === null ? '–' : `${formatCount(rate)} records/s`
  }),
]

/** What a failover table shows of a partition: heading, text, and the number that worst and median are of. */
const measures: readonly {
  label: string
  unit: string
  of: (partition: FaultPartition) => number | null
}[] = [
  { label: 'unavailable', unit: 'ms', of: (one) => one.unavailableMs },
  { label: 'exact to', unit: 'ms', of: (one) => one.resolutionMs },
  { label: 'client gap', unit: 'ms', of: (one) => one.clientGapMs },
  { label: 'new leader after', unit: 'ms', of: (one) => one.electionMs },
  { label: 'first ack after', unit: 'ms', of: (one) => one.firstAckMs },
  { label: 'ISR shrunk after', unit: 'ms', of: (one) => one.isrShrunkMs },
  { label: 'ISR full after', unit: 's', of: (one) => one.isrRestoredS },
]

/** A row per partition and variant, the worst partition first; above them worst and median per variant. */
function failoverTable({ labels, faults }: Occurrence): Markup {
  const total = (label: string, of: (values: (number | null)[]) => number | null) =>
    rowGroup(
      label,
      faults.flatMap((fault, at) =>
        fault
          ? [
              html`<td class="text">${labels[at]}</td><td></td>${measures.map(
                (measure) => html`<td>${formatCount(of(fault.partitions.map(measure.of)))}</td>`,
              )}`,
            ]
          : [],
      ),
      true,
    )
  const rows = partitionsOf(faults).map(({ name, found }) =>
    rowGroup(
      name,
      found.flatMap(({ fault, partition, at }) => [partitionCells(labels[at]!, fault, partition)]),
    ),
  )
  const count = rows.length * faults.length
  return framed(
    'Failover by partition',
    html`<table class="grouped"><thead><tr><th scope="col">partition</th><th scope="col" class="text">client</th><th scope="col" class="text">leader</th>${measures.map(
      ({ label, unit }) => html`<th scope="col">${label}<small>${unit}</small></th>`,
    )}</tr></thead>${total('worst', worstOf)}${total('median', medianOf)}${rows}</table>`,
    count > rowsAtOnce,
  )
}

const rowGroup = (label: string, rows: readonly Markup[], isTotal = false): Markup =>
  html`<tbody${isTotal ? html` class="total"` : ''}>${rows.map(
    (cells, at) =>
      html`<tr>${at === 0 && html`<th scope="rowgroup" rowspan="${rows.length}">${label}</th>`}${cells}</tr>`,
  )}</tbody>`

function partitionCells(label: string, fault: FaultResult, partition: FaultPartition): Markup {
  const hit = ledByTarget(fault, partition)
  return html`<td class="text">${label}</td><td class="text">${leaderWords(partition)}${hit ? ' *' : ''}</td>${measures.map(
    (measure) => {
      const open = measure === measures[0] && !partition.recovered
      return html`<td class="${open ? 'alert' : ''}">${open ? '≥ ' : ''}${formatCount(measure.of(partition))}${open ? ', not recovered' : ''}</td>`
    },
  )}`
}

/** "2 → 3" where another one was elected. */
const leaderWords = ({ leaderBefore, leaderAfter }: FaultPartition): string =>
  leaderAfter === null ? `${leaderBefore ?? 'none'}` : `${leaderBefore ?? 'none'} → ${leaderAfter}`

interface Found {
  name: string
  found: { fault: FaultResult; partition: FaultPartition; at: number }[]
}

/** The same partition of every variant together; topics are matched by their order, for each variant has its own. */
function partitionsOf(faults: readonly (FaultResult | null)[]): Found[] {
  const byKey = new Map<string, Found>()
  for (const [at, fault] of faults.entries()) {
    if (!fault) continue
    const topics = [...new Set(fault.partitions.map(({ topic }) => topic))]
    for (const partition of fault.partitions) {
      const key = `${topics.indexOf(partition.topic)}-${partition.id}`
      const entry = byKey.get(key) ?? { name: partitionName(fault, partition), found: [] }
      entry.found.push({ fault, partition, at })
      byKey.set(key, entry)
    }
  }
  const worst = (one: Found) => worstFirst(one.found.map(({ partition }) => partition))[0]!
  const all = [...byKey.values()]
  const order = worstFirst(all.map(worst))
  return all.sort((a, b) => order.indexOf(worst(a)) - order.indexOf(worst(b)))
}

/** Every rebalance: the group as a whole, then its members. */
export function rebalanceSection(result: RunResult): Markup {
  const labels = variantLabels(result.variants)
  const rows = result.variants.flatMap((variant, at) =>
    groupRebalances(variant).map((one) => {
      const whole = one.toS === null ? null : (one.toS - one.fromS) * 1000
      const cells = (member: string, atS: number, pauseMs: number | null, moved: number, protocol: string) =>
        html`<td class="text">${one.group}</td><td class="text">${member}</td><td>${atS.toFixed(1)} s</td><td class="${pauseMs === null ? 'alert' : ''}">${pauseMs === null ? 'no record came' : ms(pauseMs)}</td><td>${formatCount(moved)}</td><td class="text">${protocol}</td>`
      const protocols = [...new Set(one.members.map(({ protocol }) => protocol))].join(', ')
      return rowGroup(labels[at]!, [
        cells(
          `all ${counted(one.members.length, 'member')}`.replace('all 1 ', '1 '),
          one.fromS,
          whole,
          one.partitionsMoved,
          protocols,
        ),
        ...one.members.map((member) =>
          cells(`member ${member.member}`, member.atS, member.pauseMs, member.partitionsMoved, member.protocol),
        ),
      ])
    }),
  )
  return html`<p class="explain">A member’s pause is from revocation to its next record. The group’s is from its first member’s stop to its last one’s next record. Joining at the start is no rebalance.</p>
${framed(
  'Rebalances',
  html`<table class="grouped"><thead><tr><th scope="col">variant</th><th scope="col" class="text">group</th><th scope="col" class="text">member</th><th scope="col">at</th><th scope="col">pause</th><th scope="col">partitions moved</th><th scope="col" class="text">protocol</th></tr></thead>${rows}</table>`,
  rows.length > 4,
)}`
}
