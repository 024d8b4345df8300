import { z } from 'zod'
import { plural } from '../base/plural.ts'
import { defineFault } from '../contracts/define.ts'
import { createUndo, orUndo } from './_heal.ts'
import { refusedOnExternal } from './_refused.ts'
import { runningWorkers } from './_workers.ts'

/** A member stands still, as in a long collection of garbage: no record is read and no heartbeat sent. Healing lets it go on. */
export default defineFault({
  summary: 'a member of a group stands still, heartbeats included; afterwards it goes on',
  on: 'consumer',
  target: { member: 0 },
  needs: [],
  features: [],
  refused: refusedOnExternal,
  options: z.strictObject({}),
  async inject(_options, context) {
    const { workers } = context
    const targets = runningWorkers(context, 'consumer')
    const undo = createUndo()
    const atNs = context.clock.nowNs()
    await orUndo(undo, async () => {
      for (const worker of targets) {
        const paused = await workers.pause(worker)
        undo.add(() => paused[Symbol.asyncDispose]())
      }
    })
    return {
      atNs,
      detail: `${plural(targets.length, 'consumer')} paused`,
      // It stands still since pause() resolved; a dead one would be another fault.
      verify: async () => targets.every((worker) => workers.isRunning(worker)),
      [Symbol.asyncDispose]: undo.run,
    }
  },
})
