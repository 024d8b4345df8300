import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { isStopped } from '../../src/base/processes.ts'
import { packageRoot } from '../../src/base/root.ts'
import { usageOf } from '../../src/clusters/shared/usage.ts'
import { openFilesLimit } from '../../src/runners/doctor/open-files.ts'
import { platformNotes } from '../../src/runners/run/platform-notes.ts'
import { createMachineSampler } from '../../src/samplers/machine.ts'
import { firstColumns } from './_markdown.ts'

const src = join(packageRoot, 'src')

test('docs/platforms.md lists every file that reads /proc', () => {
  const readers = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    // In code: comments name it too.
    .filter((file) =>
      /['"`]\/proc\//.test(readFileSync(join(src, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')),
    )
  const page = readFileSync(join(packageRoot, 'docs/platforms.md'), 'utf8')
  const listed = firstColumns(page).map((cell) => cell.replaceAll('`', ''))
  assert.ok(readers.length > 5)
  assert.deepEqual(
    readers.filter((file) => !listed.includes(file)),
    [],
  )
})

describe('without a /proc', () => {
  test('the usage of the machine is no fact, and that of a process is null', async () => {
    const sampler = createMachineSampler({ nowNs: () => 1 }, async () => null)
    assert.deepEqual(await sampler.sample(), [])
    // No process has this number, as none has a folder there on macOS.
    const nothing = { cpuMs: null, rssBytes: null, diskBytes: null, networkInBytes: null, networkOutBytes: null }
    assert.deepEqual(await usageOf(2 ** 30), nothing)
  })

  test('a run says once why', () => {
    assert.deepEqual(platformNotes('linux'), [])
    const [note, ...more] = platformNotes('darwin')
    assert.match(note!, /^macOS has no \/proc: .* are null/)
    assert.deepEqual(more, [])
    assert.match(platformNotes('freebsd')[0]!, /^freebsd has no \/proc/)
  })

  test('a process that was stopped is seen by ps, too', async (t) => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log(1)'])
    t.after(() => child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    for (const platform of ['linux', 'darwin'] as const) assert.equal(isStopped(child.pid!, platform), false, platform)
    child.kill('SIGSTOP')
    // The signal is on its way when kill() returns.
    for (let at = 0; at < 500 && !isStopped(child.pid!, 'linux'); at++)
      await new Promise((resolve) => setTimeout(resolve, 10))
    for (const platform of ['linux', 'darwin'] as const) assert.equal(isStopped(child.pid!, platform), true, platform)
    child.kill('SIGKILL')
    await once(child, 'exit')
    for (const platform of ['linux', 'darwin'] as const) assert.equal(isStopped(child.pid!, platform), false, platform)
  })

  test('the limit of open files is asked of a shell', async () => {
    assert.equal(await openFilesLimit('darwin'), await openFilesLimit('linux'))
  })
})
