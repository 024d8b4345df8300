import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { execa } from 'execa'
import { packageRoot } from '../../src/base/root.ts'
import { type FuzzSummary, type Kind, seedCount } from '../support/fuzz-inputs.ts'

// 10 000 profiles, and 10 000 results and recordings, changed at random. FUZZ_INPUTS=100 for fewer. The output is kept in last-output-fuzz.txt.

const inputs = Number(process.env.FUZZ_INPUTS ?? 10_000)
/** Of each process that reads, Node and all of kbench's modules included. */
const bytesAtMost = 300e6
/** A process each: what one leaves behind is not counted for ever. */
const share = 2500

const counts: Readonly<Record<Kind, number>> = { profile: inputs, result: inputs / 2, recording: inputs / 2 }

test('R4, R12, R15: inputs that are changed at random are refused or shown, within a second and 300 MB', async (t) => {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: packageRoot, encoding: 'utf8' }).trim()
  const lines = [`${new Date().toISOString().slice(0, 10)}, commit ${commit}: npm run test:long -- fuzz`, '']
  const failures: string[] = []
  const one = async ([kind, count]: [Kind, number]): Promise<void> => {
    const sum: FuzzSummary & { peakBytes: number } = {
      inputs: 0,
      accepted: 0,
      slowestMs: 0,
      failures: [],
      peakBytes: 0,
    }
    for (let from = 0; from < count; from += share) {
      const to = Math.min(count, from + share)
      const args = [
        '--max-semi-space-size=4',
        '--max-old-space-size=128',
        join(packageRoot, 'dist/test/support/fuzz-child.js'),
        kind,
        `${from}`,
        `${to}`,
      ]
      const { stdout } = await execa(process.execPath, args)
      const part = JSON.parse(stdout) as typeof sum
      sum.inputs += part.inputs
      sum.accepted += part.accepted
      sum.slowestMs = Math.max(sum.slowestMs, part.slowestMs)
      sum.peakBytes = Math.max(sum.peakBytes, part.peakBytes)
      failures.push(...part.failures)
    }
    const percent = (100 * sum.accepted) / sum.inputs
    lines.push(
      `${kind}: ${sum.inputs} inputs of ${seedCount(kind)} seeds, ${percent.toFixed(1)} % accepted and shown, slowest ${Math.round(sum.slowestMs)} ms of processor time, ` +
        `peak ${Math.round(sum.peakBytes / 1e6)} MB of the process`,
    )
    t.diagnostic(lines.at(-1)!)
    assert.ok(percent >= 5 && percent <= 60, `${percent} % of ${kind} accepted`)
    if (sum.peakBytes > bytesAtMost) failures.push(`${kind}: ${sum.peakBytes} bytes`)
  }
  await Promise.all((Object.entries(counts) as [Kind, number][]).map(one))
  lines.push(`failures: ${failures.length}`, ...failures)
  writeFileSync(join(packageRoot, 'test/long/last-output-fuzz.txt'), `${lines.join('\n')}\n`)
  assert.deepEqual(failures, [])
})
