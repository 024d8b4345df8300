import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { checksumOf } from '../../../src/base/checksum.ts'
import { flags, readStamp, type Stamp, stampBytes, stampFromHeader, stampHeader } from '../../../src/load/stamp.ts'
import { createValues, largestSize, meanSize, type PooledValue, type ValueOptions } from '../../../src/load/values.ts'

const base: ValueOptions = {
  size: 1024,
  compressibility: 0.5,
  stampIn: 'value',
  seed: 1,
  run: 99,
  producer: 3,
  prefill: false,
  distinctBytes: 262_144,
}
const make = (count: number, overrides: Partial<ValueOptions> = {}) => createValues(count, { ...base, ...overrides })
const sizes = (values: readonly PooledValue[]) => values.map(({ value }) => value.length)

function stampOf(bytes: Buffer): Stamp {
  const into: Stamp = { flags: 0, run: 0, producer: 0, sequence: 0, dueNs: 0, bodyChecksum: 0 }
  assert.equal(readStamp(bytes, into), 'ok')
  return into
}

describe('sizes', () => {
  test('fixed, header mode too', () => {
    assert.deepEqual(new Set(sizes(make(20, { size: 777 }))), new Set([777]))
    assert.deepEqual(new Set(sizes(make(20, { size: 10, stampIn: 'header' }))), new Set([10]))
    assert.deepEqual(sizes(make(2, { size: 0 })), [0, 0])
  })

  test('uniform: both ends included, the mean in the middle', () => {
    const drawn = sizes(make(4000, { size: { uniform: [40, 60] } }))
    assert.equal(Math.min(...drawn), 40)
    assert.equal(Math.max(...drawn), 60)
    const mean = drawn.reduce((sum, size) => sum + size, 0) / drawn.length
    assert.ok(Math.abs(mean - 50) < 0.5, `mean ${mean}`)
    assert.equal(meanSize({ uniform: [40, 60] }), 50)
    assert.equal(largestSize({ uniform: [40, 60] }), 60)
  })

  test('list: each as likely', () => {
    const drawn = sizes(make(3000, { size: { list: [100, 200, 400] } }))
    for (const size of [100, 200, 400]) {
      const share = drawn.filter((value) => value === size).length / drawn.length
      assert.ok(Math.abs(share - 1 / 3) < 0.04, `${size}: ${share}`)
    }
    assert.equal(largestSize({ list: [100, 400, 200] }), 400)
    assert.equal(meanSize({ list: [100, 200, 300] }), 200)
  })

  test('small and large values mixed, more of them than are distinct', () => {
    const values = make(64, { size: { list: [20, 100, 200_000] } })
    assert.equal(values.length, 64)
    for (const { value } of values.filter((one) => one.value.length > 32)) {
      assert.ok(value.subarray(stampBytes).some((byte) => byte !== 0))
    }
  })

  test('uniform, more than are distinct: no body is left empty, not even its end', () => {
    for (const { value } of make(200, { size: { uniform: [100, 20_000] } })) {
      const tail = value.subarray(-Math.min(64, value.length - stampBytes))
      assert.ok(
        tail.some((byte) => byte !== 0),
        `${value.length} bytes`,
      )
    }
  })
})

