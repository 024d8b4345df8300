import { declareVersion } from '../cluster/_versions.ts'

// Both clients against every version of Kafka but the newest (test/cluster/versions.test.ts); each is fetched once.
const zooKeeper = { layout: 'zk-1-kafka-3', replicationFactor: 3 }
const kraft = { layout: 'kraft-1', replicationFactor: 1 }
const wanted = [
  { kafka: '2.2.0', layout: 'single-zk', replicationFactor: 1, variables: { CONFLUENT_VERSION: '5.2.1' } },
  { kafka: '3.0.0', variables: { CONFLUENT_VERSION: '7.0.0' }, ...zooKeeper },
  { kafka: '3.9.2', variables: { KAFKA_VERSION: '3.9.2' }, ...kraft },
  { kafka: '4.0.0', variables: { KAFKA_VERSION: '4.0.0' }, ...kraft },
  { kafka: '4.1.0', variables: { KAFKA_VERSION: '4.1.0' }, ...kraft },
]
for (const version of wanted) declareVersion(version)
