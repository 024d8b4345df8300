/** CRC-32 (IEEE 802.3), in JS: node:zlib has it only from Node 20.15 on and costs a call into C++ for 28 bytes. */
const tables = buildTables()

function buildTables(): [Uint32Array, Uint32Array, Uint32Array, Uint32Array] {
  const t0 = new Uint32Array(256)
  for (let n = 0; n < 256; n++) {
    let c = n
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
    t0[n] = c >>> 0
  }
  const next = (previous: Uint32Array) => previous.map((value) => (t0[value & 0xff]! ^ (value >>> 8)) >>> 0)
  const t1 = next(t0)
  const t2 = next(t1)
  return [t0, t1, t2, next(t2)]
}

const [t0, t1, t2, t3] = tables

/** Of `data[start, end)`, unsigned. */
export function crc32(data: Uint8Array, start = 0, end = data.length): number {
  let crc = 0xffffffff
  let at = start
  // Slicing by four (Kounavis and Berry, 2005): four table look-ups in parallel instead of a chain.
  for (const last = end - 3; at < last; at += 4) {
    crc ^= data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24)
    crc = t3[crc & 0xff]! ^ t2[(crc >>> 8) & 0xff]! ^ t1[(crc >>> 16) & 0xff]! ^ t0[crc >>> 24]!
  }
  for (; at < end; at++) crc = t0[(crc ^ data[at]!) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
