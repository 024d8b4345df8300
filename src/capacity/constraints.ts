import type { BrokerType, MskData, Tag } from './data.ts'
import { gibPerMBpsHour, isTiered, type Load } from './load.ts'
import { isLargeM7g, type Readings } from './readings.ts'

export type ConstraintName =
  | 'ceiling'
  | 'resilient-ebs'
  | 'resilient-network'
  | 'partitions'
  | 'storage'
  | 'connections'
  | 'cpu'
  | 'ingress-quota'
  | 'egress-quota'
  | 'partition-rate'

/** What one limit asks for. `capacity` is that of one broker, of partition-rate that of all partitions together. */
export interface Constraint {
  name: ConstraintName
  demand: number
  capacity: number
  unit: string
  /** Brokers that this constraint alone requires. */
  brokers: number
  tag: Tag
  /** Ids of sources.csv, separated by ";"; "own measurement" where none applies. */
  source: string
}

/** A broker type as a candidate: with provisioned volume throughput, or without. */
export interface Candidate {
  broker: BrokerType
  /** MiB/s of every broker's volume; null = not provisioned. */
  provisionedMiBps: number | null
}

export const nameOf = ({ broker, provisionedMiBps }: Candidate): string =>
  provisionedMiBps === null ? broker.type : `${broker.type}+pst`

/** MB/s of a broker's volume. */
export function volumeOf({ broker, provisionedMiBps }: Candidate, readings: Readings): number {
  const mib =
    provisionedMiBps ??
    (isLargeM7g(broker.type) ? Math.max(broker.volumeMBps, readings.largeM7gVolumeMBps) : broker.volumeMBps)
  return mib * readings.mbPerVolumeMiB
}

/**
 * F1: MB/s in that one of n equal brokers carries, by volume, EBS network and EC2 network; T_max is n times that. `g` = peak out ÷ peak in.
 * Infinite where a limit does not apply.
 */
export function ceilingParts(
  volumeMBps: number,
  { ebsNetMBps, ec2NetMBps }: BrokerType,
  g: number,
  replication: number,
) {
  const copies = g + replication - 1
  return {
    volume: volumeMBps / replication,
    ebs: ebsNetMBps / replication,
    ec2: copies === 0 ? Number.POSITIVE_INFINITY : ec2NetMBps / copies,
  }
}

/** MB/s in of one broker by F1. */
export function ceilingPerBroker(volumeMBps: number, broker: BrokerType, g: number, replication: number): number {
  const { volume, ebs, ec2 } = ceilingParts(volumeMBps, broker, g, replication)
  return Math.min(volume, ebs, ec2)
}

/** Share of the K factors that replication takes: both were made for replication factor 3. */
const replicationShare = 1.5

/** F2: how many MB/s of a broker's EBS and network one MB/s in costs with a zone down, lag and a rebalance. */
export function kFactors(load: Load, readings: Readings): { ebs: number; net: number } {
  const isOther = load.replication !== 3 && readings.kFollowsReplication
  const replication = isOther ? replicationShare * ((load.replication - 1) / 2 - 1) : 0
  const tiered = isTiered(load) ? 1.5 : 0
  return { ebs: 6.5 + replication + tiered, net: 5.7 + 1.5 * load.g + replication + tiered }
}

const noMoreThan = 1e-9
/** Brokers for a demand; what floating point adds does not make one more. */
export const brokersFor = (demand: number, capacity: number): number =>
  Math.max(1, Math.ceil(demand / capacity - noMoreThan))

const certainty = ({ origins }: BrokerType): Tag => (origins.network.isThirdParty ? 'estimate' : 'derived')

const make = (
  name: ConstraintName,
  demand: number,
  capacity: number,
  unit: string,
  tag: Tag,
  source: string,
): Constraint => ({
  name,
  demand,
  capacity,
  unit,
  brokers: brokersFor(demand, capacity),
  tag,
  source,
})

/** GiB that the volumes of standard brokers are sized for: half full, every copy. */
export const sizingGiB = (load: Load): number => storedGiB(load) * 2

/** GiB of all copies that the brokers hold themselves. */
export const storedGiB = ({ averageInMBps, localRetentionHours, replication }: Load): number =>
  averageInMBps * localRetentionHours * replication * gibPerMBpsHour

