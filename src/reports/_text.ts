import { escapeControls } from '../base/printable.ts'

/** Helpers for text in columns. Widths are counted in code points: kbench's own words need no wide characters. */

const escapeCode = '\u001b'
const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const

export type Paint = (style: keyof typeof codes, text: string) => string

/** Paints with ANSI colours, or not at all. */
export const painter =
  (color: boolean): Paint =>
  (style, text) =>
    color && text !== '' ? `${escapeCode}[${codes[style]}m${text}${escapeCode}[0m` : text

/** What a result carries must not move the cursor: line ends and tabs become spaces, other controls are shown escaped. */
export const plain = (text: string): string => escapeControls(text.replace(/[\t\n\r]+/g, ' '))

export const widthOf = (text: string): number => [...text].length

/** Cut to `width` with an ellipsis. */
export function cut(text: string, width: number): string {
  const letters = [...text]
  return letters.length <= width ? text : `${letters.slice(0, Math.max(0, width - 1)).join('')}…`
}

/** Cut or padded with spaces to exactly `width`. */
export const padded = (text: string, width: number): string => {
  const fitting = cut(text, width)
  return fitting + ' '.repeat(width - widthOf(fitting))
}

/** Lines of at most `width`, broken at spaces; words longer than a line are cut. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (widthOf(longer) <= width) line = longer
    else {
      if (line !== '') lines.push(line)
      line = cut(word, width)
    }
  }
  if (line !== '') lines.push(line)
  return lines
}
