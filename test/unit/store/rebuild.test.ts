import assert from 'node:assert/strict'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { KbenchError } from '../../../src/base/errors.ts'
import type { Variant } from '../../../src/contracts/result.ts'
import { definitions } from '../../../src/contracts/result.ts'
import type { RunFact } from '../../../src/contracts/run-facts.ts'
import { readJournal } from '../../../src/store/journal.ts'
import { isStale, reassemble, rebuildRun } from '../../../src/store/rebuild.ts'
import { resultSchema } from '../../../src/store/result-schema.ts'
import { begun, begunRun, contentsOf, headerOf, ids, linesOf, planOf, storedRun, textOf } from './_stored-run.ts'

const over: RunFact = { type: 'over', at: '2026-11-29T12:01:00.000Z', durationS: 60, interrupted: false }
const journal = [begunRun(), begun(0)]
const isClosed = ({ ledger }: Variant) =>
  ledger.scheduled === ledger.acked + ledger.failed + ledger.unknown + ledger.unsent

describe('a run that was killed', () => {
  test('after any line of its recording: a valid result, interrupted, its ledger closed', async (t) => {
    const lines = linesOf(ids[0])
    for (let length = 0; length <= lines.length; length++) {
      const { directory } = await storedRun(t, {
        'journal.ndjson': journal,
        'recordings/0.ndjson': lines.slice(0, length),
      })
      const { result } = await rebuildRun(directory)
      assert.deepEqual(resultSchema.safeParse(result).error?.issues ?? [], [])
      assert.deepEqual([result.status, result.exitCode], ['interrupted', 130])
      const [open, never] = result.variants
      assert.ok(isClosed(open!))
      // Frames are lines 6, 7, 9 and 10; what is known ends with them.
      const knownS = [6, 7, 9, 10].filter((line) => line <= length).length
      assert.equal(open!.ledger.scheduled, 10 * knownS, `after ${length} lines`)
      const isWhole = length === lines.length
      assert.equal(open!.integrity.verdict, isWhole ? 'ok' : 'not-audited')
      assert.equal(open!.status, isWhole ? 'ok' : 'interrupted', `after ${length} lines`)
      assert.deepEqual([never!.status, never!.findings![0]!.code], ['interrupted', 'not-begun'])
    }
  })

  test('in the middle of a line: that line is as good as not there', async (t) => {
    const whole = linesOf(ids[0]).slice(0, 8)
    for (const name of ['recordings/0.ndjson', 'recordings/0.ndjson.gz']) {
      const text = textOf(whole).slice(0, -20)
      const { directory } = await storedRun(t, {
        'journal.ndjson': journal,
        [name]: name.endsWith('.gz') ? gzipSync(text) : text,
      })
      const { result, problems } = await rebuildRun(directory)
      assert.deepEqual(problems, [])
      assert.equal(result.variants[0]!.ledger.scheduled, 20)
    }
  })

  test('its session lasts until the last fact of its open variant', async (t) => {
    const { directory } = await storedRun(t, {
      'journal.ndjson': journal,
      'recordings/0.ndjson': linesOf(ids[0]).slice(0, 8),
    })
    const { result } = await rebuildRun(directory)
    // 10 s to the variant's start, 2.5 s of it.
    assert.equal(result.durationS, 12.5)
  })
})

