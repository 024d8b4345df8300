import type { Bound, BoundBy } from '../contracts/findings.ts'
import type { BrokerLoad } from '../recording/broker-usage.ts'
import type { MachineUsage } from '../recording/machine-usage.ts'

/** Above these, a resource is taken to be at its limit; means over the measure phase. */
export const boundLimits = {
  /** Of offered, sent and acknowledged: as for `saturated`. */
  keptUpShare: 0.98,
  /** Records by which a rate may differ that is too low for a share of it. */
  keptUpRecords: 2,
  /** Event-loop utilisation of the busiest worker, as for `client-busy`. */
  loopShare: 0.9,
  /** Of the processors that the workers of a host can use, where their event loops could not be watched. */
  clientHostShare: 0.95,
  /** Of the processors that a broker may use. */
  brokerCpuShare: 0.9,
  /** Of a broker's request handlers' time. */
  handlerBusyShare: 0.9,
  /** Of all processors of this machine. */
  machineBusyShare: 0.9,
  /** Of the time in which some task waited for a processor, where no processor times are known. */
  cpuStallShare: 0.8,
  /** Of the time in which some task waited for a disk. */
  ioStallShare: 0.5,
  /** Of the time in which a disk had a request under way, where waiting tasks are not known. */
  diskBusyShare: 0.9,
  /** Of an interface's speed, in one direction. */
  networkShare: 0.9,
  /** Mean delay by a quota of the client that is delayed most. Kafka counts whole ms: below it, nobody waits. */
  throttleMs: 1,
  /** Of the time in which producers were held back by their in-flight bound. */
  inFlightShare: 0.5,
} as const

/** What was seen over the measure phase; null = could not be observed. */
export interface BoundEvidence {
  /** There is a schedule; false at rate max and for reading what is there. */
  paced: boolean
  measureS: number
  /** null = no schedule. */
  offeredPerSec: number | null
  sentPerSec: number
  /** null = nothing is acknowledged (acks 0). */
  ackedPerSec: number | null
  /** Share of the records' waiting, or of the time, in which the in-flight bound held producers back. */
  backpressureShare: number | null
  /** Share of the frames with nearly as many records in flight as may be ({@link fullShare}). */
  inFlightShare: number | null
  client: {
    /** Event-loop utilisation of the busiest of the workers that set the pace: producers, or consumers where nothing is produced. */
    loopShare: number | null
    /** CPU of the busiest load host, percent of one core, and the number of its workers. */
    hostCpuPercent: number | null
    hostWorkers: number
  }
  /** null = the brokers could not be seen. */
  brokers: readonly BrokerLoad[] | null
  /** Busiest request handlers by the brokers' own metrics; null = they are not read. */
  handlers: { broker: number; busyShare: number } | null
  /** The machine that kbench runs on. */
  machine: MachineUsage | null
  /** The brokers run on it, too: its disks are theirs. */
  brokersHere: boolean
  /** {@link import('../recording/broker-usage.ts').throttleMs}. */
  throttleMs: number | null
}

/** What was observed of one thing that can bind, and the value from which on it does. */
export type Line = Bound['evidence'][number]

export const isAtLimit = ({ value, limit }: Line): boolean => value !== null && limit !== null && value >= limit

const line = (by: BoundBy, metric: string, value: number | null, limit: number, unit = 'share'): Line => ({
  ...{ by, metric, value, limit, unit },
})

/** One line per thing that can be at its limit; of brokers the busiest, or one that is not known. */
export function observations(evidence: BoundEvidence): Line[] {
  return [
    clientLine(evidence.client),
    brokerLine(evidence.brokers),
    ...handlerLines(evidence.handlers),
    ...machineLines(evidence),
    line('quota', 'throttleMs', evidence.throttleMs, boundLimits.throttleMs, 'ms'),
  ]
}

function clientLine({ loopShare, hostCpuPercent, hostWorkers }: BoundEvidence['client']): Line {
  // Native threads and garbage collection add to a host's CPU while the loop has time left: it counts only in place of the loop.
  if (loopShare !== null || hostCpuPercent === null) {
    return line('client-cpu', 'eventLoopUtilisation', loopShare, boundLimits.loopShare)
  }
  const limit = 100 * boundLimits.clientHostShare * Math.max(1, hostWorkers)
  return line('client-cpu', 'hostCpuPercent', hostCpuPercent, limit, '%')
}

