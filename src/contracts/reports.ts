import type { RunResult } from './result.ts'

export interface ReportFile {
  /** Relative path inside the run's folder, "report.html". */
  name: string
  body: string | Uint8Array
}

export interface ReportOptions {
  /** The client that the others are compared with; absent = the first of the run. */
  baseline?: string
}

export interface Report {
  summary: string
  /** Renders from stored results alone: no I/O, no clock. */
  render(results: readonly RunResult[], options?: ReportOptions): Promise<readonly ReportFile[]>
}