describe('a run that came to its end', () => {
  const whole = async (t: Parameters<typeof storedRun>[0], change: Record<string, unknown> = {}) => {
    const first = await storedRun(t, { 'journal.ndjson': journal, 'recordings/0.ndjson': linesOf(ids[0]) })
    const { result } = await rebuildRun(first.directory)
    const fact = {
      type: 'variant',
      id: ids[0],
      status: 'ok',
      session: 1,
      at: over.at,
      recording: 0,
      definitions,
      ...change,
    }
    return { variant: result.variants[0]!, fact }
  }

  test('is rebuilt to the same bytes, packed or not, from the journal or from the recordings', async (t) => {
    const { variant, fact } = await whole(t)
    const lines = [...journal, { ...fact, result: variant, thresholds: [] }, over]
    const texts = new Set<string>()
    for (const name of ['recordings/0.ndjson', 'recordings/0.ndjson.gz']) {
      for (const all of [false, true]) {
        const { directory } = await storedRun(t, { 'journal.ndjson': lines, [name]: linesOf(ids[0]) })
        texts.add(JSON.stringify((await rebuildRun(directory, all)).result))
      }
    }
    assert.equal(texts.size, 1)
  })

  test('under other definitions: assembled again, or kept with a note where its recording is not whole', async (t) => {
    const { variant, fact } = await whole(t, { definitions: definitions - 1 })
    const stale = { ...variant, produce: { ...variant.produce, ackedPerSec: 77 } }
    const lines = [...journal, { ...fact, result: stale, thresholds: [] }, over]
    const cases: [Record<string, readonly string[]>, number, RegExp | null][] = [
      [{ 'recordings/0.ndjson.gz': linesOf(ids[0]) }, variant.produce.ackedPerSec, null],
      [
        { 'recordings/0.ndjson': linesOf(ids[0]).slice(0, 9) },
        77,
        /0\.ndjson does not go up to the variant's end; client=a stays as definitions 1/,
      ],
      [
        { 'recordings/0.ndjson': [...linesOf(ids[0]).slice(0, 9), 'x'] },
        77,
        /0\.ndjson:10: not JSON.*; client=a stays as definitions 1/,
      ],
      [{}, 77, /recordings\/0\.ndjson is missing; client=a stays as definitions 1/],
    ]
    for (const [files, ackedPerSec, note] of cases) {
      const { directory } = await storedRun(t, { 'journal.ndjson': lines, ...files })
      const { result } = await rebuildRun(directory)
      assert.equal(result.variants[0]!.produce.ackedPerSec, ackedPerSec)
      const notes = result.notes.filter((text) => text.includes('recordings/'))
      assert.match(notes.join('\n'), note ?? /^$/)
      // As --resume does it.
      const { sums } = await readJournal(directory)
      const problems = await reassemble(directory, sums, (known) => known.isWhole && isStale(known))
      assert.equal(sums.variants.get(ids[0])!.variant!.produce.ackedPerSec, ackedPerSec)
      assert.equal(problems.length, note === null ? 0 : 1)
    }
  })

  test('of kbench 0.1, which kept no recordings, is refused', async (t) => {
    const { variants: _, ...old } = begunRun() as unknown as Record<string, unknown>
    const { directory } = await storedRun(t, { 'journal.ndjson': [old, '{"type":"frame","worker":0}', over] })
    await assert.rejects(rebuildRun(directory), /nothing to rebuild a result from: there are no recordings$/)
    const gone = await storedRun(t, { 'journal.ndjson': [...journal, over] })
    rmSync(join(gone.directory, 'recordings'), { recursive: true })
    await assert.rejects(rebuildRun(gone.directory, true), /there are no recordings$/)
  })
})

const hostileHeaders: [string, string, RegExp][] = [
  ['no JSON', 'x', /:1: Unexpected token/],
  ['no recording', '{"a":1}', /:1: not a recording of kbench/],
  ['of a newer version', headerOf(ids[0], { recording: 2 }), /:1: version 2; this kbench reads up to 1/],
  ['of another run', headerOf(ids[0], { runId: 'other' }), /:1: it belongs to run "other"/],
  ['with the plan of another run', headerOf(ids[0], { plan: planOf(ids[0], { runId: 'x' }) }), /it belongs to run "x"/],
  ['of another variant', headerOf(ids[1]), /:1: it belongs to variant "client=b"/],
  ['with __proto__', headerOf(ids[0]).replace('"params":{', '"params":{"__proto__":1,'), /a key is "__proto__"/],
  [
    'with __proto__ in escapes',
    headerOf(ids[0]).replace('"params":{', '"params":{"\\u005F_proto__":1,'),
    /a key is "__/,
  ],
  ...(
    [
      ['with 1e9 producers', { producers: 1e9 }, /the plan: producers: /],
      ['with 1e9 partitions', { topic: { partitions: 1e9, replicationFactor: 1, config: {} } }, /topic\.partitions: /],
      ['with worker 1e9', { workers: [{ ...planOf(ids[0]).workers[0], worker: 1e9 }] }, /workers\.0\.worker: /],
      ['with 20 000 workers', { workers: Array(20_000).fill(planOf(ids[0]).workers[0]) }, /the plan: workers: /],
      [
        'with edges that do not ascend',
        { axis: { ...planOf(ids[0]).axis, edges: [0, 0, 0] } },
        /edge 1 of phase warmup/,
      ],
      ['with 1e20 ns', { axis: { ...planOf(ids[0]).axis, edges: [0, 1e20] } }, /axis\.edges\.1: /],
      [
        'with 1e300 records/s',
        { load: { ...planOf(ids[0]).load, segments: [{ fromNs: 0, toNs: 4e9, perSec: [1, 1e300] }] } },
        /load\.segments\.0\.perSec\.1: /,
      ],
      [
        'with 1e15 records drawn',
        { load: { segments: [{ fromNs: 0, toNs: 1e17, perSec: [9e7, 9e7] }], count: null, poisson: true, seed: 1 } },
        /load: too many records/,
      ],
    ] as [string, Record<string, unknown>, RegExp][]
  ).map(([name, change, expected]): [string, string, RegExp] => [
    name,
    headerOf(ids[0], { plan: planOf(ids[0], change) }),
    expected,
  ]),
]

