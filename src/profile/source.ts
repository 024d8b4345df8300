import {
  type Alias,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml'
import type { Path } from './paths.ts'
import { excessIn } from './text-limits.ts'

/** A position in a text, both from 1. */
export interface Place {
  line: number
  col: number
}

/** A profile's text as data, with the way back from a path to its place. */
export interface Source {
  /** Plain data; undefined when the text is no YAML. */
  value: unknown
  /** What is wrong with the text as YAML. */
  errors: readonly { place: Place; message: string }[]
  /** False when the text is so wrong that its data would only mislead. */
  usable: boolean
  /** The deepest place that exists on the way to a path: of the value, or of the key that names it. */
  place(path: Path, of: 'key' | 'value'): Place
  /** Whether the text gives a value at exactly this path. */
  has(path: Path): boolean
}

const options = {
  version: '1.2',
  strict: true,
  uniqueKeys: true,
  merge: false,
  prettyErrors: false,
  logLevel: 'error',
} as const

/**
 * Reads YAML 1.2, one document, strictly. Never throws: what is wrong is in `errors`. `bytesAtMost` absent = as a person writes it;
 * `quotes` false: no message repeats any of the text.
 */
export function readSource(text: string, bytesAtMost?: number, quotes = true): Source {
  const excess = excessIn(text, bytesAtMost)
  if (excess !== null) return tooMuch(text, excess)
  const lines = new LineCounter()
  const document = parseDocument(text, { ...options, lineCounter: lines })
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), col: Math.max(1, col) }
  }
  const errors = [...document.errors, ...document.warnings].map((error) => ({
    place: at(error.pos[0]),
    message: quotes ? yamlMessage(error.code, error.message, text.slice(error.pos[0])) : 'not valid YAML',
    harmless: error.code === 'DUPLICATE_KEY' || error.code === 'TAG_RESOLVE_FAILED',
  }))
  const yaml = document.directives?.yaml
  if (yaml?.explicit && yaml.version !== '1.2') {
    errors.push({ place: at(0), message: `profiles are YAML 1.2, remove "%YAML ${yaml.version}"`, harmless: false })
  }
  visit(document, {
    Pair: (_, pair) => {
      if (isScalar(pair.key) || pair.key === null) return
      const place = at((pair.key as Node).range?.[0] ?? 0)
      errors.push({ place, message: 'keys are plain words, not maps, lists or aliases', harmless: false })
    },
  })
  let value: unknown
  try {
    value = errors.every((error) => error.harmless) ? document.toJS() : undefined
  } catch (error) {
    // Aliases without an anchor, and alias bombs, only show here.
    if (!(error instanceof ReferenceError)) throw error
    const alias = danglingAlias()
    const message = !quotes
      ? 'not valid YAML: an alias'
      : alias
        ? `there is no anchor &${alias.source} above, name a value "&${alias.source} …" first`
        : 'too many aliases, write the values out'
    errors.push({ place: at(alias?.range?.[0] ?? 0), message, harmless: false })
  }

  function danglingAlias(): Alias | undefined {
    let found: Alias | undefined
    visit(document, {
      Alias: (_, alias) => {
        if (alias.resolve(document) !== undefined) return undefined
        found = alias
        return visit.BREAK
      },
    })
    return found
  }

  /** Follows the path as far as it goes. */
  function walk(path: Path): { depth: number; key: Node | null; node: Node | null } {
    let node: Node | null = document.contents
    let key: Node | null = null
    let depth = 0
    for (const segment of path) {
      if (isAlias(node)) node = node.resolve(document) ?? null
      const next: { key: Node | null; node: Node | null } | undefined = step(node, segment)
      if (!next) break
      key = next.key ?? key
      node = next.node
      depth++
    }
    return { depth, key, node }
  }

  return {
    value,
    errors,
    usable: errors.every((error) => error.harmless),
    has: (path) => walk(path).depth === path.length,
    place: (path, of) => {
      const { key, node } = walk(path)
      const chosen = of === 'key' || !node?.range ? (key ?? node) : node
      return at(chosen?.range?.[0] ?? 0)
    },
  }
}

/** Of what is not parsed at all. */
function tooMuch(text: string, { offset, message }: { offset: number; message: string }): Source {
  const before = text.slice(0, offset)
  const place = { line: before.split('\n').length, col: offset - before.lastIndexOf('\n') }
  return { value: undefined, errors: [{ place, message }], usable: false, has: () => false, place: () => place }
}

function step(node: Node | null, segment: string | number): { key: Node | null; node: Node | null } | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(segment)) as
      | Pair<Node, Node | null>
      | undefined
    return pair && { key: pair.key, node: pair.value }
  }
  if (!isSeq(node)) return undefined
  const item = node.items[Number(segment)] as Node | undefined
  return item && { key: isCollection(item) ? null : item, node: item }
}

/** yaml's own words say what its parser met; these say what to do about it. */
function yamlMessage(code: string, message: string, rest: string): string {
  const word = /^["']?([^\s:"',[\]{}]+)/.exec(rest)?.[1] ?? ''
  switch (code) {
    case 'DUPLICATE_KEY':
      return `duplicate key "${word}", keep one`
    case 'MULTIPLE_DOCS':
      return 'a profile is one document, remove "---" and what follows or make it a file of its own'
    case 'TAB_AS_INDENT':
      return 'tabs cannot indent YAML, use spaces'
    case 'TAG_RESOLVE_FAILED':
      return `unknown tag "${word}", remove it`
    default:
      return `not valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1).replace(/\s+/g, ' ').trim()}`
  }
}
