import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import {
  eventType,
  localError,
  message,
  messageFlags,
  parameter,
  parameterType,
  topicPartition,
  topicPartitionList,
} from '../../../src/drivers/librdkafka/layout.ts'
import { findLibrdkafka } from '../../../src/kafka/librdkafka.ts'

const library = findLibrdkafka()
const include = library === null ? null : join(dirname(library), 'include')
const hasCompiler = ['cc', 'gcc', 'clang'].find((name) => {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})
const skip =
  include === null || !existsSync(join(include, 'librdkafka', 'rdkafka.h'))
    ? 'node-rdkafka is not built here: no rdkafka.h'
    : hasCompiler === undefined && 'no C compiler'

/** What the compiler makes of C expressions, with the header that belongs to the library. */
function inC(expressions: Record<string, string>): Record<string, number> {
  const folder = mkdtempSync(join(tmpdir(), 'kbench-layout-'))
  try {
    const lines = Object.entries(expressions).map(
      ([name, c]) => `  printf("%s %lld\\n", "${name}", (long long)(${c}));`,
    )
    writeFileSync(
      join(folder, 'layout.c'),
      `#include <stddef.h>\n#include <stdio.h>\n#include <librdkafka/rdkafka.h>\nint main(void) {\n${lines.join('\n')}\n  return 0;\n}\n`,
    )
    execFileSync(hasCompiler!, [`-I${include}`, '-o', 'layout', 'layout.c'], { cwd: folder })
    const text = execFileSync(join(folder, 'layout'), { encoding: 'utf8' })
    return Object.fromEntries(
      text
        .trim()
        .split('\n')
        .map((line) => [line.split(' ')[0]!, Number(line.split(' ')[1])]),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Each field of `ours` by the C expression for it. */
function assertSame(ours: Readonly<Record<string, number>>, expressions: Record<string, string>): void {
  assert.deepEqual(Object.keys(expressions).sort(), Object.keys(ours).sort())
  assert.deepEqual(inC(expressions), Object.fromEntries(Object.keys(expressions).map((name) => [name, ours[name]])))
}

const offsets = (struct: string, fields: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, `offsetof(${struct}, ${field})`]))

describe('structs and numbers of rdkafka.h', { skip }, () => {
  test('a message', () => {
    const fields = { err: 'err', rkt: 'rkt', partition: 'partition', payload: 'payload', len: 'len', key: 'key' }
    assertSame(message, {
      ...offsets('rd_kafka_message_t', { ...fields, keyLen: 'key_len', offset: 'offset', private: '_private' }),
      size: 'sizeof(rd_kafka_message_t)',
    })
  })

  test('partitions and their list', () => {
    assertSame(topicPartition, {
      ...offsets('rd_kafka_topic_partition_t', {
        topic: 'topic',
        partition: 'partition',
        offset: 'offset',
        err: 'err',
      }),
      size: 'sizeof(rd_kafka_topic_partition_t)',
    })
    assertSame(topicPartitionList, offsets('rd_kafka_topic_partition_list_t', { cnt: 'cnt', elems: 'elems' }))
  })

  test('a parameter of rd_kafka_produceva, whose union holds up to three words', () => {
    assertSame(parameter, {
      ...offsets('rd_kafka_vu_t', {
        type: 'vtype',
        first: 'u.header.name',
        second: 'u.header.val',
        third: 'u.header.size',
      }),
      size: 'sizeof(rd_kafka_vu_t)',
    })
    assertSame(
      { rkt: 8, partition: 8, value: 8, length: 16, opaque: 8, flags: 8 },
      offsets('rd_kafka_vu_t', {
        ...{
          rkt: 'u.rkt',
          partition: 'u.i32',
          value: 'u.mem.ptr',
          length: 'u.mem.size',
          opaque: 'u.ptr',
          flags: 'u.i',
        },
      }),
    )
  })

  test('types of parameters and events, flags and errors', () => {
    const v = (name: string) => `RD_KAFKA_VTYPE_${name}`
    assertSame(parameterType, {
      ...{ rkt: v('RKT'), partition: v('PARTITION'), value: v('VALUE'), key: v('KEY'), opaque: v('OPAQUE') },
      ...{ flags: v('MSGFLAGS'), header: v('HEADER') },
    })
    const e = (name: string) => `RD_KAFKA_EVENT_${name}`
    assertSame(eventType, {
      ...{ deliveryReport: e('DR'), log: e('LOG'), error: e('ERROR'), rebalance: e('REBALANCE') },
      ...{ offsetCommit: e('OFFSET_COMMIT'), statistics: e('STATS'), tokenRefresh: e('OAUTHBEARER_TOKEN_REFRESH') },
    })
    assertSame(messageFlags, { copy: 'RD_KAFKA_MSG_F_COPY', partition: 'RD_KAFKA_MSG_F_PARTITION' })
    const r = (name: string) => `RD_KAFKA_RESP_ERR__${name}`
    assertSame(localError, {
      ...{ queueFull: r('QUEUE_FULL'), assignPartitions: r('ASSIGN_PARTITIONS'), noOffset: r('NO_OFFSET') },
    })
  })
})
