import { defineReport } from '../contracts/define.ts'
import { trendPage } from './page/trend-page.ts'

export default defineReport({
  summary: 'trend.html: several runs over time, a point per run and client; nothing of one run alone',
  render: async (results) => (results.length > 1 ? [{ name: 'trend.html', body: trendPage(results) }] : []),
})
