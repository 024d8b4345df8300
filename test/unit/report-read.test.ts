import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { KbenchError } from '../../src/base/errors.ts'
import { readResult } from '../../src/cli/actions/read-result.ts'
import { parseResult } from '../../src/store/parse-result.ts'
import { single } from '../fixtures/result.ts'

test('a stored result is read from its folder or its file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kbench-read-'))
  t.after(() => rm(folder, { recursive: true }))
  const result = single()
  await writeFile(join(folder, 'result.json'), JSON.stringify(result))
  for (const path of [folder, join(folder, 'result.json')]) {
    const read = JSON.parse(JSON.stringify(result)) as typeof result
    for (const variant of read.variants) variant.findings = []
    assert.deepEqual(await readResult(path), { result: read, directory: folder })
  }
  await assert.rejects(readResult(join(folder, 'nowhere')), /nowhere: no result\.json there/)
})

test('what cannot be read is refused in words', () => {
  const cases: [string, RegExp][] = [
    ['{', /x\.json is not JSON/],
    ['[]', /not a result of kbench/],
    ['null', /not a result of kbench/],
    ['{"name":"kbench"}', /not a result of kbench/],
    ['{"schemaVersion":1,"runId":"a"}', /not a result of kbench/],
    ['{"schemaVersion":2}', /schemaVersion 2; this kbench reads up to 1/],
  ]
  for (const [text, expected] of cases) {
    assert.throws(
      () => parseResult(text, 'x.json'),
      (error) => error instanceof KbenchError && error.code === 'usage' && expected.test(error.message),
      text,
    )
  }
})
