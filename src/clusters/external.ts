import { z } from 'zod'
import { KbenchError, messageOf } from '../base/errors.ts'
import type { Network } from '../contracts/api.ts'
import { defineClusterProvider } from '../contracts/define.ts'
import { readClientConfig } from '../kafka/client-config.ts'
import { reachCluster } from '../kafka/reach-cluster.ts'
import type { SecurityProfile } from '../profile/schema.ts'
import { refuseFeatures } from './shared/features.ts'
import { throwIfInterrupted } from './shared/ready.ts'
import { resolveSecurity } from './shared/secrets.ts'

const options = z.strictObject({
  provider: z.string(),
  layout: z.string().describe('Ignored: the cluster is as it is'),
  bootstrap: z.array(z.string(), 'provider external needs cluster.bootstrap: [host:port, …]').min(1),
  /** Checked with the profile, whose keys these are. */
  security: z.custom<SecurityProfile>((value) => typeof value === 'object' && value !== null).optional(),
  config: z.string().optional(),
  /** ms */
  startTimeout: z.number().positive(),
})
type ExternalOptions = z.infer<typeof options>

const hint = 'check cluster.bootstrap and cluster.security of the profile, and that this machine may connect'

/**
 * A cluster that is there already (Amazon MSK, say), by its bootstrap list. Provisioning reads its metadata and changes nothing;
 * disposing does nothing: topics and groups named kbench-* belong to whoever creates them.
 */
export default defineClusterProvider<ExternalOptions>({
  summary: 'a cluster that is there already, by its bootstrap list; altered only by topics and groups named kbench-*',
  transferable: 'this very cluster, as busy as it was at the time and as seen from this machine',
  options,
  network: networkOf,

  async available(wanted) {
    try {
      await reachCluster(await networkOf(wanted))
      return { ok: true }
    } catch (error) {
      return { ok: false, reason: messageOf(error), hint: (error instanceof KbenchError && error.hint) || hint }
    }
  },

  async provision(wanted, context) {
    refuseFeatures('external', context)
    const network = await networkOf(wanted)
    const { brokers, unreachable } = await reachCluster(network)
    throwIfInterrupted(context.signal)
    for (const { text } of unreachable) context.say(`a broker cannot be reached from here: ${text}`)
    return {
      network,
      nodes: brokers.map(({ id, host, port }) => ({ id, host, port })),
      describe: async () => ({ layout: 'external', kafkaVersion: null }),
      [Symbol.asyncDispose]: async () => undefined,
    }
  },
})

async function networkOf({ bootstrap, security, config }: ExternalOptions): Promise<Network> {
  const resolved =
    config === undefined ? security && (await resolveSecurity(security)) : (await readClientConfig(config)).security
  return { bootstrap, ...(resolved ? { security: resolved } : {}) }
}
