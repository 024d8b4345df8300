import { readFile } from 'node:fs/promises'
import type { Clock } from '../contracts/api.ts'
import type { UsageFact } from '../contracts/facts.ts'

/** Text of a file, null where it cannot be read; never throws. */
type ReadText = (path: string) => Promise<string | null>

export interface MachineSampler {
  /** One fact, or none where the system reports nothing (no /proc). Never throws. */
  sample(): Promise<UsageFact[]>
}

/** USER_HZ: the unit of CPU times in /proc, 100 per second on every architecture Linux supports today. */
const tickMs = 10

/** Processors, disks and interfaces of the machine that kbench runs on; each value is null where its file is missing or refused. */
export function createMachineSampler(
  clock: Pick<Clock, 'nowNs'>,
  read: ReadText = (path) => readFile(path, 'utf8').catch(() => null),
): MachineSampler {
  /** By interface; null = it reports none. Speeds are asked for once. */
  const speeds = new Map<string, number | null>()

  async function speedOf(name: string): Promise<number | null> {
    const known = speeds.get(name)
    if (known !== undefined) return known
    // Bridges and virtual pairs name speeds that bound nothing.
    const physical = (await read(`/sys/class/net/${name}/device/uevent`)) !== null
    const speed = physical ? parseLinkSpeed((await read(`/sys/class/net/${name}/speed`)) ?? '') : null
    speeds.set(name, speed)
    return speed
  }

  return {
    async sample() {
      const [stat, cpu, io, disks, network] = await Promise.all(
        ['/proc/stat', '/proc/pressure/cpu', '/proc/pressure/io', '/proc/diskstats', '/proc/net/dev'].map(read),
      )
      const atNs = clock.nowNs()
      if ([stat, cpu, io, disks, network].every((text) => text === null || text === undefined)) return []
      const interfaces = network ? parseNetwork(network) : null
      const names =
        interfaces === null ? [] : Object.keys(interfaces).flatMap((key) => key.match(/^(.+) in$/)?.[1] ?? [])
      const linked = await Promise.all(names.map(async (name) => [name, await speedOf(name)] as const))
      const links = linked.filter((each): each is [string, number] => each[1] !== null)
      return [
        {
          ...{ fact: 'usage', of: 'machine', atNs },
          ...(parseProcessors(stat ?? '') ?? { busyMs: null, totalMs: null }),
          cpuStallMs: parsePressure(cpu ?? ''),
          ioStallMs: parsePressure(io ?? ''),
          diskBusyMs: parseDisks(disks ?? ''),
          networkBytes: interfaces,
          linkBytesPerSec: links.length > 0 ? Object.fromEntries(links) : null,
        },
      ]
    },
  }
}

const count = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,20}$/.test(text) ? Number(text) : null

/** Whole lines alone: the last one of a text that was cut off may be half a number. */
const lines = (text: string): string[] => text.split('\n').slice(0, -1)

const recordOf = (entries: readonly (readonly [string, number])[]): Record<string, number> | null =>
  entries.length === 0 ? null : Object.fromEntries(entries)

/**
 * /proc/stat → time of all processors since boot. Waiting for the disk is idle; time that the hypervisor gave to others (steal) is busy,
 * since nobody here could use it. Guests' time is in the user's already.
 */
export function parseProcessors(text: string): { busyMs: number; totalMs: number } | null {
  const line = lines(text).find((each) => /^cpu\s/.test(each))
  const fields = line?.trim().split(/\s+/).slice(1, 9).map(count)
  if (!fields || fields.length < 4) return null
  let total = 0
  for (const ticks of fields) {
    if (ticks === null) return null
    total += ticks
  }
  const idle = fields[3]! + (fields[4] ?? 0)
  return { busyMs: (total - idle) * tickMs, totalMs: total * tickMs }
}

/** /proc/pressure/{cpu,io} → time in which some task waited, ms since boot. */
export function parsePressure(text: string): number | null {
  const line = lines(text).find((each) => each.startsWith('some '))
  const us = count(/\btotal=(\d+)$/.exec(line ?? '')?.[1])
  return us === null ? null : us / 1000
}

/** Not disks: memory, files, drives for discs. */
const noDisk = /^(loop|ram|zram|sr|fd|nbd)\d/

/** /proc/diskstats → time with a request under way since boot, ms, by whole disk; partitions count with their disk. */
export function parseDisks(text: string): Record<string, number> | null {
  const found = new Map<string, number>()
  for (const line of lines(text)) {
    const fields = line.trim().split(/\s+/)
    const [name, busyMs] = [fields[2], count(fields[12])]
    if (name !== undefined && busyMs !== null && !noDisk.test(name)) found.set(name, busyMs)
  }
  const isPartition = (name: string) => {
    // vda1 of vda; nvme0n1p1 of nvme0n1, whose name ends in a digit itself.
    const disk = /^(.*\d)p\d+$/.exec(name)?.[1] ?? /^(.*\D)\d+$/.exec(name)?.[1]
    return disk !== undefined && found.has(disk)
  }
  return recordOf([...found].filter(([name]) => !isPartition(name)))
}

/** /proc/net/dev → bytes since boot by interface and direction. */
export function parseNetwork(text: string): Record<string, number> | null {
  const entries = lines(text).flatMap((line): [string, number][] => {
    // A name is never a path: it becomes part of one.
    const [, name, rest] = /^\s*([\w.@-]{1,64}):\s*(.*)$/.exec(line) ?? []
    if (name === undefined || /^\.+$/.test(name)) return []
    const fields = rest!.trim().split(/\s+/)
    const [received, sent] = [count(fields[0]), count(fields[8])]
    if (received === null || sent === null) return []
    return [
      [`${name} in`, received],
      [`${name} out`, sent],
    ]
  })
  return recordOf(entries)
}

/** /sys/class/net/<interface>/speed, Mbit/s → bytes/s; null where it is unknown (−1). */
export function parseLinkSpeed(text: string): number | null {
  const mbit = count(text.trim())
  return mbit === null || mbit === 0 ? null : (mbit * 1e6) / 8
}
