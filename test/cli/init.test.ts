import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import { kbench, scratch } from './_kbench.ts'

/** Where the editor's schema line points to. */
async function schemaOf(file: string): Promise<string> {
  const path = /^# yaml-language-server: \$schema=(.*)$/m.exec(await readFile(file, 'utf8'))?.[1]
  assert.ok(path, 'has the line')
  return resolve(dirname(file), path)
}

test('writes a commented profile that is valid as it is, asking nothing', async (t) => {
  const folder = await scratch(t)
  const written = await kbench(['init'], { cwd: folder })
  assert.equal(written.stdout, 'kbench.yaml\n')
  assert.match(written.stderr, /kbench validate kbench.yaml/)
  assert.equal(written.exitCode, 0)
  const text = await readFile(join(folder, 'kbench.yaml'), 'utf8')
  assert.match(text, /^name: kbench$/m)
  assert.ok(text.split('\n').filter((line) => line.includes('#')).length > 10, 'is commented')
  assert.equal(await schemaOf(join(folder, 'kbench.yaml')), join(packageRoot, 'schema', 'profile.schema.json'))
  assert.deepEqual(await kbench(['validate', 'kbench.yaml'], { cwd: folder }), {
    stdout: 'kbench.yaml: ok\n',
    stderr: '',
    exitCode: 0,
  })
})

test('refuses to overwrite, unless told to', async (t) => {
  const folder = await scratch(t)
  await writeFile(join(folder, 'mine.yaml'), 'precious')
  const refused = await kbench(['init', 'mine.yaml'], { cwd: folder })
  assert.equal(refused.exitCode, 2)
  assert.equal(refused.stdout, '')
  assert.equal(
    refused.stderr,
    'kbench: mine.yaml exists already, nothing was written\n  choose another name, or overwrite it with --force\n',
  )
  assert.equal(await readFile(join(folder, 'mine.yaml'), 'utf8'), 'precious')
  assert.equal((await kbench(['init', 'mine.yaml', '--force'], { cwd: folder })).exitCode, 0)
  assert.match(await readFile(join(folder, 'mine.yaml'), 'utf8'), /^name: mine$/m)
})

// Data that a profile names lies beside it.
const shippedProfiles = (await readdir(join(packageRoot, 'profiles'))).filter((file) => file.endsWith('.yaml'))
for (const { option, what, profiles } of [
  { option: '--from', what: 'every profile that comes with kbench', profiles: shippedProfiles },
  { option: '--preset', what: 'the same', profiles: ['quickstart.yaml', 'shape-replay.yaml'] },
]) {
  test(`${option}: ${what}, under the new name, still valid`, async (t) => {
    const folder = await scratch(t)
    const files: string[] = []
    for (const shipped of profiles) {
      const file = join('new folder', `my ${shipped}`)
      files.push(file)
      const { stderr, exitCode } = await kbench(['init', file, option, shipped.replace('.yaml', '')], { cwd: folder })
      assert.equal(exitCode, 0, stderr)
      const text = await readFile(join(folder, file), 'utf8')
      assert.match(text, new RegExp(`^name: "?my-${shipped.replace('.yaml', '')}`, 'm'))
      assert.equal(await schemaOf(join(folder, file)), join(packageRoot, 'schema', 'profile.schema.json'))
    }
    const checked = await kbench(['validate', ...files], { cwd: folder })
    assert.equal(checked.exitCode, 0, checked.stderr)
    assert.equal(checked.stdout, files.map((file) => `${file}: ok\n`).join(''))
  })
}

test('names that YAML would read as something else are quoted', async (t) => {
  const folder = await scratch(t)
  const files = ['123.yaml', 'null.yaml', 'true.yaml', '1e3.yaml', './-.yaml', 'ünïcode.yaml']
  for (const file of files) assert.equal((await kbench(['init', file], { cwd: folder })).exitCode, 0)
  const checked = await kbench(['validate', ...files], { cwd: folder })
  assert.equal(checked.exitCode, 0, checked.stderr)
})

test('an unknown profile and a place that cannot be written to', async (t) => {
  const folder = await scratch(t)
  const unknown = await kbench(['init', '--from', 'quickstrat'], { cwd: folder })
  assert.equal(unknown.exitCode, 2)
  assert.equal(unknown.stderr, 'kbench: no profile "quickstrat" comes with kbench\n  did you mean "quickstart"?\n')
  assert.deepEqual(await readdir(folder), [])
  await mkdir(join(folder, 'taken.yaml'))
  const taken = await kbench(['init', 'taken.yaml', '--force'], { cwd: folder })
  assert.equal(taken.exitCode, 2)
  assert.match(taken.stderr, /^kbench: cannot write taken.yaml: /)
})
