import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { classifySend, describeError } from '../../../src/drivers/platformatic-kafka/errors.ts'

/** As the client builds them: the broker's by Kafka's name, its own by class, aggregates per attempt, broker and partition. */
class NetworkError extends Error {}
class TimeoutError extends Error {}
const broker = (apiId: string) => Object.assign(new Error(`${apiId} in words`), { apiId })
const several = (...errors: unknown[]) => Object.assign(new Error('all of it failed'), { errors })
const offsets = [{ topic: 't', partition: 3, offset: 7n }]

describe('a rejected send of @platformatic/kafka', () => {
  for (const [what, error, partitions, acks, kind, code] of [
    ['too large', several(broker('MESSAGE_TOO_LARGE')), 1, 'all', 'failed', 'MESSAGE_TOO_LARGE'],
    ['refused at every attempt', several(broker('INVALID_RECORD'), several(broker('INVALID_RECORD'))), 1, 1, 'failed'],
    ['over several partitions', several(broker('MESSAGE_TOO_LARGE')), 2, 'all', 'unknown', 'MESSAGE_TOO_LARGE'],
    ['acks 0', several(broker('MESSAGE_TOO_LARGE')), 1, 0, 'unknown'],
    ['cut off, then refused', several(new NetworkError(), broker('MESSAGE_TOO_LARGE')), 1, 'all', 'unknown'],
    [
      'not the leader at last',
      several(broker('NOT_LEADER_OR_FOLLOWER')),
      1,
      'all',
      'unknown',
      'NOT_LEADER_OR_FOLLOWER',
    ],
    ['cut off', new NetworkError('Connection closed'), 1, 'all', 'unknown', 'NetworkError'],
    ['timed out, told from cut off', several(undefined, new TimeoutError()), 1, 'all', 'unknown', 'TimeoutError'],
    ['not even an error', 'no', 1, 'all', 'unknown', 'no'],
    ['nothing in it', several(), 1, 'all', 'unknown'],
  ] as const) {
    test(`${what}: ${kind}`, () => {
      const failure = classifySend(error, partitions, acks)
      assert.equal(failure.kind, kind)
      if (code !== undefined) assert.equal(failure.code, code)
      assert.deepEqual(failure.offsets, [])
    })
  }

  test('tells the partitions that were appended all the same', () => {
    const error = Object.assign(several(undefined, new NetworkError()), { produced: { offsets } })
    assert.deepEqual(classifySend(error, 2, 'all').offsets, offsets)
  })

  test('in words: what happened in the end', () => {
    assert.equal(describeError(new NetworkError('closed')), 'closed')
    assert.equal(
      describeError(several(new NetworkError('closed'), broker('UNSUPPORTED_VERSION'))),
      'all of it failed: UNSUPPORTED_VERSION, UNSUPPORTED_VERSION in words',
    )
  })
})
