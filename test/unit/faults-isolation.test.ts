import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { after, test } from 'node:test'
import type { BrokerNode, Cluster, FaultContext } from '../../src/contracts/api.ts'
import { loadPlugin } from '../../src/registry.ts'

// Docker publishes a port by a program that takes every connection, also for a container that nobody reaches.

const sockets = new Set<Socket>()
const silent = createServer((socket) => sockets.add(socket))
silent.listen(0, '127.0.0.1')
await once(silent, 'listening')
after(() => {
  for (const socket of sockets) socket.destroy()
  silent.close()
})

test('a broker whose port takes connections and answers nothing is seen to be cut off', async () => {
  const { port } = silent.address() as AddressInfo
  const broker = {
    id: 1,
    host: '127.0.0.1',
    port,
    isolate: async () => ({ [Symbol.asyncDispose]: async () => {} }),
  } as unknown as BrokerNode
  const network = { bootstrap: [`127.0.0.1:${port}`] }
  const cluster = { nodes: [broker], network } as unknown as Cluster
  const { inject, options } = await loadPlugin('faults', 'isolate-broker')
  const context = { cluster, brokers: [broker], topic: { name: 't', partitions: 1 } } as unknown as FaultContext
  await using injected = await inject(options.parse({ from: 'all' }), context)
  assert.equal(await injected.verify(), true)
})
