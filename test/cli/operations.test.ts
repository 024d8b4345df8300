import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { kbench, scratch } from './_kbench.ts'

// What topics, configs, groups, produce and consume say where there is no cluster to ask.

for (const [args, exitCode, message] of [
  [['topics', 'list'], 2, /which cluster\?[\s\S]*--bootstrap-server 127\.0\.0\.1:9092/],
  [['topics', 'list', '-b', 'localhost'], 2, /"localhost" is no host:port/],
  [['topics', 'list', '-b', '127.0.0.1:1'], 3, /no broker answers at 127\.0\.0\.1:1/],
  [['topics', 'list', '-b', '127.0.0.1:1', '--cluster', 'x'], 2, /--cluster and --bootstrap-server both say where/],
  [['cluster', 'status', '--cluster', 'x', '--profile', 'y'], 2, /--cluster and --profile both say where/],
  [['topics', 'list', '--profile', 'quickstart'], 2, /starts its own cluster \(provider mock\)/],
  [['topics', 'create', 'x', '-b', '127.0.0.1:1', '--partitions', '0'], 2, /Expected a whole number, 1 or more/],
  [['configs', 'describe', '-b', '127.0.0.1:1'], 2, /--entity-type/],
  [['configs', 'alter', '-b', '127.0.0.1:1', '--entity-type', 'topics', '--entity-name', 'x'], 2, /nothing to change/],
  [['groups', 'reset-offsets', 'g', '-b', '127.0.0.1:1', '--all-topics'], 2, /where to\?/],
  [['groups', 'reset-offsets', 'g', '-b', '127.0.0.1:1', '--to-latest'], 2, /of which topics\?/],
  [
    ['groups', 'reset-offsets', 'g', '-b', '127.0.0.1:1', '--all-topics', '--from-file', 'no.csv'],
    2,
    /cannot read no\.csv/,
  ],
  [
    ['groups', 'reset-offsets', 'g', '-b', '127.0.0.1:1', '--all-topics', '--from-file', '/dev/zero'],
    2,
    /cannot read \/dev\/zero: it is a device/,
  ],
  [['produce', 'x', '-b', '127.0.0.1:1', '-l', 'no.log'], 2, /cannot read no\.log/],
  [['produce', 'x', '-b', '127.0.0.1:1', '-l', '/dev/null', '-H', 'a'], 2, /--header a: expected name=value/],
  [['consume', 'x', '-b', '127.0.0.1:1', '-f', '%x'], 2, /--format: "%x" means nothing/],
  [['consume', 'x', '-b', '127.0.0.1:1', '-G', 'g', '-p', '1'], 2, /takes its partitions and offsets from the group/],
  [['consume', 'x', '-b', '127.0.0.1:1', '-p', 'one'], 2, /Expected the number of a partition/],
  [['consume', 'x', '-b', '127.0.0.1:1', '-e'], 3, /no broker answers/],
  [['topics', 'create', 'x', '-b', '127.0.0.1:1', '--config', 'a=b'], 3, /no broker answers/],
  [['topics', 'create', 'x', '--cluster', 'nowhere', '--config', 'a=b'], 3, /there is no cluster nowhere/],
  [['topics', 'create', 'x', '-b', '127.0.0.1:1', '--config', 'no.properties'], 3, /cannot read no\.properties/],
] as const) {
  test(`kbench ${args.join(' ')}`, async () => {
    const ended = await kbench(args)
    assert.equal(ended.exitCode, exitCode, ended.stderr)
    assert.match(ended.stderr, message)
    assert.equal(ended.stdout, '')
  })
}

test('KBENCH_BOOTSTRAP_SERVER is where the cluster is', async () => {
  const { exitCode, stderr } = await kbench(['topics', 'list'], { env: { KBENCH_BOOTSTRAP_SERVER: '127.0.0.1:1' } })
  assert.equal(exitCode, 3)
  assert.match(stderr, /no broker answers at 127\.0\.0\.1:1/)
})

test('--cluster overrules what the environment says', async () => {
  const env = { KBENCH_BOOTSTRAP_SERVER: '127.0.0.1:1' }
  const { exitCode, stderr } = await kbench(['topics', 'list', '--cluster', 'x'], { env })
  assert.equal(exitCode, 3)
  assert.match(stderr, /there is no cluster x/)
})

test('a profile tells the cluster and its secrets as for a run', async (t) => {
  const file = join(await scratch(t), 'msk.yaml')
  const security = `{ tls: false, sasl: { mechanism: plain, username: ada, password: '$\{env:NOT_THERE}' } }`
  writeFileSync(
    file,
    `name: msk\ncluster: { provider: external, bootstrap: ['127.0.0.1:1'], security: ${security} }\nconsumers: [ { group: g1 } ]\n`,
  )
  const { exitCode, stderr } = await kbench(['topics', 'list', '--profile', file])
  assert.equal(exitCode, 3)
  assert.match(stderr, /environment variable NOT_THERE is not set/)
})
