import type { KoffiFunc, LibraryHandle } from 'koffi'

/** An address in C's memory, or 0 for NULL: below 2^53 on every system that kbench runs on. */
export type Address = number
/** Memory of JavaScript that is handed over for the time of one call. */
type Bytes = Uint8Array | Uint32Array | Int32Array | BigUint64Array

const pointer = 'uintptr_t'
const memory = 'void *'

/** rdkafka.h. Pointers are numbers here: koffi takes twice as long with anything else. */
const signatures = {
  version: ['rd_kafka_version', 'int', []],
  versionText: ['rd_kafka_version_str', 'str', []],
  errorText: ['rd_kafka_err2str', 'str', ['int']],
  errorName: ['rd_kafka_err2name', 'str', ['int']],
  errorOf: ['rd_kafka_error_string', 'str', [pointer]],
  errorCodeOf: ['rd_kafka_error_code', 'int', [pointer]],
  destroyError: ['rd_kafka_error_destroy', 'void', [pointer]],
  newConf: ['rd_kafka_conf_new', pointer, []],
  destroyConf: ['rd_kafka_conf_destroy', 'void', [pointer]],
  set: ['rd_kafka_conf_set', 'int', [pointer, 'str', 'str', memory, 'size_t']],
  get: ['rd_kafka_conf_get', 'int', [pointer, 'str', memory, memory]],
  setEvents: ['rd_kafka_conf_set_events', 'void', [pointer, 'int']],
  setThrottleCallback: ['rd_kafka_conf_set_throttle_cb', 'void', [pointer, memory]],
  open: ['rd_kafka_new', pointer, ['int', pointer, memory, 'size_t']],
  close: ['rd_kafka_destroy', 'void', [pointer]],
  setLogQueue: ['rd_kafka_set_log_queue', 'int', [pointer, pointer]],
  mainQueue: ['rd_kafka_queue_get_main', pointer, [pointer]],
  groupQueue: ['rd_kafka_queue_get_consumer', pointer, [pointer]],
  partitionQueue: ['rd_kafka_queue_get_partition', pointer, [pointer, 'str', 'int32_t']],
  newQueue: ['rd_kafka_queue_new', pointer, [pointer]],
  forwardQueue: ['rd_kafka_queue_forward', 'void', [pointer, pointer]],
  destroyQueue: ['rd_kafka_queue_destroy', 'void', [pointer]],
  notify: ['rd_kafka_queue_io_event_enable', 'void', [pointer, 'int', memory, 'size_t']],
  poll: ['rd_kafka_queue_poll', pointer, [pointer, 'int']],
  eventType: ['rd_kafka_event_type', 'int', [pointer]],
  eventMessages: ['rd_kafka_event_message_array', 'size_t', [pointer, memory, 'size_t']],
  eventError: ['rd_kafka_event_error', 'int', [pointer]],
  eventErrorText: ['rd_kafka_event_error_string', 'str', [pointer]],
  eventStatistics: ['rd_kafka_event_stats', 'str', [pointer]],
  eventPartitions: ['rd_kafka_event_topic_partition_list', pointer, [pointer]],
  destroyEvent: ['rd_kafka_event_destroy', 'void', [pointer]],
  setToken: [
    'rd_kafka_oauthbearer_set_token',
    'int',
    [pointer, 'str', 'int64_t', 'str', memory, 'size_t', memory, 'size_t'],
  ],
  setTokenFailure: ['rd_kafka_oauthbearer_set_token_failure', 'int', [pointer, 'str']],
  newTopic: ['rd_kafka_topic_new', pointer, [pointer, 'str', pointer]],
  topicName: ['rd_kafka_topic_name', 'str', [pointer]],
  destroyTopic: ['rd_kafka_topic_destroy', 'void', [pointer]],
  metadata: ['rd_kafka_metadata', 'int', [pointer, 'int', pointer, memory, 'int']],
  destroyMetadata: ['rd_kafka_metadata_destroy', 'void', [pointer]],
  produceBatch: ['rd_kafka_produce_batch', 'int', [pointer, 'int32_t', 'int', pointer, 'int']],
  produceOne: ['rd_kafka_produceva', pointer, [pointer, pointer, 'size_t']],
  purge: ['rd_kafka_purge', 'int', [pointer, 'int']],
  subscribe: ['rd_kafka_subscribe', 'int', [pointer, pointer]],
  newPartitions: ['rd_kafka_topic_partition_list_new', pointer, ['int']],
  addPartition: ['rd_kafka_topic_partition_list_add', pointer, [pointer, 'str', 'int32_t']],
  destroyPartitions: ['rd_kafka_topic_partition_list_destroy', 'void', [pointer]],
  rebalanceProtocol: ['rd_kafka_rebalance_protocol', 'str', [pointer]],
  assign: ['rd_kafka_assign', 'int', [pointer, pointer]],
  assignMore: ['rd_kafka_incremental_assign', pointer, [pointer, pointer]],
  assignLess: ['rd_kafka_incremental_unassign', pointer, [pointer, pointer]],
  pause: ['rd_kafka_pause_partitions', 'int', [pointer, pointer]],
  resume: ['rd_kafka_resume_partitions', 'int', [pointer, pointer]],
  consumeBatch: ['rd_kafka_consume_batch_queue', 'int64_t', [pointer, 'int', memory, 'size_t']],
  messageTimestamp: ['rd_kafka_message_timestamp', 'int64_t', [pointer, memory]],
  messageHeaders: ['rd_kafka_message_headers', 'int', [pointer, memory]],
  headerAt: ['rd_kafka_header_get_all', 'int', [pointer, 'size_t', memory, memory, memory]],
  destroyMessage: ['rd_kafka_message_destroy', 'void', [pointer]],
  leaveGroup: ['rd_kafka_consumer_close_queue', pointer, [pointer, pointer]],
  hasLeft: ['rd_kafka_consumer_closed', 'int', [pointer]],
} as const satisfies Record<string, readonly [string, string, readonly string[]]>

type Name = keyof typeof signatures
type Argument<T> = T extends 'str' ? string | null : T extends 'void *' ? Bytes | bigint | null : number
type Result<T> = T extends 'str' ? string : T extends 'void' ? undefined : number
type Arguments<T extends readonly string[]> = { -readonly [At in keyof T]: Argument<T[At]> }

/** The functions of librdkafka that kbench calls, by names of its own. `.async` runs one on a thread of koffi's. */
export type Calls = {
  readonly [N in Name]: KoffiFunc<(...args: Arguments<(typeof signatures)[N][2]>) => Result<(typeof signatures)[N][1]>>
}

/** Throws where the library lacks one of them: it is older than kbench can use. */
export function bindCalls(library: LibraryHandle): Calls {
  const entries = Object.entries(signatures).map(([name, [symbol, result, types]]) => [
    name,
    library.func(symbol, result, [...types]),
  ])
  return Object.fromEntries(entries) as Calls
}
