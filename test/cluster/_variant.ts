import { systemClock } from '../../src/base/clock.ts'
import type { Cluster, SettledRecords } from '../../src/contracts/api.ts'
import type { Fact } from '../../src/contracts/facts.ts'
import type { Variant } from '../../src/contracts/result.ts'
import { planVariant } from '../../src/load/variant-plan.ts'
import { statedIn } from '../../src/profile/matrix.ts'
import { cellsOf, planVariants } from '../../src/profile/plan.ts'
import { type ProfileInput, profileSchema } from '../../src/profile/schema.ts'
import { decodeFact } from '../../src/recording/codec.ts'
import { loadPlugin } from '../../src/registry.ts'
import { machineWorld } from '../../src/runners/variant/machine-world.ts'
import { measureVariant } from '../../src/runners/variant/variant.ts'

let index = 0

/** What a test may watch while a variant runs. */
export interface Watching {
  stage?(stage: string): void
  log?(line: string): void
  fact?(fact: Fact): void
  settled?(records: SettledRecords): void
}

/** The first variant of a profile, run in this process on a cluster that is there. */
export async function variantOf(cluster: Cluster, input: ProfileInput, watching: Watching = {}): Promise<Variant> {
  const profile = profileSchema.parse(input)
  const stated = statedIn(input)
  const planned = planVariants(
    cellsOf(profile).map((cell) => ({ ...cell, stated })),
    1,
  )[0]!
  const workload = await loadPlugin('workloads', profile.workload)
  const driver = await loadPlugin('drivers', planned.client)
  const { prefill, roles } = workload
  const plan = planVariant(planned, { kind: 'load', runId: `test-${process.pid}`, index: index++, prefill, roles })
  const world = await machineWorld(plan, cluster, systemClock())
  const { variant } = await measureVariant(
    plan,
    {
      ...world,
      openAudit(of, topic) {
        const audit = world.openAudit(of, topic)
        return {
          ...audit,
          settled(producer, records) {
            watching.settled?.(records)
            audit.settled(producer, records)
          },
          [Symbol.asyncDispose]: () => audit[Symbol.asyncDispose](),
        }
      },
    },
    {
      isolation: driver.isolation,
      progress: { stage: (stage) => watching.stage?.(stage), tick() {}, log: (line) => watching.log?.(line) },
      signal: new AbortController().signal,
      write: (line) => watching.fact?.(decodeFact(line)),
    },
  )
  return variant
}
