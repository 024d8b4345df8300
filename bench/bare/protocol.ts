import type { ProducerSettings } from '../../src/core/api.ts'

/** What a bare loop is to do: the least a program has to do to load a topic and time every acknowledgement. */
export interface BareJob {
  client: 'kafkajs' | 'node-rdkafka'
  bootstrap: string[]
  topic: string
  partitions: number
  sizeBytes: number
  settings: ProducerSettings
  runMs: number
}

/** Once a second: cumulative CPU of the process and acknowledged records. */
export interface BareTick {
  cpuMs: number
  acked: number
  atMs: number
}

export function reportEverySecond(acked: () => number): NodeJS.Timeout {
  return setInterval(() => {
    const { user, system } = process.cpuUsage()
    const tick: BareTick = { cpuMs: (user + system) / 1000, acked: acked(), atMs: performance.now() }
    process.send?.(tick)
  }, 1000)
}
