import { z } from 'zod'
import type { Profile } from '../../profile/schema.ts'

const externalOnly = (key: string) => z.undefined(`cluster.${key} is for provider external only`).optional()

/** The resolved `profile.cluster` of a provider that starts a layout. */
export const layoutOptions = z.strictObject({
  provider: z.string(),
  layout: z.string(),
  bootstrap: externalOnly('bootstrap'),
  security: externalOnly('security'),
  config: externalOnly('config'),
  /** ms */
  startTimeout: z.number().positive(),
})
export type LayoutOptions = z.infer<typeof layoutOptions>

/** What a plain `profile.cluster` looks like to providers. */
export type ClusterOptions = Profile['cluster']

/** What numbers from brokers and load on one machine are good for. */
export const oneMachine =
  'brokers and load share one machine: behaviour, failover and ratios between clients and settings carry over, ' +
  'absolute MB/s and latency of a production cluster do not'
