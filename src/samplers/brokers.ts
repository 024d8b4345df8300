import type { BrokerNode, NodeUsage } from '../contracts/api.ts'
import type { BrokerUsage } from '../contracts/result.ts'

/** CPU and memory of the broker processes over time, where the provider can see them. */
export interface BrokerSampler {
  sample(atS: number): Promise<void>
  /** Means of CPU and last or largest values over [fromS, toS]; null where no broker could be seen. */
  summary(fromS: number, toS: number): BrokerUsage[] | null
  /** Per broker: CPU percent of one core since the sample before, and memory. */
  points(): { atS: number; id: number; cpuPercent: number | null; rssBytes: number | null }[]
}

export function createBrokerSampler(nodes: readonly BrokerNode[]): BrokerSampler {
  const samples = new Map<number, { atS: number; usage: NodeUsage }[]>()
  return {
    async sample(atS) {
      await Promise.all(
        nodes.map(async (node) => {
          if (!node.usage) return
          try {
            const usage = await node.usage()
            samples.set(node.id, [...(samples.get(node.id) ?? []), { atS, usage }])
          } catch {
            // A broker that is down has no usage: the series shows the hole.
          }
        }),
      )
    },
    summary(fromS, toS) {
      if (samples.size === 0) return null
      return [...samples]
        .sort(([a], [b]) => a - b)
        .map(([id, all]) =>
          summarise(
            id,
            all.filter(({ atS }) => atS >= fromS - 1 && atS <= toS + 1),
          ),
        )
    },
    points() {
      return [...samples].flatMap(([id, all]) =>
        all.map(({ atS, usage }, index) => ({
          atS,
          id,
          cpuPercent: index === 0 ? null : cpuPercent(all[index - 1]!, { atS, usage }),
          rssBytes: usage.rssBytes,
        })),
      )
    },
  }
}

type Sample = { atS: number; usage: NodeUsage }

function summarise(id: number, window: readonly Sample[]): BrokerUsage {
  const first = window[0]
  const last = window.at(-1)
  if (!first || !last) {
    return { id, cpuPercent: null, rssBytes: null, diskBytes: null, networkInBytes: null, networkOutBytes: null }
  }
  const delta = (read: (usage: NodeUsage) => number | null) => {
    const from = read(first.usage)
    const to = read(last.usage)
    return from === null || to === null || to < from ? null : to - from
  }
  return {
    id,
    cpuPercent: first === last ? null : cpuPercent(first, last),
    rssBytes: last.usage.rssBytes,
    diskBytes: delta((usage) => usage.diskBytes),
    networkInBytes: delta((usage) => usage.networkInBytes),
    networkOutBytes: delta((usage) => usage.networkOutBytes),
  }
}

function cpuPercent(from: Sample, to: Sample): number | null {
  const { cpuMs: start } = from.usage
  const { cpuMs: end } = to.usage
  // A restarted broker counts from zero again.
  if (start === null || end === null || end < start || to.atS <= from.atS) return null
  return ((end - start) / ((to.atS - from.atS) * 1000)) * 100
}
