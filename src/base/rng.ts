/** Seeded pseudo-random numbers: sfc32 (PractRand's small fast counter), 32 bits of output, seeded from one number and a stream. */
export interface Rng {
  /** Uniform in [0, 2^32). */
  uint32(): number
  /** Uniform in [0, 1). */
  float(): number
  /** Uniform whole number in [0, bound). */
  below(bound: number): number
}

export function createRng(seed: number, stream = 0): Rng {
  let a = seed >>> 0
  let b = stream >>> 0
  let c = 0x9e3779b9
  let counter = 1
  const uint32 = () => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    c |= 0
    return t >>> 0
  }
  for (let round = 0; round < 12; round++) uint32()
  return {
    uint32,
    float: () => uint32() / 4294967296,
    below: (bound) => Math.floor((uint32() / 4294967296) * bound),
  }
}
