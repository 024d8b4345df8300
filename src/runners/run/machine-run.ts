import { runVariant } from '../variant/variant.ts'
import { boundedRun } from './bounded-run.ts'
import { startCluster } from './choose-cluster.ts'
import { runReference } from './reference.ts'

/** Clusters, variants and tools of this machine. */
export const machine = boundedRun({ startCluster, runVariant, runReference })
