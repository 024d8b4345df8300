import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { packageRoot } from '../src/base/root.ts'

export const planLimitMs = 300

/** How long `kbench plan` takes, its start included: the median of so many calls, ms. */
export function timePlan(calls: number): number {
  const args = [join(packageRoot, 'bin/kbench.js'), 'plan', '--in', '40MB/s', '--groups', '2', '--partitions', '100']
  const tookMs = Array.from({ length: calls }, () => {
    const startMs = performance.now()
    execFileSync(process.execPath, args, { stdio: 'ignore' })
    return performance.now() - startMs
  })
  return tookMs.sort((a, b) => a - b)[Math.floor(calls / 2)]!
}
