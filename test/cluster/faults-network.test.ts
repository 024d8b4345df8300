import assert from 'node:assert/strict'
import { once } from 'node:events'
import { statfsSync } from 'node:fs'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { messageOf } from '../../src/base/errors.ts'
import { requireSmallDisks } from '../../src/clusters/local/small-disks.ts'
import { requireIsolation } from '../../src/clusters/shared/isolation.ts'
import { findToxiproxy } from '../../src/clusters/shared/toxiproxy.ts'
import type { BrokerNode } from '../../src/contracts/api.ts'
import {
  awaitHealth,
  contextOf,
  dial,
  during,
  kafka,
  node,
  others,
  startCluster,
  stopCluster,
  topic,
} from './_fault-cluster.ts'
import { idsFrom, isRunning, sessionMs, skipReason, until } from './_providers.ts'

// Every fault of networks and disks once, shortened; what it claims is looked at by other means than its own.

const skip = await skipReason('local')

/** What this machine lacks for the faults of networks and disks; undefined = nothing. */
function whyNot(): string | undefined {
  try {
    requireIsolation()
    requireSmallDisks()
    if (findToxiproxy() === null) return 'there is no toxiproxy-server'
    return skip
  } catch (error) {
    return messageOf(error)
  }
}

const platform = whyNot()

