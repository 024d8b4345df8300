import { z } from 'zod'
import { defineFault } from '../contracts/define.ts'
import { killed } from './_processes.ts'
import { refusedWithoutBrokers } from './_refused.ts'

/** SIGKILL to brokers; healing starts them again. */
export default defineFault({
  summary: 'a broker is killed (SIGKILL); afterwards it is started again',
  on: 'broker',
  target: { leaderOf: 0 },
  needs: [],
  features: [],
  refused: refusedWithoutBrokers,
  options: z.strictObject({}),
  inject: (_options, context) => killed(context, 'SIGKILL'),
})
