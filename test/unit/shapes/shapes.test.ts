import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { packageRoot } from '../../../src/base/root.ts'
import type { CompiledShape } from '../../../src/contracts/shapes.ts'
import { compileRate, type Rate, shapeOf, shapes, writtenRate } from '../../../src/profile/shapes.ts'

const measureNs = 60e9
const context = { measureNs, meanRecordBytes: 1000 }

const read = (written: unknown): Rate => writtenRate.parse(written) as Rate
const compile = (written: unknown, ns = measureNs): CompiledShape =>
  compileRate(read(written), { ...context, measureNs: ns })
/** [seconds, rate, rate] of every segment. */
const partsOf = (written: unknown, ns = measureNs) =>
  compile(written, ns).segments!.map(({ fromNs, toNs, perSec }) => [(toNs - fromNs) / 1e9, ...perSec])
const problemsOf = (written: unknown, ns = measureNs) => {
  const { shape, options } = shapeOf(read(written))
  return (shape.problems?.(options, { ...context, measureNs: ns }) ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  )
}

test('the record of shapes is the folder', () => {
  const files = readdirSync(join(packageRoot, 'src', 'shapes')).filter((file) => /^[a-z]/.test(file))
  assert.deepEqual(Object.keys(shapes).sort(), files.map((file) => file.replace('.ts', '')).sort())
  for (const { summary } of Object.values(shapes)) assert.ok(summary.length > 10)
})

const every: readonly unknown[] = [
  5000,
  0.3,
  '40MB/s',
  '512KiB/s',
  {
    stages: [
      { to: 1000, for: '10s' },
      { to: 1000, for: '20s' },
      { to: 0, for: '5s' },
    ],
  },
  { stages: [{ to: 333.3, for: '90s' }] },
  { steps: { from: 1, to: 5.5, by: 1, every: '700ms' } },
  { sine: { mean: 100, amplitude: 100, period: '7s' } },
  { bursts: { base: 0, peak: 1e6, for: '10ms', every: '333ms' } },
  { poisson: { mean: 0.1 } },
  { replay: { csv: 'seconds,rate\n0,100\n10,300\n30,0\n', speed: 3, scale: 0.5 } },
]

describe('every shape compiles to segments from 0 on, without gaps, of whole ns and rates of 0 and more', () => {
  for (const written of every) {
    test(JSON.stringify(written), () => {
      assert.deepEqual(problemsOf(written), [])
      let endNs = 0
      for (const { fromNs, toNs, perSec } of compile(written).segments!) {
        assert.equal(fromNs, endNs)
        assert.ok(Number.isInteger(toNs) && toNs > fromNs)
        assert.ok(perSec.every((rate) => rate >= 0 && rate <= 1e8))
        endNs = toNs
      }
      assert.ok(endNs > 0)
    })
  }
  test('max has none', () => assert.deepEqual(compile('max'), { segments: null, lengthNs: null }))
})

describe('constant', () => {
  test('of a number is that', () => assert.deepEqual(partsOf(5000), [[60, 5000, 5000]]))
  test('of bytes is divided by the mean bytes of a record', () => {
    assert.deepEqual(partsOf('40MB/s'), [[60, 40_000, 40_000]])
    assert.deepEqual(partsOf('1KiB/s'), [[60, 1.024, 1.024]])
  })
  test('of bytes is refused where it makes no rate', () => {
    const { shape, options } = shapeOf('40MB/s')
    assert.match(shape.problems!(options, { measureNs, meanRecordBytes: 0 })[0]!.message, /^is Infinity records\/s/)
    assert.match(
      shape.problems!(options, { measureNs, meanRecordBytes: 0.1 })[0]!.message,
      /expected above 0 to 100000000/,
    )
  })
})

