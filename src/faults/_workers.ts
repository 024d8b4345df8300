import { KbenchError } from '../base/errors.ts'
import type { FaultContext, InjectedFault } from '../contracts/api.ts'
import { createUndo, orUndo, type Undo } from './_heal.ts'

/** Does something to each of these workers in turn. Those that are hit are healed when a later one fails. */
export async function onWorkers(
  workers: readonly number[],
  undo: Undo,
  act: (worker: number) => Promise<unknown>,
  heal: (worker: number) => Promise<unknown>,
): Promise<void> {
  await orUndo(undo, async () => {
    for (const worker of workers) {
      await act(worker)
      undo.add(() => heal(worker))
    }
  })
}

/** Ends workers, as `end` does it; healing starts one like each, where `replaced`. */
export async function ended(
  { workers, clock }: FaultContext,
  targets: readonly number[],
  { end, replaced, detail }: { end: (worker: number) => Promise<void>; replaced: boolean; detail: string },
): Promise<InjectedFault> {
  const undo = createUndo()
  const atNs = clock.nowNs()
  await onWorkers(targets, undo, end, async (worker) => (replaced ? workers.join(worker) : undefined))
  return {
    atNs,
    detail,
    verify: async () => targets.every((worker) => !workers.isRunning(worker)),
    [Symbol.asyncDispose]: undo.run,
  }
}

/** The targets that run; throws `environment` when none does. */
export function runningWorkers({ workers }: FaultContext, what: string): number[] {
  const targets = workers.targets.filter((worker) => workers.isRunning(worker))
  if (targets.length === 0) throw new KbenchError('environment', `no ${what} that is the target is running`)
  return targets
}
