/** Options as they were written; the keys of a load file are read by src/capacity/input.ts. */
export interface PlanCommandOptions {
  /** By the names of src/capacity/input.ts, in commander's spelling. */
  [name: string]: unknown
  brokers?: string
  prices?: string
  calibration?: string
  fromRun?: string
  check?: string
  json?: true
  html?: string
  writeProfile?: string
}

/** Keys of a load file that are options, with what stands for their value; "" = a switch. */
export const loadOptions: readonly (readonly [key: string, value: string, description: string])[] = [
  ['in', 'rate', 'peak produce rate, bytes on the wire: 40MB/s'],
  ['average-in', 'rate', 'average produce rate, for storage and cost (default: in)'],
  ['out', 'rate', 'peak consume rate over all groups (default: in × groups)'],
  ['average-out', 'rate', 'average consume rate (default: average in × out ÷ in)'],
  ['groups', 'n', 'consumer groups, instead of out (default: 1)'],
  ['replication', 'n', 'replication factor (default: 3)'],
  ['zones', 'n', 'availability zones (default: 3)'],
  ['retention', 'time', 'how long records are kept (default: 24h)'],
  ['local-retention', 'time', 'of these on the brokers, the rest tiered (default: all)'],
  ['partitions', 'n', 'partitions of all topics, counted by their leaders'],
  ['connections', 'n', 'TCP connections over all brokers'],
  ['auth', 'way', 'how clients log in: iam, scram or tls'],
  ['record-size', 'size', 'mean size of a record before compression: 1KiB'],
  ['compression-ratio', 'n', 'size before ÷ after compression; rates are after it'],
  ['growth', 'percent', 'growth of the load per year, compound (default: 0%)'],
  ['headroom', 'percent', 'share of the ceiling that the peak may use (default: 80%)'],
  ['rack-aware', '', 'consumers fetch in their own zone (the default)'],
  ['provisioned', 'rate', "provisioned volume throughput (default: the type's most)"],
  ['types', 'patterns', "only these broker types: 'kafka.m7g.*,express.*'"],
  ['cpu-cores', 'n', 'cores that the brokers need together, as measured'],
  ['requests-per-mb', 'n', 'requests per MB, as measured'],
  ['core-speed', 'range', 'with --calibration: target cores per calibrated core: 0.7..1.3'],
  ['target-rate', 'rate', 'rate one group has to reach, for partitions (default: in)'],
  ['partition-in', 'rate', 'produce speed of one partition, as measured'],
  ['partition-out', 'rate', 'consume speed of one partition, as measured'],
  ['behind', 'time', 'how far a group is behind that catches up (default: 12h)'],
  ['slo', 'time', 'highest response p99, for --write-profile (default: 100ms)'],
]
