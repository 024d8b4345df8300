import { systemClock } from '../../../src/base/clock.ts'
import type { OutRecord } from '../../../src/contracts/api.ts'
import { message, messageFlags } from '../../../src/drivers/librdkafka/layout.ts'
import { openLibrary } from '../../../src/drivers/librdkafka/library.ts'
import { createAddresses, pin, putLong } from '../../../src/drivers/librdkafka/memory.ts'
import driver from '../../../src/drivers/librdkafka.ts'
import { producerSettings } from '../../../src/profile/plan.ts'
import { profileSchema } from '../../../src/profile/schema.ts'

// What runs with a librdkafka that watches its memory: <mode> <library> <records>. Its brokers are the library's own mock.

const [mode = '', library = '', records = '0'] = process.argv.slice(2)
const clock = systemClock()
const clientConfig = { library, 'test.mock.num.brokers': 1 }

/** Through the driver: keys, headers now and then, every acknowledgement; a group of handles opened and closed. */
async function produce(count: number): Promise<void> {
  const profile = profileSchema.parse({
    name: 'memory',
    producers: { acks: 1, clientConfig: { librdkafka: clientConfig } },
  })
  const producer = await driver.producer(producerSettings(profile, 'librdkafka'), {
    network: { bootstrap: ['127.0.0.1:1'] },
    clientId: 'memory',
    clock,
    topics: [{ name: 'memory', partitions: 4 }],
    event: () => {},
  })
  const size = 5000
  const free = Array.from({ length: size }, (_, slot) => slot)
  const pool = Array.from({ length: size }, (_, slot): OutRecord => {
    const value = Buffer.alloc(60 + (slot % 100), slot)
    const headers = slot % 50 === 0 ? { kbench: Buffer.from('a header') } : undefined
    const key = slot % 3 === 0 ? Buffer.from(`k${slot}`) : null
    return { topic: 'memory', partition: slot % 4, key, value, headers, slot, sequence: 0, dueNs: 0, sentNs: 0 }
  })
  let acked = 0
  let sent = 0
  const failed = new Map<string, number>()
  while (acked < count) {
    const batch: OutRecord[] = []
    while (sent < count && free.length > 0 && batch.length < 1000) {
      batch.push(pool[free.pop()!]!)
      sent++
    }
    producer.send(batch, (record, outcome) => {
      acked++
      free.push(record.slot)
      if (outcome.kind !== 'acked') failed.set(outcome.error, (failed.get(outcome.error) ?? 0) + 1)
    })
    await new Promise(setImmediate)
  }
  await producer[Symbol.asyncDispose]()
  console.log(JSON.stringify({ acked, failed: [...failed] }))
  if (failed.size > 0) process.exitCode = 1
}

/** A handle without the driver, to do with it what the driver never does. */
function bare() {
  const { calls } = openLibrary(library)
  const conf = calls.newConf()
  const words = Buffer.alloc(512)
  calls.set(conf, 'test.mock.num.brokers', '1', words, 512)
  calls.setEvents(conf, 1)
  const handle = calls.open(0, conf, words, 512)
  return { calls, handle, topic: calls.newTopic(handle, 'memory', 0), queue: calls.mainQueue(handle) }
}

function sendOne({ calls, topic }: ReturnType<typeof bare>, address: number, length: number): void {
  const struct = pin(message.size)
  putLong(struct.words, message.payload / 4, address)
  struct.words[message.len / 4] = length
  calls.produceBatch(topic, 0, messageFlags.copy, struct.address, 1)
}

/** The address of a buffer that nobody keeps. */
async function unpinned(): Promise<void> {
  const client = bare()
  const address = (() => createAddresses()(new Uint8Array(new ArrayBuffer(4096))))()
  for (let round = 0; round < 10; round++) {
    globalThis.gc!()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  sendOne(client, address, 4096)
}

async function doubleDestroy(): Promise<void> {
  const client = bare()
  const value = pin(64)
  sendOne(client, value.address, 64)
  for (;;) {
    const event = client.calls.poll(client.queue, 100)
    if (event === 0) continue
    client.calls.destroyEvent(event)
    client.calls.destroyEvent(event)
    return
  }
}

const modes: Record<string, () => Promise<void>> = {
  clean: () => produce(Number(records)),
  unpinned,
  'double-destroy': doubleDestroy,
}
await modes[mode]!()
