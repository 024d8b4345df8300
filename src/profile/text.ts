import { durationPattern, sizePattern } from '../base/units.ts'
import { alternatives, type Path, schemasAt } from './paths.ts'

/** The rates of a file are many; whoever wants them has the file. */
const longestList = 100

/** A resolved value as one would write it in the profile: 30s, 128KiB, [0, 1], "all" without quotes. */
export function valueText(path: Path, value: unknown): string {
  if (Array.isArray(value)) {
    const shown = value.length > longestList ? value.slice(0, longestList) : value
    const more = value.length > shown.length ? `, … ${value.length} in all` : ''
    return `[${shown.map((item, index) => valueText([...path, index], item)).join(', ')}${more}]`
  }
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0 ? '{}' : JSON.stringify(value)
  if (typeof value !== 'number') return String(value)
  const patterns = schemasAt(path)
    .flatMap(alternatives)
    .map(({ pattern }) => pattern)
  if (patterns.includes(durationPattern.source)) return exact(value, durations)
  return patterns.includes(sizePattern.source) ? exact(value, sizes) : String(value)
}

const durations: readonly [string, number][] = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
]
const sizes: readonly [string, number][] = [
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
  ['B', 1],
]

/** In the largest unit that leaves a whole number, else in the smallest. */
function exact(value: number, units: readonly [string, number][]): string {
  const [unit, factor] = (value !== 0 && units.find(([, factor]) => value % factor === 0)) || units.at(-1)!
  return value === 0 ? `0${units === durations ? 's' : 'B'}` : `${value / factor}${unit}`
}
