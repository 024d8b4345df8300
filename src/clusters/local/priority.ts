import { writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { KbenchError } from '../../base/errors.ts'
import type { Environment } from '../shared/compose-file.ts'

/** Under a load that has a schedule to keep: a ninth of its weight in Linux' scheduler (ADR 16). */
const pacedNice = 10

/**
 * At what nice value the cluster's own processes run. A load with a schedule goes first, as if it had a machine of its own; one that
 * is as fast as it goes would starve them. Throws `usage` for a KBENCH_BROKER_NICE that is none.
 */
export function clusterNice(env: Environment, paced: boolean): number {
  const wanted = env.KBENCH_BROKER_NICE
  if (!wanted) return paced ? pacedNice : 0
  const nice = Number(wanted)
  if (Number.isInteger(nice) && nice >= 0 && nice <= 19) return nice
  throw new KbenchError('usage', `KBENCH_BROKER_NICE=${wanted} is no nice value`, {
    hint: 'a whole number from 0 (as the load) to 19 (whatever the load leaves)',
  })
}

/** A command that runs so much nicer than its parent, under the pid it is spawned with. */
export function nicely(nice: number, command: string, args: readonly string[]): [string, string[]] {
  return nice === 0 ? [command, [...args]] : ['nice', ['-n', String(nice), command, ...args]]
}

/**
 * Where Linux groups processes by session (sched_autogroup), nice counts within the group alone. Every process that is
 * spawned detached is a group of its own, with as much time as the whole load together. So the group gets the value,
 * too.
 */
export async function yieldAsGroup(pid: number, nice: number): Promise<void> {
  // The kernel takes one such change in 100 ms from all unprivileged processes together, and answers the others with EAGAIN.
  for (let attempt = 0; attempt < 50; attempt++) {
    try {
      await writeFile(`/proc/${pid}/autogroup`, String(nice))
      return
    } catch (error) {
      // No such grouping here, or the process is gone. The generator's health shows a load that does not get its time.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
      await sleep(100 + 10 * (attempt % 7))
    }
  }
}
