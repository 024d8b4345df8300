import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { packageRoot } from '../../../src/base/root.ts'
import { addCounts, type Counts, closingLines, countOn, failedFiles } from '../../runner/closing.ts'
import { slowestFiles } from '../../runner/durations.ts'
import { groupsOf, needsOwnProcess, phasesOf, testFiles } from '../../runner/suites.ts'

// How the tests themselves are run.

const files = testFiles(packageRoot)

describe('phases', () => {
  test('check has the unit tests, all and more have every file but the long ones and the walkthroughs, each once', () => {
    const inPhases = (suite: string) => phasesOf(suite, files, 2).flatMap((phase) => phase.files)
    const under = (...folders: string[]) => files.filter((file) => folders.includes(file.split('/')[1]!))
    assert.deepEqual(inPhases('check').toSorted(), under('unit'))
    assert.deepEqual([...inPhases('all'), ...inPhases('more')].toSorted(), under('unit', 'cli', 'cluster', 'browser'))
    assert.equal(inPhases('more').length, 8)
    assert.deepEqual(inPhases('long').toSorted(), under('long'))
    assert.throws(() => phasesOf('lnog', files, 2), /no suite "lnog"/)
  })

  test('what measures times runs alone, and every file that is said to is there', () => {
    const alone = phasesOf('all', files, 8).find(({ name }) => name === 'clusters, one at a time')!
    assert.equal(alone.atOnce, 1)
    assert.ok(alone.files.includes('test/cluster/failover.test.ts'))
    assert.equal(alone.files.length, 3)
  })
})

describe('groups', () => {
  test('each file is in one group or alone', () => {
    const unit = files.filter((file) => file.startsWith('test/unit/'))
    const { groups, alone } = groupsOf(packageRoot, unit, 4)
    assert.deepEqual([...groups.flat(), ...alone].toSorted(), unit)
    assert.equal(groups.length, 4)
    assert.ok(alone.includes('test/unit/clusters-lease.test.ts'))
    assert.ok(alone.length < unit.length / 5, alone.join())
  })

  test('a file that changes its process has one of its own', () => {
    for (const [source, expected] of [
      ['process.env.PATH = path', true],
      ["process.env['A'] = path", true],
      ['process.env = { ...before }', true],
      ['Object.assign(process.env, variables)', true],
      ['process.chdir(folder)', true],
      ["mock.timers.enable({ apis: ['Date'] })", true],
      ['const path = process.env.PATH ?? 1', false],
      ['if (process.env.A === before) return', false],
    ] as const) {
      assert.equal(needsOwnProcess(source), expected, source)
    }
  })

  test('hooks are of one file; what cannot be loaded is a failure that is named, counted and leaves the others', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'kbench-group-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const at = (name: string, lines: string[]) => writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
    at('package.json', ['{ "type": "module" }'])
    at('broken.js', ["import './nothing.js'"])
    const hooked = "import assert from 'node:assert'; import { before, test } from 'node:test'; let mine = 0"
    for (const name of ['one.js', 'two.js']) {
      at(name, [hooked, 'before(() => { mine++ })', "test('its hook ran once', () => assert.equal(mine, 1))"])
    }
    const group = pathToFileURL(join(packageRoot, 'dist/test/runner/group.js')).href
    const names = ['broken.js', 'one.js', 'two.js']
    at('entry.js', [
      `import { group } from ${JSON.stringify(group)}`,
      ...names.map((name) => `group('test/${name.replace('.js', '.test.ts')}', () => import('./${name}'))`),
    ])
    const output = await new Promise<string>((resolve) => {
      const { NODE_TEST_CONTEXT: _, ...env } = process.env
      execFile(process.execPath, ['--test', '--test-reporter=spec', join(folder, 'entry.js')], { env }, (_error, out) =>
        resolve(out),
      )
    })
    const counts: Counts = {}
    for (const line of output.split('\n')) {
      const count = countOn(line)
      if (count) addCounts(counts, count)
    }
    assert.deepEqual([counts.tests, counts.pass, counts.fail], [3, 2, 1], output)
    assert.match(output, /✖ test\/broken\.test\.ts cannot be loaded/)
  })
})

describe('closing', () => {
  test('counts of several phases are added, and printed as the runner prints them', () => {
    const counts: Counts = {}
    for (const line of [
      'ℹ tests 3',
      'ℹ duration_ms 10.5',
      '# tests 4',
      'ℹ duration_ms 0.25',
      '  ℹ tests 9',
      'tests 1',
    ]) {
      const count = countOn(line)
      if (count) addCounts(counts, count)
    }
    assert.deepEqual(closingLines(counts), ['ℹ tests 7', 'ℹ duration_ms 10.75'])
  })

  test('files that failed are named once, also those that a group could not load or end', () => {
    const listed = [
      'test at dist/test/unit/b.test.js:63:1',
      '✖ one (6.7ms)',
      'test at dist/test/unit/b.test.js:76:1',
      '✖ two (10.3ms)',
      'test at dist/test/runner/group.js:17:7',
      '✖ test/unit/broken.test.ts cannot be loaded (0.1ms)',
      'test at dist/test/runner/group.js:12:3',
      '✖ test/unit/hangs.test.ts (120000.1ms)',
      'test at dist/test/groups/1.js:1:1',
      '✖ dist/test/groups/1.js (300000ms)',
    ]
    assert.deepEqual(failedFiles(listed), [
      'dist/test/groups/1.js',
      'dist/test/unit/b.test.js',
      'dist/test/unit/broken.test.js',
      'dist/test/unit/hangs.test.js',
    ])
  })
})

test('the slowest files come first, what each has at its top added up', () => {
  const lines = [
    '1500 /a/b/dist/test/cluster/x.test.js',
    '',
    '200 /a/b/dist/test/cli/y.test.js',
    '700 /a/b/dist/test/cluster/x.test.js',
    'junk',
  ]
  for (const root of ['/a/b', '/a/b/']) {
    assert.deepEqual(slowestFiles(lines, root, 5), ['   2.2 s  test/cluster/x.test.ts', '   0.2 s  test/cli/y.test.ts'])
  }
  assert.equal(slowestFiles(lines, '/a/b', 1).length, 1)
  assert.deepEqual(slowestFiles([], '/a/b', 5), [])
})
