import type { runVariant } from '../variant/variant.ts'
import type { startCluster } from './choose-cluster.ts'
import type { runReference } from './reference.ts'

/** What a run, or a search, starts and measures with; tests pass fakes. */
export interface RunWorld {
  startCluster: typeof startCluster
  runVariant: typeof runVariant
  runReference: typeof runReference
}
