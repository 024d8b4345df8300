/** What any JSON file may be like, whatever it is to mean. */
export interface StructureLimits {
  /** Lists and maps within one another. */
  depth: number
  keyChars: number
  stringChars: number
  /** Lists and maps, and what is neither a number nor null; numbers are as many as the file is long. */
  values: number
}

/** A result of a hundred variants has some hundred thousand values, three or four of them within one another. */
export const structureLimits: StructureLimits = {
  depth: 40,
  keyChars: 2000,
  stringChars: 2_000_000,
  values: 5_000_000,
}

/**
 * What is wrong with the structure of parsed JSON, as "variants.0.lag: …", or null. Needs no stack, however deep the value is. A key
 * `__proto__` is refused: whoever copies it key by key changes what the copy inherits.
 */
export function structureProblem(value: unknown, limits: StructureLimits = structureLimits): string | null {
  let values = 0
  // Parallel to the values that are still to be looked at: where each is.
  const open: { value: unknown; at: At | null; depth: number }[] = [{ value, at: null, depth: 0 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value: here, at, depth } = next
    if (typeof here === 'string' && here.length > limits.stringChars) {
      return problem(at, `expected at most ${limits.stringChars} characters`)
    }
    if (typeof here !== 'object' || here === null) continue
    if (depth > limits.depth) return problem(at, `more than ${limits.depth} lists and maps within one another`)
    const entries: Iterable<[string | number, unknown]> = Array.isArray(here) ? here.entries() : Object.entries(here)
    for (const [key, inner] of entries) {
      if (key === '__proto__') return problem(at, 'a key is "__proto__"')
      if (typeof key === 'string' && key.length > limits.keyChars) {
        return problem(at, `a key has more than ${limits.keyChars} characters`)
      }
      if (typeof inner === 'number' || inner === null) continue
      if (++values > limits.values) return problem(at, `more than ${limits.values} values`)
      open.push({ value: inner, at: { key, of: at }, depth: depth + 1 })
    }
  }
  return null
}

interface At {
  key: string | number
  of: At | null
}

function problem(at: At | null, message: string): string {
  const keys: string[] = []
  for (let here = at; here !== null; here = here.of) keys.unshift(String(here.key).slice(0, 60))
  const path = keys.length > 8 ? [...keys.slice(0, 8), '…'] : keys
  return path.length === 0 ? message : `${path.join('.')}: ${message}`
}
