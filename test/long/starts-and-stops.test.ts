import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { run } from '../../src/clusters/compose/docker.ts'
import { kbench } from '../cli/_kbench.ts'
import { processesNaming, sandbox, skipReason, start, until } from '../cluster/_providers.ts'

// Starts and stops leave nothing behind: 200 runs on the fake provider, 20 starts on local, 5 on compose.

const folder = mkdtempSync(join(tmpdir(), 'kbench-starts-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const openFiles = () => readdirSync('/proc/self/fd').length
const children = () =>
  processesNaming('kbench').filter((pid) => pid !== process.pid && processesNaming(folder).includes(pid))

test('200 runs on the fake provider', async (t) => {
  const profile = join(folder, 'fake.yaml')
  const lines = [
    ...['name: starts', 'workload: produce', 'consumers: []', 'cluster: { provider: fake }', 'clients: [fake]'],
    ...['load: { rate: 100 }', 'producers: { count: 1 }'],
    'phases: { clusterWarmup: 0s, warmup: 0s, measure: 1s, drain: 1s }',
  ]
  writeFileSync(profile, `${lines.join('\n')}\n`)
  const state = join(folder, 'state')
  const env = { XDG_STATE_HOME: state, TMPDIR: mkdtempSync(join(folder, 'tmp-')) }
  const results = join(folder, 'results')
  const codes = new Map<number, number>()
  for (let n = 0; n < 200; n++) {
    const args = ['run', profile, '--results', results, '--quiet', '--no-reports']
    const { exitCode, stderr } = await kbench(args, { env })
    codes.set(exitCode, (codes.get(exitCode) ?? 0) + 1)
    // Late load on a busy machine is exit code 4.
    assert.ok([0, 4].includes(exitCode), `run ${n}: ${stderr}`)
  }
  t.diagnostic(JSON.stringify([...codes]))
  assert.equal(readdirSync(results).length, 200)
  assert.deepEqual(readdirSync(env.TMPDIR), [])
  assert.deepEqual(
    // Nothing was ever put there, or nothing is left.
    (existsSync(state) ? readdirSync(state, { recursive: true }) : []).filter((name) => String(name).endsWith('.json')),
    [],
  )
  await until('no process is left', () => children().length === 0)
})

for (const [provider, times] of [
  ['local', 20],
  ['compose', 5],
] as const) {
  const skip = await skipReason(provider)
  describe(provider, { skip }, () => {
    test(`${times} starts and stops`, async (t) => {
      const box = sandbox(provider)
      t.after(box.remove)
      const docker = async () => {
        const lists = [
          ['docker', 'ps', '--all', '--quiet'],
          ['docker', 'network', 'ls', '--quiet'],
          ['docker', 'volume', 'ls', '--quiet'],
        ].map((command) => run(command))
        return (await Promise.all(lists)).map(({ stdout }) => stdout)
      }
      const before = provider === 'compose' ? await docker() : []
      // What is opened once stays open.
      const first = await start(provider, { directory: box.directory() })
      await first[Symbol.asyncDispose]()
      const filesBefore = openFiles()
      for (let n = 0; n < times; n++) {
        const cluster = await start(provider, { directory: box.directory() })
        assert.equal(cluster.nodes.length, 1)
        await cluster[Symbol.asyncDispose]()
        assert.deepEqual(box.leases(), [], `after start ${n}`)
        assert.deepEqual(processesNaming(box.root), [], `after start ${n}`)
      }
      assert.ok(openFiles() <= filesBefore, `${openFiles()} open files, ${filesBefore} before`)
      if (provider === 'compose') assert.deepEqual(await docker(), before)
    })
  })
}
