import { z } from 'zod'
import { plural } from '../base/plural.ts'
import { defineFault } from '../contracts/define.ts'
import { refusedOnExternal } from './_refused.ts'
import { ended, runningWorkers } from './_workers.ts'

/** A producer is gone for good: what it had in flight is unknown, and its share of the schedule is not sent. */
export default defineFault({
  summary: 'a producer dies with what it had in flight; it stays dead and its share of the load is not sent',
  on: 'producer',
  target: { producer: 0 },
  needs: [],
  features: [],
  refused: refusedOnExternal,
  options: z.strictObject({}),
  inject(_options, context) {
    const targets = runningWorkers(context, 'producer')
    const detail = `${plural(targets.length, 'producer')} killed`
    return ended(context, targets, { end: (worker) => context.workers.kill(worker), replaced: false, detail })
  },
})
