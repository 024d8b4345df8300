import { declareVersion } from './_versions.ts'

// The oldest Kafka that kbench starts, with ZooKeeper and Java 11; run.test.ts has the newest, test/long the others.
declareVersion({
  kafka: '2.2.0',
  layout: 'single-zk',
  variables: { CONFLUENT_VERSION: '5.2.1' },
  replicationFactor: 1,
})
