import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  formatBytes,
  formatCount,
  formatMicros,
  formatSeconds,
  parseDurationMs,
  parseSizeBytes,
} from '../../src/base/units.ts'

/** One test per function: [input, output]. */
function table<I, O>(name: string, convert: (input: I) => O, cases: readonly (readonly [I, O])[]): void {
  describe(name, () => {
    for (const [input, output] of cases) test(JSON.stringify(input), () => assert.equal(convert(input), output))
  })
}

table('parseDurationMs', parseDurationMs, [
  ['10s', 10_000],
  ['0s', 0],
  ['250ms', 250],
  ['1.5m', 90_000],
  ['2h', 7_200_000],
  ['500us', 0.5],
  ['0.1s', 100],
  ['10', undefined],
  ['', undefined],
  ['s', undefined],
  ['10 s', undefined],
  [' 10s', undefined],
  ['10s\n', undefined],
  ['-1s', undefined],
  ['+1s', undefined],
  ['1e3s', undefined],
  ['.5s', undefined],
  ['5.s', undefined],
  ['1m30s', undefined],
  ['10S', undefined],
  ['10d', undefined],
  ['NaNs', undefined],
])

table('parseSizeBytes', parseSizeBytes, [
  ['1B', 1],
  ['0B', 0],
  ['1KB', 1000],
  ['1KiB', 1024],
  ['128KiB', 131_072],
  ['1.5KiB', 1536],
  ['2MB', 2_000_000],
  ['2MiB', 2_097_152],
  ['1GB', 1_000_000_000],
  ['1GiB', 1_073_741_824],
  ['0.3KB', 300],
  ['1', undefined],
  ['1kb', undefined],
  ['1k', undefined],
  ['1 KiB', undefined],
  ['-1B', undefined],
  ['1TiB', undefined],
  ['', undefined],
])

table('formatMicros', formatMicros, [
  [null, '–'],
  [0, '0 µs'],
  [0.5, '0.5 µs'],
  [850, '850 µs'],
  [1234, '1.23 ms'],
  [12_345, '12.3 ms'],
  [123_456, '123 ms'],
  [4_500_000, '4.5 s'],
])

table('formatBytes', formatBytes, [
  [null, '–'],
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [1_572_864, '1.5 MiB'],
  [5 * 1024 ** 4, '5 TiB'],
  [5000 * 1024 ** 4, '5000 TiB'],
])

// Groups are parted by a thin, unbreakable space or a plain one: the tests only ask that digits stay whole.
table('formatCount', (value: number | null) => formatCount(value).replace(/[\s\u202f\u2009\u00a0]/g, '_'), [
  [null, '–'],
  [0, '0'],
  [999, '999'],
  [0.04, '0'],
  [12.34, '12.3'],
  [1000, '1_000'],
  [199_950, '199_950'],
  [4998.3, '4_998'],
  [1_234_567, '1_234_567'],
  [-1234, '-1_234'],
])

table('formatSeconds', formatSeconds, [
  [null, '–'],
  [0, '0 s'],
  [8.4, '8.4 s'],
  [59, '59 s'],
  [60, '1 m 00 s'],
  [185, '3 m 05 s'],
  [119.7, '2 m 00 s'],
  [59.99, '60 s'],
])
