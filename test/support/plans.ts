import type { Role } from '../../src/contracts/api.ts'
import type { VariantPlan } from '../../src/contracts/plan.ts'
import { planVariant } from '../../src/load/variant-plan.ts'
import { planVariants } from '../../src/profile/plan.ts'
import { type ProfileInput, profileSchema } from '../../src/profile/schema.ts'
import consume from '../../src/workloads/consume.ts'
import produce from '../../src/workloads/produce.ts'
import produceConsume from '../../src/workloads/produce-consume.ts'

export const workloads = { consume, produce, 'produce-consume': produceConsume }

export interface PlanOptions {
  kind?: VariantPlan['kind']
  index?: number
  /** Instead of the workload's own. */
  roles?: readonly Role[]
}

/** The plan of a profile's one variant, made as a run makes it. */
export function planOf(profile: Partial<ProfileInput>, options: PlanOptions = {}): VariantPlan {
  const { load, producers, ...rest } = profile
  const parsed = profileSchema.parse({
    name: 'test',
    clients: ['fake'],
    ...rest,
    // Small records and few of them in flight: making their values is most of what a test costs.
    load: { ...load, record: { size: 64, ...load?.record } },
    producers: { maxInFlight: 1000, ...producers },
  })
  const { roles, prefill } = workloads[parsed.workload as keyof typeof workloads]
  const stated = (['partitions', 'replicationFactor'] as const).filter((key) => profile.topic?.[key] !== undefined)
  const [variant] = planVariants([{ params: { client: 'fake' }, profile: parsed, stated }], 1)
  return planVariant(variant!, {
    kind: options.kind ?? 'load',
    runId: 'run1',
    index: options.index ?? 0,
    prefill,
    roles: (load) => options.roles ?? roles(load),
  })
}

/** Recursively; typed arrays, which cannot be frozen, are left out. */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value
  for (const each of Object.values(value)) freezeDeep(each)
  return Object.freeze(value)
}
