/** Parsers and printers of quantities. Parsers return undefined on nonsense; the caller owns the error. */

const durationUnitsMs: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const sizeUnitsBytes: Record<string, number> = {
  B: 1,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
}

export const durationPattern = /^(\d+(?:\.\d+)?)(us|ms|s|m|h)$/
export const sizePattern = /^(\d+(?:\.\d+)?)(B|KB|MB|GB|KiB|MiB|GiB)$/

/** Bytes per second: "40MB/s". */
export const throughputPattern = new RegExp(`${sizePattern.source.slice(0, -1)}/s$`)

/** No time that anybody waits is longer: what is would be no number of ns any more. */
export const longestMs = 1000 * 3_600_000

/** "10s" → 10000 (ms). Undefined also for what is longer than {@link longestMs}. */
export function parseDurationMs(text: string): number | undefined {
  const match = durationPattern.exec(text)
  if (!match) return undefined
  const ms = Number(match[1]) * durationUnitsMs[match[2]!]!
  return ms <= longestMs ? ms : undefined
}

/** "1KiB" → 1024 (bytes, whole). Undefined also for more than there are. */
export function parseSizeBytes(text: string): number | undefined {
  const match = sizePattern.exec(text)
  if (!match) return undefined
  const bytes = Math.round(Number(match[1]) * sizeUnitsBytes[match[2]!]!)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** µs → "850 µs", "1.23 ms", "4.5 s"; null → "–". Three significant digits. */
export function formatMicros(us: number | null): string {
  if (us === null) return '–'
  if (us < 1000) return `${digits(us)} µs`
  if (us < 1_000_000) return `${digits(us / 1000)} ms`
  return `${digits(us / 1_000_000)} s`
}

/** Bytes → "1.5 MiB"; null → "–". */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return '–'
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : digits(value)} ${units[unit]}`
}

/** Counts and rates → "199 950", "4 998.3"; null → "–". Thin groups, at most one decimal. */
export function formatCount(value: number | null): string {
  if (value === null) return '–'
  const rounded = Math.abs(value) >= 1000 || Number.isInteger(value) ? Math.round(value) : Math.round(value * 10) / 10
  const [whole, fraction] = String(Math.abs(rounded)).split('.')
  const grouped = whole!.replace(/\B(?=(\d{3})+(?!\d))/g, ' ')
  return `${rounded < 0 ? '-' : ''}${grouped}${fraction ? `.${fraction}` : ''}`
}

/** Seconds → "8.4 s", "3 m 05 s"; null → "–". */
export function formatSeconds(seconds: number | null): string {
  if (seconds === null) return '–'
  if (seconds < 60) return `${digits(seconds)} s`
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)} m ${String(whole % 60).padStart(2, '0')} s`
}

/** Three significant digits, without trailing zeros. */
export function digits(value: number): string {
  if (value === 0) return '0'
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return String(Number(value.toFixed(Math.min(decimals, 3))))
}
