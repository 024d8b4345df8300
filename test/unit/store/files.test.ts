import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createRng } from '../../../src/base/rng.ts'
import { packageRoot } from '../../../src/base/root.ts'
import { encodeFact } from '../../../src/recording/codec.ts'
import { lineLimits, linesOf, packedLines, plainLines } from '../../../src/store/lines.ts'
import { rebuildRun } from '../../../src/store/rebuild.ts'
import { openRecording, readRecording } from '../../../src/store/recordings.ts'
import { resultSchema } from '../../../src/store/result-schema.ts'
import { keepCopy, writeWhole } from '../../../src/store/whole-file.ts'
import {
  begun,
  begunRun,
  factsOf,
  headerOf,
  ids,
  planOf,
  linesOf as recordingLines,
  runId,
  storedRun,
  textOf,
} from './_stored-run.ts'

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const each of source) list.push(each)
  return list
}

async function* chunks(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

test('lines come whole wherever the chunks end', async () => {
  for (const size of [1, 2, 3, 7, 100]) {
    assert.deepEqual(await all(linesOf(chunks('a\n\nböse €\nrest', size))), [
      { text: 'a', isWhole: true },
      { text: '', isWhole: true },
      { text: 'böse €', isWhole: true },
      { text: 'rest', isWhole: false },
    ])
  }
  assert.deepEqual(await all(linesOf(chunks('', 1))), [])
})

test('a line, a file and a number of lines beyond the limits are refused', async () => {
  const limits = { ...lineLimits, lineBytes: 10, fileBytes: 30, lines: 3 }
  const text = (lines: string[]) => all(linesOf(chunks(lines.join('\n'), 4), limits))
  await assert.rejects(text(['x'.repeat(20)]), /a line of more than 10 bytes/)
  await assert.rejects(text(Array(8).fill('12345')), /larger than 30 bytes|more than 3 lines/)
  await assert.rejects(text(['', '', '', '', '']), /more than 3 lines/)
})

test('a line of 200 MB is refused before it is read', async (t) => {
  const { directory } = await storedRun(t, { 'journal.ndjson': [begunRun(), begun(0)], 'recordings/0.ndjson': '' })
  const path = join(directory, 'recordings/0.ndjson')
  truncateSync(path, 200e6)
  await assert.rejects(all(plainLines(path)), /a line of more than 67108864 bytes/)
  assert.match((await rebuildRun(directory)).problems.join(), /0\.ndjson:1: a line of more than 67108864 bytes/)
})

test('a gzip bomb is refused within seconds, with a header or without, in one line or in many', async (t) => {
  const event = `${encodeFact({ fact: 'event', atNs: 1, kind: 'x', detail: 'x'.repeat(500) })}\n`
  /** 300 MB of the same, as 30 members of a gzip file: packing takes no longer than packing one of them. */
  const bombOf = (start: string, fill: string) => [
    gzipSync(start),
    ...Array<Buffer>(30).fill(gzipSync(fill.repeat(Math.floor(1e7 / fill.length)))),
  ]
  const bombs = [
    bombOf('', '\0'),
    bombOf('', '\n'),
    bombOf(`${headerOf(ids[0])}\n`, event),
    bombOf(textOf(recordingLines(ids[0])), ' '),
  ]
  for (const bomb of bombs) {
    const { directory } = await storedRun(t, {
      'journal.ndjson': [begunRun(), begun(0)],
      'recordings/0.ndjson.gz': Buffer.concat(bomb),
    })
    const { result, problems } = await rebuildRun(directory)
    assert.equal(problems.length, 1)
    assert.match(problems[0]!, /^recordings\/0\.ndjson\.gz:\d+: /)
    assert.equal(result.variants.length, 2)
  }
})

test('what packs well is no bomb: an hour of a variant that does next to nothing', async (t) => {
  const lines = [headerOf(ids[0])]
  const rng = createRng(1)
  const frame = factsOf(planOf(ids[0])).find((fact) => fact.fact === 'frame')!
  for (let at = 0; at < 36_000; at++) {
    const atNs = 1e12 + at * 1e8 + Math.floor(rng.float() * 1e6)
    lines.push(encodeFact({ ...frame, atNs, utilisation: rng.float() / 1000 }))
  }
  const { directory } = await storedRun(t, { 'recordings/0.ndjson.gz': lines })
  const read = await all(packedLines(join(directory, 'recordings/0.ndjson.gz')))
  assert.equal(read.length, lines.length)
})

test('a recording is plain while it is written and packed at its end; one that is there is never overwritten', async (t) => {
  const { directory } = await storedRun(t, { 'recordings/1.ndjson': 'mine' })
  const problems: string[] = []
  const write = async (n: number) => {
    const file = openRecording(directory, n, runId, planOf(ids[0]), (problem) => problems.push(problem))
    for (const fact of factsOf(planOf(ids[0]))) file.write(encodeFact(fact))
    await file.close()
  }
  await write(0)
  assert.deepEqual(readdirSync(join(directory, 'recordings')).sort(), ['0.ndjson.gz', '1.ndjson'])
  const stored = await readRecording(directory, 0, { runId, variant: ids[0] })
  assert.deepEqual([stored!.problem, stored!.plan, stored!.sums.overNs], [null, planOf(ids[0]), 1e12 + 4.5e9])
  await write(1)
  assert.equal(readFileSync(join(directory, 'recordings/1.ndjson'), 'utf8'), 'mine')
  assert.match(problems.join(), /^recordings\/1\.ndjson: EEXIST/)
})

test('a recording whose writer was killed before its first line was whole is none; a packed one without a header is refused', async (t) => {
  const header = headerOf(ids[0])
  for (const start of ['', header.slice(0, 1), header.slice(0, -1), header]) {
    const { directory } = await storedRun(t, { 'recordings/0.ndjson': start })
    assert.equal(await readRecording(directory, 0, { runId, variant: ids[0] }), null, `${start.length} characters`)
  }
  const { directory } = await storedRun(t, { 'recordings/0.ndjson.gz': gzipSync('') })
  const read = readRecording(directory, 0, { runId, variant: ids[0] })
  await assert.rejects(read, /recordings\/0\.ndjson\.gz: it has no header/)
})

test('result.json is written whole; a link with its name is replaced, not followed', async (t) => {
  const { root, directory } = await storedRun(t, {})
  const outside = join(root, 'outside')
  writeFileSync(outside, 'precious')
  const path = join(directory, 'result.json')
  symlinkSync(outside, path)
  await writeWhole(path, '{}')
  assert.deepEqual([readFileSync(outside, 'utf8'), readFileSync(path, 'utf8')], ['precious', '{}'])
  assert.deepEqual(readdirSync(directory).sort(), ['recordings', 'result.json'])
  await assert.rejects(writeWhole(join(directory, 'recordings'), '{}'))
  assert.deepEqual(readdirSync(directory).sort(), ['recordings', 'result.json'])
})

test('a copy takes the first name that is free, and nothing that a link points to', async (t) => {
  const { root, directory } = await storedRun(t, { 'result.json': 'a' })
  const path = join(directory, 'result.json')
  const outside = join(root, 'outside')
  symlinkSync(outside, join(directory, 'result.definitions-1-2.json'))
  const names = [await keepCopy(path, 'result.definitions-1'), await keepCopy(path, 'result.definitions-1')]
  assert.deepEqual(names, ['result.definitions-1.json', 'result.definitions-1-3.json'])
  assert.ok(!existsSync(outside))
})

test('every result in the repository has the shape that rebuilt ones are held to', () => {
  const stored = ['results/examples', 'docs/results'].flatMap((folder) =>
    readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('result.json'))
      .map((name) => join(packageRoot, folder, name)),
  )
  assert.ok(stored.length > 0)
  for (const path of stored) {
    const parsed = resultSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    assert.deepEqual(parsed.error?.issues ?? [], [], path)
  }
})
