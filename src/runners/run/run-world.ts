import { runVariant } from '../variant/variant.ts'
import { startCluster } from './choose-cluster.ts'
import { runReference } from './reference.ts'

/** What a run, or a search, starts and measures with; tests pass fakes. */
export interface RunWorld {
  startCluster: typeof startCluster
  runVariant: typeof runVariant
  runReference: typeof runReference
}

export const machine: RunWorld = { startCluster, runVariant, runReference }
