import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createHistory } from '../../../src/recording/history.ts'
import { createSpill } from '../../../src/store/spill.ts'

const folderOf = (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'kbench-spill-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

test('what is put aside is read back, and its file has no name', (t) => {
  const folder = folderOf(t)
  using spill = createSpill(folder)
  const [one, two] = [Buffer.from('one'), Buffer.alloc(100_000, 7)]
  assert.deepEqual([spill.write(one), spill.write(two)], [0, 3])
  assert.deepEqual([Buffer.from(spill.read(3, 100_000)), Buffer.from(spill.read(0, 3))], [two, one])
  assert.deepEqual(readdirSync(folder), [])
  assert.throws(() => spill.read(3, 100_001), /100001 bytes at 3 of what was put aside cannot be read/)
})

test('where there is no folder, where something has its name, and after its end, nothing is taken', (t) => {
  const folder = folderOf(t)
  writeFileSync(join(folder, 'theirs'), 'theirs')
  symlinkSync(join(folder, 'theirs'), join(folder, `.spill-${process.pid}`))
  for (const spill of [createSpill(join(folder, 'none')), createSpill(folder)]) {
    assert.equal(spill.write(Buffer.from('x')), null)
    spill[Symbol.dispose]()
  }
  const over = createSpill(folderOf(t))
  assert.equal(over.write(Buffer.from('x')), 0)
  over[Symbol.dispose]()
  assert.equal(over.write(Buffer.from('x')), null)
})

test('a history whose spill takes nothing holds its values itself', (t) => {
  using spill = createSpill(join(folderOf(t), 'none'))
  const history = createHistory<number[]>(spill)
  for (let n = 0; n < 500; n++) history.push([n])
  assert.deepEqual(
    [...history],
    Array.from({ length: 500 }, (_, n) => [n]),
  )
})
