import { KbenchError } from '../../base/errors.ts'
import { requireClient } from '../_client.ts'
import type { NodeRdkafka, RdConsumer, RdProducer } from './types.ts'

/** A package with node-rdkafka's classes: node-rdkafka itself, or one that descends from it. */
export interface Binding {
  package: string
  install: string
}

export const load = (binding: Binding) => requireClient<NodeRdkafka>(binding.package, binding.install)

export async function connect(binding: Binding, client: RdProducer | RdConsumer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    client.connect({ timeout: 30_000 }, (error) => {
      if (error)
        reject(new KbenchError('environment', `${binding.package} cannot connect: ${error.message}`, { cause: error }))
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
