import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import type { RunResult } from '../../src/contracts/result.ts'
import { kbench } from './_kbench.ts'

const fixtures = join(packageRoot, 'test/fixtures/plugins')
const work = mkdtempSync(join(tmpdir(), 'kbench-plugins-'))
after(() => rmSync(work, { recursive: true, force: true }))
writeFileSync(join(work, 'package.json'), '{"type":"module"}')
const plugin = (name: string) => ['--plugin', join(fixtures, `${name}.js`)]

function write(name: string, text: string): string {
  const file = join(work, name)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
  return file
}

const profile = write(
  'outside.yaml',
  `name: outside
cluster: { provider: fake }
workload: produce
clients: [own-memory]
topic: { partitions: 2, replicationFactor: 1 }
load: { rate: { saw: { perSec: 200 } } }
producers: { clientConfig: { own-memory: { refuseEvery: 10 } } }
phases: { clusterWarmup: 0s, warmup: 0s, measure: 2s, drain: 2s }
`,
)
const all = [...plugin('own-memory'), ...plugin('saw'), ...plugin('one-line')]

describe('plug-ins from outside', () => {
  test('a client, a rate shape and a report are used by a run, the client in a worker of its own process', async () => {
    const results = join(work, 'results')
    const { stdout, stderr } = await kbench(['run', profile, ...all, '--results', results, '--json', '--quiet'])
    const [variant] = (JSON.parse(stdout) as RunResult).variants
    assert.ok(variant, stderr)
    assert.equal(variant.params.client, 'own-memory')
    // 1 s at 200/s and 1 s at 100/s, every tenth of each producer's refused.
    assert.deepEqual(variant.ledger, { scheduled: 300, acked: 270, failed: 30, unknown: 0, unsent: 0 })
    assert.deepEqual(variant.produce!.errors, { REFUSED: 30 })
    const [run] = readdirSync(results)
    assert.match(readFileSync(join(results, run!, 'one-line.txt'), 'utf8'), /^(ok|invalid)\n$/)
  })

  test('validate takes them, and refuses wrong options of theirs with line and column', async () => {
    const good = await kbench(['validate', profile, ...all])
    assert.deepEqual([good.exitCode, good.stdout], [0, `${profile}: ok\n`], good.stderr)
    const wrong = await kbench(['validate', profile, ...all, '--set', 'load.rate.saw.perSec=-1'])
    assert.equal(wrong.exitCode, 2)
    assert.match(wrong.stderr, /--set load\.rate\.saw\.perSec: .*1/)
  })

  test('without --plugin the names are unknown', async () => {
    const { exitCode, stderr } = await kbench(['validate', profile, ...plugin('saw')])
    assert.equal(exitCode, 2)
    assert.match(stderr, /:4:11 clients\.0: there is no client "own-memory"/)
  })

  test('list shows them', async () => {
    const { stdout } = await kbench(['list', ...all])
    for (const line of [
      /^ {2}own-memory +acknowledges from memory/m,
      /^ {2}saw +a rate/m,
      /^ {2}one-line +one-line\.txt/m,
    ])
      assert.match(stdout, line)
    assert.match(stdout, /^ {2}kafkajs /m)
  })

  test('the same file twice is one plug-in', async () => {
    const { exitCode, stderr } = await kbench(['validate', profile, ...all, ...plugin('saw')])
    assert.equal(exitCode, 0, stderr)
  })
})

const driver = (more: string) => `export default ({ defineDriver, z, acked }) => defineDriver({
  summary: 'a driver that is not what it has to be', isolation: 'thread', options: z.looseObject({}), unsupported: () => null,
  producer: async () => ({}), consumer: async () => ({}), ${more} })`

