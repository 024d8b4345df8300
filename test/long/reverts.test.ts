import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import { type Revert, reverts, rows } from './_reverts.ts'
import { readTap, type TapTest } from './_tap.ts'

// Each change of the table is made in a copy of the package, which is built; the test that is named for it must fail there.

const folder = mkdtempSync(join(tmpdir(), 'kbench-reverts-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** What is changed or built, and bin, which looks beside itself for what was built; everything else is a link. */
const copied = ['src', 'test', 'bin', 'package.json', 'tsconfig.json']
const left = ['dist', '.git', ...copied]
const buildFile = 'reverts.json'
const testFiles = [...new Set(reverts.map((revert) => revert.test))]

function copyPackage(): void {
  for (const name of copied) cpSync(join(packageRoot, name), join(folder, name), { recursive: true })
  for (const name of readdirSync(packageRoot)) {
    if (!left.includes(name)) symlinkSync(join(packageRoot, name), join(folder, name))
  }
  // The sources, and of the tests those of the table.
  const build = {
    extends: './tsconfig.json',
    compilerOptions: { sourceMap: false },
    include: ['src'],
    files: testFiles,
  }
  writeFileSync(join(folder, buildFile), JSON.stringify(build))
  mkdirSync(join(folder, 'dist'))
}

interface Ended {
  code: number | null
  output: string
}

/** A Node.js program in the copy. It is no test of this process: it must not report to its test runner. */
function node(...args: string[]): Promise<Ended> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  return new Promise((resolve) => {
    const options = { cwd: folder, env, maxBuffer: 1 << 28 }
    const child = execFile(process.execPath, args, options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, output: stdout + stderr }),
    )
  })
}

async function build(): Promise<void> {
  const { code, output } = await node('node_modules/typescript/bin/tsc', '-p', buildFile)
  assert.equal(code, 0, output)
}

async function runTests(file: string, ...names: string[]): Promise<TapTest[]> {
  const pattern = names.map((name) => `--test-name-pattern=${name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}`)
  const compiled = `dist/${file.replace(/\.ts$/, '.js')}`
  const { output } = await node('--test', '--test-reporter=tap', '--test-timeout=120000', ...pattern, compiled)
  return readTap(output)
}

/** The one test that an entry names. */
function named(tests: readonly TapTest[], { red, test: file }: Revert): TapTest {
  const found = tests.filter(({ path, isSuite }) => !isSuite && path.includes(red))
  assert.equal(found.length, 1, `"${red}" fits ${found.length} tests of ${file} that ran`)
  return found[0]!
}

/** Makes the change, does something, and undoes it. */
async function withChange({ file, find, replace }: Revert, act: () => Promise<void>): Promise<void> {
  const path = join(folder, file)
  const source = readFileSync(path, 'utf8')
  assert.equal(source.split(find).length, 2, `${file} has this once: ${find}`)
  writeFileSync(
    path,
    source.replace(find, () => replace),
  )
  try {
    await act()
  } finally {
    writeFileSync(path, source)
  }
}

/** What was expected and what was found, without times and places. */
const errorIn = (report: string): string => /^ *error: [\s\S]*?(?=^ *stack: )/m.exec(report)?.[0] ?? report

const lastPart = (red: string): string => red.split(' > ').at(-1)!

test('every row of the table of defects has a change that restores it', () => {
  const upTo = (letter: string, count: number) => Array.from({ length: count }, (_, at) => `${letter}${at + 1}`)
  // The other rows R are shown by tests that were run on a3a1d3b.
  const shownThere = ['R1', 'R2', 'R3', 'R5', 'R7', 'R14']
  const ids = [...upTo('N', 28), ...upTo('V', 9), ...upTo('R', 19).filter((id) => !shownThere.includes(id))]
  assert.deepEqual(Object.keys(rows), ids)
  assert.deepEqual([...new Set(reverts.map(({ id }) => id))], ids)
})

describe('a change that restores an old defect fails the test that is named for it', () => {
  const unchanged = new Map<string, TapTest[]>()
  before(async () => {
    copyPackage()
    await build()
    for (const file of testFiles) {
      const names = reverts.filter((revert) => revert.test === file).map(({ red }) => lastPart(red))
      unchanged.set(file, await runTests(file, ...names))
    }
  })

  test('without a change all of them pass', () => {
    for (const revert of reverts) {
      const { path, outcome, report } = named(unchanged.get(revert.test)!, revert)
      assert.equal(outcome, 'ok', `${revert.test}: ${path}\n${report}`)
    }
  })

  for (const revert of reverts) {
    test(`${revert.id}: ${revert.change}`, async (t) => {
      await withChange(revert, async () => {
        await build()
        const { path, outcome, report } = named(await runTests(revert.test, lastPart(revert.red)), revert)
        assert.equal(outcome, 'not ok', `${path} passes, although the defect is back`)
        const error = errorIn(report)
        t.diagnostic(`${path}\n${error}`)
        assert.ok(error.includes(revert.shows), `${path} fails without "${revert.shows}":\n${report}`)
      })
    })
  }
})
