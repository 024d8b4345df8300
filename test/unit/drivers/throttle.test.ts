import assert from 'node:assert/strict'
import diagnostics from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import { describe, test } from 'node:test'
import { z } from 'zod'
import type { Driver, DriverContext } from '../../../src/contracts/api.ts'
import { reportThrottle as kafkajsThrottle } from '../../../src/drivers/kafkajs/throttle.ts'
import { reportThrottle as rdkafkaThrottle } from '../../../src/drivers/node-rdkafka/client.ts'
import { reportEvents } from '../../../src/drivers/platformatic-kafka/client.ts'
import type { FakeClock } from '../../support/fake-clock.ts'
import { createFakeDriver } from '../../support/fake-driver.ts'
import { measure } from '../../support/measure.ts'
import { planOf } from '../../support/plans.ts'

const require = createRequire(import.meta.url)

describe('throttle time in the responses of', () => {
  test('kafkajs: of this client alone, above 0; its queue still waits for it', () => {
    const Queue = require('kafkajs/src/network/requestQueue') as new (
      options: object,
    ) => {
      maybeThrottle(ms?: number | null): void
      throttledUntil: number
    }
    const queueOf = (clientId: string) =>
      new Queue({ clientId, maxInFlightRequests: 1, requestTimeout: 1, logger: { debug() {} } })
    const told: number[] = []
    kafkajsThrottle({ clientId: 'worker-0', throttled: (ms) => void told.push(ms) })
    const mine = queueOf('worker-0')
    for (const ms of [undefined, null, 0, 250, 3]) mine.maybeThrottle(ms)
    queueOf('admin').maybeThrottle(9000)
    assert.deepEqual(told, [250, 3])
    assert.ok(mine.throttledUntil > Date.now())
  })

  test('librdkafka’s clients: each event above 0', () => {
    const told: number[] = []
    const client = new EventEmitter()
    rdkafkaThrottle(client as never, { throttled: (ms) => void told.push(ms) })
    for (const throttleTime of [120, 0, undefined, 7]) client.emit('event.throttle', { throttleTime })
    assert.deepEqual(told, [120, 7])
  })

  test('platformatic-kafka: of every answer, until the client is closed', () => {
    const told: number[] = []
    const closed = new AbortController()
    const context = { throttled: (ms: number) => void told.push(ms), event() {} } as unknown as DriverContext
    reportEvents(new EventEmitter() as never, context, closed.signal)
    const channel = diagnostics.channel('tracing:plt:kafka:connections:api:asyncStart')
    for (const result of [{ throttleTimeMs: 40 }, { throttleTimeMs: 0 }, {}, undefined]) channel.publish({ result })
    closed.abort()
    channel.publish({ result: { throttleTimeMs: 99 } })
    assert.deepEqual(told, [40])
  })

  test('the channel is the one that the package publishes on', async () => {
    const { connectionsApiChannel } = (await import('@platformatic/kafka')) as unknown as {
      connectionsApiChannel: { asyncStart: { name: string } }
    }
    assert.equal(connectionsApiChannel.asyncStart.name, 'tracing:plt:kafka:connections:api:asyncStart')
  })
})

test('a worker reports them by the second in which they came', async () => {
  const plan = planOf({
    workload: 'produce',
    load: { rate: 20 },
    phases: { warmup: '1s', measure: '3s', drain: '1s' },
  })
  const driver: Driver<unknown> = {
    ...{
      summary: 'throttled',
      isolation: 'thread',
      options: z.unknown(),
      showsThrottle: true,
      unsupported: () => null,
    },
    async producer(settings, context) {
      const made = await createFakeDriver({ clock: context.clock as FakeClock }).producer(settings, context)
      let sends = 0
      return {
        ...made,
        send(batch, settled) {
          // The 30th record is due in the second second, the first of measure.
          if (++sends === 30) for (const ms of [15, 40]) context.throttled!(ms)
          made.send(batch, settled)
        },
      }
    },
    consumer: () => Promise.reject(new Error('never used')),
  }
  const { variant } = await measure({ hosts: 'real', plan, driver })
  assert.deepEqual(variant.produce.throttle, { maxMs: 40, sumMs: 55, responses: 2, reason: null })
  assert.deepEqual(variant.series.columns.throttleMs!.slice(0, 4), [0, 40, 0, 0])
})
