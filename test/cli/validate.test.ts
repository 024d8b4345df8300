import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { kbench, scratch } from './_kbench.ts'

const bad = 'name: x\nproducers: { ack: all }\nconsumers: [ { group: g1 } ]\nphases: { warmup: 10 }\n'

test('a valid profile: one line on stdout, nothing on stderr, exit 0', async () => {
  assert.deepEqual(await kbench(['validate', 'profiles/3broker-acks-all.yaml']), {
    stdout: 'profiles/3broker-acks-all.yaml: ok\n',
    stderr: '',
    exitCode: 0,
  })
})

test('every shipped profile is valid here, names of plugins and layouts included', async () => {
  const { stdout, stderr, exitCode } = await kbench([
    'validate',
    ...['3broker-acks-all', '3broker-acks-1', 'single-broker', 'quickstart', 'external-example', 'full-example'],
  ])
  assert.equal(stderr, '')
  assert.equal(exitCode, 0)
  assert.equal(stdout.trim().split('\n').length, 6)
})

test('files that a profile names are read beside it, wherever kbench is called', async (t) => {
  const folder = await scratch(t)
  const inside = join(folder, 'inside')
  await mkdir(inside)
  const rate = (file: string) => `name: x\nworkload: produce\nload: { rate: { replay: { file: ${file} } } }\n`
  await writeFile(join(inside, 'good.yaml'), rate('day.csv'))
  await writeFile(join(inside, 'day.csv'), 'seconds,rate\n0,10\n20,30\n')
  await writeFile(join(inside, 'torn.yaml'), rate('torn.csv'))
  await writeFile(join(inside, 'torn.csv'), '0,10\n20,3\n2')
  await writeFile(join(inside, 'folder.yaml'), rate('.'))
  await writeFile(join(inside, 'device.yaml'), rate('/dev/zero'))
  await writeFile(join(inside, 'gone.yaml'), rate('gone.csv'))
  const good = await kbench(['validate', 'inside/good.yaml', '--json'], { cwd: folder })
  const [{ profile }] = JSON.parse(good.stdout)
  assert.deepEqual(
    [profile.load.rate.replay.seconds, profile.load.rate.replay.perSec],
    [
      [0, 20],
      [10, 30],
    ],
  )
  for (const [file, message] of [
    ['torn', /inside\/torn.yaml:3:33 load.rate.replay.file: torn.csv:3: expected seconds,rate/],
    ['folder', /load.rate.replay.file: \. is no plain file/],
    ['device', /load.rate.replay.file: \/dev\/zero is no plain file/],
    ['gone', /load.rate.replay.file: there is no file .*inside\/gone.csv/],
  ] as const) {
    const { stderr, exitCode } = await kbench(['validate', `inside/${file}.yaml`], { cwd: folder })
    assert.equal(exitCode, 2)
    assert.match(stderr, message)
  }
  const shipped = await kbench(['validate', 'shape-replay'], { cwd: folder })
  assert.match(shipped.stdout, /shape-replay.yaml: ok/)
})

test('all errors at once on stderr, nothing on stdout, exit 2', async (t) => {
  const folder = await scratch(t)
  await writeFile(join(folder, 'bad.yaml'), bad)
  const ended = await kbench(['validate', 'bad.yaml'], { cwd: folder })
  assert.deepEqual(ended, {
    stdout: '',
    stderr: [
      'kbench: bad.yaml is not valid, 2 errors',
      '  bad.yaml:2:14 producers.ack: unknown key, did you mean "acks"?',
      '  bad.yaml:4:19 phases.warmup: expected a duration with a unit, like 10s, got 10',
      '  docs/profiles.md has every key, its meaning and its default',
      '',
    ].join('\n'),
    exitCode: 2,
  })
})

test('several files: the good ones are named on stdout, all errors of the others together', async (t) => {
  const folder = await scratch(t)
  await writeFile(join(folder, 'a.yaml'), bad)
  await writeFile(join(folder, 'b.yaml'), 'name: b\nworkload: produce\n')
  await writeFile(join(folder, 'c.yaml'), 'name: c\nworkload: produse\n')
  const { stdout, stderr, exitCode } = await kbench(['validate', 'a.yaml', 'b.yaml', 'c.yaml'], { cwd: folder })
  assert.equal(stdout, 'b.yaml: ok\n')
  assert.match(
    stderr,
    /^kbench: 2 of 3 profiles are not valid, 3 errors\n {2}a.yaml:2:14 .*\n {2}a.yaml:4:19 .*\n {2}c.yaml:2:11 /,
  )
  assert.match(stderr, /there is no workload "produse", did you mean "produce"\?/)
  assert.equal(exitCode, 2)
})

test('--explain: every value with its origin, in aligned columns', async () => {
  const { stdout, exitCode } = await kbench(
    ['validate', 'profiles/3broker-acks-all.yaml', '--explain', '--set', 'producers.count=4'],
    { env: { KBENCH_LOAD__RATE: '77' } },
  )
  assert.equal(exitCode, 0)
  const rows = stdout.trim().split('\n').slice(1)
  const row = (path: string) => rows.find((line) => line.startsWith(`${path} `))?.split(/\s{2,}/)
  assert.deepEqual(row('load.rate'), ['load.rate', '77', 'env KBENCH_LOAD__RATE'])
  assert.deepEqual(row('producers.count'), ['producers.count', '4', 'flag'])
  assert.deepEqual(row('load.record.size'), ['load.record.size', '1KiB', 'profile:6'])
  assert.deepEqual(row('phases.clusterWarmup'), ['phases.clusterWarmup', '10s', 'default'])
  const column = rows.map((line) => line.search(/(flag|env KBENCH_LOAD__RATE|profile:\d+|default)$/))
  assert.equal(new Set(column).size, 1, 'the last column starts at one place')
  for (const line of rows) assert.ok(line.length <= 80 || line.includes('KBENCH_'), line)
})

