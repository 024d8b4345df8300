/** A piece of text that somebody reads, and the line where it begins. */
export interface Passage {
  line: number
  text: string
  /** Words of identifiers are looked at for the word list alone. */
  kind: 'prose' | 'code'
}

const lineAt = (source: string, offset: number) => source.slice(0, offset).split('\n').length

/** Comments and string literals of TypeScript, strings joined by + as one; what is left is code. */
export function passagesOfTypeScript(source: string): Passage[] {
  const tokens = tokensOf(source)
  const passages: Passage[] = []
  for (let i = 0; i < tokens.length; i++) {
    const { type, from, text } = tokens[i]!
    const line = lineAt(source, from)
    if (type === 'code') {
      passages.push({ line, text, kind: 'code' })
      continue
    }
    let whole = text
    // Line comments of one block, and strings joined by +, are one text.
    while (tokens[i + 2]?.type === type && tokens[i + 1]!.type === 'code') {
      const between = tokens[i + 1]!.text
      const joins = type === 'comment' ? /^\n[ \t]*$/.test(between) : /^\s*\+\s*$/.test(between)
      if (!joins || source.startsWith('/*', tokens[i + 2]!.from)) break
      whole += (type === 'comment' ? ' ' : '') + tokens[i + 2]!.text
      i += 2
    }
    passages.push({ line, text: whole, kind: 'prose' })
  }
  return passages
}

interface Token {
  type: 'code' | 'comment' | 'string'
  from: number
  text: string
}

/** A value put into a template counts as one word. */
const value = 'VALUE'

