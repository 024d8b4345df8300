import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import { kbench, scratch } from './_kbench.ts'

const usual = ['--in', '40MB/s', '--average-in', '20MB/s', '--groups', '2', '--partitions', '100']

test('kbench plan --json prints the plan, and --html writes a page', async (t) => {
  const page = join(await scratch(t), 'deep', 'plan.html')
  const { stdout, stderr, exitCode } = await kbench(['plan', ...usual, '--json', '--html', page])
  assert.deepEqual([exitCode, stderr], [0, ''])
  const plan = JSON.parse(stdout)
  assert.deepEqual(Object.keys(plan), [
    'inputs',
    'candidates',
    'excluded',
    'answers',
    'alternatives',
    'growth',
    'dataVersion',
  ])
  const [best] = plan.candidates
  for (const key of [
    'type',
    'family',
    'brokers',
    'binding',
    'ceiling',
    'oneZoneDown',
    'catchUp',
    'conflicts',
    'warnings',
  ])
    assert.ok(key in best, key)
  assert.deepEqual(Object.keys(best.costPerMonth), [
    ...['total', 'brokers', 'storage', 'tiered', 'provisionedThroughput', 'dataIn', 'crossZone'],
  ])
  assert.match(await readFile(page, 'utf8'), /^<!doctype html>/)
})

test('a file, prices of one’s own, and errors all at once', async (t) => {
  const folder = await scratch(t)
  await writeFile(join(folder, 'load.yaml'), 'in: 40MB/s\ngroups: 2\npartitions: 100\ntypes: kafka.m7g.large\n')
  const prices = await readFile(join(packageRoot, 'src/capacity/msk/prices.csv'), 'utf8')
  await writeFile(join(folder, 'prices.csv'), prices.replace('ebs_storage,0.10', 'ebs_storage,0.20'))
  const cost = async (...more: string[]) =>
    JSON.parse((await kbench(['plan', 'load.yaml', '--json', ...more], { cwd: folder })).stdout).candidates[0]
      .costPerMonth
  const [shipped, own] = await Promise.all([cost(), cost('--prices', 'prices.csv')])
  assert.ok(Math.abs(own.storage - 2 * shipped.storage) < 1e-6)
  assert.equal(own.brokers, shipped.brokers)

  await writeFile(join(folder, 'wrong.yaml'), 'in: 40MB\ngroups: 2\n')
  const args = ['plan', 'wrong.yaml', '--out', '3MB/s', '--local-retention', '30h', '--types', 'kafka.m8g.*']
  const { stdout, stderr, exitCode } = await kbench(args, { cwd: folder })
  assert.deepEqual([exitCode, stdout], [2, ''])
  assert.match(stderr, /the load is not valid, 4 errors/)
  assert.match(stderr, /^ {2}wrong\.yaml:1:5 in: expected a rate/m)
  assert.match(stderr, /^ {2}wrong\.yaml:2:9 groups: excludes out/m)
  assert.match(stderr, /^ {2}--local-retention: expected at most retention, which is 24h$/m)
  assert.match(stderr, /^ {2}--types: unknown type "kafka\.m8g\.\*"/m)
})

test('a load that no cluster takes: exit 2, the JSON with the reasons, and each type’s miss', async () => {
  const { stdout, stderr, exitCode } = await kbench(['plan', '--in', '90GB/s', '--json'])
  assert.equal(exitCode, 2)
  const { candidates, excluded } = JSON.parse(stdout)
  assert.deepEqual([candidates.length, excluded.length], [0, 34])
  assert.match(stderr, /no MSK cluster takes this load/)
  assert.match(stderr, /express\.m7g\.16xlarge: ingress-quota: 240 brokers/)
})

test('the highest load of a cluster, and a missing peak', async () => {
  const [highest, missing] = await Promise.all([
    kbench(['plan', '--cluster', '6xkafka.m7g.large', '--groups', '2', '--json']),
    kbench(['plan', '--groups', '2']),
  ])
  const { cluster } = JSON.parse(highest.stdout)
  assert.deepEqual([cluster.binding, Math.round(cluster.maxInMBps * 100)], ['resilient-ebs', 3635])
  assert.equal(missing.exitCode, 2)
  assert.match(missing.stderr, /--in: missing: the peak produce rate/)
})

const run = join(packageRoot, 'results/examples/20261129-183947-3broker-acks-all-1bf3')

test('a run stands in for the load, and is held against the plan; the profile is written', async (t) => {
  const folder = await scratch(t)
  const profile = join(folder, 'msk.yaml')
  const [fromRun, check, broken] = await Promise.all([
    kbench(['plan', '--from-run', run, '--profile', profile, '--json']),
    kbench(['plan', ...usual, '--check', run]),
    kbench(['plan', ...usual, '--from-run', folder]),
  ])
  assert.equal(fromRun.exitCode, 0)
  const { inputs, measured } = JSON.parse(fromRun.stdout)
  assert.ok(inputs.inMBps > 5 && inputs.inMBps < 5.5, String(inputs.inMBps))
  assert.equal(measured.never.length, 4)
  const validated = await kbench(['validate', profile, '--set', 'faults=[]'])
  assert.deepEqual([validated.exitCode, validated.stderr], [0, ''])
  // It ran on this machine, on three brokers and without a reboot.
  assert.equal(check.exitCode, 99)
  assert.match(check.stdout, /^✕ cluster +external +local/m)
  assert.match(check.stdout, /^✓ replication factor +3 +3$/m)
  assert.equal(broken.exitCode, 2)
  assert.match(broken.stderr, /no result\.json there/)
})

test('kbench calibrate-broker writes its profile, and refuses to fit a run of too few cells', async (t) => {
  const profile = join(await scratch(t), 'broker-cpu.yaml')
  const [written, fitted, nothing] = await Promise.all([
    kbench(['calibrate-broker', '--profile', profile, '--layout', 'kraft-3-tls']),
    kbench(['calibrate-broker', run, '--json']),
    kbench(['calibrate-broker']),
  ])
  assert.deepEqual([written.exitCode, written.stdout], [0, ''])
  assert.match(await readFile(profile, 'utf8'), /layout: kraft-3-tls/)
  assert.equal(fitted.exitCode, 4)
  assert.match(fitted.stderr, /the fit is refused: 2 cells are too few for 5 coefficients/)
  const { observations, cluster } = JSON.parse(fitted.stdout)
  assert.deepEqual([observations, cluster], [6, 'local, kraft-3'])
  assert.equal(nothing.exitCode, 2)
})
