/** The parts of a Markdown text that the documentation tests look at. */
export interface Page {
  /** Fenced blocks, with the language after the fence. */
  blocks: { language: string; text: string }[]
  /** Inline code, fenced blocks left out. */
  code: string[]
  /** Targets of links and images. */
  links: string[]
  /** Anchors of the headings, as GitHub makes them. */
  anchors: string[]
}

export function readPage(text: string): Page {
  const blocks: Page['blocks'] = []
  const prose = text.replace(/^```(\w*)\n([\s\S]*?)^```$/gm, (_, language: string, block: string) => {
    blocks.push({ language, text: block })
    return ''
  })
  const code = [...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!)
  const plain = prose.replace(/`[^`\n]+`/g, '').replace(/<!--[\s\S]*?-->/g, '')
  return {
    blocks,
    code,
    links: [...plain.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!),
    anchors: [...prose.matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1]!)),
  }
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

/** First column of every table under a heading, without back-ticks. */
export function firstColumns(text: string): string[] {
  return [...text.matchAll(/^\| (.+?) \|/gm)].map((match) => match[1]!.replaceAll('`', ''))
}

/** Words of a shell line as a shell would split them; comments and redirections left out. Quotes do not nest. */
export function shellWords(line: string): string[] {
  const words = [...line.replace(/ +#.*$/, '').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain!,
  )
  const redirection = words.findIndex((word) => /^[|<>]/.test(word) && !/^<\w+>/.test(word))
  return redirection < 0 ? words : words.slice(0, redirection)
}
