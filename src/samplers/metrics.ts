import { addressIn } from '../base/address.ts'
import { messageOf } from '../base/errors.ts'
import type { BrokerNode, Clock } from '../contracts/api.ts'
import type { Fact, MetricsFact, QuotaFact, ScrapeFact, UsageFact } from '../contracts/facts.ts'
import { prometheusSamples } from './_prometheus.ts'
import { createThrottleReading } from './_quota-metrics.ts'
import { scrape } from './_scrape.ts'

/** An endpoint that does not answer within this is asked again the next time, ms. */
const timeoutMs = 2000

/** What one endpoint says, of a broker (JMX exporter) or of its machine (node exporter); null = it does not say. */
export interface MetricsReading {
  /** The broker's own id. */
  id: number | null
  isBroker: boolean
  handlerIdle: number | null
  bytesIn: number | null
  bytesOut: number | null
  underReplicated: number | null
  /** Processor time of the broker's process and of its machine, and the machine's processors. */
  processCpuMs: number | null
  machineCpuMs: number | null
  machineCores: number | null
  throttle: Omit<QuotaFact, 'fact' | 'atNs' | 'broker'>
}

/** Everything else of a scrape is passed over. Names as MSK and the JMX exporter's default give them, and as its rules for Kafka do. */
const wanted =
  /^(kafka_server_(brokertopicmetrics|kafkarequesthandlerpool|replicamanager|produce|fetch|request|quota|app_info)|kafka_network_requestmetrics|node_cpu_seconds_total$|process_cpu_seconds_total$)/i

/** The best of several names for one figure: the last minute rather than all the time since the broker began. */
const idleOrder = ['oneminuterate', 'percent', 'value', 'meanrate']

/** Reads a scrape. The exporters' names differ in case, and in whether a bean's name is a label or part of the name. Pure. */
export function readMetrics(text: string, clientIds: string): MetricsReading {
  const throttle = createThrottleReading(clientIds)
  const idle = new Map<string, number>()
  const cpus = new Set<string>()
  let machineCpuS: number | null = null
  const found: Omit<MetricsReading, 'throttle' | 'handlerIdle' | 'machineCpuMs' | 'machineCores'> = {
    ...{ id: null, isBroker: false, bytesIn: null, bytesOut: null, underReplicated: null, processCpuMs: null },
  }
  for (const { name, labels, value } of prometheusSamples(text, wanted)) {
    throttle.add(name, labels, value)
    const bean = labels.name === undefined ? '' : `_${labels.name}`
    // "kafka_server_ReplicaManager_Value{name="UnderReplicatedPartitions"}" and "kafka_server_replicamanager_underreplicatedpartitions" alike.
    const [, type = '', rest = ''] = /^kafka_server_([a-z]+)(.*)$/.exec(`${name}${bean}`.toLowerCase()) ?? []
    if (type !== '') found.isBroker = true
    if (name === 'node_cpu_seconds_total') {
      cpus.add(labels.cpu ?? '')
      if (labels.mode !== 'idle' && labels.mode !== 'iowait' && value >= 0) machineCpuS = (machineCpuS ?? 0) + value
    }
    if (!Number.isFinite(value) || value < 0) continue
    if (name === 'process_cpu_seconds_total') found.processCpuMs = value * 1000
    else if (type === 'app' && /^\d{1,9}$/.test(labels.id ?? '')) found.id = Number(labels.id)
    else if (type === 'replicamanager' && /^(_value)?_underreplicatedpartitions(_value)?$/.test(rest)) {
      found.underReplicated = value
    } else if (type === 'brokertopicmetrics' && labels.topic === undefined) {
      const [, way] = /^(?:_count|_total)?_bytes(in|out)(?:persec)?(?:_count|_total)?$/.exec(rest) ?? []
      if (way === undefined || !/(_count|_total)/.test(rest)) continue
      if (way === 'in') found.bytesIn = value
      else found.bytesOut = value
    } else if (type === 'kafkarequesthandlerpool' && /requesthandleravgidle/.test(rest)) {
      const attribute = idleOrder.find((each) => rest.replace('requesthandleravgidlepercent', '').includes(each))
      if (attribute !== undefined) idle.set(attribute, value)
    }
  }
  const best = idleOrder.find((each) => idle.has(each))
  return {
    ...found,
    handlerIdle: best === undefined ? null : Math.min(1, idle.get(best)!),
    machineCpuMs: machineCpuS === null ? null : machineCpuS * 1000,
    machineCores: cpus.size === 0 ? null : cpus.size,
    throttle: throttle.found(),
  }
}

