import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { producerConfig } from '../../src/drivers/_librdkafka-config.ts'
import type { NodeRdkafka, RdReport } from '../../src/drivers/node-rdkafka/types.ts'
import { type BareJob, createTally, nowNs } from './protocol.ts'

/** node-rdkafka with nothing around it: bounded in flight, explicit partition, an acknowledgement timed per record. */
export async function runBareNodeRdkafka(job: BareJob): Promise<void> {
  const { Producer } = createRequire(import.meta.url)('node-rdkafka') as NodeRdkafka
  const config = producerConfig(job.settings, { bootstrap: job.bootstrap }, 'bare')
  const producer = new Producer(config.global, config.topic)
  const payload = randomBytes(job.sizeBytes)
  const size = job.settings.maxInFlight
  const sentNs = new Float64Array(size)
  const free = Int32Array.from({ length: size }, (_, slot) => slot)
  let freeCount = size
  let latencySumNs = 0
  producer.on('delivery-report', (error: Error | null, report: RdReport) => {
    if (error) throw error
    const atNs = nowNs()
    latencySumNs += atNs - sentNs[report.opaque]!
    free[freeCount++] = report.opaque
    tally.add(atNs, 1)
  })
  await new Promise<void>((resolve, reject) => producer.connect({}, (error) => (error ? reject(error) : resolve())))
  producer.setPollInterval(1)
  const tally = createTally(job.startNs)
  const endMs = performance.now() + job.runMs
  let partition = 0
  while (performance.now() < endMs) {
    for (let record = 0; record < 100 && freeCount > 0; record++) {
      const slot = free[--freeCount]!
      sentNs[slot] = nowNs()
      producer.produce(job.topic, partition, payload, null, null, slot)
      partition = (partition + 1) % job.partitions
    }
    producer.poll()
    await new Promise((resolve) => setImmediate(resolve))
  }
  tally.close()
  if (latencySumNs <= 0) throw new Error('nothing was timed')
}
