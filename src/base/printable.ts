/**
 * Characters that control a terminal, change the order of text, or are invisible. They are C0 and C1 controls (ESC and
 * BEL among them), DEL, line and paragraph separators, and the controls and marks of bidirectional text.
 */
const unsafe = /[\p{Cc}\u2028\u2029\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udfff]/gu

/** Each as \\u001b: what somebody else wrote is shown as it is, and does nothing. Tabs and line ends are escaped, too. */
export const escapeControls = (text: string): string => text.replace(unsafe, escaped)

/** The same of text in several lines: those, and tabs, stay. */
export const escapeLines = (text: string): string =>
  text.replace(unsafe, (character) => (character === '\n' || character === '\t' ? character : escaped(character)))

function escaped(character: string): string {
  const code = character.codePointAt(0)!
  return code === 10 ? '\\n' : code === 9 ? '\\t' : `\\u${code.toString(16).padStart(4, '0')}`
}
