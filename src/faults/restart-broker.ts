import { z } from 'zod'
import { defineFault } from '../contracts/define.ts'
import { running, shutdownMs } from './_processes.ts'
import { refusedWithoutBrokers } from './_refused.ts'
import { areBack, restarted } from './_restart.ts'

/** SIGTERM to brokers, which are started again as soon as they have ended. */
export default defineFault({
  summary: 'a broker is shut down (SIGTERM) and started again immediately; over when it is registered again',
  on: 'broker',
  target: { leaderOf: 0 },
  needs: [],
  features: [],
  refused: refusedWithoutBrokers,
  verifyMs: shutdownMs,
  options: z.strictObject({}),
  inject: async (_options, context) =>
    restarted(context, {
      waves: [running(context.brokers)],
      isBack: (wave) => areBack(context, wave, { inSync: false }),
      settleMs: 0,
    }),
})
