import { KbenchError } from '../base/errors.ts'
import type { RunResult, Variant } from '../contracts/result.ts'
import type { BrokerLoad } from './broker-cpu.ts'
import { settingsOf, wireBytesOf } from './from-run.ts'

/** What the cells of calibration runs show of each broker, and the cells that show nothing, with the reason. */
export interface CalibrationCells {
  loads: BrokerLoad[]
  left: { cell: string; reason: string }[]
  /** "local, kraft-3": brokers of other layouts have other coefficients (TLS). */
  cluster: string
}

/** Reads brokers' loads from runs of the calibration profile. Throws `usage` for runs of unlike clusters, and on the mock. */
export function cellsOf(results: readonly RunResult[]): CalibrationCells {
  const clusters = [...new Set(results.map(({ cluster }) => `${cluster.provider}, ${cluster.layout}`))]
  if (clusters.length !== 1) {
    throw new KbenchError('usage', `runs of unlike clusters make no calibration: ${clusters.join('; ')}`, {
      hint: 'calibrate plaintext and TLS apart: each has coefficients of its own',
    })
  }
  if (results[0]!.cluster.provider === 'mock') {
    throw new KbenchError('usage', 'the mock has no brokers whose processor time means anything')
  }
  const loads: BrokerLoad[] = []
  const left: CalibrationCells['left'] = []
  for (const result of results) {
    for (const variant of result.variants) {
      const cell = `${result.runId} ${variant.id}`
      const found = loadsOf(result, variant, cell)
      if (typeof found === 'string') left.push({ cell, reason: found })
      else loads.push(...found)
    }
  }
  return { loads, left, cluster: clusters[0]! }
}

function loadsOf(result: RunResult, variant: Variant, cell: string): BrokerLoad[] | string {
  const { produce, consume, brokers, throttle, status } = variant
  if (status !== 'ok') return `it is ${status}`
  if (!brokers || brokers.some(({ cpuPercent }) => cpuPercent === null))
    return 'the processor time of a broker is not known'
  const inByBroker = new Map((throttle ?? []).map(({ id, produceBytesPerSec }) => [id, produceBytesPerSec]))
  if (brokers.some(({ id }) => (inByBroker.get(id) ?? null) === null))
    return 'a broker does not report its produce requests'
  const { bytes } = wireBytesOf(variant)
  if (produce.recordsPerBatch === null || bytes === null) return 'the client does not report its batches'
  const replication = Number(variant.params['topic.replicationFactor'] ?? settingsOf(result).topic.replicationFactor)
  const groups = consume && produce.ackedPerSec > 0 ? consume.receivedPerSec / produce.ackedPerSec : 0
  const leaderIn = (id: number) => inByBroker.get(id)! / 1e6
  const all = brokers.reduce((sum, { id }) => sum + leaderIn(id), 0)
  const producePerSec = (id: number) => (leaderIn(id) * 1e6) / (produce.recordsPerBatch! * bytes)
  // Each append answers the fetch of every group, and of every follower, that waits for it. Consumers count theirs, followers do not.
  const consumed = consume?.client?.requestsPerSec ?? null
  const fetchesPerSec = (id: number) =>
    consumed === null || all === 0 ? groups * producePerSec(id) : (consumed * leaderIn(id)) / all
  return brokers.map(({ id, cpuPercent }) => ({
    cell,
    leaderInMBps: leaderIn(id),
    bytesOutMBps: leaderIn(id) * (groups + replication - 1),
    // Replicas are spread evenly: each other broker's records are copied here by its share.
    followerInMBps: brokers.length > 1 ? ((all - leaderIn(id)) * (replication - 1)) / (brokers.length - 1) : 0,
    requestsPerSec: producePerSec(id) * replication + fetchesPerSec(id),
    cores: cpuPercent! / 100,
  }))
}

/** The profile whose run is fitted: 24 cells of 25 s, resumable as every run is. YAML. */
export const calibrationProfile = (
  layout: string,
): string => `# What does a record cost a broker, by rate, groups, batch and replication?
# 24 cells of 25 s. Run it: kbench run broker-cpu.yaml --provider local. Where it was interrupted, add --resume and the run.
# Then: kbench calibrate-broker RUN.
name: broker-cpu
cluster: { provider: local, layout: ${layout} }
clients: [node-rdkafka]
topic: { partitions: 12, replicationFactor: 3 }
load: { rate: 2000, record: { size: 1KiB, compressibility: 0 } }
producers: { count: 1, acks: all, partitioner: round-robin }
consumers: [ { group: g1, members: 1 } ]
matrix:
  topic.replicationFactor: [1, 3]
  load.rate: [1000, 2000, 4000]
  groups:
    one: { consumers: [ { group: g1 } ] }
    three: { consumers: [ { group: g1 }, { group: g2 }, { group: g3 } ] }
  batch:
    small: { producers.batch.maxBytes: 4KiB }
    large: { producers.batch.maxBytes: 128KiB, producers.batch.lingerMs: 50 }
phases: { warmup: 5s, measure: 20s, drain: 10s }
`
