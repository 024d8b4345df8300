import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { recordsIn } from '../../../src/cli/actions/input-records.ts'
import type { NewRecord } from '../../../src/operations/produce.ts'

const plain = { keySeparator: null, nullWord: null, prompt: null }

async function read(chunks: Iterable<string | Buffer>, options: Parameters<typeof recordsIn>[1] = plain) {
  const bytes = (function* () {
    for (const chunk of chunks) yield Buffer.from(chunk)
  })()
  const batches: NewRecord[][] = []
  for await (const batch of recordsIn(Readable.from(bytes), options)) batches.push(batch)
  return batches
}

const values = (batches: readonly NewRecord[][]) => batches.flat().map(({ value }) => value?.toString() ?? null)

describe('records of lines', () => {
  test('wherever chunks end, with either end of line, the last one without', async () => {
    assert.deepEqual(values(await read(['on', 'e\ntw', 'o\r\n', '\n', 'fo\u00fcr'])), ['one', 'two', '', 'foür'])
    assert.deepEqual(await read([]), [])
  })

  test('a letter that two chunks share', async () => {
    const [first, second] = [Buffer.from('ü').subarray(0, 1), Buffer.from('ü').subarray(1)]
    assert.deepEqual(values(await read([first, second])), ['ü'])
  })

  test('keys, lines without one, tombstones', async () => {
    const batches = await read(['a:1\nb:NULL\nc\n'], { ...plain, keySeparator: ':', nullWord: 'NULL' })
    assert.deepEqual(
      batches.flat().map(({ key, value }) => [key?.toString() ?? null, value?.toString() ?? null]),
      [
        ['a', '1'],
        ['b', null],
        [null, 'c'],
      ],
    )
  })

  test('an input that is faster than its reader waits', async () => {
    let given = 0
    const lines = (function* () {
      while (true) yield Buffer.from(`${given++}\n`.repeat(100))
    })()
    let got = 0
    for await (const batch of recordsIn(Readable.from(lines), plain)) {
      got += batch.length
      await new Promise((resolve) => setTimeout(resolve, 5))
      assert.ok(given * 100 - got < 10_000, `${given * 100} given, ${got} taken`)
      if (got > 20_000) break
    }
  })

  test('a line that never ends is refused, after what came before it', async () => {
    const endless = (function* () {
      yield Buffer.from('first\n')
      const chunk = Buffer.alloc(1 << 20, 'x')
      while (true) yield chunk
    })()
    const batches: NewRecord[][] = []
    await assert.rejects(
      async () => {
        for await (const batch of recordsIn(Readable.from(endless), plain)) batches.push(batch)
      },
      { code: 'usage', message: /a line of more than 67108864 bytes/ },
    )
    assert.deepEqual(values(batches), ['first'])
  })

  test('an input that fails', async () => {
    const torn = (function* () {
      yield Buffer.from('first\n')
      throw new Error('the disk is gone')
    })()
    await assert.rejects(async () => {
      for await (const _ of recordsIn(Readable.from(torn), plain));
    }, /the disk is gone/)
  })
})
