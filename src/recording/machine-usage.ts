import { levelAt, meanRate, type Span, type Track } from './track.ts'
import type { Usage } from './usage.ts'

/** The machine that kbench runs on, over a span; shares from 0 to 1, null = unknown. */
export interface MachineUsage {
  /** Of all processors' time. */
  busyShare: number | null
  /** Of the time in which some task waited for a processor, or for a disk. */
  cpuStallShare: number | null
  ioStallShare: number | null
  /** The disk that had a request under way for the largest share of the time, and that share. */
  disk: string | null
  diskBusyShare: number | null
  /** The interface and direction that came closest to its speed, of those that report one, and that share. */
  network: string | null
  networkShare: number | null
}

/** Null = nothing was reported about this machine. */
export function machineUsage(usage: Usage, span: Span): MachineUsage | null {
  const { machine, gapNs } = usage
  if (machine.size === 0) return null
  const rate = (track: Track | undefined) => (track === undefined ? null : meanRate(track, span, gapNs))
  const [busy, total] = [rate(machine.get('busyMs')), rate(machine.get('totalMs'))]
  // ms per ns → share of the time.
  const share = (track: Track | undefined) => clamp(scale(rate(track), 1e6))
  const disks = named(usage, 'disk ').map(([name, track]) => [name, share(track)] as const)
  const links = named(usage, 'network ').map(([name, track]) => {
    const link = machine.get(`link ${name.replace(/ (in|out)$/, '')}`)
    const bytesPerSec = link === undefined ? null : levelAt(link, span.toNs, gapNs)
    return [name, bytesPerSec === null ? null : clamp(scale(rate(track), 1e9 / bytesPerSec))] as const
  })
  const [disk, diskBusyShare] = highest(disks)
  const [network, networkShare] = highest(links)
  return {
    busyShare: busy === null || total === null || total <= 0 ? null : clamp(busy / total),
    cpuStallShare: share(machine.get('cpuStallMs')),
    ioStallShare: share(machine.get('ioStallMs')),
    ...{ disk, diskBusyShare, network, networkShare },
  }
}

const scale = (value: number | null, by: number): number | null => (value === null ? null : value * by)

/** Readings of several counters are not of one moment: a share may come out a little above the whole. */
const clamp = (share: number | null): number | null => (share === null ? null : Math.min(1, share))

const named = ({ machine }: Usage, prefix: string): [string, Track][] =>
  [...machine].flatMap(([name, track]): [string, Track][] =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), track]] : [],
  )

function highest(shares: readonly (readonly [string, number | null])[]): readonly [string | null, number | null] {
  let best: readonly [string | null, number | null] = [null, null]
  for (const each of shares) if (each[1] !== null && each[1] > (best[1] ?? -1)) best = each
  return best
}