const frame = linesOf(ids[0])[5]!
const hostileLines: [string, string, RegExp][] = [
  ['not JSON', '{"fact":', /:8: not JSON/],
  ['an unknown fact', '{"fact":"weather","atNs":1}', /:8: unknown fact "weather"/],
  ['no fact', '[]', /:8: unknown fact null/],
  ['a name of Object', '{"fact":"constructor","atNs":1}', /:8: unknown fact "constructor"/],
  ['an infinite time', '{"fact":"over","atNs":1e999}', /:8: fact over: atNs/],
  ['a negative count', frame.replace('"sent":10', '"sent":-10'), /:8: fact frame: cells\.0\.events\.sent/],
  ['an interval of 1e9', frame.replace('"interval":0', '"interval":1000000000'), /:8: fact frame: cells\.0\.interval/],
  ['worker 1e9', frame.replace('"worker":0', '"worker":1000000000'), /:8: fact frame: worker/],
  ['counts that do not add up', frame.replace('"total":10', '"total":11'), /:8: fact frame: cells\.0\.latencies/],
  ['__proto__', frame.replace('"errors":{', '"errors":{"__proto__":1'), /:8: a key is "__proto__"/],
  ['a key too many', '{"fact":"over","atNs":1,"then":2}', /:8: fact over: /],
]

describe('a recording that is damaged or hostile', () => {
  for (const [name, header, expected] of hostileHeaders) {
    test(`header ${name}: one line, the variant has no numbers, the files stay`, async (t) => {
      const { root, directory } = await storedRun(t, {
        'journal.ndjson': journal,
        'recordings/0.ndjson': [header, ...linesOf(ids[0]).slice(1)],
      })
      const before = contentsOf(root)
      const { result, problems } = await rebuildRun(directory)
      assert.equal(problems.length, 1)
      assert.match(problems[0]!, expected)
      assert.doesNotMatch(problems[0]!, /\n/)
      assert.ok(result.notes.includes(problems[0]!))
      const [variant] = result.variants
      assert.deepEqual([variant!.status, variant!.ledger.scheduled], ['interrupted', 0])
      assert.deepEqual(
        variant!.findings!.map(({ code }) => code),
        ['interrupted'],
      )
      assert.deepEqual(contentsOf(root), before)
    })
  }

  for (const [name, line, expected] of hostileLines) {
    test(`a line with ${name}: one line, what came before is used, the files stay`, async (t) => {
      const lines = linesOf(ids[0])
      const { root, directory } = await storedRun(t, {
        'journal.ndjson': journal,
        'recordings/0.ndjson': [...lines.slice(0, 7), line, ...lines.slice(7)],
      })
      const before = contentsOf(root)
      const { result, problems } = await rebuildRun(directory)
      assert.equal(problems.length, 1)
      assert.match(problems[0]!, expected)
      assert.match(problems[0]!, /what follows is not used$/)
      assert.deepEqual([result.variants[0]!.status, result.variants[0]!.ledger.scheduled], ['interrupted', 20])
      assert.deepEqual(contentsOf(root), before)
      assert.equal(({} as Record<string, unknown>).polluted, undefined)
    })
  }

  test('a gzip stream that is cut: what can be unpacked is used', async (t) => {
    const packed = gzipSync(textOf(linesOf(ids[0])))
    for (const length of [packed.length - 1, packed.length - 8, Math.floor(packed.length * 0.9)]) {
      const { directory } = await storedRun(t, {
        'journal.ndjson': journal,
        'recordings/0.ndjson.gz': packed.subarray(0, length),
      })
      const { result, problems } = await rebuildRun(directory)
      assert.match(problems.join(), /^recordings\/0\.ndjson\.gz:\d+: the gzip stream is cut; what follows is not used$/)
      assert.ok(isClosed(result.variants[0]!))
    }
    const { directory } = await storedRun(t, {
      'journal.ndjson': journal,
      'recordings/0.ndjson.gz': packed.subarray(0, 12),
    })
    assert.match((await rebuildRun(directory)).problems.join(), /0\.ndjson\.gz:1: the gzip stream is cut$/)
  })

  test('a file that is not gzip, or damaged within', async (t) => {
    const packed = gzipSync(textOf(linesOf(ids[0])))
    packed.fill(0x55, 40, 80)
    for (const content of [Buffer.from('this is not gzip at all'), packed]) {
      const { directory } = await storedRun(t, { 'journal.ndjson': journal, 'recordings/0.ndjson.gz': content })
      const { problems } = await rebuildRun(directory)
      assert.equal(problems.length, 1, problems.join())
    }
  })

  test('a link or a folder in its place is not followed', async (t) => {
    const other = await storedRun(t, { 'secret.ndjson': linesOf(ids[0]) })
    for (const [make, expected] of [
      [
        (path: string) => symlinkSync(join(other.directory, 'secret.ndjson'), path),
        /0\.ndjson is a symbolic link, not a file/,
      ],
      [(path: string) => mkdirSync(path), /0\.ndjson is a folder, not a file/],
    ] as const) {
      const { directory } = await storedRun(t, { 'journal.ndjson': journal })
      make(join(directory, 'recordings/0.ndjson'))
      const { result, problems } = await rebuildRun(directory)
      assert.match(problems.join(), expected)
      assert.equal(result.variants[0]!.ledger.scheduled, 0)
    }
    const { directory } = await storedRun(t, { 'journal.ndjson': journal })
    rmSync(join(directory, 'recordings'), { recursive: true })
    writeFileSync(join(other.directory, 'recordings/0.ndjson'), textOf(linesOf(ids[0])))
    symlinkSync(join(other.directory, 'recordings'), join(directory, 'recordings'))
    assert.match((await rebuildRun(directory)).problems.join(), /recordings is not a folder of its own/)
  })
})