describe('stages', () => {
  test('the first ramp begins at 0, each further one where the last ended', () => {
    const written = {
      stages: [
        { to: 1000, for: '1m' },
        { to: 20_000, for: '10s' },
        { to: 20_000, for: '5m' },
      ],
    }
    assert.deepEqual(partsOf(written, 370e9), [
      [60, 0, 1000],
      [10, 1000, 20_000],
      [300, 20_000, 20_000],
    ])
    assert.equal(compile(written).lengthNs, 370e9)
  })
  test('from begins elsewhere; 0s is a jump', () => {
    const written = {
      stages: [
        { from: 5, to: 10, for: '10s' },
        { to: 50, for: '0s' },
        { to: 60, for: '10s' },
        { to: 1, for: '0s' },
      ],
    }
    assert.deepEqual(partsOf(written).slice(0, 2), [
      [10, 5, 10],
      [10, 50, 60],
    ])
    assert.deepEqual(compile(written).segments!.at(-1)!.perSec, [1, 1])
  })
})

describe('steps', () => {
  const steps = (from: number, to: number, by: number) =>
    partsOf({ steps: { from, to, by, every: '10s' } }).map(([, rate]) => rate)
  test('up, down, and with a smaller last step', () => {
    assert.deepEqual(steps(1000, 3000, 1000), [1000, 2000, 3000])
    assert.deepEqual(steps(3000, 1000, 1000), [3000, 2000, 1000])
    assert.deepEqual(steps(10, 25, 10), [10, 20, 25])
    assert.deepEqual(steps(5, 5, 1), [5])
  })
  test('rounding makes no further step', () => assert.equal(steps(0.1, 0.3, 0.1).length, 3))
  test('its length is that of all steps', () => {
    assert.equal(compile({ steps: { from: 1, to: 3, by: 1, every: '10s' } }).lengthNs, 30e9)
  })
})

describe('sine', () => {
  const mean = 1000
  for (const amplitude of [0, 250, 1000]) {
    test(`amplitude ${amplitude}: within 0.1 % of the mean everywhere, and exact in the mean of a period`, () => {
      const { segments } = compile({ sine: { mean, amplitude, period: '10s' } })
      let records = 0
      for (const {
        fromNs,
        toNs,
        perSec: [from, to],
      } of segments!) {
        for (const part of [0, 0.25, 0.5, 0.75, 1]) {
          const seconds = (fromNs + part * (toNs - fromNs)) / 1e9
          const exact = mean + amplitude * Math.sin((2 * Math.PI * seconds) / 10)
          assert.ok(Math.abs(from + part * (to - from) - exact) <= 0.001 * mean)
        }
        if (toNs <= 10e9) records += (((from + to) / 2) * (toNs - fromNs)) / 1e9
      }
      assert.ok(Math.abs(records - 10 * mean) < 1e-3)
    })
  }
  test('begins at the mean', () => assert.equal(partsOf({ sine: { mean, amplitude: 9, period: '1m' } })[0]![1], mean))
})

test('bursts end their period, so that time zero is at the base', () => {
  const parts = partsOf({ bursts: { base: 10, peak: 500, for: '2s', every: '30s' } })
  assert.deepEqual(parts, [
    [28, 10, 10],
    [2, 500, 500],
    [28, 10, 10],
    [2, 500, 500],
  ])
})

test('poisson is a constant rate on average', () => {
  assert.deepEqual(compile({ poisson: { mean: 7 } }), {
    segments: [{ fromNs: 0, toNs: measureNs, perSec: [7, 7] }],
    lengthNs: null,
    poisson: true,
  })
})