describe('bodies', () => {
  test('same seed, same bytes; another producer or seed, others', () => {
    const bytes = (overrides: Partial<ValueOptions>) => Buffer.concat(make(5, overrides).map(({ value }) => value))
    assert.deepEqual(bytes({}), bytes({}))
    assert.notDeepEqual(bytes({}), bytes({ seed: 2 }))
    assert.notDeepEqual(bytes({}).subarray(stampBytes, 1024), bytes({ producer: 4 }).subarray(stampBytes, 1024))
  })

  test('each value is its own memory', () => {
    const [first, second] = make(2)
    second!.value.fill(0)
    assert.ok(first!.value.some((byte) => byte !== 0))
  })

  for (const compressibility of [0, 0.25, 0.5, 0.75, 1]) {
    test(`compressibility ${compressibility}: deflate takes away about that share`, () => {
      const bodies = Buffer.concat(make(300, { compressibility }).map(({ value }) => value.subarray(stampBytes)))
      const saved = 1 - deflateSync(bodies).length / bodies.length
      assert.ok(Math.abs(saved - compressibility) < 0.04, `saved ${saved}`)
    })
  }

  test('bodies repeat only after distinctBytes', () => {
    const values = make(1000, { compressibility: 0, distinctBytes: 300 * 992 })
    const crcs = values.map(({ value }) => checksumOf(value, stampBytes))
    assert.equal(new Set(crcs.slice(0, 300)).size, 300)
    assert.equal(new Set(crcs).size, 300)
    assert.deepEqual(crcs.slice(300, 600), crcs.slice(0, 300))
  })

  test('repeated bodies compress no better within a batch than distinct ones', () => {
    const bodies = Buffer.concat(make(2000, { compressibility: 0 }).map(({ value }) => value.subarray(stampBytes)))
    for (let at = 0; at + 131_072 < bodies.length; at += 400_000) {
      const batch = bodies.subarray(at, at + 131_072)
      assert.ok(deflateSync(batch).length > 0.98 * batch.length)
    }
  })
})

describe('stamps', () => {
  test('in the value: sequence, due time, run, producer and the checksum of the body behind it', () => {
    for (const size of [32, 33, 100, 1024]) {
      const pooled = make(3, { size })[2]!
      const { value, headers } = pooled
      assert.equal(headers, undefined)
      assert.equal(pooled.stamp(5_000_000_000, 123_456.5), true)
      assert.deepEqual(stampOf(value), {
        flags: flags.none,
        run: 99,
        producer: 3,
        sequence: 5_000_000_000,
        dueNs: 123_456.5,
        bodyChecksum: checksumOf(value, stampBytes),
      })
    }
  })

  test('writing a stamp leaves the body alone', () => {
    const pooled = make(1)[0]!
    const { value } = pooled
    const body = Buffer.from(value.subarray(stampBytes))
    pooled.stamp(1, 1)
    pooled.stamp(2, 2)
    assert.deepEqual(value.subarray(stampBytes), body)
  })

  test('in a header: the value stays intact, its checksum covers all of it', () => {
    for (const size of [0, 1, 31, 32, 500]) {
      const pooled = make(1, { size, stampIn: 'header' })[0]!
      const { value, headers } = pooled
      const before = Buffer.from(value)
      pooled.stamp(7, 42)
      assert.deepEqual(value, before)
      const header = headers![stampHeader]!
      const read = stampOf(stampFromHeader(header))
      assert.equal(read.sequence, 7)
      assert.equal(read.bodyChecksum, checksumOf(value))
      // Clients pass headers through UTF-8.
      assert.deepEqual(Buffer.from(header.toString('utf8'), 'utf8'), header)
    }
  })

  test('too small for a stamp and no header asked for: none, and no half of one', () => {
    for (const size of [0, 1, 31]) {
      const pooled = make(1, { size })[0]!
      const { headers } = pooled
      const before = Buffer.from(pooled.value)
      assert.equal(pooled.stamp(1, 1), false)
      assert.deepEqual(pooled.value, before)
      assert.equal(headers, undefined)
    }
  })

  test('prefilled records say so', () => {
    const pooled = make(1, { prefill: true })[0]!
    const { value } = pooled
    pooled.stamp(0, 0)
    assert.equal(stampOf(value).flags, flags.prefill)
  })

  test('the checksum of every pooled body is right, repeated ones included', () => {
    for (const pooled of make(300, { size: { list: [40, 65_536] } })) {
      pooled.stamp(0, 0)
      const { value } = pooled
      assert.equal(stampOf(value).bodyChecksum, checksumOf(value, stampBytes))
    }
  })
})
