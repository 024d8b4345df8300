import { defineReport } from '../contracts/define.ts'
import type { Latency, RunResult } from '../contracts/result.ts'
import { decodeHistogram } from '../recording/histogram.ts'
import { filePrefix, variantSlugs } from './_variants.ts'

/**
 * For HdrHistogram's plotter (https://hdrhistogram.github.io/HdrHistogram/plotFiles.html): its percentile distribution as text, values in ms, a
 * file per variant and latency, and the V2 log that HdrHistogram's own tools read.
 */
export default defineReport({
  summary: 'hdr/*.hgrm and *.hlog: latency histograms for HdrHistogram’s plotter and tools',
  render: async (results) => results.flatMap((result) => filesOf(result, filePrefix(result, results))),
})

const usPerMs = 1000

function filesOf(result: RunResult, prefix: string) {
  const slugs = variantSlugs(result.variants)
  return result.variants.flatMap(({ produce, consume, phases }, at) => {
    const measure = phases.find(({ name }) => name === 'measure')
    const latencies: [string, Latency | null | undefined][] = [
      ['response', produce.responseUs],
      ['service', produce.serviceUs],
      ['end-to-end', consume?.endToEndUs],
    ]
    return latencies.flatMap(([name, latency]) => {
      const histogram = latency && latency.histogram !== '' ? decodeHistogram(latency.histogram) : null
      if (!latency || histogram === null) return []
      const path = `${prefix}hdr/${slugs[at]}-${name}`
      const startS = Date.parse(result.startedAt) / 1000 + (measure?.startS ?? 0)
      const lengthS = measure ? measure.endS - measure.startS : 0
      const log = [
        '#[Logged with kbench]',
        '#[Histogram log format version 1.3]',
        `#[StartTime: ${startS.toFixed(3)} (seconds since epoch)]`,
        '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
        `Tag=${name},0.000,${lengthS.toFixed(3)},${((latency.max ?? 0) / usPerMs).toFixed(3)},${latency.histogram}`,
      ]
      return [
        { name: `${path}.hgrm`, body: histogram.outputPercentileDistribution(5, usPerMs) },
        { name: `${path}.hlog`, body: `${log.join('\n')}\n` },
      ]
    })
  })
}
