import type { Cluster } from '../../src/contracts/api.ts'
import type { Variant } from '../../src/contracts/result.ts'
import { cellsOf, planVariants } from '../../src/profile/plan.ts'
import { type ProfileInput, profileSchema } from '../../src/profile/schema.ts'
import type { Frame } from '../../src/recording/frame.ts'
import { loadPlugin } from '../../src/registry.ts'
import { runVariant } from '../../src/runners/variant/variant.ts'

let index = 0

/** The first variant of a profile, run in this process on a cluster that is there. */
export async function variantOf(
  cluster: Cluster,
  input: ProfileInput,
  log: (line: string) => void = () => {},
  frame: (frame: Frame) => void = () => {},
): Promise<Variant> {
  const profile = profileSchema.parse(input)
  const variant = planVariants(cellsOf(profile), 1)[0]!
  return runVariant({
    variant,
    runId: `test-${process.pid}`,
    index: index++,
    cluster,
    driver: await loadPlugin('drivers', variant.client),
    workload: await loadPlugin('workloads', profile.workload),
    progress: { stage() {}, tick() {}, frame: (_, each) => frame(each), log },
    signal: new AbortController().signal,
    rehearsal: false,
  })
}
