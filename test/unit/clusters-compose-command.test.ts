import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { findCompose } from '../../src/clusters/compose/docker.ts'

// Whatever KBENCH_COMPOSE names: Docker's own prints its version alone, podman-compose 1.0 knows no --short and prints more.

const folder = mkdtempSync(join(tmpdir(), 'kbench-compose-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function command(name: string, script: string): string {
  const file = join(folder, name)
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return file
}

test('Docker Compose', async () => {
  const file = command('compose', '[ "$1 $2" = "version --short" ] && echo 2.40.3')
  assert.deepEqual(await findCompose(file), { command: [file], version: '2.40.3' })
})

test('podman-compose', async () => {
  const refuses = '[ "$2" = --short ] && { echo "unrecognized arguments: --short" >&2; exit 2; }'
  const file = command(
    'podman-compose',
    `${refuses}\nprintf 'using podman version: 4.3.1\\npodman-composer version  1.0.3\\nexit code: 0\\n'`,
  )
  assert.deepEqual(await findCompose(file), { command: [file], version: '1.0.3' })
})

test('one that fails, or prints no version, is none', async () => {
  assert.equal(await findCompose(command('broken', 'exit 1')), null)
  assert.equal(await findCompose(command('silent', 'exit 0')), null)
  assert.equal(await findCompose(join(folder, 'not-there')), null)
})
