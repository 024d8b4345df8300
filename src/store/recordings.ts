import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { KbenchError, messageOf } from '../base/errors.ts'
import type { VariantPlan } from '../contracts/plan.ts'
import { decodeFact, recordingVersion } from '../recording/codec.ts'
import { decodePlan } from '../recording/plan-codec.ts'
import { createSums, type Sums } from '../recording/sums.ts'
import { linesOf } from './lines.ts'

/** Where a variant's facts go, a line each. */
export interface RecordingFile {
  write(line: string): void
  /** A clean end: the file is whole, and compressed. Never throws. */
  close(): Promise<void>
}

/** What a recording amounts to. `problem`: why what follows in the file is not used; null = all of it is. */
export interface StoredRecording {
  plan: VariantPlan
  sums: Sums
  problem: string | null
}

export const recordingPath = (directory: string, n: number): string => join(directory, 'recordings', `${n}.ndjson`)

/** Opens recordings/<n>.ndjson with its header. What cannot be written is told once, and the run goes on. */
export function openRecording(
  directory: string,
  n: number,
  runId: string,
  plan: VariantPlan,
  tell: (problem: string) => void,
): RecordingFile {
  const path = recordingPath(directory, n)
  const lines: string[] = [JSON.stringify({ recording: recordingVersion, runId, variant: plan.id, plan })]
  let failed = false
  const fail = (error: unknown) => {
    if (!failed) tell(`recordings/${n}.ndjson: ${messageOf(error)}`)
    failed = true
  }
  let stream: ReturnType<typeof createWriteStream> | null = null
  const opened = mkdir(dirname(path), { recursive: true }).then(() => {
    stream = createWriteStream(path, { flags: 'w' }).on('error', fail)
    for (const line of lines.splice(0)) stream.write(`${line}\n`)
  }, fail)
  return {
    write(line) {
      if (failed) return
      if (stream) stream.write(`${line}\n`)
      else lines.push(line)
    },
    async close() {
      await opened
      if (!stream || failed) return
      await new Promise<void>((resolve) => (stream!.errored ? resolve() : stream!.end(resolve)))
      try {
        await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.gz`))
        await rm(path)
      } catch (error) {
        fail(error)
      }
    },
  }
}

/** Folds a stored recording; null = there is no file. Throws `usage` where its header is not that of this run's recording. */
export async function readRecording(directory: string, n: number, runId: string): Promise<StoredRecording | null> {
  const path = recordingPath(directory, n)
  const isPlain = existsSync(path)
  if (!isPlain && !existsSync(`${path}.gz`)) return null
  const name = `recordings/${n}.ndjson${isPlain ? '' : '.gz'}`
  const source = isPlain ? createReadStream(path) : createReadStream(`${path}.gz`).pipe(createGunzip())
  let plan: VariantPlan | null = null
  let sums: Sums | null = null
  let at = 0
  let problem: string | null = null
  try {
    for await (const { line, isWhole } of linesOf(source)) {
      at++
      // A line that a power cut left torn is as good as not there.
      if (!isWhole) break
      if (plan === null) {
        plan = headerOf(line, runId)
        sums = createSums(plan)
      } else sums!.add(decodeFact(line))
    }
  } catch (error) {
    const text = `${name}:${at}: ${messageOf(error)}`
    if (plan === null || sums === null) throw new KbenchError('usage', text, { cause: error })
    problem = text
  } finally {
    source.destroy()
  }
  if (plan === null || sums === null) throw new KbenchError('usage', `${name}: it has no header`)
  return { plan, sums, problem }
}

function headerOf(line: string, runId: string): VariantPlan {
  const header = JSON.parse(line) as Record<string, unknown> | null
  if (typeof header !== 'object' || header === null || typeof header.recording !== 'number') {
    throw new KbenchError('usage', 'not a recording of kbench')
  }
  if (header.recording > recordingVersion) {
    throw new KbenchError('usage', `version ${header.recording}; this kbench reads up to ${recordingVersion}`)
  }
  if (header.runId !== runId) throw new KbenchError('usage', `it belongs to run ${String(header.runId).slice(0, 80)}`)
  return decodePlan(header.plan)
}
