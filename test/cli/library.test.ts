import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import { readPage } from '../unit/_markdown.ts'
import { cleanEnvironment } from './_kbench.ts'

// test/library, a package of its own that has kbench as a dependency: compiled with the types that are published, and run.

const work = mkdtempSync(join(tmpdir(), 'kbench-library-'))
after(() => rmSync(work, { recursive: true, force: true }))

const examples = join(packageRoot, 'results/examples')
const example = join(examples, readdirSync(examples)[0]!)

interface Ended {
  stdout: string
  stderr: string
  code: number
}

const call = (args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const env = cleanEnvironment()
    execFile(process.execPath, args, { cwd: work, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, code: error ? Number(error.code) : 0 }),
    )
  })

before(() => {
  cpSync(join(packageRoot, 'test/library'), work, { recursive: true })
  // As npm would lay it out, with the declarations that are published and no sources beside them.
  const kbench = join(work, 'node_modules/kbench')
  mkdirSync(kbench, { recursive: true })
  for (const part of ['package.json', 'bin', 'dist/src', 'compose', 'profiles', 'src/capacity/msk'])
    cpSync(join(packageRoot, part), join(kbench, part), { recursive: true })
  symlinkSync(join(packageRoot, 'node_modules'), join(kbench, 'node_modules'))
  mkdirSync(join(work, 'node_modules/@types'))
  symlinkSync(join(packageRoot, 'node_modules/@types/node'), join(work, 'node_modules/@types/node'))
  symlinkSync(join(packageRoot, 'node_modules/undici-types'), join(work, 'node_modules/undici-types'))
})

describe('a package that uses kbench', { concurrency: 1 }, () => {
  test('compiles against its types, which are checked too', async () => {
    const { stdout, code } = await call([join(packageRoot, 'node_modules/typescript/bin/tsc'), '-p', work])
    assert.equal(code, 0, stdout)
    assert.ok(existsSync(join(work, 'built/program.js')))
  })

  test('a wrong use is an error of the compiler', async () => {
    const wrong = join(work, 'wrong.ts')
    writeFileSync(
      wrong,
      `import { defineDriver, run } from 'kbench'
await run('quickstart', { signal: 'soon' })
await run({ name: 'x', laod: { rate: 1 } })
defineDriver({ summary: 'half of a driver', isolation: 'thread' })
`,
    )
    const { stdout, code } = await call([join(packageRoot, 'node_modules/typescript/bin/tsc'), '-p', work, '--noEmit'])
    rmSync(wrong)
    assert.notEqual(code, 0)
    assert.deepEqual(
      [...stdout.matchAll(/^wrong\.ts\((\d)/gm)].map(([, line]) => Number(line)),
      [2, 3, 4],
      stdout,
    )
  })

  test('runs, validates, compares and plans; a plug-in of its own is the client', async () => {
    const { stdout, stderr, code } = await call([join(work, 'built/program.js'), example])
    assert.equal(code, 0, stderr)
    // Whatever kbench does, stdout and stderr are the program's own.
    assert.equal(stderr, '')
    const [line, ...rest] = stdout.trimEnd().split('\n')
    assert.deepEqual(rest, [])
    const found = JSON.parse(line!) as Record<string, unknown> & {
      directory: string
      seconds: number
      exitCode: number
    }
    assert.deepEqual(found.valid, ['client=slow-echo'])
    assert.deepEqual(found.invalid, ['--set producers.ack: unknown key, did you mean "acks"?'])
    assert.deepEqual(found.ledger, { scheduled: 200, acked: 200, failed: 0, unknown: 0, unsent: 0 })
    // 4: a machine that is busy makes it invalid.
    assert.ok([0, 4].includes(found.exitCode), String(found.exitCode))
    assert.ok(found.directory.startsWith(join(work, 'out')) && existsSync(join(found.directory, 'report.html')))
    assert.ok((found.stages as string[]).includes('report'), String(found.stages))
    assert.ok(found.seconds >= 2, String(found.seconds))
    assert.deepEqual(found.stopped, ['interrupted', 130])
    const { second, aborted, wrong, noPlugin, unknownKey } = found
    assert.deepEqual(
      { second, aborted, wrong, noPlugin, unknownKey },
      {
        ...{ second: 'usage', aborted: 'interrupted', wrong: 'profile', noPlugin: 'usage', unknownKey: 'usage' },
      },
    )
    assert.match(String(found.candidate), /^kafka\.m7g\./)
    // One repetition each decides nothing.
    assert.equal(found.gate, 4)
    assert.match(String(found.markdown), /\S/)
  })
})

describe('docs/library.md', { concurrency: 1 }, () => {
  before(async () => {
    cpSync(example, join(work, 'results/after'), { recursive: true })
    const main = join(packageRoot, 'bin/kbench.js')
    const { stderr, code } = await call([main, 'compare', '--save-baseline', 'baseline.json', example])
    assert.equal(code, 0, stderr)
  })
  const blocks = readPage(readFileSync(join(packageRoot, 'docs/library.md'), 'utf8')).blocks
  for (const [index, { text }] of blocks.filter(({ language }) => language === 'js').entries()) {
    test(`example ${index + 1} runs`, async () => {
      writeFileSync(join(work, `example-${index}.js`), text)
      const { stderr, code } = await call([join(work, `example-${index}.js`)])
      assert.equal(code, 0, stderr)
    })
  }
})