function tokensOf(source: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  let codeFrom = 0
  const flush = (until: number) => {
    if (until > codeFrom) tokens.push({ type: 'code', from: codeFrom, text: source.slice(codeFrom, until) })
  }
  const push = (type: Token['type'], until: number, text: string) => {
    flush(at)
    tokens.push({ type, from: at, text })
    at = codeFrom = until
  }
  while (at < source.length) {
    const two = source.slice(at, at + 2)
    const one = two[0]!
    if (two === '//') {
      const end = source.indexOf('\n', at)
      const until = end < 0 ? source.length : end
      push('comment', until, source.slice(at + 2, until).trim())
    } else if (two === '/*') {
      const until = source.indexOf('*/', at) + 2
      push('comment', until, source.slice(at + 2, until - 2).replace(/^\s*\* ?/gm, ''))
    } else if (one === "'" || one === '"') {
      const until = at + /^(['"])(?:\\[\s\S]|(?!\1)[^\\])*\1/.exec(source.slice(at))![0].length
      push('string', until, unescaped(source.slice(at + 1, until - 1)))
    } else if (one === '`') {
      const start = at
      const { until, text, inner } = template(source, at)
      flush(at)
      codeFrom = at
      // Before the template, so that a string that is joined to it follows it.
      for (const { from, code } of inner)
        for (const token of tokensOf(code)) tokens.push({ ...token, from: start + from + token.from })
      push('string', until, unescaped(text))
    } else at += regexpLength(source, at) || 1
  }
  flush(source.length)
  return tokens
}

/** Characters of the regular expression that begins here; 0 = it is a division, or no slash at all. */
function regexpLength(source: string, at: number): number {
  if (source[at] !== '/') return 0
  if (!/(?:^|[(,=:[!&|?{};\n>]|\breturn)\s*$/.test(source.slice(Math.max(0, at - 40), at))) return 0
  return /^\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/.exec(source.slice(at))?.[0].length ?? 0
}

const unescaped = (text: string) => text.replace(/\\n/g, '\n').replace(/\\(.)/g, '$1')

/** The template literal at `from`: its text, its end, and the code within, offsets counted from its start. */
function template(source: string, from: number) {
  const inner: { from: number; code: string }[] = []
  let text = ''
  let at = from + 1
  while (source[at] !== '`') {
    if (source[at] === '\\') {
      text += source.slice(at, at + 2)
      at += 2
    } else if (source.startsWith('${', at)) {
      const start = at + 2
      at = closingBrace(source, start)
      inner.push({ from: start - from, code: source.slice(start, at) })
      text += value
      at++
    } else text += source[at++]
    if (at >= source.length) break
  }
  return { until: at + 1, text, inner }
}

function closingBrace(source: string, start: number): number {
  let depth = 1
  let at = start
  while (at < source.length) {
    const one = source[at]!
    if (one === '`') at = template(source, at).until
    else if (one === "'" || one === '"') at += /^(['"])(?:\\[\s\S]|(?!\1)[^\\])*\1/.exec(source.slice(at))![0].length
    else if (regexpLength(source, at) > 0) at += regexpLength(source, at)
    else {
      if (one === '{') depth++
      if (one === '}' && --depth === 0) return at
      at++
    }
  }
  return at
}

/** Paragraphs, list items and cells of tables of Markdown; no code blocks, no generated parts, no targets of links. */
export function passagesOfMarkdown(source: string): Passage[] {
  const keepLines = (text: string) => text.replace(/[^\n]/g, '')
  const text = source
    .replace(/^```[\s\S]*?^```$/gm, keepLines)
    .replace(/<!-- generated[\s\S]*?<!-- end[^>]*-->/g, keepLines)
    .replace(/<!--[\s\S]*?-->/g, keepLines)
    .replace(/`[^`\n]+`/g, 'CODE')
    .replace(/\]\([^)\s]+\)/g, ']')
  const passages: Passage[] = []
  let open: Passage | null = null
  for (const [index, row] of text.split('\n').entries()) {
    const line = index + 1
    if (row.startsWith('|')) {
      open = null
      for (const cell of row.split('|')) passages.push({ line, text: cell, kind: 'prose' })
    } else if (row.trim() === '' || row.startsWith('#')) {
      open = null
      if (row) passages.push({ line, text: row.replace(/^#+ /, ''), kind: 'prose' })
    } else if (open === null || /^\s*(?:[-*]|\d+\.) /.test(row)) {
      open = { line, text: row.replace(/^\s*(?:[-*]|\d+\.) /, ''), kind: 'prose' }
      passages.push(open)
    } else open.text += `\n${row.trim()}`
  }
  return passages
}

/** Comments of YAML: those that follow each other on lines of their own are one text. Keys that are commented out are none. */
export function passagesOfYaml(source: string): Passage[] {
  const passages: Passage[] = []
  let open: Passage | null = null
  for (const [index, row] of source.split('\n').entries()) {
    const [, before = '', comment = ''] = /^(.*?)(?:^|\s)#\s?(.*)$/.exec(row) ?? []
    const isKey = /^\s*(?:- )?[\w.]+:(?:\s|$)/.test(comment)
    const text = isKey ? (/\s#\s?(.*)$/.exec(comment)?.[1] ?? '') : comment
    if (open !== null && text !== '' && before.trim() === '' && !isKey) open.text += `\n${text}`
    else {
      open = text === '' ? null : { line: index + 1, text, kind: 'prose' }
      if (open) passages.push(open)
    }
    if (before.trim() !== '' || isKey) open = null
  }
  return passages
}

/** The left column of the style guide's table of words, and what to write instead. */
const unwanted: readonly { pattern: RegExp; instead: string }[] = [
  // As a word, and as the first or a later word of an identifier.
  {
    pattern: /(?<![A-Za-z])(?:tell|tells|telling|told)(?![a-z])|(?<![A-Z])(?:Tell|Tells|Telling|Told)(?![a-z])/g,
    instead: 'reports, prints, shows; distinguishes',
  },
  { pattern: /\bloudly\b/gi, instead: 'warns' },
  { pattern: /\b(?:lie|lies|lay|lying)\b/gi, instead: 'is, is in' },
  { pattern: /\bthe most that goes\b/gi, instead: 'maximum throughput' },
  { pattern: /\bnothing to object\b/gi, instead: 'all checks passed' },
  { pattern: /\bat once\b/gi, instead: 'immediately; together, at the same time' },
  { pattern: /\b(?:LEADS|SHOULD)\b/g, instead: 'LEADER, PREFERRED' },
  { pattern: /\blate p99\b/gi, instead: 'schedule lag p99' },
  { pattern: /\backed of\b/gi, instead: 'acknowledged / scheduled' },
  { pattern: /\bdue\/s\b/gi, instead: 'sent / offered per second' },
  {
    pattern:
      /(?<![\d.,] ?|[-–±×*/] ?)\b1 (?:producer|consumer|record|partition|broker|member|run|worker|variant)s\b(?!\/)/g,
    instead: 'plural()',
  },
]

export interface Found {
  /** The word, with what is around it. */
  text: string
  instead: string
  /** Lines before it in the passage. */
  below: number
}

/** Words that have a better one. */
export function unwantedWords(text: string): Found[] {
  return unwanted.flatMap(({ pattern, instead }) =>
    [...text.matchAll(pattern)].map((match) => ({
      text: text.slice(Math.max(0, match.index - 30), match.index + match[0].length + 30).replace(/\s+/g, ' '),
      instead,
      below: text.slice(0, match.index).split('\n').length - 1,
    })),
  )
}

const blockTags =
  /<\/?(?:!doctype|html|head|body|meta|title|style|script|header|footer|main|nav|section|figure|figcaption|div|p|h\d|ul|ol|li|dl|dt|dd|table|thead|tbody|tr|th|td|caption|pre|details|summary|label|button|input)\b[^>]*>/g

/**
 * Sentences of prose with more words than that. A blank line, a list item, a colon at the end of a line and a block of HTML end one as well;
 * a value, a link and a piece of code are a word.
 */
export function longSentences(text: string, most: number): { words: number; sentence: string }[] {
  return text
    .replace(blockTags, '\n\n')
    .replace(/<\/?(?:a|b|i|em|code|strong|span)\b[^>]*>/g, '')
    .split(/\n\s*\n|\n\s*(?:[-*]|\d+\.) |:\s*\n|(?<=(?<!\b(?:e\.g|i\.e|vs|cf))[.!?][)"'”*]*)\s+/)
    .map((sentence) => ({ sentence: sentence.replace(/\s+/g, ' ').trim(), words: wordsOf(sentence) }))
    .filter(({ words }) => words > most)
}

const wordsOf = (text: string) => text.split(/\s+/).filter((word) => /\p{L}|\p{N}/u.test(word)).length
