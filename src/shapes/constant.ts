import { z } from 'zod'
import { parseSizeBytes, throughputPattern } from '../base/units.ts'
import { defineShape } from '../contracts/shapes.ts'
import { ratesAtMost } from './_options.ts'

const help = 'expected records per second, like 5000, bytes per second, like 40MB/s, or max'

/** 5000, or 40MB/s: what is divided by the mean bytes of a record, key and value. */
export default defineShape({
  summary: 'records per second, like 5000, or bytes per second, like 40MB/s',
  options: z.union([z.number().gt(0).max(ratesAtMost), z.string().regex(throughputPattern, help)]),
  problems(rate, { meanRecordBytes }) {
    const perSec = rateOf(rate, meanRecordBytes)
    if (perSec > 0 && perSec <= ratesAtMost) return []
    const at = `at ${meanRecordBytes} bytes per record`
    return [{ path: [], message: `is ${perSec} records/s ${at}, expected above 0 to ${ratesAtMost} records/s` }]
  },
  compile(rate, { measureNs, meanRecordBytes }) {
    const perSec = rateOf(rate, meanRecordBytes)
    return { segments: [{ fromNs: 0, toNs: measureNs, perSec: [perSec, perSec] }], lengthNs: null }
  },
})

const rateOf = (rate: number | string, meanRecordBytes: number): number =>
  typeof rate === 'number' ? rate : (parseSizeBytes(rate.slice(0, -2)) ?? Number.POSITIVE_INFINITY) / meanRecordBytes
