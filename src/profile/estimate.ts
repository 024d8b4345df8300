import { recordsDue } from './schedule-of.ts'
import type { Profile } from './schema.ts'
import { isMax } from './shapes.ts'

/**
 * How long things take beside the phases that a profile sets, in seconds; measured on two cores with three local brokers, to plan
 * an evening by, not to the second.
 */
const clusterStartS = 10
const clusterStopS = 5
/** Topic, connecting, joining the groups, the end of the drain, deleting. */
const aroundVariantS = 6
const perPartitionS = 0.015
const auditedPerSec = 150_000
/** At rate max nobody knows how many records there will be: their audit as a share of the time in which they were made. */
const auditShareAtMax = 0.3

/** From the topic of a variant to its deletion, the cool-down before it included. Pure. */
export function variantSeconds(profile: Profile): number {
  const { phases, topic, workload } = profile
  const loadS = (phases.warmup + phases.measure) / 1000
  const records = workload === 'consume' || isMax(profile.load.rate) ? null : recordsDue(profile)
  const auditS = records === null ? loadS * auditShareAtMax : records / auditedPerSec
  return phases.coolDown / 1000 + loadS + aroundVariantS + topic.partitions * perPartitionS + auditS
}

/** A session: as many starts of a cluster as it needs, each warmed up, and these variants. Pure. */
export function sessionSeconds(profiles: readonly Profile[], clusters = 1): number {
  if (profiles.length === 0) return 0
  const aroundS = clusterStartS + profiles[0]!.phases.clusterWarmup / 1000 + clusterStopS
  return clusters * aroundS + profiles.reduce((sum, profile) => sum + variantSeconds(profile), 0)
}
