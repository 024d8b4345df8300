import type { ClusterFeature, ProvisionContext } from '../core/api.ts'
import { KbenchError } from '../core/errors.ts'
import { requireIsolation } from './_isolation.ts'
import { requireSmallDisks } from './_small-disks.ts'

export const wants = (context: ProvisionContext, feature: ClusterFeature): boolean =>
  context.features?.has(feature) ?? false

/** Throws `environment` when this machine lacks what the wanted features take. Toxiproxy aside, which may have to be built. */
export function requireFeatures(context: ProvisionContext): void {
  if (wants(context, 'isolation')) requireIsolation()
  if (wants(context, 'small-disks')) requireSmallDisks()
}

/** For a provider that can have none of them: throws `environment` when any is wanted. */
export function refuseFeatures(provider: string, { features }: ProvisionContext): void {
  if (!features || features.size === 0) return
  throw new KbenchError(
    'environment',
    `provider ${provider} cannot have what this run's faults need: ${[...features].join(', ')}`,
    {
      hint: 'use provider local or compose',
    },
  )
}
