import { runBareKafkajs } from './kafkajs.ts'
import { runBareNodeRdkafka } from './node-rdkafka.ts'
import type { BareJob } from './protocol.ts'

/** Entry of the bare loop's process. */
process.on('disconnect', () => process.exit(1))
process.once('message', (job: BareJob) => {
  const run = job.client === 'kafkajs' ? runBareKafkajs : runBareNodeRdkafka
  void run(job).then(() => process.exit(0))
})
