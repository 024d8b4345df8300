import { checksumOf, checksumOfWords } from '../base/checksum.ts'
import { type ComparedMemory, scratchBytes } from './same-bytes.ts'

/** From this many bytes on, a comparison is cheaper than a checksum. */
const comparedBytes = 256
/** Distinct bodies that are kept to compare with. */
const mostBodies = 4096

/** Copies a value (of a very large one the beginning) to where its words are cheap to read, and returns its length. */
export function load({ scratch }: ComparedMemory, value: Buffer): number {
  scratch.bytes.set(value.length <= scratchBytes ? value : value.subarray(0, scratchBytes))
  return value.length
}

/**
 * Is the body of a value, from `start` on, what its checksum says? The value was loaded. Bodies are pooled: each distinct large one is
 * checked against its checksum once, and others with the same checksum are compared with it byte for byte. `start` is a multiple of 4.
 */
export function createBodyCheck(memory: ComparedMemory): (value: Buffer, start: number, expected: number) => boolean {
  const { scratch, same } = memory
  const known = new Map<number, { at: number; length: number }>()
  return (value, start, expected) => {
    const { length } = value
    if (length - start < comparedBytes) return checksumOfWords(scratch, start, length) === expected
    if (length > scratchBytes) return checksumOf(value, start) === expected
    const twin = known.get(expected)
    if (twin !== undefined && twin.length === length - start && same(start, twin.at, twin.length)) return true
    if (checksumOfWords(scratch, start, length) !== expected) return false
    // Not corrupt: the first of its kind, or one of two bodies that have one checksum.
    if (twin === undefined && known.size < mostBodies) {
      const at = memory.keep(scratch.bytes.subarray(start, length))
      if (at >= 0) known.set(expected, { at, length: length - start })
    }
    return true
  }
}
