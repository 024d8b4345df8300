import koffi from 'koffi'
import type { Address } from './calls.ts'

/**
 * Memory of JavaScript whose address C is given. V8 neither moves nor frees the memory of an ArrayBuffer while it is reachable: whoever
 * hands an address over keeps the object, and with it the buffer.
 */
export interface Pinned {
  readonly address: Address
  readonly bytes: Uint8Array
  readonly words: Int32Array
}

export function pin(sizeBytes: number): Pinned {
  const buffer = new ArrayBuffer(sizeBytes)
  const bytes = new Uint8Array(buffer)
  return { bytes, words: new Int32Array(buffer), address: Number(koffi.address(bytes)) }
}

/** NUL-terminated. */
export function pinText(text: string): Pinned {
  const encoded = Buffer.from(text)
  const pinned = pin(Math.ceil((encoded.length + 1) / 4) * 4)
  pinned.bytes.set(encoded)
  return pinned
}

/** Writes a pointer, or another unsigned number below 2^53, at word `at` of an array that C reads. */
export function putLong(words: Int32Array, at: number, value: number): void {
  words[at] = value | 0
  words[at + 1] = value / 4294967296
}

/**
 * Returns the address of the bytes of a buffer. Asking for `buffer` takes small arrays out of V8's own heap, where they
 * would be moved. koffi is asked for the address of each buffer once; it is kept as long as the buffer lives.
 */
export function createAddresses(): (view: Uint8Array) => Address {
  const known = new WeakMap<ArrayBufferLike, Address>()
  let last: ArrayBufferLike | null = null
  let base = 0
  // C takes the address of nothing for "no value", which is something else than an empty one.
  const empty = pin(8)
  return (view) => {
    const { buffer } = view
    if (buffer !== last) {
      if (buffer.byteLength === 0) return empty.address
      base = known.get(buffer) ?? Number(koffi.address(new Uint8Array(buffer)))
      known.set(buffer, base)
      last = buffer
    }
    return base + view.byteOffset
  }
}

/** Part of the address space, 4 GiB of it, that JavaScript can look into where C has put something. */
export interface Window {
  words: Int32Array
  bytes: Uint8Array
}

/** A window begins so many bytes above its multiple of 4 GiB, for nothing is at NULL, and ends as many below the next. */
export const windowMargin = 4096
const windowBytes = 2 ** 32 - 2 * windowMargin

/**
 * Reads structs and bytes where C has put them, without a call: a copy through koffi takes about 130 ns, a look through a window about 20.
 * Nothing is read but at addresses that the library handed out and has not been given back.
 */
export interface Reader {
  /** Puts `words` and `at` to a struct of at most 128 bytes at the address, whose halves are unsigned: its first word is words[at]. */
  seek(low: number, high: number): void
  words: Int32Array
  bytes: Uint8Array
  /** Index of the struct in `words`; four times that in `bytes`. */
  at: number
  /** Copies bytes from anywhere. */
  copy(low: number, high: number, length: number, into: Uint8Array, at: number): void
}

/** Below this a loop is faster than making a view to copy from. */
const loopBytes = 160

export function createReader(): Reader {
  const windows = new Map<number, Window>()
  let lastHigh = -1
  let last: Window = { words: new Int32Array(0), bytes: new Uint8Array(0) }
  const libc = koffi.load(null)
  const memcpy = libc.func('memcpy', 'void', ['void *', 'uintptr_t', 'size_t'])
  const margin: Window = windowOver(new ArrayBuffer(windowMargin))

  const windowAt = (high: number): Window => {
    let window = windows.get(high)
    if (!window) {
      window = windowOver(koffi.view(BigInt(high) * 4294967296n + BigInt(windowMargin), windowBytes))
      windows.set(high, window)
    }
    return window
  }
  return {
    ...last,
    at: 0,
    seek(low, high) {
      if (low < windowMargin || low >= windowBytes) {
        // Across the edge of two windows.
        memcpy(margin.bytes, low + high * 4294967296, 128)
        this.words = margin.words
        this.bytes = margin.bytes
        this.at = 0
        return
      }
      if (high !== lastHigh) {
        last = windowAt(high)
        lastHigh = high
      }
      this.words = last.words
      this.bytes = last.bytes
      this.at = (low - windowMargin) >>> 2
    },
    copy(low, high, length, into, at) {
      if (low < windowMargin || low + length > windowBytes) {
        if (length > 0) memcpy(into.subarray(at, at + length), low + high * 4294967296, length)
        return
      }
      if (high !== lastHigh) {
        last = windowAt(high)
        lastHigh = high
      }
      const from = low - windowMargin
      const { bytes } = last
      if (length > loopBytes) into.set(bytes.subarray(from, from + length), at)
      else for (let index = 0; index < length; index++) into[at + index] = bytes[from + index]!
    },
  }
}

function windowOver(buffer: ArrayBuffer): Window {
  return { words: new Int32Array(buffer), bytes: new Uint8Array(buffer) }
}