test('--json: data on stdout, for good and bad profiles', async (t) => {
  const folder = await scratch(t)
  await writeFile(join(folder, 'bad.yaml'), bad)
  const failed = await kbench(['validate', 'bad.yaml', '--json'], { cwd: folder })
  assert.equal(failed.exitCode, 2)
  const [entry] = JSON.parse(failed.stdout)
  assert.equal(entry.ok, false)
  assert.deepEqual(entry.errors[0], {
    where: 'bad.yaml:2:14',
    path: 'producers.ack',
    message: 'unknown key, did you mean "acks"?',
    line: 2,
    col: 14,
  })
  const good = await kbench(['validate', 'single-broker', '--json', '--set', 'seed=9'])
  const [{ ok, profile, origins }] = JSON.parse(good.stdout)
  assert.equal(ok, true)
  assert.equal(profile.seed, 9)
  assert.deepEqual(origins.seed, { kind: 'flag', label: '--set seed' })
})

test('notes are talk: on stderr, and the profile is still ok', async () => {
  const { stdout, stderr, exitCode } = await kbench(['validate', 'single-broker', '--set', 'load.record.size=10B'])
  assert.equal(exitCode, 0)
  assert.match(stdout, /: ok\n$/)
  assert.match(stderr, /: note: load.record.size: values of 10 bytes/)
})

test('no secret is printed, whether it is right or wrong', async () => {
  const flags = ['--set', 'cluster.security.sasl.password=hunter2', '--explain', '--json']
  const wrong = await kbench(['validate', 'external-example', ...flags])
  assert.equal(wrong.exitCode, 2)
  assert.ok(!(wrong.stdout + wrong.stderr).includes('hunter2'))
  const right = await kbench(['validate', 'external-example', '--explain'], { env: { KAFKA_PASSWORD: 'hunter2' } })
  assert.equal(right.exitCode, 0)
  assert.ok(!(right.stdout + right.stderr).includes('hunter2'))
  assert.match(right.stdout, /\$\{env:KAFKA_PASSWORD\}/)
})

describe('what cannot be read', () => {
  const cases: readonly [string[], RegExp][] = [
    [['nowhere.yaml'], /^kbench: there is no file nowhere.yaml, and no profile of that name comes with kbench\n/],
    [['3broker-acks-al'], /did you mean "3broker-acks-all"\?/],
    [['profiles'], /^kbench: profiles is a folder, expected a profile\n/],
    [[], /^kbench: missing required argument 'profile'; see kbench validate --help\n/],
    [['--set', 'nonsense', 'quickstart'], /^kbench: --set nonsense: expected path=value, like --set load.rate=2000\n/],
    [
      ['--expain', 'quickstart'],
      /^kbench: unknown option '--expain', did you mean --explain\? See kbench validate --help\n/,
    ],
  ]
  for (const [args, message] of cases) {
    test(['validate', ...args].join(' '), async () => {
      const { stdout, stderr, exitCode } = await kbench(['validate', ...args])
      assert.equal(stdout, '')
      assert.match(stderr, message)
      assert.equal(exitCode, 2)
    })
  }
})

test('kbench schema prints the committed JSON Schema', async () => {
  const { stdout, exitCode } = await kbench(['schema'])
  assert.equal(exitCode, 0)
  assert.equal(stdout, await readFile(new URL('../../../schema/profile.schema.json', import.meta.url), 'utf8'))
})

test('the usual overrides: -b is a running cluster, and each option its key of the profile', async () => {
  const args = ['-b', '127.0.0.1:9092,127.0.0.1:9093', '--rate', '20000', '--clients', 'kafkajs', '--duration', '60s']
  const env = { KBENCH_CLUSTER__BOOTSTRAP: 'other:1', KBENCH_BOOTSTRAP_SERVER: 'another:1', KBENCH_LOAD__RATE: '5' }
  const { stdout, exitCode } = await kbench(['validate', 'quickstart', ...args, '--json'], { env })
  assert.equal(exitCode, 0)
  const [{ profile, origins }] = JSON.parse(stdout)
  assert.deepEqual(
    [profile.cluster.provider, profile.cluster.bootstrap, profile.load.rate, profile.clients, profile.phases.measure],
    ['external', ['127.0.0.1:9092', '127.0.0.1:9093'], 20_000, ['kafkajs'], 60_000],
  )
  assert.deepEqual(origins['load.rate'], { kind: 'flag', label: '--rate' })
  const without = await kbench(['validate', 'quickstart', '--json'], { env })
  assert.deepEqual(JSON.parse(without.stdout)[0].profile.cluster.bootstrap, ['other:1'])
})

test('-v prints the file, what was replaced, and where an error came from', async () => {
  const { stderr, exitCode } = await kbench(['validate', '-v', 'quickstart', '--rate', '7'])
  assert.equal(exitCode, 0)
  assert.match(stderr, /^kbench: profile: .*profiles\/quickstart\.yaml$/m)
  assert.match(stderr, /^kbench: load\.rate is set by --rate$/m)
  const failed = await kbench(['topics', 'list', '-b', '127.0.0.1:1', '--verbose'])
  assert.equal(failed.exitCode, 3)
  assert.match(failed.stderr, /^ {4}at .*reach-cluster/m)
  const quiet = await kbench(['topics', 'list', '-b', '127.0.0.1:1'])
  assert.doesNotMatch(quiet.stderr, /^ {4}at /m)
})
