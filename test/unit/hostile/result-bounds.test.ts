import assert from 'node:assert/strict'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { readResult } from '../../../src/cli/actions/read-result.ts'
import type { RunResult } from '../../../src/contracts/result.ts'
import { encodePairs } from '../../../src/recording/hdr-v2.ts'
import { decodeHistogram } from '../../../src/recording/histogram.ts'
import { parseResult } from '../../../src/store/parse-result.ts'
import { structureProblem } from '../../../src/store/structure.ts'
import { single } from '../../fixtures/result.ts'

const many = <T>(length: number, make: (at: number) => T): T[] => Array.from({ length }, (_, at) => make(at))
const keyed = <T>(length: number, value: T): Record<string, T> =>
  Object.fromEntries(many(length, (at) => [`g${at}`, value]))

/** HDR V2 whose counts are so many zero bytes, each of which says "no record". */
function bomb(bytes: number): string {
  const head = Buffer.from(encodePairs([0, 1]), 'base64')
  const body = Buffer.alloc(40 + bytes)
  body.writeUInt32BE(0x1c849313, 0)
  body.writeUInt32BE(bytes, 4)
  body.writeUInt32BE(3, 12)
  body.writeBigUInt64BE(1n, 16)
  body.writeBigUInt64BE(3_600_000_000n, 24)
  const packed = deflateSync(body)
  const start = Buffer.from(head.subarray(0, 8))
  start.writeUInt32BE(packed.length, 4)
  return Buffer.concat([start, packed]).toString('base64')
}

type Change = (variant: RunResult['variants'][number], result: RunResult) => void

const changed = (change: Change): string => {
  const result = structuredClone(single())
  change(result.variants[0]!, result)
  return JSON.stringify(result)
}

const cases: Readonly<Record<string, { change: Change; path: RegExp }>> = {
  '20 000 groups': {
    change: (variant) => {
      variant.lag = keyed(20_000, variant.lag.g1!)
    },
    path: /variants\.0\.lag: more than 1000 keys/,
  },
  '20 000 error codes': {
    change: (variant) => {
      variant.produce.errors = keyed(20_000, 1)
    },
    path: /variants\.0\.produce\.errors: more than/,
  },
  '20 000 brokers': {
    change: (variant) => {
      variant.brokers = many(20_000, () => variant.brokers![0]!)
    },
    path: /variants\.0\.brokers: /,
  },
  '20 000 settings of a client': {
    change: (variant) => {
      variant.effectiveConfig.producer = keyed(20_000, 'x')
    },
    path: /variants\.0\.effectiveConfig\.producer: more than/,
  },
  '20 000 settings of the profile': {
    change: (_, result) => {
      result.profile.topic = keyed(150, keyed(150, 1))
    },
    path: /profile: more than/,
  },
  '20 000 variants': {
    change: (_, result) => {
      result.variants = many(20_000, () => ({ id: 'x' }) as never)
    },
    path: /variants: /,
  },
  'a text of a megabyte': {
    change: (variant) => {
      variant.reasons = ['x'.repeat(1_000_000)]
    },
    path: /variants\.0\.reasons\.0: /,
  },
  'a histogram that inflates to 64 MB': {
    change: (variant) => {
      variant.generator.scheduleLagUs.histogram = bomb(64 * 1024 ** 2)
    },
    path: /variants\.0\.generator\.scheduleLagUs\.histogram: expected a histogram/,
  },
  'such a histogram in the heat map': {
    change: (variant) => {
      variant.heat.histograms[3] = bomb(64 * 1024 ** 2)
    },
    path: /variants\.0\.heat\.histograms\.3: expected a histogram/,
  },
  'a histogram that is longer than any': {
    change: (variant) => {
      variant.generator.scheduleLagUs.histogram = 'A'.repeat(1_300_000)
    },
    path: /variants\.0\.generator\.scheduleLagUs\.histogram: /,
  },
  'a time at the end of all days': {
    change: (variant) => {
      variant.series.tickS[2] = 1e300
    },
    path: /variants\.0\.series\.tickS\.2: /,
  },
}

describe('R15: what is larger than any result is refused', () => {
  for (const [name, { change, path }] of Object.entries(cases)) {
    test(name, () => {
      assert.throws(() => parseResult(changed(change), 'r.json'), { code: 'usage', message: path })
    })
  }

  test('lists within lists, 20 000 deep', () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
    for (const field of ['"effectiveConfig":{', '"profile":{', '"variants":[{']) {
      const text = JSON.stringify(single()).replace(field, `${field}"a":${deep},`)
      assert.throws(() => parseResult(text, 'r.json'), { message: /more than 40 lists and maps within one another/ })
    }
  })

  test('a key __proto__, also in escapes', () => {
    for (const key of ['__proto__', '\\u005f_proto__']) {
      const text = JSON.stringify(single()).replace('"params":{', `"params":{"${key}":{"markup":"x"},`)
      assert.throws(() => parseResult(text, 'r.json'), { code: 'usage', message: /a key is "__proto__"/ })
    }
    assert.equal(structureProblem(JSON.parse('{"a":[{"__proto__":1}]}')), 'a.0: a key is "__proto__"')
  })

  test('a file of half a gigabyte, by its size alone', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'kbench-bounds-'))
    t.after(() => rm(folder, { recursive: true }))
    const file = join(folder, 'result.json')
    await writeFile(file, '')
    await truncate(file, 512 * 1024 ** 2)
    await assert.rejects(readResult(folder), { code: 'usage', message: /too large: 536870912 bytes/ })
    await assert.rejects(readResult('/dev/zero'), { code: 'usage' })
  })
})

test('R15: a histogram that inflates beyond any is not unpacked, wherever it is decoded', () => {
  assert.throws(() => decodeHistogram(bomb(64 * 1024 ** 2)), /larger than|ERR_BUFFER_TOO_LARGE|Cannot create a Buffer/)
})

test('R15: a thousand groups are shown', () => {
  const text = changed((variant) => {
    variant.lag = keyed(1000, variant.lag.g1!)
  })
  assert.equal(Object.keys(parseResult(text, 'r.json').variants[0]!.lag).length, 1000)
})
