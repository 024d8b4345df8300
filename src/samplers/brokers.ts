import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import type { BrokerNode, Clock } from '../contracts/api.ts'
import type { UsageFact } from '../contracts/facts.ts'

/** Text of a file, null where it cannot be read; never throws. */
export type ReadText = (path: string) => Promise<string | null>

export interface BrokerSampler {
  /** One fact for each broker that could be read now; a broker that is down leaves a hole. Never throws. */
  sample(): Promise<UsageFact[]>
}

/** CPU, memory and traffic of the brokers' processes, where the provider can see them. */
export function createBrokerSampler(
  nodes: readonly Pick<BrokerNode, 'id' | 'pid' | 'usage'>[],
  clock: Pick<Clock, 'nowNs'>,
  read: ReadText = (path) => readFile(path, 'utf8').catch(() => null),
): BrokerSampler {
  return {
    async sample() {
      const facts = await Promise.all(
        nodes.map(async (node): Promise<UsageFact[]> => {
          if (!node.usage) return []
          try {
            const usage = await node.usage()
            const atNs = clock.nowNs()
            const cores = node.pid === undefined ? null : await coresOf(node.pid, read)
            return [{ fact: 'usage', of: 'broker', broker: node.id, atNs, ...usage, cores }]
          } catch {
            // A broker that is down has no usage: the series shows the hole.
            return []
          }
        }),
      )
      return facts.flat()
    },
  }
}

/** Processors that a process may use: the smaller of its CPU set and its control group's share of time; null = unknown. */
async function coresOf(pid: number, read: ReadText): Promise<number | null> {
  const [status, group] = await Promise.all([read(`/proc/${pid}/status`), read(`/proc/${pid}/cgroup`)])
  const allowed = status === null ? null : parseCpusAllowed(status)
  if (allowed === null) return null
  const limits = await Promise.all(cpuGroups(group ?? '').map((folder) => groupCores(folder, read)))
  return limits.reduce<number>((least, limit) => Math.min(least, limit ?? least), Math.min(allowed, cpus().length))
}

async function groupCores(folder: string, read: ReadText): Promise<number | null> {
  const [v2, quota, period] = await Promise.all(
    ['cpu.max', 'cpu.cfs_quota_us', 'cpu.cfs_period_us'].map((file) => read(`${folder}/${file}`)),
  )
  return parseCpuMax(v2 ?? (quota && period ? `${quota.trim()} ${period.trim()}` : ''))
}

/** /proc/<pid>/status → how many processors its CPU set has; null where the line is missing or torn. */
export function parseCpusAllowed(status: string): number | null {
  const list = /^Cpus_allowed_list:[ \t]+([\d,-]+)$/m.exec(status)?.[1]
  if (list === undefined) return null
  let count = 0
  for (const range of list.split(',')) {
    const [from, to] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(range)?.slice(1) ?? []
    if (from === undefined) return null
    const length = Number(to ?? from) - Number(from) + 1
    if (length < 1) return null
    count += length
  }
  return count
}

/** /proc/<pid>/cgroup → folders where its limits of processor time may be, version 2 and version 1. */
export function cpuGroups(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (controllers === undefined || path === undefined || path.split('/').includes('..')) return []
    if (controllers === '') return [`/sys/fs/cgroup${path}`]
    return controllers.split(',').includes('cpu') ? [`/sys/fs/cgroup/cpu${path}`] : []
  })
}

/** "<quota> <period>" in µs → processors; null = no limit ("max", −1) or not readable. */
export function parseCpuMax(text: string): number | null {
  const [quota, period] = /^(\d+) (\d+)\s*$/.exec(text)?.slice(1).map(Number) ?? []
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : null
}
