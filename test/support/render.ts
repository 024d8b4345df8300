import type { RunResult } from '../../src/contracts/result.ts'
import csv from '../../src/reports/csv.ts'
import html from '../../src/reports/html.ts'
import junit from '../../src/reports/junit.ts'
import markdown from '../../src/reports/markdown.ts'
import { terminalSummary } from '../../src/reports/terminal.ts'

/** Every report that is text, by name; throws what a report throws. */
export async function renderText(result: RunResult): Promise<Record<string, string>> {
  const texts: Record<string, string> = {
    terminal: terminalSummary(result, { columns: 80, color: true, directory: 'results/x' }),
  }
  for (const [name, report] of Object.entries({ html, csv, junit, markdown })) {
    const files = await report.render([result])
    texts[name] = files.map(({ body }) => String(body)).join('\n')
  }
  return texts
}
