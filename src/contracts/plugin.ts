import type { z } from 'zod'

/** What every plugin has: the zod object that checks its options and fills in defaults. */
export interface Plugin<O> {
  options: z.ZodType<O>
}

/** How to reach the cluster; plain and serialisable, so that it can go to a worker. */
export interface Network {
  bootstrap: readonly string[]
  security?: Security
  /** Begins the client ids of kbench's own connections; absent = "kbench-". */
  prefix?: string
}

export interface Security {
  tls?: boolean
  /** PEM text. */
  ca?: string
  sasl?: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string }
}
