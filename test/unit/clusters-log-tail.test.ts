import assert from 'node:assert/strict'
import { test } from 'node:test'
import { relevantLines } from '../../src/clusters/shared/log-tail.ts'

const quiet = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `[t] INFO line ${from + i} (kafka)`)

test('a log without errors: its last lines', () => {
  assert.deepEqual(relevantLines(`${quiet(40).join('\n')}\n`, 6), quiet(6, 34))
  assert.deepEqual(relevantLines('one\ntwo', 6), ['one', 'two'])
})

test('errors before an orderly shutdown: they and their causes come first, the count is kept', () => {
  const failure = [
    '[t] ERROR Exiting Kafka due to fatal exception (kafka)',
    'org.apache.kafka.common.KafkaException: Socket server failed to bind to 127.0.0.1:9092: Address already in use.',
    '\tat kafka.network.Acceptor.openServerSocket(SocketServer.scala:718)',
    'Caused by: java.net.BindException: Address already in use',
  ]
  const told = relevantLines([...quiet(5), ...failure, ...quiet(40, 5)].join('\n'), 9)
  assert.deepEqual(told, [failure[0], failure[1], failure[3], '…', ...quiet(5, 40)])
  assert.equal(told.length, 9)
})

test('errors at the very end: the last lines as they are, with their stack', () => {
  const lines = [...quiet(9), '[t] ERROR it ends (kafka)', '\tat kafka.Kafka.main(Kafka.scala)']
  assert.deepEqual(relevantLines(lines.join('\n'), 4), lines.slice(-4))
})

test('many errors: the last third of the room', () => {
  const errors = Array.from({ length: 9 }, (_, i) => `[t] ERROR number ${i}`)
  const told = relevantLines([...errors, ...quiet(30)].join('\n'), 9)
  assert.deepEqual(told, [...errors.slice(-3), '…', ...quiet(5, 25)])
})

test('an error that only says that it ends, last of all: the ones before come first', () => {
  const failure = ['[t] ERROR Fatal error during KafkaServer startup. (kafka)', 'java.lang.IllegalStateException: why']
  const end = '[t] ERROR Exiting Kafka. (kafka.Kafka$)'
  const found = relevantLines([...failure, ...quiet(40), end].join('\n'), 9)
  assert.deepEqual(found, [...failure, '…', ...quiet(5, 35), end])
})
