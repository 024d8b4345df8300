import { otherClients } from './_other-clients.ts'
import { declareVersion } from './_versions.ts'

// The oldest Kafka that kbench starts, with ZooKeeper and Java 11, and the newest that there is; test/long has the others.
declareVersion({
  kafka: '2.2.0',
  layout: 'single-zk',
  variables: { CONFLUENT_VERSION: '5.2.1' },
  replicationFactor: 1,
})
declareVersion({
  kafka: '4.3.1',
  layout: 'kraft-3',
  variables: { KAFKA_VERSION: '4.3.1' },
  replicationFactor: 3,
  brief: await otherClients(),
})
