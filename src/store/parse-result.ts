import { KbenchError, messageOf } from '../base/errors.ts'
import { type RunResult, schemaVersion } from '../contracts/result.ts'
import { upgradeResult } from '../judge/upgrade.ts'
import { issueText } from './field-schemas.ts'
import { withoutProto } from './parse-line.ts'
import { resultSchema } from './result-schema.ts'
import { structureProblem } from './structure.ts'

/**
 * Text of a result.json → the result, in today's shape; `file` is for the errors. Throws `usage`, in one line with the
 * path of what is wrong. It throws for what is no result, for a result of a newer kbench, and for one whose fields
 * differ from docs/results.md.
 */
export function parseResult(text: string, file: string): RunResult {
  return resultOf(jsonOf(text, file), file)
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(withoutProto(text))
  } catch (cause) {
    throw new KbenchError('usage', `${file} is not JSON: ${oneLine(messageOf(cause))}`, { cause })
  }
}

function resultOf(value: unknown, file: string): RunResult {
  const version = typeof value === 'object' && value !== null ? (value as { schemaVersion?: unknown }).schemaVersion : 0
  if (typeof version === 'number' && version > schemaVersion) {
    throw new KbenchError('usage', `${file} has schemaVersion ${version}; this kbench reads up to ${schemaVersion}`, {
      hint: 'a newer kbench wrote it: update kbench to read it',
    })
  }
  const isResult = version === schemaVersion && 'runId' in (value as object) && 'variants' in (value as object)
  if (!isResult) throw new KbenchError('usage', `${file} is not a result of kbench`)
  const structure = structureProblem(value)
  const parsed = structure === null ? resultSchema.safeParse(value) : null
  const problem = structure ?? (parsed?.success === false ? issueText(parsed.error) : null)
  if (problem === null) return upgradeResult(value as RunResult)
  throw new KbenchError('usage', `${file} is not a result of kbench: ${problem}`, {
    hint: 'docs/results.md has its fields; kbench report --rebuild makes it anew from the journal and the recordings',
  })
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 200)
