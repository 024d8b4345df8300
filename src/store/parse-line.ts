/**
 * JSON of a stored line. Throws SyntaxError, also for a key `__proto__`: no file of kbench has one, and whoever copies it key by key changes
 * what the copy inherits.
 */
export function parseLine(line: string): unknown {
  // A reviver costs as much again as parsing: only where the key may be there, as it is or in escapes.
  return suspicious.test(line) ? JSON.parse(line, refuseProto) : JSON.parse(line)
}

/** The line, for a parser of its own. Throws SyntaxError where {@link parseLine} does for a key. */
export function withoutProto(line: string): string {
  if (suspicious.test(line)) parseLine(line)
  return line
}

const suspicious = /__proto__|\\u00[57]|\\u006f/i

function refuseProto(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('a key is "__proto__"')
  return value
}
