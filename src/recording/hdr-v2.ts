import { deflateSync, inflateSync } from 'node:zlib'
import { countsLength, highestUs } from './counts.ts'

// HdrHistogram's V2 format, compressed, in base64, of the one layout that counts.ts has. hdr-histogram-js writes the
// same bytes. But it fills an array of all 23 552 counts for each histogram that it reads, and a heat map has one a
// second.

const cookies = { histogram: 0x1c849313, compressed: 0x1c849314 }
const headBytes = 40
const significantDigits = 3

/** Encodes index, count, index, count, …, ascending and without zeros; not none. */
export function encodePairs(pairs: Float64Array | readonly number[]): string {
  // A pair takes two numbers, of 9 bytes at most.
  const bytes = Buffer.alloc(headBytes + pairs.length * 9)
  let end = headBytes
  const put = (zigzag: number) => {
    let rest = zigzag
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[end++] = (rest % 128) | 128
    bytes[end++] = rest
  }
  let next = 0
  for (let at = 0; at < pairs.length; at += 2) {
    const zeros = pairs[at]! - next
    if (zeros > 0) put(zeros === 1 ? 0 : 2 * zeros - 1)
    put(2 * pairs[at + 1]!)
    next = pairs[at]! + 1
  }
  bytes.writeUInt32BE(cookies.histogram, 0)
  bytes.writeUInt32BE(end - headBytes, 4)
  bytes.writeUInt32BE(1, 8)
  bytes.writeUInt32BE(significantDigits, 12)
  bytes.writeBigUInt64BE(1n, 16)
  bytes.writeBigUInt64BE(BigInt(highestUs), 24)
  bytes.writeBigUInt64BE(1n, 32)
  const packed = deflateSync(bytes.subarray(0, end))
  const head = Buffer.alloc(8)
  head.writeUInt32BE(cookies.compressed, 0)
  head.writeUInt32BE(packed.length, 4)
  return Buffer.concat([head, packed]).toString('base64')
}

/** Of every layout that HdrHistogram has with up to 3 digits: 64 doublings of 1024 counts, of 9 bytes at most. */
const bytesAtMost = headBytes + 64 * 1024 * 9

/** The histogram without its compression; null where it is none. Throws where it cannot be unpacked, or is larger than any can be. */
export function inflated(base64: string): Buffer | null {
  const packed = Buffer.from(base64, 'base64')
  if (packed.length < 8 || packed.readUInt32BE(0) !== cookies.compressed) return null
  return inflateSync(packed.subarray(8, 8 + packed.readUInt32BE(4)), { maxOutputLength: bytesAtMost })
}

/**
 * Decodes index, count, …, ascending; null of another layout. Throws where it cannot be unpacked, and RangeError for counts that are no numbers
 * of records.
 */
export function decodePairs(base64: string): number[] | null {
  const bytes = inflated(base64)
  if (bytes === null || bytes.length < headBytes || !isOurLayout(bytes)) return null
  const end = Math.min(bytes.length, headBytes + bytes.readUInt32BE(4))
  const pairs: number[] = []
  let index = 0
  let total = 0
  for (let at = headBytes; at < end; ) {
    let zigzag = 0
    let byte = 0
    let scale = 1
    do {
      byte = bytes[at++] ?? 0
      zigzag += (byte & 127) * scale
      scale *= 128
    } while (byte >= 128)
    if (zigzag % 2 === 1) index += (zigzag + 1) / 2
    else {
      total += zigzag / 2
      if (!Number.isSafeInteger(total)) throw new RangeError('more records than there are')
      if (zigzag > 0 && index < countsLength) pairs.push(index, zigzag / 2)
      index++
    }
  }
  return pairs
}

/** Whether every reader takes it: '' or a histogram of this layout. */
export function isReadable(base64: string): boolean {
  try {
    return base64 === '' || decodePairs(base64) !== null
  } catch {
    return false
  }
}

const isOurLayout = (bytes: Buffer): boolean =>
  bytes.readUInt32BE(0) === cookies.histogram &&
  bytes.readUInt32BE(12) === significantDigits &&
  bytes.readBigUInt64BE(16) === 1n &&
  bytes.readBigUInt64BE(24) === BigInt(highestUs)
