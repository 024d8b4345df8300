import { z } from 'zod'
import { defineFault } from '../contracts/define.ts'
import { duration } from './_options.ts'
import { running, shutdownMs } from './_processes.ts'
import { refusedWithoutBrokers } from './_refused.ts'
import { areBack, restarted } from './_restart.ts'

/** Each broker in turn: SIGTERM, start, wait until no partition of the cluster is under-replicated. */
export default defineFault({
  summary: 'brokers are restarted in turn, each once no partition is under-replicated; over after the last',
  on: 'broker',
  target: 'all',
  needs: [],
  features: [],
  refused: refusedWithoutBrokers,
  verifyMs: shutdownMs,
  options: z.strictObject({
    settle: duration('5s').prefault('5s').describe('Pause before the next broker, once all partitions are in sync'),
  }),
  inject: async ({ settle }, context) =>
    restarted(context, {
      waves: running(context.brokers).map((broker) => [broker]),
      isBack: (wave) => areBack(context, wave, { inSync: true }),
      settleMs: settle,
    }),
})
