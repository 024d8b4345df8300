import type { MskData } from './data.ts'
import type { PlanInput } from './input.ts'
import { isTiered, type Load } from './load.ts'
import { counted, hoursText, percentText, plainNumber, usd } from './number-text.ts'
import { cheapestFor } from './plan.ts'
import type { Plan, PlannedCandidate, PricedCandidate } from './planned.ts'

/** One question with its answer in a line, and the figures in it. */
export interface Answer {
  id: string
  question: string
  answer: string
  values: Record<string, number | string | boolean | null>
}

/** The change of one thing, with what the cheapest cluster would then be; null = none takes the load. */
export interface Alternative {
  id: string
  change: string
  type: string | null
  brokers: number | null
  costPerMonth: number | null
  /** Against the cheapest cluster of the plan. */
  differencePerMonth: number | null
}

/** The cheapest candidate whose cost is known; null = there is none. */
export const cheapest = ({ candidates }: Plan): PricedCandidate | null =>
  candidates.find((one): one is PricedCandidate => one.costPerMonth !== null && one.brokers !== null) ?? null

/** F3: partitions for a rate, from the speeds that one partition was measured to have; null = no speed is known. */
export function partitionsFor(rateMBps: number, produceMBps: number | null, consumeMBps: number | null): number | null {
  const speeds = [produceMBps, consumeMBps].filter((speed) => speed !== null)
  if (speeds.length === 0) return null
  return Math.ceil(Math.max(...speeds.map((speed) => rateMBps / speed)) - 1e-9)
}

/** The answers that every plan has, about its cheapest cluster. */
export function answersOf(plan: Plan, input: PlanInput, data: MskData, patterns: readonly string[] | null): Answer[] {
  const load = plan.inputs
  const best = cheapest(plan)
  const partitions = partitionsAnswer(input, load)
  if (!best) return partitions
  const { catchUp, oneZoneDown, growth } = best
  const name = `${best.brokers} × ${best.type}`
  const doubled = cheapestFor(withRetention(load, 2), data, patterns)
  const reboot = load.inMBps / ((best.ceiling.baselineMBps * (best.brokers - 1)) / best.brokers)
  return [
    {
      id: 'zone-down',
      question: 'One zone down?',
      answer: `${oneZoneDown.brokers} brokers left, the peak is ${share(oneZoneDown.shareOfCeiling)} of their ceiling: ${fits(oneZoneDown.fits)}`,
      values: { ...oneZoneDown },
    },
    {
      id: 'reboot',
      question: 'One broker rebooting?',
      answer: `${best.brokers - 1} brokers left, the peak is ${share(Number.isFinite(reboot) ? reboot : null)} of their ceiling: ${fits(reboot <= 1)}`,
      values: { brokers: best.brokers - 1, shareOfCeiling: Number.isFinite(reboot) ? reboot : null, fits: reboot <= 1 },
    },
    {
      id: 'catch-up',
      question: `A group ${hoursText(catchUp.hoursBehind)} behind?`,
      answer:
        catchUp.hours === null
          ? 'never catches up at the peak'
          : `catches up in ${hoursText(catchUp.hours)} at the peak: ${catchUp.fits ? 'fits' : 'does not fit, the retention is shorter'}`,
      values: { ...catchUp },
    },
    {
      id: 'retention-doubled',
      question: 'Retention doubled?',
      answer: doubled ? `${doubled.brokers} × ${doubled.type}, ${difference(doubled, best)}` : 'no cluster takes it',
      values: {
        type: doubled?.type ?? null,
        brokers: doubled?.brokers ?? null,
        costPerMonth: doubled?.costPerMonth.total ?? null,
      },
    },
    {
      id: 'growth',
      question:
        load.growthPerYear > 0 ? `At ${percentText(load.growthPerYear)} growth a year?` : 'How far may it grow?',
      answer:
        growth.month === null
          ? `to ${plainNumber(growth.factor)} × the load on ${name} (${growth.by})`
          : `no longer fits ${name} in month ${growth.month} (${growth.by})`,
      values: { factor: growth.factor, by: growth.by, month: growth.month },
    },
    ...partitions,
  ]
}

