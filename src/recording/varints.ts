/** Non-negative safe integers as LEB128 bytes, in base64: what a recording holds counts and offsets as. */

export function encodeVarints(values: Iterable<number>): string {
  const bytes: number[] = []
  for (const value of values) {
    let rest = value
    while (rest >= 128) {
      bytes.push((rest % 128) | 128)
      rest = Math.floor(rest / 128)
    }
    bytes.push(rest)
  }
  return Buffer.from(bytes).toString('base64')
}

/** Throws where the text is not what {@link encodeVarints} wrote: torn, or with a number that is no safe integer. */
export function decodeVarints(base64: string): number[] {
  const bytes = Buffer.from(base64, 'base64')
  const values: number[] = []
  let value = 0
  let scale = 1
  for (const byte of bytes) {
    value += (byte & 127) * scale
    if (!Number.isSafeInteger(value)) throw new RangeError('a number is out of range')
    if (byte < 128) {
      values.push(value)
      value = 0
      scale = 1
    } else scale *= 128
  }
  if (scale !== 1) throw new RangeError('the last number is torn')
  return values
}

/** Pairs [index, count, …] with ascending indexes: the indexes as differences. */
export function encodePairs(pairs: Float64Array): string {
  const values = new Float64Array(pairs.length)
  let last = 0
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    values[at] = pairs[at]! - last
    values[at + 1] = pairs[at + 1]!
    last = pairs[at]!
  }
  return encodeVarints(values)
}

export function decodePairs(base64: string): Float64Array {
  const values = decodeVarints(base64)
  if (values.length % 2 !== 0) throw new RangeError('an index has no count')
  let last = 0
  for (let at = 0; at < values.length; at += 2) {
    last += values[at]!
    values[at] = last
  }
  return Float64Array.from(values)
}

/** Doubles as they are, little-endian: NaN and infinities included. */
export function encodeDoubles(values: Float64Array): string {
  const bytes = Buffer.alloc(values.length * 8)
  for (const [at, value] of values.entries()) bytes.writeDoubleLE(value, at * 8)
  return bytes.toString('base64')
}

export function decodeDoubles(base64: string): Float64Array {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length % 8 !== 0) throw new RangeError('the last number is torn')
  const values = new Float64Array(bytes.length / 8)
  for (let at = 0; at < values.length; at++) values[at] = bytes.readDoubleLE(at * 8)
  return values
}
