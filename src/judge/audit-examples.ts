/** What can be wrong with a record, the worst first: examples are listed in this order. */
const kinds = ['lost', 'corrupt', 'elsewhere', 'duplicated', 'reordered'] as const
export type ExampleKind = (typeof kinds)[number]
const examplesPerKind = 3

/** A few records of each kind that a reader can look up in the log. */
export interface Examples {
  add(kind: ExampleKind, partition: number, offset: number, producer: number, sequence: number, after?: number): void
  addUnstamped(partition: number, offset: number): void
  addLost(producer: number, sequence: number, partition: number): void
  texts(): string[]
}

export function createExamples(): Examples {
  const byKind: Record<ExampleKind, string[]> = { lost: [], corrupt: [], elsewhere: [], duplicated: [], reordered: [] }
  const isFull = (kind: ExampleKind) => byKind[kind].length >= examplesPerKind
  return {
    add(kind, partition, offset, producer, sequence, after) {
      if (isFull(kind)) return
      const at = `${kind}: partition ${partition} offset ${offset}`
      byKind[kind].push(
        after === undefined
          ? `${at} (producer ${producer}, sequence ${sequence})`
          : `${at}: producer ${producer} sequence ${sequence} after ${after}`,
      )
    },
    addUnstamped(partition, offset) {
      if (isFull('corrupt')) return
      byKind.corrupt.push(`corrupt: partition ${partition} offset ${offset} has no whole stamp`)
    },
    addLost(producer, sequence, partition) {
      if (isFull('lost')) return
      byKind.lost.push(`lost: producer ${producer} sequence ${sequence}, acknowledged in partition ${partition}`)
    },
    texts: () => kinds.flatMap((kind) => byKind[kind]),
  }
}