function partitionsAnswer(input: PlanInput, load: Load): Answer[] {
  const target = input['target-rate'] ?? load.inMBps
  const produce = input['partition-in'] ?? null
  const consume = input['partition-out'] ?? null
  const partitions = partitionsFor(target, produce, consume)
  if (partitions === null) return []
  const speeds = [
    produce === null ? [] : [`${plainNumber(produce)} in`],
    consume === null ? [] : [`${plainNumber(consume)} out`],
  ]
  return [
    {
      id: 'partitions',
      question: `Partitions for ${plainNumber(target)} MB/s?`,
      answer: `${counted(partitions, 'partition')}, at ${speeds.flat().join(' and ')} MB/s each (measured)`,
      values: { partitions, targetMBps: target, producePerPartitionMBps: produce, consumePerPartitionMBps: consume },
    },
  ]
}

const share = (value: number | null): string => (value === null ? 'above any share' : percentText(value))
const fits = (yes: boolean): string => (yes ? 'fits' : 'does not fit')

function difference(other: PricedCandidate, base: PricedCandidate): string {
  const more = other.costPerMonth.total - base.costPerMonth.total
  if (Math.abs(more) < 0.5) return 'the same cost'
  return `${usd(other.costPerMonth.total)} a month, ${usd(Math.abs(more))} ${more > 0 ? 'more' : 'less'}`
}

const withRetention = (load: Load, times: number): Load => ({
  ...load,
  retentionHours: load.retentionHours * times,
  localRetentionHours: load.localRetentionHours * times,
})

/** Provisioned throughput, a larger type, rack-aware fetch, tiered storage and a longer retention, side by side. */
export function alternativesOf(plan: Plan, data: MskData, patterns: readonly string[] | null): Alternative[] {
  const load = plan.inputs
  const best = cheapest(plan)
  const among = (id: string, change: string, other: PlannedCandidate | null | undefined): Alternative => ({
    id,
    change,
    type: other?.type ?? null,
    brokers: other?.brokers ?? null,
    costPerMonth: other?.costPerMonth?.total ?? null,
    differencePerMonth: other?.costPerMonth && best ? other.costPerMonth.total - best.costPerMonth.total : null,
  })
  const priced = plan.candidates.filter(({ costPerMonth }) => costPerMonth !== null)
  const standard = (yes: (one: PlannedCandidate) => boolean) =>
    priced.find((one) => one.family === 'standard' && yes(one))
  const replanned = (change: Partial<Load>) => cheapestFor({ ...load, ...change }, data, patterns)
  const plainBest = standard(({ type }) => !type.endsWith('+pst'))
  const larger = plainBest && priced.find((one) => one.family === 'standard' && isLarger(one, plainBest, data))
  // A quarter stays on the brokers: the least that still holds a night's backlog of a daily retention.
  const local = load.retentionHours / 4
  return [
    among('as-planned', 'as planned', best),
    among(
      'provisioned',
      'provisioned throughput',
      standard(({ type }) => type.endsWith('+pst')),
    ),
    among('larger-type', 'a larger type', larger),
    load.isRackAware
      ? among('rack-aware', 'without rack-aware fetch', replanned({ isRackAware: false }))
      : among('rack-aware', 'with rack-aware fetch', replanned({ isRackAware: true })),
    isTiered(load)
      ? among('tiered', 'without tiered storage', replanned({ localRetentionHours: load.retentionHours }))
      : among('tiered', `tiered storage, ${hoursText(local)} local`, replanned({ localRetentionHours: local })),
    among('retention-doubled', 'retention doubled', replanned(withRetention(load, 2))),
  ]
}

/** A type of the same generation with more processors. */
function isLarger(one: PlannedCandidate, than: PlannedCandidate, data: MskData): boolean {
  const brokerOf = (type: string) => data.brokers.find((broker) => broker.type === type)
  const generation = (type: string) => type.split('.').slice(0, 2).join('.')
  const a = brokerOf(one.type)
  const b = brokerOf(than.type)
  return a !== undefined && b !== undefined && generation(a.type) === generation(b.type) && a.vcpu > b.vcpu
}
