import { defineReport } from '../contracts/define.ts'
import { filePrefix } from './_variants.ts'
import { runPage } from './page/run-page.ts'

export default defineReport({
  summary: 'report.html: everything of a run in one file, which works offline',
  render: async (results, options) =>
    results.map((result) => ({ name: `${filePrefix(result, results)}report.html`, body: runPage(result, options) })),
})
