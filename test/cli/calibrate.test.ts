import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { kbench, scratch } from './_kbench.ts'
import { onlyResult } from './_live.ts'

// With the fake cluster and driver: the whole way from a profile to a verdict, in seconds.

test('calibrate runs the profile as it is, six times; compare takes the file, as far as the repetitions are valid', async (t) => {
  const cwd = await scratch(t)
  const lines = [
    'name: fake-run',
    'cluster: { provider: fake }',
    'clients: [fake]',
    'topic: { partitions: 2 }',
    'load: { rate: 200 }',
    'consumers: [ { group: g1, members: 1 } ]',
    'phases: { clusterWarmup: 0s, warmup: 1s, measure: 1s, drain: 2s }',
  ]
  writeFileSync(join(cwd, 'profile.yaml'), `${lines.join('\n')}\n`)
  const made = await kbench(['calibrate', 'profile.yaml', '--repetitions', '6', '--quiet', '--out', 'n/c.json'], {
    cwd,
  })
  const { result, directory } = onlyResult(join(cwd, 'results'))
  assert.deepEqual(
    result.variants.map(({ id }) => id),
    [1, 2, 3, 4, 5, 6].map((n) => `client=fake#${n}`),
  )
  const valid = result.variants.filter(({ status }) => status === 'ok').length
  const file = join(cwd, 'n/c.json')
  // A busy machine makes repetitions invalid: then there is no calibration, and nothing is written.
  assert.equal(made.exitCode, valid === 6 ? 0 : 4, made.stderr)
  assert.equal(existsSync(file), valid === 6)
  if (valid < 6) return
  assert.match(made.stdout, /^fake, 6 repetitions\n/)
  assert.doesNotMatch(made.stdout, /report/)
  assert.ok(
    JSON.parse(readFileSync(file, 'utf8')).variants[0].metrics['produce.responseUs.p99'].detectable['6'] !== undefined,
  )
  const same = await kbench(['compare', directory, directory, '--calibration', 'n/c.json', '--gate'], { cwd })
  assert.equal(same.exitCode, 0, same.stderr)
  assert.match(same.stdout, /acked\/s\*.*(equivalent|none ≥)/)
})

test('a profile and a stored run at once, or neither, or too few repetitions, are usage errors', async () => {
  for (const args of [[], ['quickstart', '--from', 'x'], ['quickstart', '--repetitions', '5']]) {
    const { exitCode, stdout } = await kbench(['calibrate', ...args])
    assert.deepEqual([exitCode, stdout], [2, ''])
  }
})