type Node = Pick<BrokerNode, 'id' | 'host' | 'usage' | 'metricsUrl'>

/** Reads the endpoints of `cluster.metrics`; what does not answer is a fact with the reason. Never throws. */
export function createMetricsSampler(
  endpoints: readonly string[],
  nodes: readonly Node[],
  clientIds: string,
  clock: Pick<Clock, 'nowNs'>,
  read = scrape,
) {
  async function readOne(endpoint: string): Promise<{ scraped: ScrapeFact; reading: MetricsReading | null }> {
    try {
      const reading = readMetrics(await read(`http://${endpoint}/metrics`, timeoutMs), clientIds)
      const says = reading.isBroker || reading.machineCpuMs !== null || reading.processCpuMs !== null
      const problem = says ? null : "none of a broker's metrics is in its answer"
      return { scraped: { fact: 'scrape', atNs: clock.nowNs(), endpoint, problem }, reading: says ? reading : null }
    } catch (error) {
      return { scraped: { fact: 'scrape', atNs: clock.nowNs(), endpoint, problem: messageOf(error) }, reading: null }
    }
  }

  return {
    async sample(): Promise<Fact[]> {
      const answers = await Promise.all(endpoints.map(readOne))
      const readings = answers.map(({ reading }) => reading)
      const ids = brokerIds(endpoints, readings, nodes)
      const facts: Fact[] = answers.map(({ scraped }) => scraped)
      const atNs = clock.nowNs()
      for (const [at, reading] of readings.entries()) {
        if (!reading?.isBroker) continue
        const broker = ids.get(at)!
        const node = nodes.find(({ id }) => id === broker)
        // Of a machine with several brokers nobody can say whose processor time it is.
        const alone =
          endpoints.filter((_, other) => readings[other]?.isBroker && sameHost(endpoints, at, other)).length === 1
        const machine = alone
          ? readings.find((each, other) => (each?.machineCpuMs ?? null) !== null && sameHost(endpoints, at, other))
          : null
        facts.push(metricsFact(reading, broker, atNs))
        if (node?.usage === undefined) facts.push(usageFact(reading, machine ?? null, broker, atNs))
        if (node?.metricsUrl === undefined) facts.push({ fact: 'quota', atNs, broker, ...reading.throttle })
      }
      return facts
    },
  }
}

const hostOf = (endpoint: string): string => addressIn(endpoint).host
const sameHost = (endpoints: readonly string[], a: number, b: number): boolean =>
  hostOf(endpoints[a]!) === hostOf(endpoints[b]!)

/**
 * Whose each endpoint is: by the id in its metrics, else by the host, where one broker alone has it, else by position: endpoints and brokers in order.
 */
function brokerIds(
  endpoints: readonly string[],
  readings: readonly (MetricsReading | null)[],
  nodes: readonly Node[],
): Map<number, number> {
  const sorted = nodes.map(({ id }) => id).sort((a, b) => a - b)
  const found = new Map<number, number>()
  // An endpoint that is silent now keeps its place: it may be the node exporter of a host, or a broker's.
  let position = 0
  for (const [at, endpoint] of endpoints.entries()) {
    const mine = position
    if (readings[at] === null || readings[at]?.isBroker) position++
    if (!readings[at]?.isBroker) continue
    const onHost = nodes.filter(({ host }) => host === hostOf(endpoint))
    const byHost = onHost.length === 1 ? onHost[0]!.id : undefined
    found.set(at, readings[at]!.id ?? byHost ?? sorted[mine] ?? (sorted.at(-1) ?? 0) + 1 + mine)
  }
  return found
}

const metricsFact = (
  { handlerIdle, bytesIn, bytesOut, underReplicated }: MetricsReading,
  broker: number,
  atNs: number,
): MetricsFact => ({ fact: 'metrics', atNs, broker, handlerIdle, bytesIn, bytesOut, underReplicated })

/** The machine's processors where they are the broker's alone, else its process. */
const usageFact = (
  { processCpuMs }: MetricsReading,
  machine: MetricsReading | null,
  broker: number,
  atNs: number,
): UsageFact => ({
  ...{ fact: 'usage', of: 'broker', atNs, broker },
  cpuMs: machine?.machineCpuMs ?? processCpuMs,
  ...{ rssBytes: null, diskBytes: null, networkInBytes: null, networkOutBytes: null },
  cores: machine?.machineCores ?? null,
})
