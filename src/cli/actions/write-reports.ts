import { KbenchError, messageOf } from '../../base/errors.ts'
import type { ReportFile } from '../../contracts/api.ts'
import type { ReportOptions } from '../../contracts/reports.ts'
import type { RunResult } from '../../contracts/result.ts'
import { loadPlugin, pluginNames, suggestion } from '../../registry.ts'
import { writeWithin } from '../../store/whole-file.ts'

export interface WrittenReports {
  /** Paths, in the order of the reports' names. */
  files: string[]
  /** Reports that could not be rendered; the others were written all the same. */
  failed: { report: string; message: string }[]
  /** Files that could not be written, with the reason. */
  unwritten: string[]
}

/** Renders every report there is from the result and writes the files into the folder. Never throws. */
export async function writeReports(
  result: RunResult,
  directory: string,
  options: ReportOptions = {},
): Promise<WrittenReports> {
  const written: WrittenReports = { files: [], failed: [], unwritten: [] }
  for (const report of await pluginNames('reports')) {
    const rendered = await render(report, result, options)
    if (typeof rendered === 'string') {
      written.failed.push({ report, message: rendered })
      continue
    }
    for (const { name, body } of rendered) {
      try {
        written.files.push(await writeWithin(directory, name, body))
      } catch (error) {
        written.unwritten.push(`${name}: ${messageOf(error)}`)
      }
    }
  }
  return written
}

/** Writes rendered files into a folder, made where it is missing; gives their paths. Throws `environment` with the file that cannot be written. */
export async function writeFiles(files: readonly ReportFile[], directory: string): Promise<string[]> {
  const paths: string[] = []
  for (const { name, body } of files) {
    try {
      paths.push(await writeWithin(directory, name, body))
    } catch (error) {
      throw new KbenchError('environment', `cannot write ${name} into ${directory}: ${messageOf(error)}`, {
        cause: error,
      })
    }
  }
  return paths
}

/** The files of one report, of all runs together. An unknown name is a usage error. */
export async function renderReport(
  name: string,
  results: readonly RunResult[],
  options: ReportOptions = {},
): Promise<readonly ReportFile[]> {
  const names = await pluginNames('reports')
  if (!names.includes(name)) {
    throw new KbenchError('usage', `there is no report "${name}"`, { hint: suggestion(name, names) })
  }
  return (await loadPlugin('reports', name)).render(results, options)
}

/** The files, or why there are none: a machine without a canvas still gets its HTML. */
async function render(report: string, result: RunResult, options: ReportOptions) {
  try {
    return await (await loadPlugin('reports', report)).render([result], options)
  } catch (error) {
    return messageOf(error)
  }
}
