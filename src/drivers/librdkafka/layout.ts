/**
 * Offsets of the fields of librdkafka's public structs, in bytes, on every 64-bit system. The structs are
 * rd_kafka_message_t, rd_kafka_topic_partition_t, rd_kafka_topic_partition_list_t and rd_kafka_vu_t of rdkafka.h.
 * test/unit/drivers/librdkafka-layout.test.ts compares them with what a C compiler says about the header that belongs
 * to the library.
 */
export const message = {
  err: 0,
  rkt: 8,
  partition: 16,
  payload: 24,
  len: 32,
  key: 40,
  keyLen: 48,
  offset: 56,
  private: 64,
  size: 72,
} as const

export const topicPartition = { topic: 0, partition: 8, offset: 16, err: 48, size: 64 } as const

export const topicPartitionList = { cnt: 0, elems: 8 } as const

/** A parameter of rd_kafka_produceva: its type, then the union. */
export const parameter = { type: 0, first: 8, second: 16, third: 24, size: 72 } as const

/** rd_kafka_vtype_t */
export const parameterType = { rkt: 2, partition: 3, value: 4, key: 5, opaque: 6, flags: 7, header: 9 } as const

/** RD_KAFKA_EVENT_* */
export const eventType = {
  deliveryReport: 0x1,
  log: 0x4,
  error: 0x8,
  rebalance: 0x10,
  offsetCommit: 0x20,
  statistics: 0x40,
  tokenRefresh: 0x100,
} as const

/** rd_kafka_resp_err_t of the library itself. */
export const localError = { queueFull: -184, assignPartitions: -175, noOffset: -168 } as const

/** RD_KAFKA_MSG_F_*: the library copies key and value before the call returns; each message says its partition. */
export const messageFlags = { copy: 0x2, partition: 0x8 } as const
