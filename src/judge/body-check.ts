import { checksum, viewOf } from '../base/checksum.ts'

/** From this many bytes on, a comparison in C++ is cheaper than a checksum in JS. */
const comparedBytes = 384
/** Distinct bodies that are kept to compare with. */
const mostBodies = 4096

interface Twin {
  bytes: Buffer
  view: DataView
}

/**
 * Is the body, from `start` on, what its checksum says? Bodies are pooled: each distinct large one is checked against its checksum once,
 * and others with the same checksum are compared with it byte for byte. `start` is a multiple of 4.
 */
export function createBodyCheck(): (value: Buffer, start: number, expected: number) => boolean {
  const known = new Map<number, Twin>()
  return (value, start, expected) => {
    const { length } = value
    const view = viewOf(value)
    const base = value.byteOffset
    if (length < comparedBytes) return checksum(view, base + start, base + length) === expected
    const twin = known.get(expected)
    if (twin !== undefined && twin.bytes.length === length) {
      // With its stamp in the twin the whole value is compared: half the cost of a comparison of parts.
      for (let at = 0; at < start; at += 4) twin.view.setInt32(at, view.getInt32(base + at, true), true)
      if (Buffer.compare(twin.bytes, value) === 0) return true
    }
    if (checksum(view, base + start, base + length) !== expected) return false
    // Not corrupt: the first of its kind, or one of two bodies that have one checksum.
    if (twin === undefined && known.size < mostBodies) known.set(expected, twinOf(value))
    return true
  }
}

function twinOf(value: Buffer): Twin {
  const bytes = Buffer.alloc(value.length)
  value.copy(bytes)
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) }
}
