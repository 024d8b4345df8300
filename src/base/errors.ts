/** What went wrong, in one word; {@link exitCodes} maps each to a process exit code. */
export type ErrorCode = keyof typeof exitCodes

/** One table from error code to exit code. Codes follow sysexits' spirit: small numbers, each with one meaning. */
export const exitCodes = {
  ok: 0,
  internal: 1,
  usage: 2,
  profile: 2,
  environment: 3,
  invalid: 4,
  integrity: 97,
  regression: 98,
  threshold: 99,
  interrupted: 130,
} as const

export interface KbenchErrorOptions {
  cause?: unknown
  /** What the reader can do next, one line. */
  hint?: string
  /** Further lines that belong to the message: all errors of a profile, the tail of a log. */
  details?: readonly string[]
}

/** The only error that kbench throws on purpose; reported once, by cli/main. */
export class KbenchError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly details: readonly string[]

  constructor(code: ErrorCode, message: string, options: KbenchErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'KbenchError'
    this.code = code
    this.hint = options.hint
    this.details = options.details ?? []
  }
}

const precedence = [130, 2, 3, 1, 97, 4, 99, 98]

/** The exit code of a run to which several apply: the first of 130, 2, 3, 1, 97, 4, 99, 98, else 0. */
export function mostImportant(codes: readonly number[]): number {
  return precedence.find((code) => codes.includes(code)) ?? 0
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
