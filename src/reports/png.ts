import { createRequire } from 'node:module'
import { createCanvas, GlobalFonts } from '@napi-rs/canvas'
import type { Chart } from 'chart.js'
import { ChartJSNodeCanvas } from 'chartjs-node-canvas'
import type { ReportFile } from '../contracts/api.ts'
import { defineReport } from '../contracts/define.ts'
import type { RunResult } from '../contracts/result.ts'
import { loadWords } from './_run-words.ts'
import { filePrefix } from './_variants.ts'
import { verdictOf } from './_verdict.ts'
import { toConfig } from './charts/draw.ts'
import { chartGroups } from './charts/index.ts'
import type { ChartSpec } from './charts/spec.ts'
import { lightTheme } from './charts/theme.ts'

const width = 960
const height = 480
/** Pixels of the picture for each of the drawing: encoding takes most of the time, and of many pictures each is looked at shorter. */
const pixelRatio = { few: 2, many: 1.5 }

/** Pictures of single variants beside those of all: more would be hundreds of files that nobody opens. */
const variantsAtMost = 4

export default defineReport({
  summary: 'charts/*.png: every chart as a picture of its own',
  render: async (results) => results.flatMap((result) => pictures(result, filePrefix(result, results))),
})

/** The charts that are drawn: with many variants only those that show several of them. */
export function picturedCharts(result: RunResult): ChartSpec[] {
  const groups = chartGroups(result)
  const isFew = result.variants.length <= variantsAtMost
  return groups.filter((group) => isFew || !group.single).flatMap((group) => group.charts)
}

function pictures(result: RunResult, prefix: string): ReportFile[] {
  const theme = { ...lightTheme, font: chartFont() }
  const draw = createDrawing()
  const ratio = result.variants.length <= variantsAtMost ? pixelRatio.few : pixelRatio.many
  return picturedCharts(result).map((spec) => {
    const config = toConfig(spec, theme, heading(result, spec))
    config.options = { ...config.options, devicePixelRatio: ratio, responsive: false }
    // Room for title and legend, which the page has outside of the drawing.
    return { name: `${prefix}charts/${spec.id}.png`, body: draw(config, Math.max(height, (spec.height ?? 0) + 60)) }
  })
}

/** Draws on one canvas for all: a canvas for each picture keeps its memory until the garbage collector finds it. */
function createDrawing(): (config: ReturnType<typeof toConfig>, tall: number) => Buffer {
  let charts: typeof Chart | undefined
  new ChartJSNodeCanvas({
    width,
    height,
    plugins: { modern: ['chartjs-plugin-annotation', 'chartjs-chart-matrix'] },
    chartCallback: (library) => {
      charts = library as unknown as typeof Chart
    },
  })
  const canvas = createCanvas(width, height)
  // chart.js sets the size of the element, which a canvas without a page does not have.
  Object.assign(canvas, { style: {} })
  return (config, tall) => {
    Object.assign(canvas, { width, height: tall })
    const chart = new charts!(canvas.getContext('2d') as never, config)
    const picture = canvas.toBuffer('image/png')
    chart.destroy()
    return picture
  }
}

/** Enough to know the picture by without its page: run, variant, load, cluster; and the verdict of its run. */
export function heading(result: RunResult, spec: ChartSpec): string[] {
  const { provider, layout, kafkaVersion } = result.cluster
  const cluster =
    provider === 'mock'
      ? 'mock cluster: NOT A KAFKA'
      : `${provider} ${layout}${kafkaVersion ? `, Kafka ${kafkaVersion}` : ''}`
  const line = [result.name, spec.subtitle, loadWords(result), cluster].filter((part) => part !== '').join('  ·  ')
  const { word } = verdictOf(result)
  return [line, `verdict of the run: ${word}, exit ${result.exitCode}  ·  run ${result.runId}`]
}

/** Inter from its package: a machine without any font would draw charts without a single letter. */
function chartFont(): string {
  const require = createRequire(import.meta.url)
  for (const weight of [400, 600]) {
    GlobalFonts.registerFromPath(require.resolve(`@fontsource/inter/files/inter-latin-${weight}-normal.woff2`), 'Inter')
  }
  return 'Inter'
}
