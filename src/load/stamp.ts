import { checksum, checksumOfWords, viewOf, type Words } from '../base/checksum.ts'
import { crc32 } from '../base/crc32.ts'

/**
 * The 32 bytes that make a record auditable, little-endian, at the start of a generated value or in a header `kbench`.
 * Bytes 0 to 11: 0 u16 magic "kb" · 2 u8 version · 3 u8 flags · 4 u32 run · 8 u16 producer · 10 u16 sequence bits
 * 32–47. Bytes 12 to 31: 12 u32 sequence bits 0–31 · 16 f64 due time, ns of CLOCK_MONOTONIC · 24 i32 checksum of the
 * body · 28 i32 checksum of bytes 0–27 (base/checksum).
 */
export const stampBytes = 32
export const stampHeader = 'kbench'
/** In a header the stamp is base64 text. */
export const stampHeaderBytes = 44

const magic = 0x626b
const version = 2

export const flags = { none: 0, probe: 1, prefill: 2, canary: 4 } as const

/** What does not change from record to record of a pooled value; the body's checksum is taken once. */
export function prepareStamp(view: DataView, run: number, producer: number, flag: number, bodyChecksum: number): void {
  view.setUint16(0, magic, true)
  view.setUint8(2, version)
  view.setUint8(3, flag)
  view.setUint32(4, run, true)
  view.setUint16(8, producer, true)
  view.setInt32(24, bodyChecksum, true)
}

/** The rest, per record; the stamp begins at `base`. */
export function writeStamp(view: DataView, sequence: number, dueNs: number, base = 0): void {
  view.setUint16(base + 10, sequence / 4294967296, true)
  view.setUint32(base + 12, sequence >>> 0, true)
  view.setFloat64(base + 16, dueNs, true)
  view.setInt32(base + 28, checksum(view, base, base + 28), true)
}

/** The stamp's bytes out of a header's value, which clients hand over as bytes or text. */
export function stampFromHeader(header: Buffer | string): Buffer {
  return Buffer.from(typeof header === 'string' ? header : header.toString('latin1'), 'base64')
}

/** First word of a stamp of the load itself, of the canary's, and of what was written before the load. */
const loadHead = magic | (version << 16)
const canaryHead = loadHead | (flags.canary << 24)
const prefillHead = loadHead | (flags.prefill << 24)

/** A record of the canary: neither load nor lag. */
export function isCanary(value: Uint8Array | null): boolean {
  return value?.length === stampBytes && viewOf(value).getInt32(value.byteOffset, true) === canaryHead
}

/** Only the due time, for the consumer's hot path; NaN where there is no stamp of this run's load. The checksum is the audit's to check. */
export function readDueNs(value: Uint8Array, run: number): number {
  if (value.length < stampBytes) return Number.NaN
  const view = viewOf(value)
  const at = value.byteOffset
  if (view.getInt32(at, true) !== loadHead || view.getUint32(at + 4, true) !== run) return Number.NaN
  return view.getFloat64(at + 16, true)
}

/** A record that this run wrote before its measurement. */
export function isPrefill(value: Uint8Array, run: number): boolean {
  if (value.length < stampBytes) return false
  const view = viewOf(value)
  return view.getInt32(value.byteOffset, true) === prefillHead && view.getUint32(value.byteOffset + 4, true) === run
}

/** Fills `into` and says whether a stamp of kbench is there and whole. */
export function readStamp(value: Uint8Array, into: Stamp): 'ok' | 'foreign' | 'corrupt' {
  if (value.length < stampBytes) return 'foreign'
  const view = viewOf(value)
  const at = value.byteOffset
  const head = view.getInt32(at, true)
  if ((head & 0xffff) !== magic) return 'foreign'
  if (((head >>> 16) & 255) !== version || checksum(view, at, at + 28) !== view.getInt32(at + 28, true))
    return 'corrupt'
  const producerAndHigh = view.getInt32(at + 8, true)
  into.flags = head >>> 24
  into.run = view.getUint32(at + 4, true)
  into.producer = producerAndHigh & 0xffff
  into.sequence = (producerAndHigh >>> 16) * 4294967296 + view.getUint32(at + 12, true)
  into.dueNs = view.getFloat64(at + 16, true)
  into.bodyChecksum = view.getInt32(at + 24, true)
  return 'ok'
}

/** As {@link readStamp}, of `length` bytes that were copied to the start of `from`. */
export function readStampWords(from: Words, length: number, into: Stamp): 'ok' | 'foreign' | 'corrupt' {
  if (length < stampBytes) return 'foreign'
  const { words } = from
  const head = words[0]!
  if ((head & 0xffff) !== magic) return 'foreign'
  if (((head >>> 16) & 255) !== version || checksumOfWords(from, 0, 28) !== words[7]) return 'corrupt'
  into.flags = head >>> 24
  into.run = words[1]! >>> 0
  into.producer = words[2]! & 0xffff
  into.sequence = (words[2]! >>> 16) * 4294967296 + (words[3]! >>> 0)
  into.dueNs = from.doubles[2]!
  into.bodyChecksum = words[6]!
  return 'ok'
}

export interface Stamp {
  flags: number
  run: number
  producer: number
  sequence: number
  dueNs: number
  bodyChecksum: number
}

/** 32 bits that identify one variant of one run. */
export function runTag(text: string): number {
  return crc32(Buffer.from(text))
}
