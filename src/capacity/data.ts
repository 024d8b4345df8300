import { KbenchError } from '../base/errors.ts'
import { readCsv } from './csv.ts'

/** Counts up whenever a file in src/capacity/msk changes. */
export const dataRevision = 1

export type Family = 'standard' | 'express'

/** How certain a figure is: from a run of one's own, a limit that the vendor prints, computed from such, or a guess with its grounds. */
export type Tag = 'measured' | 'vendor-limit' | 'derived' | 'estimate'

/** Where a cell of the data comes from: ids of sources.csv, and whether third parties alone vouch for it. */
export interface Origin {
  ids: readonly string[]
  isThirdParty: boolean
}

/** A broker type. Network and volumes for standard brokers, ingress and egress for express ones; what a family has not is 0. */
export interface BrokerType {
  type: string
  family: Family
  vcpu: number
  memGiB: number
  ebsNetMBps: number
  ec2NetMBps: number
  /** The number of MiB/s, read as MB/s (conflict 8). */
  volumeMBps: number
  /** null = throughput cannot be provisioned. */
  volumeProvisionedMaxMBps: number | null
  /** null = only the maximum is known. */
  partitionsRecommended: number | null
  partitionsMax: number
  inSustainedMBps: number
  outSustainedMBps: number
  iamConnectionsPerSec: number
  usdPerHour: number
  origins: Readonly<Record<'network' | 'volume' | 'provisioned' | 'partitions' | 'quota' | 'price', Origin>>
  /** Ids of the sources of what is computed, by volume and network (`Provisioned`: with provisioned volumes), separated by ";". */
  sources: Readonly<
    Record<
      'ceiling' | 'ceilingProvisioned' | 'resilient' | 'resilientProvisioned' | 'network' | 'partitions' | 'quota',
      string
    >
  >
}

export interface Price {
  value: number
  unit: string
  region: string
  asOf: string
  source: string
}

export interface Conflict {
  id: number
  what: string
  readings: string
  taken: string
}

export interface Source {
  id: string
  title: string
  date: string
  kind: string
}

export interface Quota {
  scope: string
  quota: string
  value: number
  unit: string
  source: string
}

export interface MskData {
  brokers: readonly BrokerType[]
  /** By item: "ebs_storage"; prices of broker hours are with the brokers. */
  prices: ReadonlyMap<string, Price>
  quotas: readonly Quota[]
  /** The quotas that bound brokers. */
  limits: Readonly<Record<'storage' | 'connections' | 'cpu' | 'partitionIn', Quota>>
  conflicts: readonly Conflict[]
  sources: ReadonlyMap<string, Source>
  /** Where the prices come from: region and date of the newest broker price, and the file that replaced some of them. */
  region: string
  asOf: string
  pricesFile: string | null
  /** Items and types whose price a file has replaced. */
  replaced: ReadonlySet<string>
}

export const mskFiles = ['brokers', 'prices', 'quotas', 'conflicts', 'sources'] as const
export type MskTexts = Readonly<Record<(typeof mskFiles)[number], string>>

/** Which sources may vouch for which columns, the first named first; a row lists those that do. */
const vouching = {
  network: ['S9', 'S3', 'S4', 'S5'],
  volume: ['S1', 'S2'],
  provisioned: ['S2', 'S5'],
  partitions: ['S1', 'S7'],
  quota: ['S6', 'S7'],
  price: ['S9', 'S5'],
} as const

