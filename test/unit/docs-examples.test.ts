import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { packageRoot } from '../../src/base/root.ts'
import { pluginNames } from '../../src/registry.ts'
import { readPage } from './_markdown.ts'

const kinds = ['drivers', 'clusters', 'workloads', 'shapes', 'faults', 'reports', 'samplers']

test('the examples of docs/adding.md compile beside the real files, and the registry finds and loads them', async (t) => {
  const examples = readPage(await readFile(join(packageRoot, 'docs/adding.md'), 'utf8'))
    .blocks.filter(({ language }) => language === 'ts')
    .map(({ text }) => ({ path: /^\/\/ (src\/\w+\/[\w-]+\.ts)\n/.exec(text)?.[1] ?? 'unnamed', text }))
  assert.deepEqual(examples.map(({ path }) => dirname(path)).sort(), kinds.map((kind) => `src/${kind}`).sort())

  const copy = await mkdtemp(join(tmpdir(), 'kbench-docs-'))
  t.after(() => rm(copy, { recursive: true, force: true }))
  // What was built before spares the compiler all but the examples and what depends on them.
  for (const part of ['src', 'package.json', 'tsconfig.json', 'dist/src', 'dist/.tsbuildinfo'])
    await cp(join(packageRoot, part), join(copy, part), { recursive: true })
  await symlink(join(packageRoot, 'node_modules'), join(copy, 'node_modules'))
  for (const { path, text } of examples) await writeFile(join(copy, path), text, { flag: 'wx' })

  const tsc = join(packageRoot, 'node_modules', '.bin', 'tsc')
  await promisify(execFile)(tsc, ['-p', copy]).catch((error: { stdout?: string }) => assert.fail(error.stdout))

  const registry: typeof import('../../src/registry.ts') = await import(
    pathToFileURL(join(copy, 'dist/src/registry.js')).href
  )
  for (const { path } of examples) {
    const kind = basename(dirname(path))
    const name = basename(path, '.ts')
    if (kind === 'samplers') continue
    const known = kind as Parameters<typeof pluginNames>[0]
    assert.ok(!(await pluginNames(known)).includes(name), `${path} exists for real`)
    assert.ok((await registry.pluginNames(known)).includes(name))
    const plugin: unknown = await registry.loadPlugin(known, name)
    const { summary } = plugin as { summary?: string }
    assert.ok(summary && summary.length > 10 && summary.length <= 120, `${path} has a summary for kbench list`)
  }
})
