import { createRequire } from 'node:module'
import { GlobalFonts } from 'canvas'
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
const pixelRatio = 2

export default defineReport({
  summary: 'charts/*.png: every chart as a picture of its own',
  render: async (results) => results.flatMap((result) => pictures(result, filePrefix(result, results))),
})

function pictures(result: RunResult, prefix: string): ReportFile[] {
  const theme = { ...lightTheme, font: chartFont() }
  const usual = new ChartJSNodeCanvas({ width, height })
  const specs = chartGroups(result).flatMap((group) => group.charts)
  return specs.map((spec) => {
    const config = toConfig(spec, theme, heading(result, spec))
    config.options = { ...config.options, devicePixelRatio: pixelRatio }
    // Room for title and legend, which the page has outside of the drawing.
    const tall = (spec.height ?? 0) + 60
    const canvas = tall > height ? new ChartJSNodeCanvas({ width, height: tall }) : usual
    return { name: `${prefix}charts/${spec.id}.png`, body: canvas.renderToBufferSync(config) }
  })
}

/** Enough to know the picture by without its page: run, variant, load, cluster; and the run's verdict, where it is not good. */
export function heading(result: RunResult, spec: ChartSpec): string[] {
  const { provider, layout, kafkaVersion } = result.cluster
  const cluster =
    provider === 'mock'
      ? 'mock cluster: NOT A KAFKA'
      : `${provider} ${layout}${kafkaVersion ? `, Kafka ${kafkaVersion}` : ''}`
  const line = [result.name, spec.subtitle, loadWords(result), cluster].filter((part) => part !== '').join('  ·  ')
  const { tone, word } = verdictOf(result)
  return tone === 'good' ? [line] : [line, `verdict of the run: ${word}, exit ${result.exitCode}`]
}

/** Inter from its package: a machine without any font would draw charts without a single letter. */
function chartFont(): string {
  const require = createRequire(import.meta.url)
  for (const weight of [400, 600]) {
    GlobalFonts.registerFromPath(require.resolve(`@fontsource/inter/files/inter-latin-${weight}-normal.woff2`), 'Inter')
  }
  return 'Inter'
}
