import { plural } from '../base/plural.ts'
import { formatCount, formatMicros, formatSeconds } from '../base/units.ts'
import { settingsOf, settingsOfRun } from '../compare/run-settings.ts'
import { acksOf } from '../compare/used-settings.ts'
import type { FaultResult, RunResult, Variant } from '../contracts/result.ts'
import {
  faultTitle,
  groupRebalances,
  isrFullS,
  leastOf,
  occurrences,
  stalledElsewhere,
  waitedForIsr,
  wasUnavailable,
  worstOf,
} from './_faults.ts'
import { type Finding, type Tone, worstTone } from './_findings.ts'
import { variantLabels } from './_variants.ts'

/** A judgement in words: what must be known, and what went as it should. */
export interface FaultFinding extends Finding {
  more: string
}

interface Clause {
  text: string
  tone: Tone
}

/** What the faults did to each client, a sentence each; nothing for variants without faults. */
export function faultFindings(result: RunResult): FaultFinding[] {
  const labels = variantLabels(result.variants)
  return result.variants.flatMap((variant, at): FaultFinding[] => {
    if (variant.faults.length === 0) return []
    const about = labels[at]!
    if (variant.faults.length > 1) return [{ ...asFinding(overall(variant)), about }]
    return [{ ...faultFinding(result, variant, variant.faults[0]!, true), about }]
  })
}

/** What one fault did to one client. Losses are the variant's, so they are shown where it had one fault only. */
export function faultFinding(result: RunResult, variant: Variant, fault: FaultResult, withLoss: boolean): FaultFinding {
  return asFinding(
    [
      ...(fault.verifiedAtS === null ? [warn('not verified: it was not seen to happen')] : []),
      ...(withLoss ? lossClauses(variant) : []),
      ...availabilityClauses(fault),
      ...electionClauses(fault.uncleanElections ?? 0),
      ...unfinishedClauses(fault),
      ...elsewhereClauses(result, variant, fault),
      ...ownLoadClauses(fault),
    ],
    finishedWords(variant, fault),
  )
}

/** "kill-broker: SIGKILL to broker 2, 30 s into the measurement, over after 60 s" */
export function faultsLine(result: RunResult): string | null {
  const all = occurrences(result.variants)
  if (all.length === 0) return null
  if (all.length > 1) {
    const uses = [...new Set(all.flat().flatMap((fault) => (fault ? [fault.use] : [])))]
    return `${all.length} faults: ${uses.join(', ')}`
  }
  const found = all[0]!.flatMap((fault, at) => (fault ? [{ fault, variant: result.variants[at]! }] : []))
  const titles = new Set(found.map(({ fault }) => faultTitle(fault)))
  const { fault, variant } = found[0]!
  return [titles.size === 1 ? faultTitle(fault) : fault.use, whenWords(variant, fault)].join(', ')
}

/** "30 s into the measurement, over after 60 s" */
export function whenWords(variant: Variant, fault: FaultResult): string {
  const measure = variant.phases.find((phase) => phase.name === 'measure')
  const at = measure
    ? `${formatSeconds(tenth(fault.injectedAtS - measure.startS))} into the measurement`
    : `at ${formatSeconds(tenth(fault.injectedAtS))}`
  if (fault.healedAtS === null) return at
  return `${at}, over after ${formatSeconds(tenth(fault.healedAtS - fault.injectedAtS))}`
}

const tenth = (seconds: number): number => Math.round(seconds * 10) / 10
const good = (text: string): Clause => ({ text, tone: 'good' })
const warn = (text: string): Clause => ({ text, tone: 'warn' })
const bad = (text: string): Clause => ({ text, tone: 'bad' })
const ms = (value: number | null): string => formatMicros(value === null ? null : value * 1000)

export const counted = plural

const asFinding = (clauses: readonly Clause[], more: readonly string[] = []): FaultFinding => ({
  tone: worstTone(clauses.map(({ tone }) => tone)),
  about: null,
  text: clauses.map(({ text }) => text).join(', '),
  more: more.join(', '),
})

/** Several faults of one variant together. */
function overall(variant: Variant): Clause[] {
  const { faults } = variant
  const partitions = faults.flatMap((fault) => fault.partitions)
  const worst = partitions.filter(wasUnavailable)
  const measured = worstOf(partitions.map((one) => one.unavailableMs))
  const unverified = faults.filter((fault) => fault.verifiedAtS === null).length
  const lost = partitions.filter((one) => !one.recovered)
  return [
    good(counted(faults.length, 'fault')),
    ...(unverified > 0 ? [warn(`${formatCount(unverified)} not verified`)] : []),
    ...lossClauses(variant),
    worst.length > 0 ? good(`worst partition ${ms(measured)} unavailable`) : unnoticed(measured),
    ...(lost.length > 0 ? [bad(notRecovered(new Set(lost.map((one) => `${one.topic}-${one.id}`)).size))] : []),
    ...electionClauses(faults.reduce((sum, fault) => sum + (fault.uncleanElections ?? 0), 0)),
    ...unfinishedClauses(faults.at(-1)!),
  ]
}

