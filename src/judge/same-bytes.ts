import { type Words, wordsOf } from '../base/checksum.ts'

/** Memory in which stretches of bytes can be compared without a call into C++. */
export interface ComparedMemory {
  /** The first {@link scratchBytes}: whatever is looked at now. */
  scratch: Words
  /** Copies bytes to a place of their own, and returns it; -1 = there is no room. */
  keep(bytes: Uint8Array): number
  /** Do these stretches of at least 16 bytes hold the same? */
  same(a: number, b: number, length: number): boolean
}

/** What is used of it: @types/node does not have it, and the DOM's types are not for here. */
declare const WebAssembly: {
  Memory: new (options: { initial: number }) => { buffer: ArrayBuffer }
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: { m: { m: object } }) => { exports: Record<string, unknown> }
}

export const scratchBytes = 1_048_576
const pageBytes = 65_536
/** Reserved, and taken only as it is used. */
const defaultKeptBytes = 63 * scratchBytes

/** `keptBytes`: room for what is kept, a multiple of 64 KiB. */
export function createComparedMemory(keptBytes = defaultKeptBytes): ComparedMemory {
  const memoryBytes = scratchBytes + keptBytes
  const memory = new WebAssembly.Memory({ initial: memoryBytes / pageBytes })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(differModule()), { m: { m: memory } })
  const differ = exports.f as (a: number, b: number, length: number) => number
  const all = new Uint8Array(memory.buffer)
  let end = scratchBytes
  return {
    scratch: wordsOf(memory.buffer, scratchBytes),
    keep(bytes) {
      const at = end
      if (at + bytes.length > memoryBytes) return -1
      all.set(bytes, at)
      end += bytes.length
      return at
    },
    same: (a, b, length) => differ(a, b, length) === 0,
  }
}

/**
 * (func (export "f") (param $a i32) (param $b i32) (param $length i32) (result i32) …): whether two stretches differ, 16 bytes at a time; the
 * last 16 may overlap those before. Comparing 1 KiB so takes half of Buffer.compare, which spends its time on getting into C++ (ADR 10).
 */
function differModule(): Uint8Array {
  const [a, b, length, different, last] = [0, 1, 2, 3, 4]
  const get = (local: number) => [0x20, local]
  const set = (local: number) => [0x21, local]
  const load = [0xfd, 0, 0, 0]
  const constant16 = [0x41, 16]
  const [add, subtract, isBelow, xor, or, isAnySet] = [[0x6a], [0x6b], [0x49], [0xfd, 0x51], [0xfd, 0x50], [0xfd, 0x53]]
  const body = [
    // last = a + length - 16
    ...[...get(a), ...get(length), ...add, ...constant16, ...subtract, ...set(last)],
    // loop: different |= load(a) ^ load(b); a += 16; b += 16; again while a < last
    ...[0x03, 0x40, ...get(different), ...get(a), ...load, ...get(b), ...load, ...xor, ...or, ...set(different)],
    ...[...get(a), ...constant16, ...add, ...set(a), ...get(b), ...constant16, ...add, ...set(b)],
    ...[...get(a), ...get(last), ...isBelow, 0x0d, 0, 0x0b],
    // different |= load(last) ^ load(b + last - a); is any bit of it set?
    ...[...get(different), ...get(last), ...load, ...get(b), ...get(last), ...add, ...get(a), ...subtract, ...load],
    ...[...xor, ...or, ...isAnySet, 0x0b],
  ]
  const [i32, v128] = [0x7f, 0x7b]
  const code = [2, 1, v128, 1, i32, ...body]
  const section = (id: number, content: readonly number[]) => [id, content.length, ...content]
  const [m, f] = [0x6d, 0x66]
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 3, i32, i32, i32, 1, i32]),
    ...section(2, [1, 1, m, 1, m, 2, 0, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, 1, f, 0, 0]),
    ...section(10, [1, code.length, ...code]),
  ])
}
