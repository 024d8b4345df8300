import { otherClients } from './_other-clients.ts'
import { declareVersion } from './_versions.ts'

// The newest Kafka that there is; test/long has the oldest, with ZooKeeper and Java 11, and those between. On the oldest run faults-zookeeper
// and the walkthrough s0 as well.
declareVersion({
  kafka: '4.3.1',
  layout: 'kraft-3',
  variables: { KAFKA_VERSION: '4.3.1' },
  replicationFactor: 3,
  brief: await otherClients(),
})