function brokerLine(brokers: BoundEvidence['brokers']): Line {
  const shares = (brokers ?? []).map(({ broker, cpuPercent, cores }) => ({
    metric: `broker${broker}CpuShare`,
    share: cpuPercent === null || cores === null || cores <= 0 ? null : cpuPercent / (100 * cores),
  }))
  const known = shares.flatMap(({ metric, share }) => (share === null ? [] : [{ metric, share }]))
  const busiest = known.reduce<(typeof known)[number] | null>(
    (most, each) => (most === null || each.share > most.share ? each : most),
    null,
  )
  const limit = boundLimits.brokerCpuShare
  if (busiest !== null && (busiest.share >= limit || known.length === shares.length)) {
    return line('broker-cpu', busiest.metric, busiest.share, limit)
  }
  // One broker that cannot be seen may be the one at its limit.
  return line('broker-cpu', shares.find(({ share }) => share === null)?.metric ?? 'brokerCpuShare', null, limit)
}

/** Beside the brokers' processors: without it nothing is missing. */
const handlerLines = (handlers: BoundEvidence['handlers']): Line[] =>
  handlers === null
    ? []
    : [
        line(
          'request-handlers',
          `broker${handlers.broker}HandlerBusyShare`,
          handlers.busyShare,
          boundLimits.handlerBusyShare,
        ),
      ]

function machineLines({ machine, brokersHere }: BoundEvidence): Line[] {
  const busy = machine?.busyShare ?? null
  const stalled = machine?.cpuStallShare ?? null
  // Tasks that are pinned to one processor wait for it while others idle: waiting counts only in place of processor times.
  const byStall = busy === null && stalled !== null
  const host = byStall
    ? line('host-cpu', 'cpuStallShare', stalled, boundLimits.cpuStallShare)
    : line('host-cpu', 'machineBusyShare', busy, boundLimits.machineBusyShare)
  const network = line('network', networkMetric(machine), machine?.networkShare ?? null, boundLimits.networkShare)
  return brokersHere ? [host, diskLine(machine), network] : [host, network]
}

const networkMetric = (machine: MachineUsage | null) =>
  machine?.network == null ? 'networkShare' : `networkShare ${machine.network}`

function diskLine(machine: MachineUsage | null): Line {
  const waiting = machine?.ioStallShare ?? null
  // A disk that writes back what was acknowledged from the page cache is busy, and nothing waits for it.
  if (waiting !== null) return line('disk', 'ioStallShare', waiting, boundLimits.ioStallShare)
  const metric = machine?.disk == null ? 'diskBusyShare' : `diskBusyShare ${machine.disk}`
  return line('disk', metric, machine?.diskBusyShare ?? null, boundLimits.diskBusyShare)
}

export function inFlightLines({ backpressureShare, inFlightShare }: BoundEvidence): Line[] {
  return [
    line('in-flight', 'backpressureShare', backpressureShare, boundLimits.inFlightShare),
    line('in-flight', 'inFlightShare', inFlightShare, boundLimits.inFlightShare),
  ]
}

/** Sent and acknowledged against offered; without a schedule nothing keeps up with it. */
export function keptUp({ paced, measureS, offeredPerSec, sentPerSec, ackedPerSec }: BoundEvidence): Line[] {
  const due = paced && offeredPerSec !== null && offeredPerSec > 0 ? offeredPerSec * measureS : null
  const { keptUpShare, keptUpRecords } = boundLimits
  // At least one record: a load that is too low for the tolerance has not kept up by doing nothing.
  const limit = due === null ? keptUpShare : Math.max(1 / due, Math.min(keptUpShare, (due - keptUpRecords) / due))
  const share = (perSec: number | null) => (due === null || perSec === null ? null : (perSec * measureS) / due)
  return [
    line('schedule', 'sentShare', share(sentPerSec), limit),
    line('schedule', 'ackedShare', share(ackedPerSec), limit),
  ]
}
