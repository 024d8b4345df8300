import { checksumOf } from '../base/checksum.ts'
import { createRng, type Rng } from '../base/rng.ts'
import type { RecordSpec } from '../contracts/plan.ts'
import { flags, prepareStamp, stampBytes, stampHeader, stampHeaderBytes, writeStamp } from './stamp.ts'

export type SizeOptions = RecordSpec['size']

/** One pooled value: its body is written once, its stamp (in the value or in a header) for every record that uses it. */
export interface PooledValue {
  value: Buffer
  headers: Record<string, Buffer> | undefined
  /** Writes sequence and due time; false when the value is too small for a stamp and no header was asked for. */
  stamp(sequence: number, dueNs: number): boolean
}

export interface ValueOptions {
  size: SizeOptions
  compressibility: number
  stampIn: 'value' | 'header'
  seed: number
  run: number
  producer: number
  prefill: boolean
  /** Flag in the stamps (load/stamp.ts); absent = that of the load, or of what is written before it. */
  flag?: number
  /** Distinct bodies are drawn until they take this much, then they repeat: with two batches' worth no codec finds the repetition. */
  distinctBytes: number
}

/** `count` values, each its own memory, so that as many records can be in flight; all in one piece, for the cache's sake. */
export function createValues(count: number, options: ValueOptions): PooledValue[] {
  const rng = createRng(options.seed, 0x76616c75 + options.producer)
  const sizes = Array.from({ length: count }, () => drawSize(options.size, rng))
  const slab = Buffer.alloc(sizes.reduce((sum, size) => sum + size, 0))
  const view = new DataView(slab.buffer, slab.byteOffset, slab.length)
  const values: PooledValue[] = []
  const drawn: Buffer[] = []
  let drawnBytes = 0
  let base = 0
  let repeat: ((value: Buffer, start: number) => void) | null = null
  for (const sizeBytes of sizes) {
    const value = slab.subarray(base, base + sizeBytes)
    const bodyStart = options.stampIn === 'value' && sizeBytes >= stampBytes ? stampBytes : 0
    if (drawnBytes < options.distinctBytes) {
      fillBody(value, bodyStart, options.compressibility, rng)
      drawn.push(value.subarray(bodyStart))
      drawnBytes += sizeBytes - bodyStart
    } else {
      repeat ??= createRepeater(Buffer.concat(drawn))
      repeat(value, bodyStart)
    }
    values.push(
      options.stampIn === 'header' ? stampedInHeader(value, options) : stampedInside(slab, view, base, value, options),
    )
    base += sizeBytes
  }
  return values
}

function stampedInside(slab: Buffer, view: DataView, base: number, value: Buffer, options: ValueOptions): PooledValue {
  if (value.length < stampBytes) return { value, headers: undefined, stamp: () => false }
  const own = new DataView(slab.buffer, slab.byteOffset + base, stampBytes)
  prepareStamp(own, options.run, options.producer, flagOf(options), checksumOf(value, stampBytes))
  return new StampedInside(value, view, base)
}

/** A class for the cache's sake: one object per value, where a closure would be three. */
class StampedInside implements PooledValue {
  readonly value: Buffer
  readonly headers = undefined
  private readonly view: DataView
  private readonly base: number

  constructor(value: Buffer, view: DataView, base: number) {
    this.value = value
    this.view = view
    this.base = base
  }

  stamp(sequence: number, dueNs: number): boolean {
    writeStamp(this.view, sequence, dueNs, this.base)
    return true
  }
}

function stampedInHeader(value: Buffer, options: ValueOptions): PooledValue {
  const bytes = Buffer.alloc(stampBytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, stampBytes)
  prepareStamp(view, options.run, options.producer, flagOf(options), checksumOf(value))
  // As text: node-rdkafka passes headers through UTF-8 (FACTS 6).
  const header = Buffer.alloc(stampHeaderBytes)
  return {
    value,
    headers: { [stampHeader]: header },
    stamp(sequence, dueNs) {
      writeStamp(view, sequence, dueNs)
      header.write(bytes.toString('base64'), 'latin1')
      return true
    },
  }
}

function flagOf({ prefill, flag = prefill ? flags.prefill : flags.none }: ValueOptions): number {
  return flag
}

/** Fills bodies of any size from the drawn bytes, over and over; bodies of one size come again as they were. */
function createRepeater(bytes: Buffer): (value: Buffer, start: number) => void {
  let from = 0
  return (value, start) => {
    for (let at = start; at < value.length; ) {
      const copied = bytes.copy(value, at, from)
      at += copied
      from = (from + copied) % bytes.length
    }
  }
}

function drawSize(size: SizeOptions, rng: Rng): number {
  if (typeof size === 'number') return size
  if ('list' in size) return size.list[rng.below(size.list.length)]!
  const [low, high] = size.uniform
  return low + rng.below(high - low + 1)
}

/** Runs of 64 bytes: a share `compressibility` of them are all one text, the rest random. */
function fillBody(value: Buffer, start: number, compressibility: number, rng: Rng): void {
  const text = Buffer.from('kbench-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRST')
  for (let at = start; at < value.length; at += 64) {
    const end = Math.min(at + 64, value.length)
    if (rng.float() < compressibility) text.copy(value, at, 0, end - at)
    else for (let byte = at; byte < end; byte++) value[byte] = rng.uint32() >>> 24
  }
}

/** Smallest size in bytes. */
export function smallestSize(size: SizeOptions): number {
  if (typeof size === 'number') return size
  return 'list' in size ? Math.min(...size.list) : size.uniform[0]
}

/** Every record has its stamp: in a header, or in a value that has the room for it. */
export const carriesStamp = ({ stampIn, size }: Pick<RecordSpec, 'stampIn' | 'size'>): boolean =>
  stampIn === 'header' || smallestSize(size) >= stampBytes

/** Mean size in bytes. */
export function meanSize(size: SizeOptions): number {
  if (typeof size === 'number') return size
  if ('list' in size) return size.list.reduce((sum, value) => sum + value, 0) / size.list.length
  return (size.uniform[0] + size.uniform[1]) / 2
}

/** Largest size in bytes. */
export function largestSize(size: SizeOptions): number {
  if (typeof size === 'number') return size
  return 'list' in size ? Math.max(...size.list) : size.uniform[1]
}
