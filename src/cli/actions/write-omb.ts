import { extname } from 'node:path'
import { KbenchError } from '../../base/errors.ts'
import type { RunResult } from '../../contracts/result.ts'
import { ombResult } from '../../omb/result.ts'
import { filePrefix, variantSlugs } from '../../reports/_variants.ts'
import { shownLine } from '../text/shown-line.ts'
import { writeNamedFile } from './write-file.ts'

/**
 * Writes each measured variant as OpenMessaging Benchmark writes a result: the only one into the file, several into files beside it that have
 * the variant in their names. Throws `usage` where nothing was measured.
 */
export async function writeOmb(file: string, results: readonly RunResult[]): Promise<void> {
  const measured = results.flatMap((result) => {
    const slugs = variantSlugs(result.variants)
    return result.variants.flatMap((variant, at) =>
      variant.produce.serviceUs === null && variant.consume === null
        ? []
        : [{ result, variant, name: `${filePrefix(result, results)}${slugs[at]}`.replaceAll('/', '-') }],
    )
  })
  if (measured.length === 0) throw new KbenchError('usage', `--omb ${file}: no variant was measured`)
  const ending = extname(file)
  const stem = ending === '' ? file : file.slice(0, -ending.length)
  for (const { result, variant, name } of measured) {
    const path = measured.length === 1 ? file : `${stem}-${name}${ending}`
    await writeNamedFile(path, `${JSON.stringify(ombResult(result, variant), null, 2)}\n`, 'environment')
    process.stderr.write(shownLine(`wrote ${path}; its lists of latencies per 10 s are empty (docs/omb.md)`))
  }
}
