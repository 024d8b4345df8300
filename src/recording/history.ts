import { deserialize, serialize } from 'node:v8'

/** Where packed values are put; what is written stays as it is. */
export interface Spill {
  /** Where it was put; null = it could not be, and the writer keeps it. */
  write(bytes: Uint8Array): number | null
  /** What was written there. */
  read(at: number, length: number): Uint8Array
}

/**
 * Values by index, of which the newest alone are held as they are. Older ones are packed, {@link blockLength} to a
 * block, and put into a spill where there is one. A run of hours then takes as much memory as a run of minutes.
 */
export interface History<T> {
  /** One above the highest index. */
  readonly length: number
  /** Made where there is none; what the caller changes in it is kept. Good until the next call of anything here. */
  edit(index: number, create: () => T): T
  /** Not to be changed. Good until the next call of anything here. */
  read(index: number): T | undefined
  /** Adds one at the end. */
  push(value: T): void
  /** The one at the end. */
  last(): T | undefined
  /** All of them, in order; holes are left out. */
  [Symbol.iterator](): Iterator<T>
}

export const blockLength = 16

type Block<T> = (T | undefined)[]
type Packed = { at: number; length: number } | { bytes: Uint8Array }

/** `shrink` makes a value smaller before it is packed, in a way that its reader knows. */
export function createHistory<T>(spill: Spill | null = null, shrink: (value: T) => T = (value) => value): History<T> {
  const packed = new Map<number, Packed>()
  /** With the number of blocks that there were when they were edited last. */
  const open = new Map<number, { block: Block<T>; editedAt: number }>()
  /** The packed block that was read last. */
  let read: { number: number; block: Block<T> } | null = null
  let length = 0
  const blocks = () => Math.ceil(length / blockLength)

  function pack(number: number, block: Block<T>): void {
    const small = block.map((value) => (value === undefined ? value : shrink(value)))
    const bytes = serialize(small)
    const at = spill?.write(bytes) ?? null
    packed.set(number, at === null ? { bytes } : { at, length: bytes.length })
    open.delete(number)
  }

  function unpack(number: number): Block<T> {
    if (read?.number === number) return read.block
    const where = packed.get(number)
    if (!where) return []
    const bytes = 'bytes' in where ? where.bytes : spill!.read(where.at, where.length)
    const block = deserialize(bytes) as Block<T>
    read = { number, block }
    return block
  }

  function editable(number: number): Block<T> {
    const known = open.get(number)
    if (known) {
      known.editedAt = blocks()
      return known.block
    }
    const block = unpack(number)
    if (read?.number === number) read = null
    packed.delete(number)
    open.set(number, { block, editedAt: blocks() })
    return block
  }

  return {
    get length() {
      return length
    },
    edit(index, create) {
      const before = blocks()
      length = Math.max(length, index + 1)
      // A new block at the end: those that nobody has edited since the last one began are over.
      if (blocks() > before) {
        for (const [number, { block, editedAt }] of [...open]) if (editedAt < before) pack(number, block)
      }
      const block = editable(Math.floor(index / blockLength))
      const at = index % blockLength
      block[at] ??= create()
      return block[at]
    },
    read(index) {
      const number = Math.floor(index / blockLength)
      return (open.get(number)?.block ?? unpack(number))[index % blockLength]
    },
    push(value) {
      this.edit(length, () => value)
    },
    last() {
      return length === 0 ? undefined : this.read(length - 1)
    },
    *[Symbol.iterator]() {
      for (let index = 0; index < length; index++) {
        const value = this.read(index)
        if (value !== undefined) yield value
      }
    },
  }
}
