import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { nowNs } from '../base/clock.ts'
import { KbenchError } from '../base/errors.ts'
import type { BrokerNode, FaultContext } from '../contracts/api.ts'
import { defineFault } from '../contracts/define.ts'
import { createUndo, orUndo } from './_heal.ts'
import { naming, running } from './_processes.ts'
import { refusedWithoutBrokers } from './_refused.ts'

const fileName = 'kbench-fill'
const chunkBytes = [8 << 20, 64 << 10, 512, 1]

/** Fills the brokers' log directories to the last byte. Healing frees the space and starts brokers that ended over it. */
export default defineFault({
  summary: "a broker's disk is full; afterwards there is room again and the broker, which ended over it, is started",
  on: 'broker',
  target: { leaderOf: 0 },
  needs: ['root'],
  features: ['small-disks'],
  refused: refusedWithoutBrokers,
  // The broker finds out when it next needs a block of the disk.
  verifyMs: 30_000,
  options: z.strictObject({}),
  async inject(_options, context) {
    const targets = running(context.brokers)
    const pids = new Map(targets.map((broker) => [broker, broker.pid]))
    const undo = createUndo()
    const atNs = nowNs()
    let bytes = 0
    await orUndo(undo, async () => {
      for (const broker of targets) {
        if (!broker.disk)
          throw new KbenchError('environment', `the disk of broker ${broker.id} cannot be filled in this cluster`)
        const file = join(broker.disk.path, fileName)
        undo.add(() => makeRoom(broker, file, pids.get(broker), context))
        bytes += await fill(file, context.signal)
      }
    })
    const isHit = async (broker: BrokerNode) =>
      broker.pid !== pids.get(broker) || (await hasNothingInSync(broker, context))
    return {
      atNs,
      detail: `disk of ${naming(targets)} filled with ${Math.round(bytes / 2 ** 20)} MiB`,
      verify: async () => (await Promise.all(targets.map(isHit))).every(Boolean),
      [Symbol.asyncDispose]: undo.run,
    }
  },
})

/** Writes until there is no space left, in ever smaller pieces; returns the bytes written. */
async function fill(file: string, signal: AbortSignal): Promise<number> {
  await using handle = await open(file, 'w')
  let total = 0
  for (const bytes of chunkBytes) {
    const chunk = Buffer.alloc(bytes)
    for (;;) {
      signal.throwIfAborted()
      const written = await handle.write(chunk).then(
        ({ bytesWritten }) => bytesWritten,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOSPC') return 0
          throw error
        },
      )
      total += written
      if (written < bytes) break
    }
  }
  return total
}

/** A broker whose only log directory went offline ends by itself; one that has several needs a new start to use it again. */
async function makeRoom(broker: BrokerNode, file: string, pidBefore: number | undefined, context: FaultContext) {
  await rm(file, { force: true })
  if (broker.pid === pidBefore && (await hasNothingInSync(broker, context).catch(() => false)))
    await broker.signal?.('SIGKILL')
  else if (broker.pid !== undefined) return
  await broker.start?.()
}

async function hasNothingInSync({ id }: BrokerNode, { metadata }: FaultContext): Promise<boolean> {
  const { partitions } = await metadata()
  return partitions.length > 0 && partitions.every(({ isr }) => !isr.includes(id))
}
