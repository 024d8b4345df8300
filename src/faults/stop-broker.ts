import { z } from 'zod'
import { defineFault } from '../contracts/define.ts'
import { killed, shutdownMs } from './_processes.ts'
import { refusedWithoutBrokers } from './_refused.ts'

/** SIGTERM to brokers, which hand over their leaderships and end; healing starts them again. */
export default defineFault({
  summary: 'a broker is shut down (SIGTERM), handing over its partitions; afterwards it is started again',
  on: 'broker',
  target: { leaderOf: 0 },
  needs: [],
  features: [],
  refused: refusedWithoutBrokers,
  // Seen to have ended, which is when the controlled shutdown is over.
  verifyMs: shutdownMs,
  options: z.strictObject({}),
  inject: (_options, context) => killed(context, 'SIGTERM'),
})
