import { z } from 'zod'
import { KbenchError } from '../base/errors.ts'
import type { Cluster } from '../contracts/api.ts'
import { defineFault } from '../contracts/define.ts'
import { controllerOf } from '../kafka/wire.ts'
import { onAny } from './_ask.ts'
import { killed } from './_processes.ts'
import { refusedWithoutBrokers } from './_refused.ts'

/** SIGKILL to the active controller, and to no other broker; healing starts it again. */
export default defineFault({
  summary: 'the active controller is killed (SIGKILL); afterwards it is started again',
  on: 'broker',
  target: 'controller',
  needs: [],
  features: [],
  refused: refusedWithoutBrokers,
  options: z.strictObject({}),
  async inject(_options, context) {
    const active = await activeController(context.cluster)
    if (context.brokers.length !== 1 || context.brokers[0]?.id !== active) {
      throw new KbenchError('environment', `the target is not the active controller, which is broker ${active}`, {
        hint: 'leave target out, or use kill-broker',
      })
    }
    const fault = await killed(context, 'SIGKILL')
    return { ...fault, detail: `${fault.detail}, the active controller` }
  },
})

/** The leader of the quorum, or (ZooKeeper) the one that the metadata name. */
async function activeController(cluster: Cluster): Promise<number> {
  return onAny(cluster, 'Metadata', controllerOf)
}
