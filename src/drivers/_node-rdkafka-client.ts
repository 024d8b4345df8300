import { KbenchError } from '../core/errors.ts'
import { requireClient } from './_client.ts'
import type { NodeRdkafka, RdConsumer, RdProducer } from './_node-rdkafka-types.ts'

export const load = () =>
  requireClient<NodeRdkafka>(
    'node-rdkafka',
    'npm i node-rdkafka; it is compiled on install and needs python3, make, g++ and libssl-dev',
  )

export async function connect(client: RdProducer | RdConsumer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    client.connect({ timeout: 30_000 }, (error) => {
      if (error)
        reject(new KbenchError('environment', `node-rdkafka cannot connect: ${error.message}`, { cause: error }))
      else resolve()
    })
  })
}

/** Resolves when the callback came or the time is over: librdkafka's closing calls may hang (FACTS 9). */
export async function within(timeoutMs: number, start: (done: () => void) => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, timeoutMs)
    start(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