describe('a journal that is damaged or hostile', () => {
  const files = { 'recordings/0.ndjson': linesOf(ids[0]) }
  const refused: [string, readonly (string | object)[] | string, RegExp][] = [
    [
      'with a run id that is a path',
      [begunRun({ runId: '../../x' }), begun(0)],
      /does not say how the run began \(journal\.ndjson:1: run: runId: /,
    ],
    ['of another run', [begunRun({ runId: 'other' }), begun(0)], /journal\.ndjson is that of run other$/],
    ['that is empty', '', /does not say how the run began$/],
    ['that is torn in its first line', textOf(journal).slice(0, 100), /does not say how the run began$/],
    [
      'without its first line',
      [begun(0)],
      /does not say how the run began \(journal\.ndjson:1: before the run began\)/,
    ],
    [
      'whose profile makes no result',
      [begunRun({ profile: { name: 'x', cluster: { provider: 'a', layout: 'b' } } })],
      /journal\.ndjson makes no result: /,
    ],
    ['that is not text', '\u0000\u0000\u0000\n', /does not say how the run began \(journal\.ndjson:1: /],
  ]
  for (const [name, content, expected] of refused) {
    test(`${name} is refused in one line; the files stay`, async (t) => {
      const { root, directory } = await storedRun(t, { 'journal.ndjson': content, ...files })
      const before = contentsOf(root)
      await assert.rejects(rebuildRun(directory), (error) => {
        assert.ok(error instanceof KbenchError && error.code === 'usage')
        assert.match(error.message, expected)
        assert.doesNotMatch(error.message, /\n/)
        return true
      })
      assert.deepEqual(contentsOf(root), before)
    })
  }

  const passedOver: [string, string | object, RegExp][] = [
    ['not JSON', '{"type"', /^journal\.ndjson:2: /],
    ['of an unknown type', { type: 'weather' }, /^journal\.ndjson:2: unknown fact "weather"$/],
    ['with a recording out of range', begun(1, { recording: 1e9 }), /^journal\.ndjson:2: begun: recording: /],
    ['with a recording that is a path', begun(1, { recording: '../../x' }), /^journal\.ndjson:2: begun: recording: /],
    [
      'with __proto__',
      '{"type":"note","text":"x","__proto__":{"polluted":1}}',
      /^journal\.ndjson:2: a key is "__proto__"$/,
    ],
    ['of a session of another run', begunRun({ runId: 'other' }), /^journal\.ndjson:2: it belongs to run other$/],
    [
      'with a variant that is none',
      { type: 'variant', id: ids[1], status: 'ok', session: 1, result: { id: ids[1] } },
      /^journal\.ndjson:2: variant: result\.status: /,
    ],
  ]
  for (const [name, line, expected] of passedOver) {
    test(`a line ${name} is passed over and named`, async (t) => {
      const { directory } = await storedRun(t, { 'journal.ndjson': [journal[0]!, line, journal[1]!], ...files })
      const { result, problems } = await rebuildRun(directory)
      assert.equal(problems.length, 1)
      assert.match(problems[0]!, expected)
      assert.equal(result.variants[0]!.ledger.scheduled, 40)
    })
  }

  test('of many such lines five are named', async (t) => {
    const { directory } = await storedRun(t, { 'journal.ndjson': [...journal, ...Array(1000).fill('x')], ...files })
    const { problems } = await rebuildRun(directory)
    assert.equal(problems.length, 6)
    assert.equal(problems[5], 'journal.ndjson: 995 more such lines')
  })

  test('a link in its place is not followed', async (t) => {
    const other = await storedRun(t, { 'journal.ndjson': journal })
    const { directory } = await storedRun(t, files)
    symlinkSync(join(other.directory, 'journal.ndjson'), join(directory, 'journal.ndjson'))
    await assert.rejects(rebuildRun(directory), /journal\.ndjson is a symbolic link, not a file/)
  })
})
