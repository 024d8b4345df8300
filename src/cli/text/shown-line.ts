import { escapeLines } from '../../base/printable.ts'
import { redacted } from '../../base/secrets.ts'

/** A message with its line end, for a terminal or a log: whatever brokers, clients, profiles and files put into it does nothing there, and no secret is in it. */
export const shownLine = (line: string): string => `${redacted(escapeLines(line))}\n`
