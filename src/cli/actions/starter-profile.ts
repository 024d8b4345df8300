/** What `kbench init` writes: the keys one changes first, each with what it means. A test checks that it is valid. */
export const starterProfile = `# yaml-language-server: $schema=../schema/profile.schema.json
# What this profile answers: (one line for those who read the results)
# Left out = the default; every key is in docs/profiles.md. Check with: kbench validate --explain <this file>
name: starter

# Where: auto = Docker if it answers, else local JVMs, else the mock. Layouts: kbench list layouts.
cluster:
  provider: auto
  layout: kraft-3
# For a cluster of your own, which kbench leaves as it is but for topics and groups named kbench-*:
#  provider: external
#  bootstrap: [b-1.example.com:9092, b-2.example.com:9092]

# A fresh topic for every variant.
topic:
  partitions: 12
  replicationFactor: 3
  config: { min.insync.replicas: 2 }

# Each is measured under the same load, one after the other.
clients: [kafkajs, node-rdkafka]

# Records per second over all producers, or max.
load:
  rate: 2000
  record: { size: 1KiB }

producers:
  count: 2
  acks: all # 0, 1 or all
  compression: none # none, gzip, snappy, lz4, zstd
  batch: { lingerMs: 5, maxBytes: 128KiB }

# Each group reads everything; its members share the partitions.
consumers:
  - { group: g1, members: 3 }

phases:
  warmup: 10s
  measure: 30s
  drain: 15s # at most: it ends when all is read

# What must hold of every client, else exit code 99.
thresholds:
  - integrity.lost == 0
  - ledger.failed == 0
#  - produce.responseUs.p99 < 50ms
#  - lag.g1.maxSeconds < 2s
`
