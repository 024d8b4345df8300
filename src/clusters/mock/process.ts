import koffi from 'koffi'

/**
 * The process of the mock cluster: librdkafka's rd_kafka_mock_* called through koffi, driven by messages of its parent.
 * It is a process of its own because librdkafka aborts on what it does not expect (a group re-joined with another assignor).
 */
export type MockRequest =
  | { kind: 'start'; library: string; racks: readonly string[] }
  | { kind: 'create-topic'; call: number; name: string; partitions: number; replicationFactor: number }

export type MockReply =
  | { kind: 'started'; bootstrap: string }
  | { kind: 'failed'; message: string }
  | { kind: 'created'; call: number; error: string | null }

const say = (reply: MockReply) => process.send?.(reply)

/** Starts brokers 1…n with these racks; returns the bootstrap list and how to create a topic (which returns an error text or null). */
function startMock(library: string, racks: readonly string[]) {
  const lib = koffi.load(library)
  const newConf = lib.func('void *rd_kafka_conf_new()')
  const newHandle = lib.func('void *rd_kafka_new(int type, void *conf, void *errstr, size_t size)')
  const newCluster = lib.func('void *rd_kafka_mock_cluster_new(void *rk, int brokers)')
  const bootstraps = lib.func('const char *rd_kafka_mock_cluster_bootstraps(void *cluster)')
  const setRack = lib.func('int rd_kafka_mock_broker_set_rack(void *cluster, int32_t id, const char *rack)')
  const setJoinDelay = lib.func('void rd_kafka_mock_group_initial_rebalance_delay_ms(void *cluster, int32_t ms)')
  const create = lib.func(
    'int rd_kafka_mock_topic_create(void *cluster, const char *topic, int partitions, int replicas)',
  )
  const errorText = lib.func('const char *rd_kafka_err2str(int error)')

  const errstr = Buffer.alloc(512)
  const handle = newHandle(0, newConf(), errstr, errstr.length)
  if (!handle) throw new Error(`rd_kafka_new: ${errstr.toString('utf8').split('\0')[0]}`)
  const cluster = newCluster(handle, racks.length)
  if (!cluster) throw new Error('rd_kafka_mock_cluster_new failed')
  racks.forEach((rack, i) => {
    setRack(cluster, i + 1, rack)
  })
  // As in the layouts: no waiting for the members of a large group.
  setJoinDelay(cluster, 0)
  return {
    bootstrap: String(bootstraps(cluster)),
    createTopic(name: string, partitions: number, replicationFactor: number): string | null {
      const error = Number(create(cluster, name, partitions, replicationFactor))
      return error === 0 ? null : String(errorText(error))
    },
  }
}

let mock: ReturnType<typeof startMock> | undefined

process.on('message', (request: MockRequest) => {
  if (request.kind === 'start') {
    try {
      mock = startMock(request.library, request.racks)
      say({ kind: 'started', bootstrap: mock.bootstrap })
    } catch (error) {
      say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
    }
    return
  }
  const { call, name, partitions, replicationFactor } = request
  say({ kind: 'created', call, error: mock ? mock.createTopic(name, partitions, replicationFactor) : 'not started' })
})
// The parent is gone, however it ended.
process.on('disconnect', () => process.exit(0))
