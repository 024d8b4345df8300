import type { RunResult, Variant } from '../contracts/result.ts'
import { settingsOf, usableVariant, wireBytesOf } from './from-run.ts'
import type { Load } from './load.ts'
import { percentText, plainNumber } from './number-text.ts'
import type { PlannedCandidate } from './planned.ts'
import { recordsPerSec } from './validation-profile.ts'

/** One assumption of a plan against what a run shows; `held` null = the run does not show it. */
export interface Assumption {
  name: string
  assumed: string
  found: string
  held: boolean | null
}

/** A rate or size counts as the assumed one within this share. */
const tolerance = 0.05
const keptUpShare = 0.995
const hourS = 3600

/** Holds the assumptions of a plan against a run of its validation profile. Throws `usage` for a run that proves nothing. */
export function checkRun(result: RunResult, candidate: PlannedCandidate, load: Load, sloMs: number): Assumption[] {
  const variant = usableVariant(result)
  const { topic } = settingsOf(result)
  const { provider } = result.cluster
  const isCloud = provider === 'external'
  const brokers = result.cluster.brokers.length
  return [
    {
      name: 'cluster',
      assumed: 'external',
      found: isCloud ? 'external' : `${provider}: its MB/s and latency are not those of MSK`,
      held: isCloud,
    },
    equal('brokers', candidate.brokers, brokers === 0 ? null : brokers),
    equal('partitions', candidate.partitions, topic.partitions),
    equal('replication factor', load.replication, topic.replicationFactor),
    ...rates(variant, load),
    measured(variant),
    reboot(variant),
    slo(variant, sloMs),
    drained(variant),
    {
      name: 'acknowledged records lost',
      assumed: '0',
      found: variant.integrity.verdict === 'not-audited' ? 'not audited' : String(variant.integrity.lost),
      held: variant.integrity.verdict === 'not-audited' ? null : variant.integrity.lost === 0,
    },
  ]
}

function equal(name: string, assumed: number | null, found: number | null): Assumption {
  const text = (value: number | null) => (value === null ? 'not known' : plainNumber(value))
  return {
    name,
    assumed: text(assumed),
    found: text(found),
    held: assumed === null || found === null ? null : assumed === found,
  }
}

/** Peak, whether the load was kept up with, fan-out, and bytes on the wire. */
function rates(variant: Variant, load: Load): Assumption[] {
  const { produce, consume } = variant
  const { bytes, isCounted } = wireBytesOf(variant)
  const peakPerSec = Math.max(0, ...measuredRows(variant).map((value) => value ?? 0))
  const peakMBps = bytes === null ? null : (peakPerSec * bytes) / 1e6
  const assumedBytes = (load.inMBps * 1e6) / recordsPerSec(load.inMBps, load)
  const share = produce.offeredPerSec ? produce.ackedPerSec / produce.offeredPerSec : null
  const fanOut = consume && produce.ackedPerSec > 0 ? consume.receivedPerSec / produce.ackedPerSec : null
  return [
    {
      name: 'peak in',
      assumed: `${plainNumber(load.inMBps)} MB/s`,
      found: peakMBps === null ? 'not known' : `${plainNumber(peakMBps)} MB/s in its best second`,
      held: peakMBps === null ? null : peakMBps >= load.inMBps * (1 - tolerance),
    },
    {
      name: 'load kept up with',
      assumed: `${percentText(keptUpShare)} acknowledged`,
      found: share === null ? 'not known' : percentText(share),
      held: share === null ? null : share >= keptUpShare,
    },
    {
      name: 'fan-out',
      assumed: `${plainNumber(load.g)} ×`,
      found: fanOut === null ? 'not known' : `${plainNumber(fanOut)} ×`,
      // Less read than planned proves less than was planned, and more asks for more.
      held: fanOut === null ? null : Math.abs(fanOut - load.g) <= tolerance * load.g,
    },
    {
      name: 'record on the wire',
      assumed: load.recordSizeBytes === null ? 'not known' : `${plainNumber(assumedBytes)} B`,
      found: bytes === null ? 'not known' : `${plainNumber(bytes)} B${isCounted ? '' : ', keys and values alone'}`,
      held:
        load.recordSizeBytes === null || bytes === null || !isCounted ? null : bytes <= assumedBytes * (1 + tolerance),
    },
  ]
}

/** Acknowledged records per second of the measure phase, second by second. */
function measuredRows({ series, phases }: Variant): (number | null)[] {
  const phase = phases.find(({ name }) => name === 'measure')
  const acked = series.columns.ackedPerSec ?? []
  if (!phase) return []
  return acked.filter((_, at) => series.tickS[at]! > phase.startS && series.tickS[at]! <= phase.endS)
}

function measured({ phases }: Variant): Assumption {
  const phase = phases.find(({ name }) => name === 'measure')
  const seconds = phase ? phase.endS - phase.startS : 0
  return {
    name: 'measured for',
    assumed: '60 min',
    found: `${plainNumber(seconds / 60)} min`,
    held: seconds >= hourS * 0.99,
  }
}

function reboot({ faults }: Variant): Assumption {
  const seen = faults.filter(({ verifiedAtS }) => verifiedAtS !== null)
  const isOpen = seen.some(({ partitions }) => partitions.some(({ recovered }) => !recovered))
  const longest = Math.max(
    0,
    ...seen.flatMap(({ partitions }) => partitions.map(({ unavailableMs }) => unavailableMs ?? 0)),
  )
  return {
    name: 'one broker rebooted',
    assumed: 'every partition recovers',
    found:
      seen.length === 0
        ? 'no fault was seen'
        : isOpen
          ? 'not recovered'
          : `recovered, longest gap ${plainNumber(longest)} ms`,
    held: seen.length === 0 ? false : !isOpen,
  }
}

function slo({ produce }: Variant, sloMs: number): Assumption {
  const p99 = produce.responseUs?.p99 ?? null
  return {
    name: 'response p99',
    assumed: `below ${plainNumber(sloMs)} ms`,
    found: p99 === null ? 'not known' : `${plainNumber(p99 / 1000)} ms`,
    held: p99 === null ? null : p99 < sloMs * 1000,
  }
}

function drained({ lag }: Variant): Assumption {
  const groups = Object.entries(lag)
  const left = groups.filter(([, { drainS }]) => drainS === null).map(([group]) => group)
  return {
    name: 'lag drained',
    assumed: 'by every group',
    found: groups.length === 0 ? 'no group' : left.length === 0 ? 'by every group' : `not by ${left.join(', ')}`,
    held: groups.length === 0 ? null : left.length === 0,
  }
}
