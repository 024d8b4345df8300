import { createReadStream, createWriteStream } from 'node:fs'
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { KbenchError, messageOf } from '../base/errors.ts'
import type { VariantPlan } from '../contracts/plan.ts'
import { decodeFact, recordingVersion } from '../recording/codec.ts'
import type { Spill } from '../recording/history.ts'
import { decodePlan } from '../recording/plan-codec.ts'
import { createSums, type Sums } from '../recording/sums.ts'
import { isOwnFile, type LineLimits, lineLimits, packedLines, plainLines } from './lines.ts'
import { parseLine, withoutProto } from './parse-line.ts'

/** Where a variant's facts go, a line each. */
export interface RecordingFile {
  write(line: string): void
  /** For what the fold of these facts holds of seconds that are long over; of use until the run's folder is finished; absent = it stays in memory. */
  spill?: Spill
  /** A clean end: the file is whole, and compressed. Never throws. */
  close(): Promise<void>
}

export interface OpenRecording extends RecordingFile {
  /** Resolves when all lines so far are in the file, or cannot be. */
  flush(): Promise<void>
}

/** What a recording amounts to. `problem`: why what follows in the file is not used; null = all of it is. */
export interface StoredRecording {
  plan: VariantPlan
  sums: Sums
  problem: string | null
}

const recordingPath = (directory: string, n: number): string => join(directory, 'recordings', `${n}.ndjson`)

/** Opens recordings/<n>.ndjson with its header; never one that is there already. The first failed write is reported, and the run goes on. */
export function openRecording(
  directory: string,
  n: number,
  runId: string,
  plan: VariantPlan,
  report: (problem: string) => void,
  spill?: Spill,
): OpenRecording {
  const path = recordingPath(directory, n)
  const lines: string[] = [JSON.stringify({ recording: recordingVersion, runId, variant: plan.id, plan })]
  let failed = false
  const fail = (error: unknown) => {
    if (!failed) report(`recordings/${n}.ndjson: ${messageOf(error)}`)
    failed = true
  }
  let stream: ReturnType<typeof createWriteStream> | null = null
  const opened = mkdir(dirname(path), { recursive: true }).then(() => {
    stream = createWriteStream(path, { flags: 'wx' }).on('error', fail)
    for (const line of lines.splice(0)) stream.write(`${line}\n`)
  }, fail)
  return {
    ...(spill && { spill }),
    write(line) {
      if (failed) return
      if (stream) stream.write(`${line}\n`)
      else lines.push(line)
    },
    async flush() {
      await opened
      if (!stream || failed) return
      await new Promise<void>((resolve) => {
        stream!.write('', () => resolve())
      })
    },
    async close() {
      await opened
      if (!stream || failed) return
      await new Promise<void>((resolve) => (stream!.errored ? resolve() : stream!.end(resolve)))
      if (!failed) await compress(path).catch(fail)
    },
  }
}

/** At every moment one of both files is whole. */
async function compress(path: string): Promise<void> {
  const part = `${path}.gz.part`
  try {
    await pipeline(createReadStream(path), createGzip(), createWriteStream(part, { flags: 'wx' }))
    await rename(part, `${path}.gz`)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
  await rm(path)
}

/**
 * Folds the recording of a variant; null = there is no file, or none with a whole line. A last line without its end is passed over: whoever wrote it was killed. Throws
 * `usage`, naming file and line, where it is no file of its own or its header is not that of this variant of this run.
 */
export async function readRecording(
  directory: string,
  n: number,
  expected: { runId: string; variant: string },
  limits: LineLimits = lineLimits,
): Promise<StoredRecording | null> {
  const found = await findRecording(directory, n)
  if (found === null) return null
  const { path, name } = found
  let plan: VariantPlan | null = null
  let sums: Sums | null = null
  let at = 1
  let problem: string | null = null
  try {
    for await (const { text, isWhole } of path.endsWith('.gz') ? packedLines(path, limits) : plainLines(path, limits)) {
      if (!isWhole) continue
      if (plan === null) {
        plan = headerOf(text, expected)
        sums = createSums(plan)
      } else sums!.add(decodeFact(withoutProto(text)))
      at++
    }
  } catch (error) {
    const text = `${name}:${at}: ${messageOf(error)}`
    if (plan === null || sums === null) throw new KbenchError('usage', text, { cause: error })
    problem = text
  }
  if (plan === null || sums === null) {
    // Whoever was to write it was killed before its first line came to the disk. What is compressed was whole.
    if (!path.endsWith('.gz')) return null
    throw new KbenchError('usage', `${name}: it has no header`)
  }
  return { plan, sums, problem }
}

/** The plain file, which is there until its compressed form is whole, or that one. */
async function findRecording(directory: string, n: number): Promise<{ path: string; name: string } | null> {
  const folder = join(directory, 'recordings')
  // A link to another run's recordings, or to anything else, is none of this run.
  if (await isFolder(folder)) {
    for (const name of [`recordings/${n}.ndjson`, `recordings/${n}.ndjson.gz`]) {
      const path = join(directory, name)
      if (await isOwnFile(path, name)) return { path, name }
    }
  }
  return null
}

/** False = there is none. Throws `usage` for a link and for whatever else is no folder. */
async function isFolder(path: string): Promise<boolean> {
  const kind = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (kind !== null && !kind.isDirectory()) throw new KbenchError('usage', 'recordings is not a folder of its own')
  return kind !== null
}

/** The run has files of recordings, whatever is in them. */
export async function hasRecordings(directory: string): Promise<boolean> {
  try {
    return (await readdir(join(directory, 'recordings'))).some((name) => /^\d+\.ndjson(\.gz)?$/.test(name))
  } catch {
    return false
  }
}

function headerOf(line: string, { runId, variant }: { runId: string; variant: string }): VariantPlan {
  const header = parseLine(line) as Record<string, unknown> | null
  if (typeof header !== 'object' || header === null || typeof header.recording !== 'number') {
    throw new KbenchError('usage', 'not a recording of kbench')
  }
  if (header.recording > recordingVersion) {
    throw new KbenchError('usage', `version ${header.recording}; this kbench reads up to ${recordingVersion}`)
  }
  const belongs = (what: string, value: unknown) =>
    new KbenchError('usage', `it belongs to ${what} ${JSON.stringify(value)?.slice(0, 80)}`)
  if (header.runId !== runId) throw belongs('run', header.runId)
  const plan = decodePlan(header.plan)
  if (plan.runId !== runId) throw belongs('run', plan.runId)
  if (plan.id !== variant) throw belongs('variant', plan.id)
  return plan
}
