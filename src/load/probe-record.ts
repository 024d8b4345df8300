import type { ProbeRecord } from '../contracts/clusters.ts'
import type { VariantPlan } from '../contracts/plan.ts'
import { flags, stampBytes } from './stamp.ts'
import { createValues, largestSize } from './values.ts'

/** Larger records are refused for their size by the load itself, with their own finding. */
const mostBytes = 1024

/** A record of the load's kind that says whether a partition takes such records, flagged so that nobody counts it. `keyed`: it needs a key. Pure. */
export function probeRecordOf(
  { record, names, seed }: Pick<VariantPlan, 'record' | 'names' | 'seed'>,
  keyed: boolean,
): ProbeRecord {
  const size = Math.max(stampBytes, Math.min(largestSize(record.size), mostBytes))
  const [value] = createValues(1, {
    ...{ size, compressibility: record.compressibility, stampIn: record.stampIn, seed },
    ...{ run: 0, producer: 0, prefill: false, flag: flags.probe, distinctBytes: size },
  })
  value!.stamp(0, 0)
  const key = keyed || record.keys.distribution !== 'none' ? Buffer.from(`${names.clients}-probe`) : null
  return { key, value: value!.value, ...(value!.headers && { headers: value!.headers }) }
}
