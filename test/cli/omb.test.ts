import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import { kbench, scratch } from './_kbench.ts'

const samples: { files: Record<string, string> } = JSON.parse(
  readFileSync(join(packageRoot, 'test/fixtures/omb/samples.json'), 'utf8'),
)

async function folder(t: TestContext, workload = 'workloads/1-topic-16-partitions-1kb.yaml'): Promise<string> {
  const cwd = await scratch(t)
  await writeFile(join(cwd, 'w.yaml'), samples.files[workload]!)
  await writeFile(join(cwd, 'd.yaml'), samples.files['driver-kafka/kafka-latency.yaml']!)
  return cwd
}

test('convert, then validate: the file on stdout, what is not carried over on stderr', async (t) => {
  const cwd = await folder(t)
  const made = await kbench(['init', 'my.yaml', '--from-omb', 'w.yaml', 'd.yaml'], { cwd })
  assert.deepEqual([made.exitCode, made.stdout], [0, 'my.yaml\n'])
  assert.match(made.stderr, /^wrote my\.yaml; not carried over, \d+ things/)
  assert.match(made.stderr, /^ {2}payloadFile /m)
  const valid = await kbench(['validate', 'my.yaml'], { cwd })
  assert.deepEqual([valid.exitCode, valid.stdout], [0, 'my.yaml: ok\n'])
  assert.match(await readFile(join(cwd, 'my.yaml'), 'utf8'), /^name: my$/m)
  const again = await kbench(['init', 'my.yaml', '--from-omb', 'w.yaml'], { cwd })
  assert.match(again.stderr, /^kbench: my\.yaml exists already/)
})

test('without a name the profile is kbench.yaml; a rate of 0 names find-max', async (t) => {
  const cwd = await folder(t, 'workloads/1-topic-3-partition-100b-3producers.yaml')
  const { stdout, stderr } = await kbench(['init', '--from-omb', 'w.yaml'], { cwd })
  assert.equal(stdout, 'kbench.yaml\n')
  assert.match(stderr, /kbench find-max kbench\.yaml/)
})

test('what kbench lacks, and what is no such file: exit 2, one line and what to do, nothing written', async (t) => {
  const cwd = await folder(t, 'workloads/100-topic-1kb-4p-4c-500k.yaml')
  const table: readonly [args: string[], message: RegExp][] = [
    [['w.yaml'], /^kbench: w\.yaml:\d+:1 topics: 100: kbench loads one topic\n {2}set topics: 1 and .*\n$/],
    [['nowhere.yaml'], /^kbench: cannot read nowhere\.yaml\n$/],
    [
      ['w.yaml', 'out.yaml'],
      /^kbench: cannot read out\.yaml\n {2}the file to write comes first: kbench init out\.yaml --from-omb w\.yaml\n$/,
    ],
    [['w.yaml', 'd.yaml', 'd.yaml'], /^kbench: --from-omb takes a workload, and a driver file\n/],
  ]
  for (const [args, message] of table) {
    const { stderr, exitCode, stdout } = await kbench(['init', '--from-omb', ...args], { cwd })
    assert.deepEqual([exitCode, stdout], [2, ''], args.join(' '))
    assert.match(stderr, message)
  }
  assert.ok(!existsSync(join(cwd, 'kbench.yaml')))
})

const run = join(packageRoot, 'results/examples/20261129-183947-3broker-acks-all-1bf3')

test('kbench report --omb: a file for each variant, and nothing in the run’s folder', async (t) => {
  const cwd = await scratch(t)
  const { stdout, stderr, exitCode } = await kbench(['report', run, '--omb', join(cwd, 'omb.json')])
  assert.deepEqual([exitCode, stdout], [0, ''])
  assert.match(stderr, /omb-kafkajs\.json; its lists of latencies per 10 s are empty/)
  assert.deepEqual((await readdir(cwd)).sort(), ['omb-kafkajs.json', 'omb-node-rdkafka.json'])
  const made = JSON.parse(await readFile(join(cwd, 'omb-kafkajs.json'), 'utf8'))
  assert.deepEqual([made.driver, made.publishRate.length], ['kafkajs', 3])
})

test('kbench run --omb writes it beside the run', async (t) => {
  const cwd = await scratch(t)
  const profile = `name: omb
cluster: { provider: fake }
topic: { partitions: 2, replicationFactor: 1 }
clients: [fake]
load: { rate: 200 }
consumers: [ { group: g1 } ]
phases: { clusterWarmup: 0s, warmup: 1s, measure: 2s, drain: 2s }
`
  await writeFile(join(cwd, 'p.yaml'), profile)
  const { stderr } = await kbench(['run', 'p.yaml', '--omb', 'o.json', '--no-reports', '-q'], { cwd })
  assert.match(stderr, /wrote o\.json/)
  assert.equal(JSON.parse(await readFile(join(cwd, 'o.json'), 'utf8')).driver, 'fake')
})
