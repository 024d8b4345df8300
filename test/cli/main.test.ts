import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import { kbench, scratch } from './_kbench.ts'

test('--help: on stdout, fits 80 columns, names the exit codes', async () => {
  const { stdout, stderr, exitCode } = await kbench(['--help'])
  assert.equal(exitCode, 0)
  assert.equal(stderr, '')
  for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line)
  for (const command of ['run', 'validate', 'init', 'list', 'schema', 'doctor', 'report', 'clean']) {
    assert.match(stdout, new RegExp(`^ {2}${command} `, 'm'))
  }
  for (const code of [1, 2, 3, 4, 97, 98, 99, 130]) assert.match(stdout, new RegExp(`\\b${code} [a-z]`))
})

test('--version: that of package.json', async () => {
  const { version } = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8'))
  assert.deepEqual(await kbench(['--version']), { stdout: `${version}\n`, stderr: '', exitCode: 0 })
})

test('help of a command, both ways', async () => {
  const first = await kbench(['validate', '--help'])
  assert.match(first.stdout, /^Usage: kbench validate /)
  assert.deepEqual(await kbench(['help', 'validate']), first)
})

describe('usage errors: stderr, exit 2', () => {
  const cases: readonly [string[], RegExp][] = [
    [[], /^Usage: kbench/],
    [['lst'], /^kbench: unknown command 'lst', did you mean list\? See kbench --help\n$/],
    [['rn', 'quickstart'], /^kbench: unknown command 'rn', did you mean run\? See kbench --help\n$/],
    [
      ['run', '--durration', '5s'],
      /^kbench: unknown option '--durration', did you mean --duration\? See kbench run --help\n$/,
    ],
    [['topics', 'crate', 'x'], /^kbench: unknown command 'crate', did you mean create\? See kbench topics --help\n$/],
    [
      ['cluster', 'stop', 'x', '1', '--signal', 'SIGKIL'],
      /'SIGKIL' is invalid, did you mean "SIGKILL"\? See kbench cluster stop --help\n$/,
    ],
    [['run', 'quickstart', '--provider', 'locl'], /did you mean "local"\?/],
    [['run', 'quickstart', '--clients', 'kafkjs'], /^ {2}--clients clients\.0: .*did you mean "kafkajs"\?/m],
    [['--colour'], /^kbench: unknown option '--colour'; see kbench --help\n$/],
    [['list', 'drvers'], /^kbench: .*'drvers' is invalid/],
    [['schema', 'x'], /^kbench: too many arguments/],
  ]
  for (const [args, message] of cases) {
    test(`kbench ${args.join(' ')}`, async () => {
      const { stdout, stderr, exitCode } = await kbench(args)
      assert.equal(exitCode, 2)
      assert.equal(stdout, '')
      assert.match(stderr, message)
      assert.ok(!stderr.includes('\u001b'), 'no colour where there is no terminal')
    })
  }
})

test('list: every kind, names with a line each; --json is the same as data', async () => {
  const { stdout, stderr, exitCode } = await kbench(['list'])
  assert.equal(exitCode, 0)
  assert.equal(stderr, '')
  const data: Record<string, { name: string; summary: string | null }[]> = JSON.parse(
    (await kbench(['list', '--json'])).stdout,
  )
  const kinds = ['drivers', 'workloads', 'shapes', 'clusters', 'faults', 'references', 'reports', 'profiles', 'layouts']
  assert.deepEqual(Object.keys(data), kinds)
  for (const [kind, entries] of Object.entries(data)) {
    assert.ok(entries.length > 0, kind)
    for (const { name, summary } of entries) {
      assert.ok(summary && !summary.startsWith('cannot be loaded'), `${kind}/${name}: ${summary}`)
      assert.ok(stdout.includes(`  ${name} `), name)
    }
  }
})

test('list of one kind: names only, no heading, so that it can be cut', async () => {
  const { stdout } = await kbench(['list', 'profiles'])
  const names = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[0])
  assert.deepEqual(names, [...names].sort())
  assert.ok(names.includes('quickstart') && names.includes('3broker-acks-all'))
})

test('a reader that closes the pipe early is no error', async () => {
  const bin = join(packageRoot, 'bin', 'kbench.js')
  const script = `"${process.execPath}" "${bin}" schema | head -c 10; echo " \${PIPESTATUS[0]}"`
  const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve, reject) => {
    execFile('bash', ['-c', script], (error, out, err) =>
      error ? reject(error) : resolve({ stdout: out, stderr: err }),
    )
  })
  assert.match(stdout, / 0\n$/)
  assert.equal(stderr, '')
})

test('run of several profiles, one bad: nothing is started, nothing is written', async (t) => {
  const folder = await scratch(t)
  await writeFile(join(folder, 'bad.yaml'), 'name: bad\nworkload: produce\nrepaet: 2\n')
  const { stdout, stderr, exitCode } = await kbench(['run', 'quickstart', 'bad.yaml'], { cwd: folder })
  assert.equal(exitCode, 2)
  assert.equal(stdout, '')
  assert.match(
    stderr,
    /^kbench: bad.yaml is not valid, one error\n {2}bad.yaml:3:1 repaet: unknown key, did you mean "repeat"\?\n/,
  )
  assert.deepEqual(await readdir(folder), ['bad.yaml'])
})
