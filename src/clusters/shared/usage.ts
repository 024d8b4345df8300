import { readFile, readlink } from 'node:fs/promises'
import type { NodeUsage } from '../../contracts/api.ts'

/** USER_HZ: the unit of CPU times in /proc, 100 per second on every architecture Linux supports today. */
const tickMs = 10

const unknown: NodeUsage = { cpuMs: null, rssBytes: null, diskBytes: null, networkInBytes: null, networkOutBytes: null }

/**
 * Reads what one broker used, from /proc of whatever pid it has now. Counters go on when the broker is restarted under another
 * pid. Null where the system does not report it (no /proc, no permission, a process in a virtual machine), never 0 instead.
 */
export function usageReader(pid: () => number | undefined): () => Promise<NodeUsage> {
  let current: number | undefined
  let known = unknown
  let before = unknown
  return async () => {
    const now = pid()
    if (now === undefined) return { ...known, rssBytes: null }
    if (now !== current) {
      before = known
      current = now
    }
    const usage = add(before, await usageOf(now))
    // A reading taken while the process goes away is null; what was counted until then stays counted.
    known = {
      cpuMs: usage.cpuMs ?? known.cpuMs,
      rssBytes: usage.rssBytes,
      diskBytes: usage.diskBytes ?? known.diskBytes,
      networkInBytes: usage.networkInBytes ?? known.networkInBytes,
      networkOutBytes: usage.networkOutBytes ?? known.networkOutBytes,
    }
    return usage
  }
}

/** Counters of one process since it started; all null when it is gone. */
export async function usageOf(pid: number): Promise<NodeUsage> {
  const [stat, status, io, network] = await Promise.all([
    read(`/proc/${pid}/stat`),
    read(`/proc/${pid}/status`),
    read(`/proc/${pid}/io`),
    ownNetwork(pid).then((own) => (own ? read(`/proc/${pid}/net/dev`) : null)),
  ])
  const times = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  const interfaces = network === null ? null : interfaceBytes(network)
  return {
    cpuMs: times ? (Number(times[11]) + Number(times[12])) * tickMs : null,
    rssBytes: status === null ? null : multiply(match(status, /^VmRSS:\s+(\d+) kB/m), 1024),
    diskBytes: io === null ? null : match(io, /^write_bytes: (\d+)/m),
    networkInBytes: interfaces?.received ?? null,
    networkOutBytes: interfaces?.sent ?? null,
  }
}

/** Sums /proc/net/dev over all interfaces but the loopback. */
export function interfaceBytes(text: string): { received: number; sent: number } {
  let received = 0
  let sent = 0
  for (const line of text.split('\n')) {
    const fields = /^\s*(\S+):\s*(.*)$/.exec(line)
    if (!fields || fields[1] === 'lo') continue
    const columns = fields[2]!.split(/\s+/).map(Number)
    received += columns[0]!
    sent += columns[8]!
  }
  return { received, sent }
}

/** A container has a network of its own; a local JVM shares the machine's, whose counters say nothing about it. */
async function ownNetwork(pid: number): Promise<boolean> {
  const [its, ours] = await Promise.all([link(`/proc/${pid}/ns/net`), link('/proc/self/ns/net')])
  return its !== null && ours !== null && its !== ours
}

const read = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(() => null)
const link = (path: string): Promise<string | null> => readlink(path).catch(() => null)

function match(text: string, pattern: RegExp): number | null {
  const found = pattern.exec(text)
  return found ? Number(found[1]) : null
}

const multiply = (value: number | null, factor: number): number | null => (value === null ? null : value * factor)

function add(before: NodeUsage, now: NodeUsage): NodeUsage {
  const sum = (key: keyof NodeUsage) => (now[key] === null ? null : now[key] + (before[key] ?? 0))
  return {
    cpuMs: sum('cpuMs'),
    rssBytes: now.rssBytes,
    diskBytes: sum('diskBytes'),
    networkInBytes: sum('networkInBytes'),
    networkOutBytes: sum('networkOutBytes'),
  }
}
