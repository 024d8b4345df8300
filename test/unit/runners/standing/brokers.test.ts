import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { BrokerNode } from '../../../../src/contracts/api.ts'
import { brokerOf, startBroker, stopBroker } from '../../../../src/runners/standing/brokers.ts'
import { startFakeKafka } from '../../_fake-kafka.ts'

/** Each wait takes so long; `meanwhile` is called with its number. */
function timeOf(pauseMs: number, meanwhile: (pause: number) => unknown = () => {}) {
  let nowMs = 0
  let pauses = 0
  return {
    nowMs: () => nowMs,
    async pause() {
      nowMs += pauseMs
      await meanwhile(++pauses)
    },
    pauses: () => pauses,
  }
}

function play(change: Partial<BrokerNode> = {}) {
  const signals: string[] = []
  const node: BrokerNode = {
    ...{ id: 1, host: '127.0.0.1', port: 1, pid: 7 },
    async signal(signal) {
      signals.push(signal)
    },
    ...change,
  }
  const lines: string[] = []
  return { node, signals, lines, say: (line: string) => void lines.push(line) }
}

test('a broker that is not there: which there are', async () => {
  await using kafka = await startFakeKafka()
  assert.equal(brokerOf(kafka.cluster, 2).id, 2)
  assert.throws(() => brokerOf(kafka.cluster, 9), {
    code: 'usage',
    message: 'there is no broker 9',
    hint: 'one of: 1, 2, 3',
  })
})

const network = { bootstrap: ['127.0.0.1:1'] }

describe('stopping a broker', () => {
  test('waits until its process is gone', async () => {
    const { node, signals, lines, say } = play()
    const time = timeOf(100, (pause) => {
      if (pause === 3) node.pid = undefined
    })
    await stopBroker(node, 'SIGTERM', say, time)
    assert.deepEqual([signals, lines, time.pauses()], [['SIGTERM'], ['broker 1 ends'], 3])
  })

  test('by a signal that ends nothing does not wait', async () => {
    for (const signal of ['SIGSTOP', 'SIGCONT'] as const) {
      const { node, signals, lines, say } = play()
      await stopBroker(node, signal, say, timeOf(100))
      assert.deepEqual([signals, lines], [[signal], []])
    }
  })

  test('that does not end: what ends it, after 60 s', async () => {
    const { node, say } = play()
    await assert.rejects(stopBroker(node, 'SIGTERM', say, timeOf(20_001)), {
      code: 'environment',
      message: 'broker 1 still runs 60 s after SIGTERM',
      hint: '--signal SIGKILL ends it immediately',
    })
  })

  test('that does not run, or that nobody here can signal', async () => {
    for (const change of [{ pid: undefined }, { signal: undefined }]) {
      const { node, signals, say } = play(change as Partial<BrokerNode>)
      await assert.rejects(stopBroker(node, 'SIGTERM', say, timeOf(1)), { message: 'broker 1 does not run' })
      assert.deepEqual(signals, [])
    }
  })
})

describe('starting a broker', () => {
  /** A broker of a fake Kafka that is down; starting it gives it a process, and nothing else. */
  async function down(t: TestContext) {
    const kafka = await startFakeKafka()
    t.after(() => kafka[Symbol.asyncDispose]())
    const [broker, other] = kafka.nodes
    await broker!.crash()
    const { node, lines, say } = play({ pid: undefined, port: broker!.port, logTail: async () => ['no room left'] })
    node.start = async () => {
      node.pid = 8
    }
    return { kafka, broker: broker!, other: other!, node, lines, say }
  }

  test('waits until it lists itself: an answer is not enough', async (t) => {
    const { broker, other, node, lines, say } = await down(t)
    const time = timeOf(100, async (pause) => {
      // Something answers there that does not know it; then it is there itself.
      if (pause === 1) node.port = other.port
      if (pause === 2) await broker.start!()
    })
    await startBroker(node, network, say, time)
    assert.deepEqual([lines, time.pauses()], [['broker 1 starts'], 2])
  })

  test('that ends while it starts: the end of its log, without a wait', async (t) => {
    const { node, say } = await down(t)
    const time = timeOf(100, () => {
      node.pid = undefined
    })
    await assert.rejects(startBroker(node, network, say, time), {
      message: 'broker 1 ended while it started',
      details: ['no room left'],
    })
    assert.equal(time.pauses(), 1)
  })

  test('that never answers, or never lists itself: which, after 60 s', async (t) => {
    const { node, other, say } = await down(t)
    await assert.rejects(startBroker(node, network, say, timeOf(61_000)), {
      message: /^broker 1 did not answer \(.*ECONNREFUSED.*\), for 60 s$/,
    })
    node.pid = undefined
    node.port = other.port
    await assert.rejects(startBroker(node, network, say, timeOf(61_000)), {
      message: 'broker 1 does not list itself, for 60 s',
      details: ['no room left'],
    })
  })

  test('that runs already, or that cannot be started from here', async () => {
    const { node, say } = play({ start: async () => assert.fail('started') })
    await assert.rejects(startBroker(node, network, say, timeOf(1)), { message: 'broker 1 runs already' })
    await assert.rejects(startBroker(play({ pid: undefined }).node, network, say, timeOf(1)), {
      message: 'broker 1 cannot be started',
    })
  })
})
