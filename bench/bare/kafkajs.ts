import { randomBytes } from 'node:crypto'
import kafkajs from 'kafkajs'
import { type BareJob, createTally, nowNs } from './protocol.ts'

/** Records per send: as many as kbench's accumulator puts into one. */
const sendRecords = 1000

/** kafkajs with nothing around it: a few sends in flight, explicit partitions, an acknowledgement timed per record. */
export async function runBareKafkajs(job: BareJob): Promise<void> {
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'
  const { settings } = job
  const kafka = new kafkajs.Kafka({
    brokers: job.bootstrap,
    clientId: 'bare',
    requestTimeout: settings.requestTimeoutMs,
    logLevel: kafkajs.logLevel.NOTHING,
  })
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    maxInFlightRequests: settings.maxInFlightRequests,
    createPartitioner: () => (args) => args.message.partition!,
  })
  await producer.connect()
  // As kbench: a value of its own for every record that may be in flight. No application sends one buffer over and over.
  const pool = randomBytes(settings.maxInFlight * job.sizeBytes)
  const values = Array.from({ length: settings.maxInFlight }, (_, index) =>
    pool.subarray(index * job.sizeBytes, (index + 1) * job.sizeBytes),
  )
  let next = 0
  let latencySumNs = 0
  const tally = createTally(job.startNs)
  const endMs = performance.now() + job.runMs
  let partition = 0
  const sendLoop = async (): Promise<void> => {
    const sentNs = new Float64Array(sendRecords)
    while (performance.now() < endMs) {
      const messages = Array.from({ length: sendRecords }, (_, index) => {
        sentNs[index] = nowNs()
        partition = (partition + 1) % job.partitions
        next = next + 1 === values.length ? 0 : next + 1
        return { value: values[next]!, partition }
      })
      await producer.send({ topic: job.topic, acks: settings.acks === 'all' ? -1 : settings.acks, messages })
      for (let index = 0; index < sendRecords; index++) latencySumNs += nowNs() - sentNs[index]!
      tally.add(nowNs(), sendRecords)
    }
  }
  const sends = Math.min(settings.maxInFlightRequests, Math.floor(settings.maxInFlight / sendRecords))
  await Promise.all(Array.from({ length: sends }, sendLoop))
  tally.close()
  if (latencySumNs <= 0) throw new Error('nothing was timed')
  await producer.disconnect()
}
