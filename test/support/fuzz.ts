import { createRng } from '../../src/base/rng.ts'

/** Changes of inputs at random, the same for the same seed. */
export interface Mutator {
  /** A whole number below. */
  below(limit: number): number
  pick<T>(list: readonly T[]): T
  /** Bytes changed, inserted, removed, repeated, or the end cut off. */
  bytes(text: string): string
  /** The text of JSON with some of its values or keys changed. */
  json(value: unknown): string
}

const deep = (depth: number): unknown => {
  let value: unknown = 1
  for (let level = 0; level < depth; level++) value = [value]
  return value
}

/** What a field may hold that it should not. */
const strangers: readonly (() => unknown)[] = [
  () => null,
  () => true,
  () => '',
  () => 'x'.repeat(3000),
  () => '<script>alert(1)</script>',
  () => '\u001b[2J\u202e',
  () => ({ markup: '<b>' }),
  () => ({ toString: 1, length: 1e9 }),
  () => [],
  () => [[]],
  () => ({}),
  () => deep(60),
  () => -1,
  () => 0,
  () => 0.5,
  () => 1e15,
  () => 1e308,
  () => -1e308,
  () => Number.MAX_SAFE_INTEGER,
  () => '9'.repeat(400),
  () => 'constructor',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as a profile has it
  () => '${env:HOME}',
  () => '../../x',
]
const pieces = [
  ...[
    '\n',
    ' ',
    '\t',
    ':',
    ': ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    ',',
    '#',
    '&a ',
    '*a',
    '!x ',
    '"',
    "'",
    '|',
    '>',
    '%',
    '---',
  ],
  ...[
    'null',
    '~',
    'true',
    '-1',
    '0',
    '1e99',
    '1e400',
    '.inf',
    '.nan',
    '10s',
    '1KiB',
    '? ',
    '\\',
    '\u0000',
    '😀',
    '\\u0000',
  ],
  ...['__proto__: 1\n', '"__proto__":1,', 'constructor', '\r\n', '\uFEFF', '\ud800', '<<: ', '[[[[', '{"a":'],
]

export function createMutator(seed: number): Mutator {
  const rng = createRng(seed)
  const below = (limit: number): number => rng.below(Math.max(1, limit))
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!

  function bytes(text: string): string {
    const at = below(text.length + 1)
    const length = 1 + below(below(4) === 0 ? 400 : 8)
    switch (below(6)) {
      case 0:
        return text.slice(0, at) + pick(pieces) + text.slice(at)
      case 1:
        return text.slice(0, at) + text.slice(at + length)
      case 2:
        return text.slice(0, at) + String.fromCharCode(below(below(2) === 0 ? 128 : 65_536)) + text.slice(at + 1)
      case 3:
        return text.slice(0, at) + text.slice(at, at + length).repeat(1 + below(20)) + text.slice(at + length)
      case 4:
        return below(3) === 0 ? text.slice(0, at) : text.slice(0, at) + pick(pieces) + text.slice(at + length)
      default: {
        // A digit: the change that a schema most often lets pass.
        const digit = text.slice(at).search(/\d/)
        return digit < 0 ? text : text.slice(0, at + digit) + below(10) + text.slice(at + digit + 1)
      }
    }
  }

  function json(value: unknown): string {
    const root = { value: structuredClone(value) }
    for (let changes = 1 + below(2); changes > 0; changes--) {
      let holder = root as Record<string, unknown>
      let key = 'value'
      // Down by chance, and not for ever in long lists.
      while (below(8) > 0) {
        const inner = holder[key]
        if (typeof inner !== 'object' || inner === null || Object.keys(inner).length === 0) break
        holder = inner as Record<string, unknown>
        key = pick(Object.keys(inner))
      }
      change(holder, key)
    }
    return JSON.stringify(root.value) ?? 'null'
  }

  function change(holder: Record<string, unknown>, key: string): void {
    const old = holder[key]
    switch (below(7)) {
      case 0:
        delete holder[key]
        break
      case 1:
        if (typeof old === 'number') holder[key] = old * pick([0, -1, 2, 1e6, 1e-6]) + below(3)
        else if (typeof old === 'string') holder[key] = bytes(old)
        else holder[key] = pick(strangers)()
        break
      case 2:
        if (Array.isArray(holder)) holder.push(...Array.from({ length: 1 + below(50) }, () => old))
        else holder[pick(['x', key.toUpperCase(), `${key}\u001b`, 'constructor', 'toString'])] = old
        break
      case 3:
        if (typeof old === 'string') holder[key] = `${old}${pick(['\u001b[2J', '<b>', '\u202e', '"', '', ' '])}`
        else if (typeof old === 'number') holder[key] = old + 1
        else if (typeof old === 'boolean') holder[key] = !old
        break
      default:
        holder[key] = pick(strangers)()
    }
  }
  return { below, pick, bytes, json }
}
