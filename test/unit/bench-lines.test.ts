import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { lineText, verdictOf } from '../../bench/lines.ts'
import { packageRoot } from '../../src/base/root.ts'

describe('a line of the benchmark', () => {
  for (const [figure, median, low, high, verdict] of [
    [{ atMost: 1.05 }, 1.04, 0.9, 1.13, 'holds'],
    [{ atMost: 1.05 }, 1.04, 1.0, 1.14, 'inconclusive'],
    [{ atMost: 1.05 }, 1.051, 1.0, 1.06, 'missed'],
    // What the node-rdkafka line of 1 KiB once showed.
    [{ atMost: 1.05 }, 1.135, 0.48, 1.37, 'missed'],
    [{ atLeast: 1.2 }, 1.2, 1.105, 2, 'holds'],
    [{ atLeast: 1.2 }, 1.3, 1.1, 1.5, 'inconclusive'],
    [{ atLeast: 1.2 }, 1.19, 1.18, 1.5, 'missed'],
  ] as const) {
    test(`${JSON.stringify(figure)}, ${median} [${low}, ${high}]: ${verdict}`, () => {
      assert.equal(verdictOf({ median, low, high }, figure), verdict)
    })
  }

  test('is printed with its opponent, figure and pairs', () => {
    const interval = { median: 1.25, low: 1.2, high: 1.3 }
    const line = { what: 'a', opponent: 'b', interval, pairs: 7, figure: { atLeast: 1.2 }, detail: '5 / 4 records/s' }
    assert.match(lineText(line), /^HOLDS\s+a \/ b: 1\.250 \[1\.200, 1\.300\] ≥ 1\.2, 7 pairs; 5 \/ 4 records\/s$/)
  })
})

test('bare loops stay bare: at most 60 lines a client', () => {
  const folder = join(packageRoot, 'bench', 'bare')
  for (const file of readdirSync(folder)) {
    const lines = readFileSync(join(folder, file), 'utf8').trimEnd().split('\n').length
    assert.ok(lines <= 60, `${file}: ${lines} lines`)
  }
})
