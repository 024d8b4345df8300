import { z } from 'zod'
import { KbenchError } from '../base/errors.ts'
import { plural } from '../base/plural.ts'
import { defineFault } from '../contracts/define.ts'
import { count } from './_options.ts'
import { refusedOnExternal } from './_refused.ts'
import { ended, runningWorkers } from './_workers.ts'

/** Members commit and leave, as on a deployment. Healing brings as many back. */
export default defineFault({
  summary: 'members leave their group as an application would that is shut down; afterwards as many join',
  on: 'consumer',
  target: 'all',
  needs: [],
  features: [],
  refused: refusedOnExternal,
  // A member finishes its batch and commits before it leaves.
  verifyMs: 10_000,
  options: z.strictObject({ count: count.default(1).describe('How many, the first of the targets') }),
  async inject(options, context) {
    const targets = runningWorkers(context, 'consumer')
    if (targets.length < options.count) {
      throw new KbenchError(
        'environment',
        `${plural(options.count, 'member')} to leave, and ${targets.length} to choose from`,
      )
    }
    return ended(context, targets.slice(0, options.count), {
      end: (worker) => context.workers.leave(worker),
      replaced: true,
      detail: `${plural(options.count, 'member')} left`,
    })
  },
})
