import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../base/errors.ts'
import { type Cell, wordsOf } from '../../profile/matrix.ts'
import { loadPlugin } from '../../registry.ts'
import { selfTestVariant } from '../../search/find-max-plan.ts'
import type { BenchJob } from '../run/bench.ts'
import { machine } from '../run/machine-run.ts'

/** Providers on which the generator is measured anyway. */
const noCluster = ['mock', 'fake']

/**
 * What each cell's producers reach at rate max against librdkafka's mock cluster, records/s. The mock stores in memory,
 * does not replicate and shares this machine as a local cluster would. null = not known, and a note says why. Never
 * throws.
 */
export async function testGenerator(
  job: BenchJob,
  cells: readonly Cell[],
  note: (text: string) => void,
): Promise<(number | null)[]> {
  const { world = machine } = job
  const unknown = cells.map(() => null)
  const { provider } = job.plan.profile.cluster
  if (noCluster.includes(provider)) {
    note(`no self-test of the generator: provider ${provider} is no cluster, the client is all there is`)
    return unknown
  }
  const directory = join(job.folder.directory, 'logs', 'self-test')
  try {
    await mkdir(directory, { recursive: true })
    const { cluster } = await world.startCluster(
      { ...job.plan.profile.cluster, provider: 'mock', bootstrap: undefined, security: undefined, config: undefined },
      { runId: `${job.runId}-self-test`, directory, signal: job.signal, say: () => {} },
    )
    const ceilings: (number | null)[] = []
    try {
      for (const [index, cell] of cells.entries()) {
        if (job.signal.aborted) return unknown
        const driver = await loadPlugin('drivers', String(cell.params.client))
        try {
          const {
            variant: { produce },
          } = await world.runVariant({
            variant: selfTestVariant(cell),
            workload: await loadPlugin('workloads', 'produce'),
            runId: `${job.runId}-self-test`,
            index,
            cluster,
            driver,
            progress: job.progress,
            signal: job.signal,
            rehearsal: false,
          })
          if (produce.ackedPerSec === 0) throw new Error('nothing was acknowledged')
          ceilings.push(produce.ackedPerSec)
        } catch (error) {
          note(`no self-test of ${wordsOf(cell.params)}: ${messageOf(error)}`)
          ceilings.push(null)
        }
      }
      return ceilings
    } finally {
      await cluster[Symbol.asyncDispose]()
    }
  } catch (error) {
    note(`no self-test of the generator: ${messageOf(error)}`)
    return unknown
  }
}
