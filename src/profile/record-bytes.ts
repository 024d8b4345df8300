/** `load.record` of a profile, as far as it decides about bytes. */
interface RecordForm {
  size: number | { uniform: [number, number] } | { list: number[] }
  keys: { cardinality: number; distribution: 'none' | 'sequential' | 'uniform' | 'zipf'; exponent: number }
}

/** Mean bytes of a record, key and value: what a rate in bytes per second is divided by. Pure. */
export function meanRecordBytes({ size, keys }: RecordForm): number {
  const value =
    typeof size === 'number'
      ? size
      : 'uniform' in size
        ? (size.uniform[0] + size.uniform[1]) / 2
        : size.list.reduce((sum, bytes) => sum + bytes, 0) / size.list.length
  return value + (keys.distribution === 'none' ? 0 : meanKeyBytes(keys))
}

/** Keys are "k0" to "k<cardinality − 1>"; of a zipf distribution key i has the weight (i + 1)^−exponent. */
function meanKeyBytes({ cardinality, distribution, exponent }: RecordForm['keys']): number {
  let bytes = 0
  let weights = 0
  for (let digits = 1, first = 0; first < cardinality; digits++) {
    const next = Math.min(cardinality, 10 ** digits)
    const weight = distribution === 'zipf' ? powerSum(first + 1, next, exponent) : next - first
    bytes += weight * (1 + digits)
    weights += weight
    first = next
  }
  return bytes / weights
}

/** Σ j^−exponent for j from `from` to `to`: exact up to 1000, from there on the integral, which is off by less than 1e-7. */
function powerSum(from: number, to: number, exponent: number): number {
  let sum = 0
  let j = from
  for (; j <= to && j <= 1000; j++) sum += j ** -exponent
  if (j > to) return sum
  const [low, high] = [j - 0.5, to + 0.5]
  if (exponent === 1) return sum + Math.log(high / low)
  return sum + (high ** (1 - exponent) - low ** (1 - exponent)) / (1 - exponent)
}
