/** One line of RFC 4180, without its end; null is an empty field. */
export function csvLine(fields: readonly (string | number | boolean | null)[]): string {
  return fields.map((field) => quoted(field === null ? '' : String(field))).join(',')
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
