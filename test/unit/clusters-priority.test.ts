import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import type { KbenchError } from '../../src/base/errors.ts'
import { clusterNice, nicely, yieldAsGroup } from '../../src/clusters/local/priority.ts'

test('the load goes first where it has a schedule; KBENCH_BROKER_NICE says otherwise, where it is a nice value', () => {
  assert.equal(clusterNice({}, true), 10)
  assert.equal(clusterNice({}, false), 0)
  assert.equal(clusterNice({ KBENCH_BROKER_NICE: '' }, true), 10)
  assert.equal(clusterNice({ KBENCH_BROKER_NICE: '0' }, true), 0)
  assert.equal(clusterNice({ KBENCH_BROKER_NICE: '19' }, false), 19)
  for (const wanted of ['-1', '20', '1.5', 'low']) {
    assert.throws(
      () => clusterNice({ KBENCH_BROKER_NICE: wanted }, true),
      ({ code, message }: KbenchError) => code === 'usage' && message.includes(`KBENCH_BROKER_NICE=${wanted}`),
    )
  }
})

test('0 leaves the command as it is', () => {
  assert.deepEqual(nicely(0, 'java', ['-version']), ['java', ['-version']])
})

test('the process has the value under the pid that was spawned, and so has its group', async () => {
  const child = spawn(...nicely(7, process.execPath, ['-e', 'console.log("up"); setInterval(() => {}, 1000)']), {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  try {
    await once(child.stdout, 'data')
    await yieldAsGroup(child.pid!, 7)
    assert.equal(getPriority(child.pid!), Math.min(19, getPriority() + 7))
    const group = groupOf(child.pid!)
    if (group !== null) assert.match(group, / nice 7$/)
  } finally {
    child.kill('SIGKILL')
  }
})

test('a process that is gone is no error', () => yieldAsGroup(2 ** 22 + 1, 5))

/** "/autogroup-123 nice 0"; null where the kernel does not group by session. */
function groupOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/autogroup`, 'utf8').trim()
  } catch {
    return null
  }
}
