import { runBareKafkajs } from './kafkajs.ts'
import { runBareLibrdkafka } from './librdkafka.ts'
import { runBareNodeRdkafka } from './node-rdkafka.ts'
import type { BareJob } from './protocol.ts'

const loops = { kafkajs: runBareKafkajs, librdkafka: runBareLibrdkafka, 'node-rdkafka': runBareNodeRdkafka }

/** Entry of the bare loop's process. */
process.on('disconnect', () => process.exit(1))
process.once('message', (job: BareJob) => {
  void loops[job.client](job).then(() => process.exit(0))
})
