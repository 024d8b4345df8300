import { z } from 'zod'
import { plural } from '../base/plural.ts'
import { defineFault } from '../contracts/define.ts'
import { createUndo, orUndo } from './_heal.ts'
import { count } from './_options.ts'
import { refusedOnExternal } from './_refused.ts'

/** Further members join a group under load. Healing lets them leave. */
export default defineFault({
  summary: 'further members join a group under load; afterwards they leave',
  on: 'consumer',
  target: { member: 0 },
  targetIsModel: true,
  needs: [],
  features: [],
  refused: refusedOnExternal,
  verifyMs: 10_000,
  options: z.strictObject({ count: count.default(1).describe('How many more, of the group and kind of the target') }),
  async inject(options, { workers, clock }) {
    const like = workers.targets[0]!
    const undo = createUndo()
    const joined: number[] = []
    const atNs = clock.nowNs()
    await orUndo(undo, async () => {
      for (let n = 0; n < options.count; n++) {
        const worker = await workers.join(like)
        joined.push(worker)
        undo.add(async () => (workers.isRunning(worker) ? workers.leave(worker) : undefined))
      }
    })
    return {
      atNs,
      detail: `${plural(options.count, 'member')} joined`,
      verify: async () => joined.every((worker) => workers.isRunning(worker)),
      [Symbol.asyncDispose]: undo.run,
    }
  },
})
