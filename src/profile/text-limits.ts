import { Lexer, Parser } from 'yaml'

/** How much of a profile a person, or the program that writes one, may write. */
export const textLimits = {
  /** Of the text; a profile that comes from a journal carries the files that it names. */
  bytes: 1024 ** 2,
  depth: 50,
  keysOfMap: 2000,
  entriesOfList: 20_000,
  aliases: 1000,
} as const

/** What is too much in a text of YAML, and where; null = nothing. In time and stack that the limits bound, unlike the parser's own. */
export function excessIn(
  text: string,
  bytesAtMost: number = textLimits.bytes,
): { offset: number; message: string } | null {
  if (text.length > bytesAtMost) return { offset: 0, message: `larger than ${bytesAtMost / 1024 ** 2} MiB` }
  const parser = new Parser()
  let aliases = 0
  for (const lexeme of new Lexer().lex(text)) {
    const at = parser.offset
    if (lexeme.startsWith('*') && ++aliases > textLimits.aliases) {
      return { offset: at, message: 'too many aliases, write the values out' }
    }
    // What is whole is of no interest here: the document's parser reports its errors.
    for (const _ of parser.next(lexeme));
    const message = excessOf(parser)
    if (message !== null) return { offset: at, message }
  }
  return null
}

function excessOf({ stack }: Parser): string | null {
  // The document and the value that is being read are in it as well.
  if (stack.length > textLimits.depth + 2) return `more than ${textLimits.depth} lists and maps within one another`
  const top = stack.at(-1)
  if (top === undefined || !('items' in top)) return null
  const isList = top.type === 'block-seq' || (top.type === 'flow-collection' && top.start.source === '[')
  const most = isList ? textLimits.entriesOfList : textLimits.keysOfMap
  if (top.items.length <= most) return null
  return isList ? `more than ${most} entries in a list` : `more than ${most} keys in a map`
}
