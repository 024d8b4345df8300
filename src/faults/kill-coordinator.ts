import { z } from 'zod'
import { defineFault } from '../contracts/define.ts'
import { killed } from './_processes.ts'
import { refusedWithoutBrokers } from './_refused.ts'

/** SIGKILL to the broker that coordinates a consumer group; healing starts it again. */
export default defineFault({
  summary: "a consumer group's coordinator is killed (SIGKILL); afterwards it is started again",
  on: 'broker',
  // An empty name stands for the first group, whatever it is called.
  target: { coordinatorOf: '' },
  needs: [],
  features: [],
  refused: refusedWithoutBrokers,
  options: z.strictObject({}),
  inject: (_options, context) => killed(context, 'SIGKILL'),
})
