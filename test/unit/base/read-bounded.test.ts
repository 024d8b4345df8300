import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { readBounded } from '../../../src/base/read-bounded.ts'
import { resolveReferences } from '../../../src/base/references.ts'
import { readClientConfig } from '../../../src/kafka/client-config.ts'
import { readStore } from '../../../src/kafka/keystore.ts'
import { createTokenSource } from '../../../src/kafka/tokens.ts'

const folder = mkdtempSync(join(tmpdir(), 'kbench-bounded-'))
after(() => rmSync(folder, { recursive: true }))
const fileOf = (bytes: number) => {
  const path = join(folder, `${bytes}`)
  writeFileSync(path, 'x'.repeat(bytes))
  return path
}

test('a file up to its limit is read, one byte more is not', async () => {
  for (const bytes of [0, 1, 65_536, 131_072]) assert.equal((await readBounded(fileOf(bytes), 131_072)).length, bytes)
  await assert.rejects(readBounded(fileOf(131_073), 131_072), /^Error: it has more than 128 KiB$/)
})

test('a folder, a device and what is not there are errors', async () => {
  await assert.rejects(readBounded(folder, 10), /it is a folder/)
  await assert.rejects(readBounded('/dev/zero', 10), /it is a device/)
  await assert.rejects(readBounded(join(folder, 'none'), 10), { code: 'ENOENT' })
})

test('a pipe is read to its end, and no further than its limit', async () => {
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const writer = (count: number) => spawn('sh', ['-c', `head -c ${count} /dev/zero > ${pipe}`], { stdio: 'ignore' })
  writer(1000)
  assert.equal((await readBounded(pipe, 1024)).length, 1000)
  writer(10_000_000)
  await assert.rejects(readBounded(pipe, 1024), /more than 1 KiB/)
})

describe('what never ends, or is no such file by its size, is refused wherever a setting names a file', () => {
  const token = (path: string) => createTokenSource({ mechanism: 'oauthbearer', token: { from: 'file', path } }).token()
  const readers: Record<string, (path: string) => Promise<unknown>> = {
    'a token': token,
    'a store of keys': (path) => readStore(path, undefined),
    'client settings': (path) => readClientConfig(path, {}),
    'a secret': (path) => resolveReferences(`\${file:${path}}`),
  }
  for (const [name, read] of Object.entries(readers)) {
    test(name, async () => {
      for (const path of ['/dev/zero', fileOf(2_000_000)]) await assert.rejects(read(path), { code: 'environment' })
    })
  }
})
