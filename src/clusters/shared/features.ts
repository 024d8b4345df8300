import { KbenchError, messageOf } from '../../base/errors.ts'
import type { ClusterFeature, Finding, ProvisionContext } from '../../contracts/api.ts'
import { requireSmallDisks } from '../local/small-disks.ts'
import { requireIsolation } from './isolation.ts'
import { findOnPath } from './path.ts'
import { findToxiproxy, toxiproxyHint } from './toxiproxy.ts'

export const wants = (context: ProvisionContext, feature: ClusterFeature): boolean =>
  context.features?.has(feature) ?? false

/** Throws `environment` when this machine lacks what the wanted features take. Toxiproxy aside, which may have to be built. */
export function requireFeatures(context: ProvisionContext): void {
  if (wants(context, 'isolation')) requireIsolation()
  if (wants(context, 'small-disks')) requireSmallDisks()
}

/** For a provider that can have none of them: throws `environment` when any is needed; metrics are welcome, not needed. */
export function refuseFeatures(provider: string, context: ProvisionContext): void {
  const features = [...(context.features ?? [])].filter((feature) => feature !== 'metrics')
  if (features.length === 0) return
  throw new KbenchError(
    'environment',
    `provider ${provider} cannot have what this run's faults need: ${features.join(', ')}`,
    {
      hint: 'use provider local or compose',
    },
  )
}

/** What this machine has of what some faults need, for doctor. */
export function featureFindings(): Finding[] {
  const rootAndTools = (require: () => void) => () => {
    require()
    return 'root and its tools'
  }
  return [
    finding('faults: network namespaces', rootAndTools(requireIsolation)),
    finding('faults: small disks', rootAndTools(requireSmallDisks)),
    finding('faults: Toxiproxy', () => {
      const found = findToxiproxy()
      if (found) return found
      if (findOnPath('go')) return 'none yet: built on the first run that needs it'
      throw new KbenchError('environment', 'there is none, and no go to build it', { hint: toxiproxyHint })
    }),
  ]
}

/** What `look` finds; its error as a hint. */
function finding(what: string, look: () => string): Finding {
  try {
    return { what, found: look() }
  } catch (error) {
    const hint = error instanceof KbenchError ? error.hint : undefined
    return { what, found: null, hint: [messageOf(error), hint].filter(Boolean).join(': ') }
  }
}