function lossClauses({ integrity }: Variant): Clause[] {
  if (integrity.verdict === 'not-audited') return [warn('loss not audited')]
  const others = (['corrupt', 'duplicated', 'reordered'] as const).filter((key) => integrity[key] > 0)
  const isBad = (key: string) => key === 'corrupt'
  return [
    integrity.lost > 0 ? bad(`${formatCount(integrity.lost)} lost`) : good('0 lost'),
    ...others.map((key) => (isBad(key) ? bad : good)(`${formatCount(integrity[key])} ${key}`)),
  ]
}

const unnoticed = (measuredMs: number | null): Clause =>
  measuredMs === null
    ? warn('unavailability not measured')
    : good(`no partition unavailable for longer than ${ms(measuredMs)}`)

const notRecovered = (count: number): string => `${counted(count, 'partition')} not recovered`

function availabilityClauses(fault: FaultResult): Clause[] {
  const worst = worstOf(fault.partitions.map((one) => one.unavailableMs))
  const lost = fault.partitions.filter((one) => !one.recovered).length
  const recovery = lost > 0 ? [bad(notRecovered(lost))] : []
  if (!fault.partitions.some(wasUnavailable)) return [unnoticed(worst), ...recovery]
  return [good(`worst partition ${ms(worst)} unavailable`), ...recovery]
}

/** The reason is given only where the settings and the times of every such partition agree with it. */
function elsewhereClauses(result: RunResult, variant: Variant, fault: FaultResult): Clause[] {
  const elsewhere = stalledElsewhere(fault)
  if (elsewhere.length === 0) return []
  const reason =
    acksOf(variant, settingsOf(settingsOfRun(result), variant.params)) === 'all' && waitedForIsr(elsewhere)
      ? ` because acks=all waited for the ${Object.hasOwn(states, fault.use) ? states[fault.use] : ''}follower`
      : ''
  return [good(`${counted(elsewhere.length, 'partition')} led elsewhere stalled too${reason}`)]
}

/** Only faults whose name says what became of the broker. */
const states: Readonly<Record<string, string>> = {
  'kill-broker': 'dead ',
  'kill-controller': 'dead ',
  'kill-coordinator': 'dead ',
  'pause-broker': 'paused ',
  'isolate-broker': 'isolated ',
  'stop-broker': 'stopped ',
  'restart-broker': 'stopped ',
  'rolling-restart': 'stopped ',
}

/** Where the client's own load stood still clearly longer than the canary's: its settings, not the cluster. */
function ownLoadClauses(fault: FaultResult): Clause[] {
  const own = worstOf(fault.partitions.map((one) => one.clientGapMs))
  const canary = worstOf(fault.partitions.map((one) => one.unavailableMs))
  if (own === null || own < 500 || (canary !== null && own < canary * 1.1 + 500)) return []
  return [good(`its own load stood still for ${ms(own)}`)]
}

const electionClauses = (count: number): Clause[] => (count > 0 ? [bad(counted(count, 'unclean election'))] : [])

function unfinishedClauses(fault: FaultResult): Clause[] {
  // Without an undisturbed time before it nobody knows what drained would be.
  const drains = fault.calmBeforeS === null ? [] : Object.entries(fault.drainS)
  const open = drains.flatMap(([group, drainS]) => (drainS === null ? [group] : []))
  const shrunk = fault.partitions.filter((one) => one.isrShrunkMs !== null && one.isrRestoredS === null).length
  return [
    ...(open.length > 0 ? [warn(`lag of ${open.join(', ')} not drained`)] : []),
    ...(shrunk > 0 ? [warn(`${counted(shrunk, 'in-sync set')} not full again`)] : []),
  ]
}

function finishedWords(variant: Variant, fault: FaultResult): string[] {
  const drained = Object.values(fault.drainS)
  const longest = drained.some((drainS) => drainS === null) ? null : worstOf(drained)
  const fullS = isrFullS(fault)
  return [
    ...rebalanceWords(variant, fault),
    ...(longest === null || longest === 0 ? [] : [`lag drained after ${formatSeconds(tenth(longest))}`]),
    ...(fullS === null ? [] : [`in-sync sets full after ${formatSeconds(tenth(fullS))}`]),
    ...(fault.leadershipRestoredS === null
      ? []
      : [`preferred leaders back after ${formatSeconds(tenth(fault.leadershipRestoredS))}`]),
  ]
}

/** Rebalances between this fault and the next one. */
function rebalanceWords(variant: Variant, fault: FaultResult): string[] {
  const next = leastOf(variant.faults.map((one) => one.injectedAtS).filter((at) => at > fault.injectedAtS))
  const found = groupRebalances(variant).filter(
    ({ fromS }) => fromS >= fault.injectedAtS && fromS < (next ?? Number.POSITIVE_INFINITY),
  )
  const pauses = found.map(({ fromS, toS }) => (toS === null ? null : toS - fromS))
  const longest = worstOf(pauses)
  if (found.length === 0) return []
  const words = counted(found.length, 'rebalance')
  if (pauses.includes(null)) return [`${words}, after which a member read nothing more`]
  return [`${words} of ${found.length > 1 ? 'up to ' : ''}${ms(longest === null ? null : longest * 1000)}`]
}
