import { z } from 'zod'
import { KbenchError } from '../base/errors.ts'
import type { ClusterState, FaultContext } from '../contracts/api.ts'
import { defineFault } from '../contracts/define.ts'
import { type CommandEnd, runCommand } from './_command.ts'
import { createUndo, orUndo } from './_heal.ts'
import { duration } from './_options.ts'

const argv = z
  .array(z.string('expected text'), 'expected a list: [program, argument, …], which no shell reads')
  .min(1, 'expected a program')
  .refine(([program]) => !program?.includes('${'), 'the program itself cannot be a reference')

/** The verify command is asked again after so long, ms. */
const verifyEveryMs = 1000

/** What a command of the user's does to a cluster, whosever it is: the one fault of clusters that kbench did not start. */
export default defineFault({
  summary: 'a command of yours disturbs the cluster (a reboot by its provider, say); another one heals it',
  // Which broker it is about only the command knows; what it does is looked for in the topic.
  on: 'topic',
  target: null,
  needs: [],
  features: [],
  refused: () => null,
  options: z.strictObject({
    inject: argv.describe('Program and arguments that make it happen, run without a shell'),
    verify: argv.optional().describe('Exits with 0 once it has happened; asked every second'),
    heal: argv.optional().describe('Undoes it; runs in any case, also when inject failed half-way'),
    verifyWithin: duration('5m').prefault('5m').describe('Has to be seen to have happened within this'),
    timeout: duration('2m').prefault('2m').describe('Each command is ended after this, with all it has started'),
  }),
  async inject({ inject, verify, heal, verifyWithin, timeout: timeoutMs }, context) {
    const { signal, clock, note } = context
    const log = (text: string) => context.log('fault-command.log', text)
    const before = await context.metadata().catch(() => null)
    const undo = createUndo()
    if (heal !== undefined) {
      undo.add(async () => assertDone('heal', await runCommand('heal', heal, { timeoutMs, log }), timeoutMs))
    }
    const atNs = clock.nowNs()
    await orUndo(undo, async () =>
      assertDone('inject', await runCommand('inject', inject, { timeoutMs, log, signal }), timeoutMs),
    )
    let nextMs = 0
    const byCommand = async (): Promise<string | false> => {
      if (verify === undefined || performance.now() < nextMs) return false
      const { exitCode } = await runCommand('verify', verify, { timeoutMs, log, signal })
      nextMs = performance.now() + verifyEveryMs
      return exitCode === 0 && 'verify command: exit code 0'
    }
    return {
      atNs,
      detail: `command ${inject[0]}`,
      verifyMs: verifyWithin,
      async verify() {
        const seen = await inMetadata(before, context).catch(() => false as const)
        if (seen !== false) return seen
        try {
          return await byCommand()
        } catch (error) {
          note(`verify: ${(error as Error).message}`)
          return false
        }
      },
      [Symbol.asyncDispose]: undo.run,
    }
  },
})

/** A broker that has left, or a leader that is another than before the command; false = neither. */
async function inMetadata(
  before: ClusterState | null,
  { metadata }: Pick<FaultContext, 'metadata'>,
): Promise<string | false> {
  if (before === null) return false
  const now = await metadata()
  const gone = before.brokers.find(({ id }) => !now.brokers.some((broker) => broker.id === id))
  if (gone) return `broker ${gone.id} left the metadata`
  const moved = now.partitions.find(({ partition, leader }) => {
    const earlier = before.partitions.find((each) => each.partition === partition)
    return earlier !== undefined && earlier.leader >= 0 && earlier.leader !== leader
  })
  if (!moved) return false
  const { leader } = before.partitions.find(({ partition }) => partition === moved.partition)!
  const to = moved.leader < 0 ? 'nobody' : `broker ${moved.leader}`
  return `leader of partition ${moved.partition}: broker ${leader} → ${to}`
}

function assertDone(name: string, { exitCode, ended }: CommandEnd, timeoutMs: number): void {
  if (ended === null && exitCode === 0) return
  const how =
    ended === 'deadline'
      ? `was ended after ${timeoutMs / 1000} s (timeout)`
      : ended === 'interrupted'
        ? 'was interrupted'
        : exitCode === null
          ? 'was ended by a signal'
          : `failed with exit code ${exitCode}`
  throw new KbenchError('environment', `the ${name} command ${how}: see logs/fault-command.log of the run`)
}