describe('networks and disks', { ...(platform && { skip: platform }) }, () => {
  before(async () => {
    process.env.KBENCH_SMALL_DISK = '300m'
    await startCluster(['isolation', 'proxies', 'small-disks'])
    delete process.env.KBENCH_SMALL_DISK
  })
  after(stopCluster)

  const lists = async (teller: BrokerNode, { id }: BrokerNode) => (await idsFrom(teller)).includes(id)

  test('isolate-broker: from clients and peers', async () => {
    const target = node(1)
    const [second, third] = others(target)
    await during('isolate-broker', {}, [target], async () => {
      assert.deepEqual(await idsFrom(target), [])
      await until('broker 2 misses it', async () => !(await lists(second!, target)))
      await until('broker 3 misses it', async () => !(await lists(third!, target)))
      assert.ok(isRunning(target.pid!))
    })
    await awaitHealth()
  })

  test('isolate-broker: from clients, its peers miss nothing', async () => {
    const target = node(2)
    await during('isolate-broker', { from: 'clients' }, [target], async () => {
      assert.deepEqual(await idsFrom(target), [])
      // Longer than a broker's session with the controller.
      await sleep(sessionMs + 2000)
      assert.ok(await lists(node(1), target))
      const { partitions } = await contextOf([]).metadata()
      assert.ok(partitions.every(({ isr }) => isr.length === 2))
    })
    await awaitHealth()
  })

  test('isolate-broker: from peers, clients still reach it', async () => {
    const target = node(3)
    await during('isolate-broker', { from: 'peers' }, [target], async () => {
      await until('broker 1 misses it', async () => !(await lists(node(1), target)))
      assert.notDeepEqual(await idsFrom(target), [])
    })
    await awaitHealth()
  })

  test('disconnect-clients: connections are closed and not taken', async () => {
    const target = node(1)
    const before = await openSocket(target)
    await during('disconnect-clients', {}, [target], async () => {
      await until('the connection is closed', () => before.ended() !== null)
      assert.equal(await dial(target), 'ECONNREFUSED')
    })
    assert.ok(await lists(target, target))
  })

  test('disconnect-clients, once: connections are closed and taken again', async () => {
    const target = node(1)
    const before = await openSocket(target)
    await during('disconnect-clients', { once: true }, [target], async () => {
      await until('the connection is closed', () => before.ended() !== null)
      assert.ok(await lists(target, target))
    })
  })

  test('slow-network: latency in both directions', async () => {
    const target = node(2)
    const roundTripMs = async () => {
      const socket = await openSocket(target)
      const startedMs = performance.now()
      socket.ask()
      await soon(() => socket.received() > 0)
      socket.close()
      return performance.now() - startedMs
    }
    const beforeMs = await roundTripMs()
    await during('slow-network', { latency: '400ms', jitter: '10ms' }, [target], async () => {
      const slowMs = await roundTripMs()
      assert.ok(slowMs >= 780, `${slowMs} ms`)
      assert.ok(beforeMs < 780, `${beforeMs} ms before`)
    })
    assert.ok((await roundTripMs()) < 780)
  })

  test('slow-network: bandwidth', async () => {
    const { partitions } = await contextOf([]).metadata()
    const { partition, leader } = partitions.find((each) => each.partition === 0)!
    const producer = kafka().producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    await producer.connect()
    const sendMs = async () => {
      const startedMs = performance.now()
      await producer.send({ topic: topic.name, messages: [{ partition, value: Buffer.alloc(200_000) }] })
      return performance.now() - startedMs
    }
    try {
      await sendMs()
      const beforeMs = await sendMs()
      await during('slow-network', { latency: '0ms', bandwidth: '100KB/s' }, [node(leader)], async () => {
        const slowMs = await sendMs()
        assert.ok(slowMs >= 1500, `${slowMs} ms`)
        assert.ok(beforeMs < 1500, `${beforeMs} ms before`)
      })
    } finally {
      await producer.disconnect()
    }
  })

  test('reset-connections: whoever sends gets a reset', async () => {
    const target = node(3)
    await during('reset-connections', {}, [target], async () => {
      const socket = await openSocket(target)
      socket.ask()
      await until('it ends', () => socket.ended() !== null)
      assert.equal(socket.ended(), 'ECONNRESET')
      assert.equal(socket.received(), 0)
    })
    assert.ok(await lists(target, target))
  })

  test('half-open: connections stay and carry nothing', async () => {
    const target = node(3)
    const before = await openSocket(target)
    await during('half-open', {}, [target], async () => {
      const fresh = await openSocket(target)
      before.ask()
      fresh.ask()
      // As long as a client would wait for a healthy broker, many times over.
      await sleep(2000)
      for (const socket of [before, fresh]) assert.deepEqual([socket.received(), socket.ended()], [0, null])
      fresh.close()
    })
    before.close()
    assert.ok(await lists(target, target))
  })

  test('fill-disk: the broker ends over it and comes back', async () => {
    const target = node(2)
    const pid = target.pid!
    const folder = target.disk!.path
    const free = () => statfsSync(folder).bfree
    assert.ok(free() > 1000)
    const producer = kafka().producer({ retry: { retries: 0 } })
    await producer.connect()
    const load = new AbortController()
    const sending = (async () => {
      while (!load.signal.aborted) {
        const messages = Array.from({ length: topic.partitions }, (_, partition) => ({
          partition,
          value: Buffer.alloc(50_000),
        }))
        // Without a leader for a while: what is tested is the broker.
        await producer.send({ topic: topic.name, acks: 1, timeout: 1000, messages }).catch(() => sleep(50))
      }
    })()
    try {
      await during('fill-disk', {}, [target], async () => {
        await until('it has ended', () => !isRunning(pid))
        assert.equal(free(), 0)
        await until('the others know', async () => !(await lists(node(1), target)))
      })
    } finally {
      load.abort()
      await sending
      await producer.disconnect()
    }
    assert.notEqual(target.pid, pid)
    assert.ok(free() > 1000)
    await awaitHealth()
  })
})

/** As `until`, looking often enough to time something. */
async function soon(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!condition()) {
    assert.ok(performance.now() < deadline, 'waited 20 s in vain')
    await sleep(2)
  }
}

/** A connection as a client has it; `ask` sends a request for the protocol's versions. */
async function openSocket({ host, port }: BrokerNode) {
  const socket = connect({ host, port })
  let bytes = 0
  let end: string | null = null
  socket.on('data', (data) => {
    bytes += data.length
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    end ??= error.code ?? 'error'
  })
  socket.on('close', () => {
    end ??= 'closed'
  })
  await once(socket, 'connect')
  return {
    // Length, ApiVersions v0, correlation id 1, no client id.
    ask: () => void socket.write(Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff])),
    received: () => bytes,
    ended: () => end,
    close: () => void socket.destroy(),
  }
}