describe('replay', () => {
  test('goes from row to row in straight lines, faster and higher, over and over', () => {
    const parts = partsOf({ replay: { csv: '100,10\n160,30\n220,20', speed: 6, scale: 2 } })
    assert.deepEqual(parts, [
      [10, 20, 60],
      [10, 60, 40],
      [10, 20, 60],
      [10, 60, 40],
      [10, 20, 60],
      [10, 60, 40],
    ])
    assert.equal(compile({ replay: { csv: '100,10\n160,30\n220,20', speed: 6 } }).lengthNs, 20e9)
  })
  test('one row is a constant rate', () => assert.deepEqual(partsOf({ replay: { csv: '5,10' } }), [[60, 10, 10]]))
  for (const [what, csv, expected] of [
    [
      'a header, CRLF, spaces, a byte order mark and blank lines at the end',
      '\uFEFFseconds,rate\r\n0, 5\r\n1 ,6\r\n\r\n',
      null,
    ],
    ['nothing', '', /line 1: has no line/],
    ['a header alone', 'seconds,rate\n', /line 1: has no line/],
    ['a torn line', '0,5\n10,6\n20', /line 3: expected seconds,rate/],
    ['a third column', '0,5\n1,2,3', /line 2: expected seconds,rate/],
    ['words', '0,5\n1,many', /line 2: expected seconds,rate/],
    ['a second header', 'a,b\nc,d\n1,2', /line 2: expected seconds,rate/],
    ['negative rates', '0,-5', /line 1: expected seconds,rate/],
    ['negative seconds', '-1,5', /line 1: expected seconds,rate/],
    ['seconds that go back', '0,5\n10,6\n9,7', /line 3: expected more seconds/],
    ['seconds twice', '0,5\n0,6', /line 2: expected more seconds/],
    ['NaN', '0,NaN', /line 1: expected seconds,rate/],
    ['infinity', '0,1e999', /line 1: expected 1e8 records\/s or less/],
    ['a rate out of bounds', '0,1e9', /line 1: expected 1e8 records\/s or less/],
    ['seconds out of bounds', '0,1\n1e300,1', /line 2: expected 1e9 seconds or less/],
    ['a blank line in the middle', '0,5\n\n1,6', /line 2: is empty/],
    ['zero bytes', '\0\0\0\n0,5', /line 1: expected seconds,rate/],
    ['a line without end', `0,5\n${'1'.repeat(1e6)}`, /line 2: expected seconds,rate/],
    ['hexadecimal', '0,0x10', /line 1: expected seconds,rate/],
  ] as const) {
    test(`${what} is ${expected ? 'refused with its line' : 'fine'}`, () => {
      const result = writtenRate.safeParse({ replay: { csv } })
      assert.equal(result.success, expected === null)
      if (expected) assert.match(JSON.stringify(result.error?.issues), expected)
    })
  }
  test('a million lines are read, one more is refused', () => {
    const csv = Array.from({ length: 1_000_000 }, (_, at) => `${at},5`).join('\n')
    assert.equal(compile({ replay: { csv, speed: 60 } }, 1e9).segments!.length, 60)
    const more = writtenRate.safeParse({ replay: { csv: `${csv}\n1000000,5` } })
    assert.match(JSON.stringify(more.error?.issues), /line 1000001: expected 1000000 lines or less/)
  })
})

describe('what cannot be is refused, where it stands', () => {
  for (const [written, expected, ns] of [
    [{ steps: { from: 0, to: 1e8, by: 0.01, every: '1s' } }, /^by: makes more than 1000000 steps/],
    [{ steps: { from: 1, to: 5, by: 1, every: '0s' } }, /^every: expected 10ms or more/],
    [{ sine: { mean: 5, amplitude: 5.1, period: '10s' } }, /^amplitude: expected at most the mean, which is 5/],
    [{ sine: { mean: 5, amplitude: 5, period: '1ms' } }, /^period: expected 10ms or more/],
    [
      { sine: { mean: 5, amplitude: 5, period: '10ms' } },
      /^period: is too short: the measurement holds it 360000 times/,
      3600e9,
    ],
    [{ bursts: { base: 0, peak: 5, for: '10s', every: '10s' } }, /^for: expected less than every, which is 10000ms/],
    [{ bursts: { base: 0, peak: 5, for: '0s', every: '10s' } }, /^for: expected more than 0s/],
    [{ bursts: { base: 0, peak: 5, for: '0s', every: '0s' } }, /every: expected 10ms or more/],
    [{ replay: { csv: '0,1e8', scale: 2 } }, /^scale: makes 200000000 records\/s/],
    [{ replay: { csv: '0,1\n1,2', speed: 1000 } }, /^speed: is too fast/],
    [{ replay: { csv: '0,1\n100000000,2' } }, /^speed: is too slow/],
  ] as const) {
    test(JSON.stringify(written), () => assert.match(problemsOf(written, ns ?? measureNs).join('\n'), expected))
  }
})
