import { messageOf } from '../base/errors.ts'
import { parseRows } from '../shapes/_rows.ts'
import { type Finding, fault } from './issues.ts'
import type { Path } from './paths.ts'

/**
 * The data of a profile with the text of every file that it names beside the name (`replay: { file, csv }`). So it
 * reads the same where the file is not. Also what is wrong with the files. Neither is the data changed, nor a file read
 * twice. Pure but for `readText`.
 */
export function embedFiles(data: unknown, readText: (file: string) => string): { value: unknown; findings: Finding[] } {
  const findings: Finding[] = []
  const texts = new Map<string, string | Error>()
  const read = (file: string): string => {
    if (!texts.has(file)) texts.set(file, textOf(file, readText))
    const text = texts.get(file)!
    if (typeof text !== 'string') throw text
    return text
  }
  const embed = (value: unknown, path: Path): unknown => {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map((item, index) => embed(item, [...path, index]))
    const copy = Object.entries(value).map(([key, inner]) => [key, embed(inner, [...path, key])] as const)
    const made = Object.fromEntries(copy)
    if (path.at(-1) !== 'replay' || typeof made.file !== 'string' || made.csv !== undefined) return made
    try {
      return { ...made, csv: read(made.file) }
    } catch (error) {
      findings.push(fault([...path, 'file'], messageOf(error)))
      return made
    }
  }
  if (typeof data !== 'object' || data === null) return { value: data, findings }
  // Where a rate may stand; a map with a key `replay` elsewhere is somebody else's.
  const roots = ['load', 'matrix', 'include']
  const entries = Object.entries(data).map(([key, value]) => [key, roots.includes(key) ? embed(value, [key]) : value])
  return { value: Object.fromEntries(entries), findings }
}

/** The text, or what is wrong with it, with its line. */
function textOf(file: string, readText: (file: string) => string): string | Error {
  try {
    const text = readText(file)
    const rows = parseRows(text)
    return 'seconds' in rows ? text : new Error(`${file}:${rows.line}: ${rows.message}`)
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error))
  }
}
