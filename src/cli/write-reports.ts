import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf } from '../core/errors.ts'
import type { RunResult } from '../core/result.ts'
import { loadPlugin, pluginNames } from '../registry.ts'

export interface WrittenReports {
  /** Paths, in the order of the reports' names. */
  files: string[]
  /** Reports that could not be rendered; the others were written all the same. */
  failed: { report: string; message: string }[]
}

/** Renders every report there is from the result and writes the files into the folder. Throws only when it cannot write. */
export async function writeReports(result: RunResult, directory: string): Promise<WrittenReports> {
  const written: WrittenReports = { files: [], failed: [] }
  for (const report of await pluginNames('reports')) {
    const rendered = await render(report, result)
    if (typeof rendered === 'string') {
      written.failed.push({ report, message: rendered })
      continue
    }
    for (const { name, body } of rendered) {
      const path = join(directory, name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, body)
      written.files.push(path)
    }
  }
  return written
}

/** The files, or why there are none: a machine without a canvas still gets its HTML. */
async function render(report: string, result: RunResult) {
  try {
    return await (await loadPlugin('reports', report)).render([result])
  } catch (error) {
    return messageOf(error)
  }
}
