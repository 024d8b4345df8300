import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Check } from '../../src/runners/doctor/check.ts'
import { kbench, scratch } from './_kbench.ts'

describe('kbench doctor with a profile', () => {
  test('a run on its own cluster: each check of this machine, in a stable shape', async (t) => {
    const results = await scratch(t)
    const { stdout, stderr, exitCode } = await kbench(['doctor', 'quickstart', '--json', '--results', results])
    const checks = JSON.parse(stdout) as Check[]
    assert.equal(exitCode, checks.some(({ level }) => level === 'failure') ? 3 : 0, stderr)
    for (const check of checks) {
      assert.deepEqual(Object.keys(check), ['id', 'level', 'subject', 'text', 'remedy'])
      assert.match(check.level, /^(ok|warning|failure|unknown)$/)
      // Whatever fails or could be better has what to do.
      if (check.level === 'failure' || check.level === 'warning') assert.ok(check.remedy, JSON.stringify(check))
    }
    const ids = new Set(checks.map(({ id }) => id))
    for (const id of ['client', 'provider', 'cores', 'disk', 'open-files', 'clock', 'broker'])
      assert.ok(ids.has(id), id)
    for (const id of ['topic', 'permission', 'quota']) assert.ok(!ids.has(id), id)
    assert.match(checks.find(({ subject }) => subject === 'kafkajs')!.text, /^kafkajs 2\.2\.4$/)
  })

  test('nothing listens: a line for each server, its remedy, and no check of the cluster; exit 3', async (t) => {
    const file = join(await scratch(t), 'p.yaml')
    await writeFile(file, 'name: x\nclients: [kafkajs]\nworkload: produce\n')
    const { stdout, exitCode } = await kbench(['doctor', file, '-b', '127.0.0.1:1,127.0.0.1:2'])
    assert.equal(exitCode, 3)
    assert.match(stdout, /^failure {2}bootstrap server 127\.0\.0\.1:1: .* refuses connections.*\n {9}-> \S/m)
    assert.match(stdout, /^failure {2}bootstrap server 127\.0\.0\.1:2: /m)
    assert.match(stdout, /^unknown {2}permissions: not checked: no bootstrap server answers$/m)
    assert.match(stdout, /\n2 failures, .*\n$/)
  })

  test('a cluster without a profile: the defaults of one', async () => {
    const { stdout, exitCode } = await kbench(['doctor', '-b', '127.0.0.1:1', '--json'])
    assert.equal(exitCode, 3)
    const failed = (JSON.parse(stdout) as Check[]).filter(({ level }) => level === 'failure')
    assert.deepEqual(
      failed.map(({ id }) => id),
      ['bootstrap'],
    )
  })

  test('a secret that is not there is named, and nothing else is', async (t) => {
    const file = join(await scratch(t), 'p.yaml')
    const security = `security: { tls: false, sasl: { mechanism: plain, username: ada, password: "$\{env:NO_SUCH_ONE}" } }`
    await writeFile(
      file,
      `name: x\nworkload: produce\ncluster: { provider: external, bootstrap: ["127.0.0.1:1"], ${security} }\n`,
    )
    const { stderr, exitCode } = await kbench(['doctor', file])
    assert.equal(exitCode, 3)
    assert.match(stderr, /the environment variable NO_SUCH_ONE is not set/)
  })

  test('a wrong profile: exit 2, with what is wrong; one that is not there', async (t) => {
    const file = join(await scratch(t), 'p.yaml')
    await writeFile(file, 'name: x\nproducers: { ack: all }\n')
    const { stdout, stderr, exitCode } = await kbench(['doctor', file])
    assert.deepEqual([stdout, exitCode], ['', 2])
    assert.match(stderr, /producers\.ack|acks/)
    assert.equal((await kbench(['doctor', 'no-such-profile.yaml'])).exitCode, 2)
  })
})

test('without one: what this machine has, as before', async () => {
  const { stdout } = await kbench(['doctor', '--json'])
  assert.deepEqual(Object.keys(JSON.parse(stdout)), ['node', 'clients', 'clusters', 'auto'])
})
