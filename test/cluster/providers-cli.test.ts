import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { after, describe, test } from 'node:test'
import { execa } from 'execa'
import { packageRoot } from '../../src/base/root.ts'
import { holdElsewhere, isRunning, sandbox, skipReason, until } from './_providers.ts'

const skip = await skipReason('mock')
const box = sandbox('mock')
after(box.remove)

const kbench = (args: string[], env: Record<string, string> = {}) =>
  execa(process.execPath, [join(packageRoot, 'bin', 'kbench.js'), ...args], { env, reject: false, stdin: 'ignore' })

/** Nothing on the PATH but Node.js, no Java, no Docker. */
const bareMachine = {
  PATH: join(dirname(process.execPath), 'nothing'),
  JAVA_HOME: '/nonexistent',
  DOCKER_HOST: 'unix:///nonexistent',
}

describe('kbench doctor', { ...(skip && { skip }) }, () => {
  test('on a bare machine: says what is missing and what to do, takes the mock, exits 0', async () => {
    const { stdout, stderr, exitCode } = await kbench(['doctor'], bareMachine)
    assert.equal(stderr, '')
    assert.equal(exitCode, 0)
    for (const line of [
      /^Node\.js +\d+\.\d+/m,
      /^client kafkajs +2\./m,
      /^client node-rdkafka +3\./m,
      /^Docker daemon +not found\n +-> start Docker/m,
      /^Java +not found\n +-> .*install Java 17/m,
      /^provider local +no: /m,
      /^provider auto +takes mock$/m,
    ]) {
      assert.match(stdout, line)
    }
  })

  test('--json is the same as data', async () => {
    const { stdout, exitCode } = await kbench(['doctor', '--json'], bareMachine)
    const found = JSON.parse(stdout)
    assert.equal(exitCode, 0)
    assert.equal(found.node.found, process.versions.node)
    assert.equal(found.auto.provider, 'mock')
    assert.deepEqual(
      found.auto.rejected.map(({ provider }: { provider: string }) => provider),
      ['compose', 'local'],
    )
  })
})

describe('kbench clean', { ...(skip && { skip }) }, () => {
  test('prints a line per thing removed, then has nothing to do', async () => {
    const { holder } = await holdElsewhere('mock', box.directory())
    holder.kill('SIGKILL')
    await until('the holder is dead', () => !isRunning(holder.pid!))
    const first = await kbench(['clean'])
    assert.equal(first.exitCode, 0)
    assert.match(first.stdout, /^mock: test-\d+-0: removed its lease$/m)
    const second = await kbench(['clean'])
    assert.deepEqual([second.exitCode, second.stdout, second.stderr], [0, '', 'nothing to clean'])
    assert.equal((await kbench(['clean', '--json'])).stdout, '[]')
  })
})
