import { z } from 'zod'
import { KbenchError, messageOf } from '../base/errors.ts'
import type { Network } from '../contracts/api.ts'
import { defineClusterProvider } from '../contracts/define.ts'
import { type RegisteredBroker, registeredBrokers } from '../kafka/registered-brokers.ts'
import { refuseFeatures } from './shared/features.ts'
import { throwIfInterrupted } from './shared/ready.ts'
import { resolveSecurity } from './shared/secrets.ts'

const options = z.strictObject({
  provider: z.string(),
  layout: z.string().describe('Ignored: the cluster is as it is'),
  bootstrap: z.array(z.string(), 'provider external needs cluster.bootstrap: [host:port, …]').min(1),
  security: z
    .strictObject({
      tls: z.boolean(),
      ca: z.string().optional(),
      sasl: z
        .strictObject({
          mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
          username: z.string(),
          password: z.string(),
        })
        .optional(),
    })
    .optional(),
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

  async available(wanted) {
    try {
      await firstAnswer(await networkOf(wanted))
      return { ok: true }
    } catch (error) {
      return { ok: false, reason: messageOf(error), hint }
    }
  },

  async provision(wanted, context) {
    refuseFeatures('external', context)
    const network = await networkOf(wanted)
    const brokers = await firstAnswer(network)
    throwIfInterrupted(context.signal)
    return {
      network,
      nodes: brokers.map(({ id, host, port }) => ({ id, host, port })),
      describe: async () => ({ layout: 'external', kafkaVersion: null }),
      [Symbol.asyncDispose]: async () => undefined,
    }
  },
})

async function networkOf({ bootstrap, security }: ExternalOptions): Promise<Network> {
  if (!security) return { bootstrap }
  const { ca, sasl, tls } = security
  return {
    bootstrap,
    security: await resolveSecurity({ tls, ...(ca === undefined ? {} : { ca }), ...(sasl ? { sasl } : {}) }),
  }
}

/** The brokers, from whichever bootstrap address answers first; some may be down. */
async function firstAnswer(network: Network): Promise<RegisteredBroker[]> {
  const answers = network.bootstrap.map((address) => registeredBrokers({ ...network, bootstrap: [address] }))
  try {
    return await Promise.any(answers)
  } catch (error) {
    const reasons = error instanceof AggregateError ? error.errors.map(messageOf) : [messageOf(error)]
    throw new KbenchError('environment', `no broker of ${network.bootstrap.join(', ')} answers`, {
      details: [...new Set(reasons)],
      hint,
    })
  }
}
