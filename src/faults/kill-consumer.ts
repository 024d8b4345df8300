import { z } from 'zod'
import { plural } from '../base/plural.ts'
import { defineFault } from '../contracts/define.ts'
import { refusedOnExternal } from './_refused.ts'
import { ended, runningWorkers } from './_workers.ts'

/** A member is gone without a word: its partitions stand still until its session is over. Healing starts another one. */
export default defineFault({
  summary: 'a member of a group dies without leaving it; afterwards another one joins',
  on: 'consumer',
  target: { member: 0 },
  needs: [],
  features: [],
  refused: refusedOnExternal,
  options: z.strictObject({}),
  inject(_options, context) {
    const targets = runningWorkers(context, 'consumer')
    const detail = `${plural(targets.length, 'consumer')} killed`
    return ended(context, targets, { end: (worker) => context.workers.kill(worker), replaced: true, detail })
  },
})
