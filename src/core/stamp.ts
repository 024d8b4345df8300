import { crc32 } from './crc32.ts'

/**
 * The 32 bytes that make a record auditable, little-endian, at the start of a generated value or in a header `kbench`:
 * 0 u16 magic "kb" · 2 u8 version · 3 u8 flags · 4 u32 run · 8 u16 producer · 10 u16 sequence bits 32–47 ·
 * 12 u32 sequence bits 0–31 · 16 f64 due time, ns of CLOCK_MONOTONIC · 24 u32 CRC of the body · 28 u32 CRC of bytes 0–27.
 */
export const stampBytes = 32
export const stampHeader = 'kbench'
/** In a header the stamp is base64 text. */
export const stampHeaderBytes = 44

const magic = 0x626b
const version = 1

export const flags = { none: 0, probe: 1, prefill: 2 } as const

/** What does not change from record to record of a pooled value; the body's CRC is taken here, once. */
export function prepareStamp(view: DataView, run: number, producer: number, flag: number, bodyCrc: number): void {
  view.setUint16(0, magic, true)
  view.setUint8(2, version)
  view.setUint8(3, flag)
  view.setUint32(4, run, true)
  view.setUint16(8, producer, true)
  view.setUint32(24, bodyCrc, true)
}

/** The rest, per record. `bytes` and `view` are the same memory; the stamp begins at `base`. */
export function writeStamp(bytes: Uint8Array, view: DataView, sequence: number, dueNs: number, base = 0): void {
  view.setUint16(base + 10, sequence / 4294967296, true)
  view.setUint32(base + 12, sequence >>> 0, true)
  view.setFloat64(base + 16, dueNs, true)
  view.setUint32(base + 28, crc32(bytes, base, base + 28), true)
}

/** The stamp's bytes out of a header's value, which clients hand over as bytes or text. */
export function stampFromHeader(header: Buffer | string): Buffer {
  return Buffer.from(typeof header === 'string' ? header : header.toString('latin1'), 'base64')
}

const scratch = new Float64Array(1)
const scratchBytes = new Uint8Array(scratch.buffer)

/** Little-endian, without Buffer's range checks: the callers have checked the length. */
function u32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}

/** Byte by byte through a scratch double: a value lies anywhere in its buffer, so no typed array fits over it. */
function f64(bytes: Uint8Array, at: number): number {
  for (let byte = 0; byte < 8; byte++) scratchBytes[byte] = bytes[at + byte]!
  return scratch[0]!
}

/** Only the due time, for the consumer's hot path; NaN where there is no stamp of this run. The CRC is the audit's to check. */
export function readDueNs(value: Uint8Array, run: number): number {
  if (value.length < stampBytes || (u32(value, 0) & 0xffff) !== magic || u32(value, 4) !== run) return Number.NaN
  return f64(value, 16)
}

/** Fills `into` and says whether a stamp of kbench is there and whole. */
export function readStamp(value: Uint8Array, into: Stamp): 'ok' | 'foreign' | 'corrupt' {
  if (value.length < stampBytes || (u32(value, 0) & 0xffff) !== magic) return 'foreign'
  if (value[2] !== version || crc32(value, 0, 28) !== u32(value, 28)) return 'corrupt'
  into.flags = value[3]!
  into.run = u32(value, 4)
  const producerAndHigh = u32(value, 8)
  into.producer = producerAndHigh & 0xffff
  into.sequence = (producerAndHigh >>> 16) * 4294967296 + u32(value, 12)
  into.dueNs = f64(value, 16)
  into.bodyCrc = u32(value, 24)
  return 'ok'
}

export interface Stamp {
  flags: number
  run: number
  producer: number
  sequence: number
  dueNs: number
  bodyCrc: number
}

/** 32 bits that tell one variant of one run from all others. */
export function runTag(text: string): number {
  return crc32(Buffer.from(text))
}