/** The tables of src/capacity/msk as data. Throws `internal` where a shipped file is broken. */
export function readMskData(texts: MskTexts): MskData {
  const sources = new Map(
    readCsv(texts.sources, 'sources.csv').rows.map(({ cells }): [string, Source] => [
      cells.id!,
      { id: cells.id!, title: cells.title!, date: cells.date!, kind: cells.kind! },
    ]),
  )
  const prices = new Map(
    readCsv(texts.prices, 'prices.csv').rows.map(({ cells }): [string, Price] => [cells.item!, priceOf(cells)]),
  )
  const hour = prices.get('broker_hour')!
  const quotas = readCsv(texts.quotas, 'quotas.csv').rows.map(
    ({ cells }): Quota => ({
      scope: cells.scope!,
      quota: cells.quota!,
      value: number(cells.value!, 'quotas.csv'),
      unit: cells.unit!,
      source: cells.src!,
    }),
  )
  return {
    brokers: readCsv(texts.brokers, 'brokers.csv').rows.map(({ cells }) => brokerOf(cells, sources)),
    prices,
    quotas,
    limits: {
      storage: quotaOf(quotas, 'broker-standard', 'storage_max'),
      connections: quotaOf(quotas, 'broker', 'iam_connections'),
      cpu: quotaOf(quotas, 'guard', 'cpu'),
      partitionIn: quotaOf(quotas, 'express', 'partition_in'),
    },
    conflicts: readCsv(texts.conflicts, 'conflicts.csv').rows.map(({ cells }) => ({
      id: number(cells.id!, 'conflicts.csv'),
      what: cells.what!,
      readings: cells.readings!,
      taken: cells.taken!,
    })),
    sources,
    region: hour.region,
    asOf: hour.asOf,
    pricesFile: null,
    replaced: new Set(),
  }
}

export function priceOf(cells: Readonly<Record<string, string>>): Price {
  return {
    value: Number(cells.value),
    unit: cells.unit ?? '',
    region: cells.region ?? '',
    asOf: cells.as_of ?? '',
    source: cells.src ?? '',
  }
}

function brokerOf(cells: Readonly<Record<string, string>>, sources: ReadonlyMap<string, Source>): BrokerType {
  const at = (column: string) => number(cells[column]!, `brokers.csv ${cells.type} ${column}`)
  const orNull = (column: string) => (cells[column] === '' ? null : at(column))
  const listed = cells.src!.split(';')
  const origin = (of: keyof typeof vouching): Origin => {
    const ids = vouching[of].filter((id) => listed.includes(id))
    return { ids, isThirdParty: ids.length > 0 && sources.get(ids[0]!)?.kind === 'third-party' }
  }
  const origins = {
    network: origin('network'),
    volume: origin('volume'),
    provisioned: origin('provisioned'),
    partitions: origin('partitions'),
    quota: origin('quota'),
    price: origin('price'),
  }
  const { network, volume, provisioned } = origins
  return {
    type: cells.type!,
    family: cells.type!.startsWith('express.') ? 'express' : 'standard',
    vcpu: at('vcpu'),
    memGiB: at('mem_gib'),
    ebsNetMBps: orNull('ebs_net_base_MBps') ?? 0,
    ec2NetMBps: orNull('ec2_net_base_MBps') ?? 0,
    volumeMBps: orNull('vol_default_MiBps') ?? 0,
    volumeProvisionedMaxMBps: orNull('vol_pst_max_MiBps'),
    partitionsRecommended: orNull('part_rec'),
    partitionsMax: at('part_max'),
    inSustainedMBps: orNull('in_sustained_MBps') ?? 0,
    outSustainedMBps: orNull('out_sustained_MBps') ?? 0,
    iamConnectionsPerSec: at('iam_conn_per_s'),
    usdPerHour: at('usd_per_hr_us_east_1'),
    origins,
    sources: {
      ceiling: joined('S0', network, volume),
      ceilingProvisioned: joined('S0', network, provisioned),
      resilient: joined('S5', network, volume),
      resilientProvisioned: joined('S5', network, provisioned),
      network: joined('S5', network),
      partitions: joined(origins.partitions),
      quota: joined(origins.quota),
    },
  }
}

const joined = (...parts: readonly (Origin | string)[]): string =>
  [...new Set(parts.flatMap((part) => (typeof part === 'string' ? [part] : part.ids)))].join(';')

function number(text: string, where: string): number {
  const value = Number(text)
  if (text === '' || !Number.isFinite(value)) throw new KbenchError('internal', `${where}: "${text}" is no number`)
  return value
}

/** A quota by scope and name; it is in the data. */
export function quotaOf(quotas: readonly Quota[], scope: string, quota: string): Quota {
  const found = quotas.find((each) => each.scope === scope && each.quota === quota)
  if (!found) throw new KbenchError('internal', `quotas.csv has no ${scope} ${quota}`)
  return found
}

/** "1, us-east-1, 2026-06-23": revision, region and date. */
export const dataVersion = ({ region, asOf, pricesFile }: MskData): string =>
  `${dataRevision}, ${region}, ${asOf}${pricesFile === null ? '' : `, prices of ${pricesFile}`}`
