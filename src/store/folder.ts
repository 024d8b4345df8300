import { createWriteStream } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { KbenchError, messageOf } from '../base/errors.ts'
import { redacted, withoutSecrets } from '../base/secrets.ts'
import type { VariantPlan } from '../contracts/plan.ts'
import type { RunResult } from '../contracts/result.ts'
import type { RunFact } from '../contracts/run-facts.ts'
import { type OpenRecording, openRecording, type RecordingFile } from './recordings.ts'
import { createSpill } from './spill.ts'
import { writeWhole } from './whole-file.ts'

/** The folder of one run: results/<runId>/. */
export interface RunFolder {
  directory: string
  /** Appends a line to journal.ndjson: what is there survives a kill -9. Never throws; {@link finish} reports a full disk. */
  journal(entry: RunFact): void
  /** The same, on the disk when it resolves: what is kept survives a power cut, and --resume builds on it. */
  keep(entry: RunFact): Promise<void>
  /** recordings/<n>.ndjson: a header, then a fact a line. A clean end compresses it. */
  recording(n: number, runId: string, plan: VariantPlan): RecordingFile
  log(line: string): void
  /** Resolves when all that was written so far is in its files. */
  flush(): Promise<void>
  /** Writes result.json whole or not at all. */
  result(result: RunResult): Promise<void>
  /** Closes journal and log; returns what could not be written. */
  finish(): Promise<string[]>
}

export async function createRunFolder(root: string, runId: string): Promise<RunFolder> {
  const directory = join(root, runId)
  try {
    await mkdir(join(directory, 'logs'), { recursive: true })
  } catch (cause) {
    throw new KbenchError('environment', `cannot create ${directory}: ${messageOf(cause)}`, {
      cause,
      hint: 'kbench run --results <folder> writes elsewhere',
    })
  }
  const problems: string[] = []
  const recordings = new Set<OpenRecording>()
  const { stream: journal, handle } = await openJournal(join(directory, 'journal.ndjson'))
  const spill = createSpill(directory)
  const log = createWriteStream(join(directory, 'logs/kbench.log'), { flags: 'a' })
  for (const [name, stream] of Object.entries({ 'journal.ndjson': journal, 'logs/kbench.log': log })) {
    stream.on('error', (error) => problems.push(`${name}: ${error.message}`))
  }
  return {
    directory,
    journal: (entry) => void journal.write(`${JSON.stringify(safe(entry))}\n`),
    async keep(entry) {
      // A stream that failed has reported why already, and calls back with that error.
      const failed = await new Promise<boolean>((resolve) => {
        journal.write(`${JSON.stringify(safe(entry))}\n`, (error) => resolve(Boolean(error)))
      })
      if (!failed) await handle.datasync()
    },
    recording(n, runId, plan) {
      const file = openRecording(directory, n, runId, plan, (problem) => problems.push(problem), spill)
      recordings.add(file)
      return {
        ...file,
        async close() {
          recordings.delete(file)
          await file.close()
        },
      }
    },
    async flush() {
      await Promise.all([journal, log].map(written))
      await Promise.all([...recordings].map((file) => file.flush()))
    },
    log: (line) => void log.write(`${new Date().toISOString()} ${redacted(line)}\n`),
    result: (result) => writeResult(directory, result),
    async finish() {
      spill[Symbol.dispose]()
      await Promise.all(
        [journal, log].map(
          (stream) => new Promise<void>((resolve) => (stream.errored ? resolve() : stream.end(resolve))),
        ),
      )
      return problems
    },
  }
}

/** Resolves when all that was written to it is handed to the system, or cannot be. */
const written = (stream: Writable) =>
  new Promise<void>((resolve) => {
    if (stream.errored || stream.writableEnded) resolve()
    else stream.write('', () => resolve())
  })

/** Errors and notes repeat what clients and brokers said; everything else was made of facts, which have no secrets. */
const safe = (entry: RunFact): RunFact =>
  entry.type === 'error' || entry.type === 'note' ? withoutSecrets(entry) : entry

/** Writes result.json whole or not at all; follows no link. Throws `environment`. */
export async function writeResult(directory: string, result: RunResult): Promise<void> {
  const path = join(directory, 'result.json')
  try {
    await writeWhole(path, `${JSON.stringify(result)}\n`)
  } catch (cause) {
    throw new KbenchError('environment', `cannot write ${path}: ${messageOf(cause)}`, { cause })
  }
}

/** For appending; a last line that a power cut left torn is ended, so that what follows starts on a line of its own. */
async function openJournal(path: string) {
  const handle = await open(path, 'a+')
  const { size } = await handle.stat()
  const last = Buffer.alloc(1)
  if (size > 0) await handle.read(last, 0, 1, size - 1)
  if (size > 0 && last.toString() !== '\n') await handle.appendFile('\n')
  return { handle, stream: handle.createWriteStream() }
}

/** "20261121-093312-3broker-acks-all-4f2a": sorts by time, unique on this machine. */
export function createRunId(name: string, now: Date, random: number): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  const tail = Math.floor(random * 65_536)
    .toString(16)
    .padStart(4, '0')
  return `${stamp}-${name.slice(0, 40)}-${tail}`
}
