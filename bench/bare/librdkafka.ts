import { randomBytes } from 'node:crypto'
import koffi from 'koffi'
import { producerConfig } from '../../src/drivers/_librdkafka-config.ts'
import { findLibrdkafka } from '../../src/kafka/librdkafka.ts'
import { type BareJob, createTally, nowNs } from './protocol.ts'

/** librdkafka through koffi with nothing around it: produce batches of 1000, each report copied out and timed. */
export async function runBareLibrdkafka(job: BareJob): Promise<void> {
  const lib = koffi.load(findLibrdkafka()!)
  const conf = lib.func('rd_kafka_conf_new', 'uintptr_t', [])()
  const words = Buffer.alloc(512)
  const set = lib.func('rd_kafka_conf_set', 'int', ['uintptr_t', 'str', 'str', 'void *', 'size_t'])
  const { global, topic } = producerConfig(job.settings, { bootstrap: job.bootstrap }, 'bare')
  for (const [name, value] of Object.entries({ ...global, ...topic })) {
    if (name !== 'dr_cb' && set(conf, name, String(value), words, 512) !== 0) throw new Error(words.toString())
  }
  lib.func('rd_kafka_conf_set_events', 'void', ['uintptr_t', 'int'])(conf, 1)
  const handle = lib.func('rd_kafka_new', 'uintptr_t', ['int', 'uintptr_t', 'void *', 'size_t'])(0, conf, words, 512)
  const queue = lib.func('rd_kafka_queue_get_main', 'uintptr_t', ['uintptr_t'])(handle)
  const rkt = lib.func('rd_kafka_topic_new', 'uintptr_t', ['uintptr_t', 'str', 'uintptr_t'])(handle, job.topic, 0)
  const produce = lib.func('rd_kafka_produce_batch', 'int', ['uintptr_t', 'int32_t', 'int', 'void *', 'int'])
  const poll = lib.func('rd_kafka_queue_poll', 'uintptr_t', ['uintptr_t', 'int'])
  const messages = lib.func('rd_kafka_event_message_array', 'size_t', ['uintptr_t', 'void *', 'size_t'])
  const destroy = lib.func('rd_kafka_event_destroy', 'void', ['uintptr_t'])
  const memcpy = koffi.load(null).func('memcpy', 'void', ['void *', 'uint64_t', 'size_t'])
  const [payload, batch, report] = [randomBytes(job.sizeBytes), Buffer.alloc(72 * 1000), Buffer.alloc(72)]
  const address = koffi.address(payload)
  const pointers = new BigUint64Array(4096)
  const sentNs = new Float64Array(job.settings.maxInFlight)
  const free = Int32Array.from(sentNs, (_, slot) => slot)
  let [freeCount, latencySumNs, partition] = [free.length, 0, 0]
  const tally = createTally(job.startNs)
  for (const endMs = performance.now() + job.runMs; performance.now() < endMs; ) {
    const count = Math.min(1000, freeCount)
    for (let at = 0; at < 72 * count; at += 72) {
      const slot = free[--freeCount]!
      sentNs[slot] = nowNs()
      batch.writeInt32LE(partition, at + 16)
      batch.writeBigUInt64LE(address, at + 24)
      batch.writeInt32LE(job.sizeBytes, at + 32)
      batch.writeInt32LE(slot, at + 64)
      partition = (partition + 1) % job.partitions
    }
    if (count > 0 && produce(rkt, 0, 10, batch, count) !== count) throw new Error('refused')
    for (let event = poll(queue, 0); event !== 0; event = poll(queue, 0)) {
      const answered = Number(messages(event, pointers, 4096))
      for (let index = 0; index < answered; index++) {
        memcpy(report, pointers[index], 72)
        const slot = report.readInt32LE(64)
        latencySumNs += nowNs() - sentNs[slot]!
        free[freeCount++] = slot
      }
      if (answered > 0) tally.add(nowNs(), answered)
      destroy(event)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  tally.close()
  if (latencySumNs <= 0 || payload.length === 0) throw new Error('nothing was timed')
}