/** Everything that limits a standard or an express candidate, as far as the load is known. Pure arithmetic, no texts. */
export function constraintsOf(candidate: Candidate, load: Load, data: MskData, readings: Readings): Constraint[] {
  const { broker } = candidate
  const { limits } = data
  const isStandard = broker.family === 'standard'
  const found = isStandard ? standard(candidate, load, data, readings) : express(broker, load, data, readings)
  const partitions = partitionsOf(broker, load, data)
  if (partitions !== null) {
    const most = broker.partitionsRecommended ?? broker.partitionsMax
    const { sources } = broker
    found.push(make('partitions', partitions * load.replication, most, 'replicas', 'vendor-limit', sources.partitions))
  }
  if (load.connections !== null && load.auth === 'iam') {
    const { value, source } = limits.connections
    found.push(make('connections', load.connections, value, 'connections', 'vendor-limit', source))
  }
  if (load.cpuCores !== null) {
    const { value, source } = limits.cpu
    const capacity = Math.max(Number.MIN_VALUE, (broker.vcpu * value) / 100 - load.idleCores)
    const tag = load.cpuEstimate === null ? 'measured' : 'estimate'
    found.push(make('cpu', load.cpuCores, capacity, 'cores', tag, source))
  }
  return found
}

function standard(candidate: Candidate, load: Load, { limits }: MskData, readings: Readings): Constraint[] {
  const { broker } = candidate
  const { sources } = broker
  const isProvisioned = candidate.provisionedMiBps !== null
  const volumeMBps = volumeOf(candidate, readings)
  const k = kFactors(load, readings)
  const tag = certainty(broker)
  const resilientTag = load.replication === 3 ? tag : 'estimate'
  const ceiling = ceilingPerBroker(volumeMBps, broker, load.g, load.replication) * load.headroom
  const isM5Large = broker.type === 'kafka.m5.large' && readings.m5LargeInMBps !== null
  const ebs = isM5Large
    ? readings.m5LargeInMBps!
    : (Math.min(broker.ebsNetMBps, volumeMBps) / k.ebs) * readings.utilization
  const net = (broker.ec2NetMBps / k.net) * readings.utilization
  const ceilingSource = isProvisioned ? sources.ceilingProvisioned : sources.ceiling
  const ebsSource = isProvisioned ? sources.resilientProvisioned : sources.resilient
  const { storage } = limits
  return [
    make('ceiling', load.inMBps, ceiling, 'MB/s in', tag, ceilingSource),
    make('resilient-ebs', load.inMBps, ebs, 'MB/s in', resilientTag, ebsSource),
    make('resilient-network', load.inMBps, net, 'MB/s in', resilientTag, sources.network),
    make('storage', sizingGiB(load), storage.value, 'GiB', 'vendor-limit', storage.source),
  ]
}

/** Share of the sustained ingress of an express broker that a plan uses. */
export const expressIngressShare = 0.75

export const expressOut = (broker: BrokerType, readings: Readings): number =>
  readings.expressEgressPerIngress === null
    ? broker.outSustainedMBps
    : broker.inSustainedMBps * readings.expressEgressPerIngress

function express(broker: BrokerType, load: Load, data: MskData, readings: Readings): Constraint[] {
  const { quota } = broker.sources
  const rate = data.limits.partitionIn
  const needed = partitionsNeeded(load, data)
  const given = load.partitions ?? needed
  const perBroker = broker.partitionsRecommended ?? broker.partitionsMax
  const ingress = broker.inSustainedMBps * expressIngressShare
  return [
    make('ingress-quota', load.inMBps, ingress, 'MB/s in', 'derived', quota),
    make('egress-quota', load.outMBps, expressOut(broker, readings), 'MB/s out', 'vendor-limit', quota),
    {
      name: 'partition-rate',
      demand: load.inMBps,
      capacity: rate.value * given,
      unit: 'MB/s in over all partitions',
      brokers: brokersFor(needed * load.replication, perBroker),
      tag: 'vendor-limit',
      source: rate.source,
    },
  ]
}

/** Partitions that an express cluster needs at least, so that none takes more than its quota. */
export const partitionsNeeded = ({ inMBps }: Load, data: MskData): number =>
  brokersFor(inMBps, data.limits.partitionIn.value)

/** Partitions that a candidate is counted with: those of the load, raised where an express partition would take too much. null = not known. */
export function partitionsOf({ family }: BrokerType, load: Load, data: MskData): number | null {
  if (load.partitions === null || family === 'standard') return load.partitions
  return Math.max(load.partitions, partitionsNeeded(load, data))
}
