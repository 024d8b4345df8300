import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { classifySend } from '../../../src/drivers/kafkajs/errors.ts'

/** As kafkajs builds them: a name, a type for what a broker answered, a cause inside those that gave up. */
function failure(name: string, type?: string, cause?: Error): Error {
  const error = new Error(name, cause && { cause })
  error.name = name
  return Object.assign(error, type !== undefined && { type })
}
const gaveUp = (cause: Error) => failure('KafkaJSNumberOfRetriesExceeded', undefined, cause)

describe('a rejected send of kafkajs', () => {
  for (const [what, error, partitions, acks, kind, code] of [
    ['too large', failure('KafkaJSProtocolError', 'MESSAGE_TOO_LARGE'), 1, 'all', 'failed', 'MESSAGE_TOO_LARGE'],
    ['refused, acks 1', failure('KafkaJSProtocolError', 'INVALID_RECORD'), 1, 1, 'failed', 'INVALID_RECORD'],
    [
      'not authorised',
      failure('KafkaJSProtocolError', 'TOPIC_AUTHORIZATION_FAILED'),
      1,
      'all',
      'failed',
      'TOPIC_AUTHORIZATION_FAILED',
    ],
    ['over several partitions', failure('KafkaJSProtocolError', 'MESSAGE_TOO_LARGE'), 2, 'all', 'unknown'],
    ['acks 0', failure('KafkaJSProtocolError', 'MESSAGE_TOO_LARGE'), 1, 0, 'unknown'],
    [
      'after the append',
      failure('KafkaJSProtocolError', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'),
      1,
      'all',
      'unknown',
      'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
    ],
    // The last attempt was refused before the append; those before may not have been.
    [
      'retried',
      gaveUp(failure('KafkaJSProtocolError', 'NOT_ENOUGH_REPLICAS')),
      1,
      'all',
      'unknown',
      'NOT_ENOUGH_REPLICAS',
    ],
    [
      'retried, leader moved',
      gaveUp(failure('KafkaJSProtocolError', 'NOT_LEADER_FOR_PARTITION')),
      1,
      'all',
      'unknown',
      'NOT_LEADER_FOR_PARTITION',
    ],
    ['timed out', gaveUp(failure('KafkaJSRequestTimeoutError')), 1, 'all', 'unknown', 'KafkaJSRequestTimeoutError'],
    ['connection lost', gaveUp(failure('KafkaJSConnectionError')), 1, 'all', 'unknown', 'KafkaJSConnectionError'],
    ['out of time', failure('DeliveryTimeout'), 1, 'all', 'unknown', 'DeliveryTimeout'],
    ['no error at all', 'something', 1, 'all', 'unknown', 'something'],
    ['null', null, 1, 'all', 'unknown', 'null'],
  ] as const) {
    test(`${what}: ${kind}`, () => {
      const found = classifySend(error, partitions, acks)
      assert.equal(found.kind, kind)
      if (code !== undefined) assert.equal(found.code, code)
    })
  }

  test('names the innermost cause', () => {
    const inner = failure('KafkaJSProtocolError', 'MESSAGE_TOO_LARGE')
    assert.equal(classifySend(gaveUp(gaveUp(inner)), 1, 'all').code, 'MESSAGE_TOO_LARGE')
  })

  test('a cause that is its own does not hang', () => {
    const error: Error & { cause?: unknown } = failure('Loop')
    error.cause = error
    assert.equal(classifySend(error, 1, 'all').code, 'Loop')
  })
})