describe('a plug-in that is wrong is refused in one line with what to do, exit 2', () => {
  const cases: readonly [what: string, file: string, text: string | null, message: RegExp][] = [
    ['is not there', 'none.js', null, /none\.js: there is no such file$/],
    ['is a folder', 'folder.js/x', '', /folder\.js: it is no file$/],
    [
      'is another kind of file',
      'plug.json',
      '{}',
      /plug\.json: expected a file that ends in \.js, \.mjs, \.cjs, \.ts$/,
    ],
    [
      'has a name that no profile can write',
      'My_Driver.js',
      driver(''),
      /"My_Driver" is what profiles call it: expected lower-case/,
    ],
    [
      'is no JavaScript',
      'syntax.js',
      'export default {\n  a: ,\n}',
      /syntax\.js: it cannot be loaded: Unexpected token ','/,
    ],
    [
      'throws when it is loaded',
      'throws.js',
      '\nthrow new Error("no such\\ncluster")',
      /throws\.js: it cannot be loaded: no such \(line 2\)$/,
    ],
    ['throws what is no error', 'odd.js', 'throw 5', /odd\.js: it cannot be loaded: 5$/],
    [
      'needs a package that is not there',
      'needs.js',
      'import "kbench-none"',
      /needs\.js: it cannot be loaded: Cannot find package 'kbench-none'/,
    ],
    [
      'throws when it is called',
      'called.js',
      'export default () => { throw new TypeError("boom") }',
      /called\.js: it cannot be loaded: boom \(line 1\)$/,
    ],
    ['exports nothing', 'empty.js', '', /empty\.js: there is no default export, expected what defineDriver/],
    [
      'exports anything',
      'any.js',
      'export default { summary: "hello, this is no plug-in" }',
      /any\.js: its default export is no plug-in/,
    ],
    ['exports nothing, as CommonJS', 'common.cjs', '', /common\.cjs: its default export is no plug-in/],
    [
      'throws, as CommonJS',
      'thrower.cjs',
      '\n\nnull.x',
      /thrower\.cjs: it cannot be loaded: Cannot read properties of null \(reading 'x'\) \(line 3\)$/,
    ],
    ['exports null', 'null.js', 'export default null', /null\.js: its default export is no plug-in/],
    [
      'has no such isolation',
      'isolation.js',
      driver("isolation: 'vm'"),
      /drivers have to be: isolation: expected thread or process$/,
    ],
    [
      'lacks several things',
      'lacks.js',
      driver("summary: 'short', producer: 5, options: {}"),
      /summary: expected one line of 11 to 120 characters; options: expected a schema of zod 4; producer: expected a function$/,
    ],
    ['is named as one of kbench’s', 'kafkajs.js', driver(''), /kafkajs\.js: drivers has "kafkajs" already$/],
  ]
  for (const [what, name, text, message] of cases) {
    test(what, async () => {
      const file = text === null ? join(work, name) : write(name, text)
      const { exitCode, stderr, stdout } = await kbench([
        'validate',
        'quickstart',
        '--plugin',
        file.replace(/\/x$/, ''),
      ])
      assert.deepEqual([exitCode, stdout], [2, ''], stderr)
      const [first, ...rest] = stderr.trimEnd().split('\n')
      assert.match(first!, message)
      assert.ok(first!.startsWith('kbench: plug-in '), first)
      assert.equal(rest.length, 1, stderr)
      assert.match(rest[0]!, /docs\/adding\.md|rename it/)
    })
  }

  test('what its producer lacks is said when it connects: the variant failed', async () => {
    const file = write('half.js', driver(''))
    const simple = ['--set', 'clients=half', '--set', 'load.rate=10', '--set', 'producers.clientConfig={}']
    const { exitCode, stdout, stderr } = await kbench([
      'run',
      profile,
      '--plugin',
      file,
      ...simple,
      '--results',
      join(work, 'half'),
      '--quiet',
      '--no-reports',
      '--json',
    ])
    assert.notEqual(exitCode, 0)
    const [variant] = (JSON.parse(stdout) as RunResult).variants
    assert.equal(variant!.status, 'failed', stderr)
    assert.match(
      JSON.stringify(variant!.findings),
      /half\.js: its producer is not what it has to be: effectiveConfig: expected an object; recordsPerBatch: expected a function; send: expected a function; \[Symbol\.asyncDispose\]: expected a function/,
    )
  })
})
