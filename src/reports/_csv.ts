import { escapeLines } from '../base/printable.ts'

/** One line of RFC 4180, without its end; null is an empty field. */
export function csvLine(fields: readonly (string | number | boolean | null)[]): string {
  return fields.map((field) => quoted(field === null ? '' : plainText(String(field)))).join(',')
}

/** Controls are shown escaped: the file may be printed. */
const plainText = (text: string): string => escapeLines(text.replaceAll('\r\n', '\n'))

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
