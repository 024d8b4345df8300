import { createWriteStream } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KbenchError, messageOf } from './core/errors.ts'
import type { RunResult } from './core/result.ts'
import type { Frame } from './metrics/frame.ts'

/** The folder of one run: results/<runId>/. */
export interface RunFolder {
  directory: string
  /** Appends a line to journal.ndjson: what is there survives a kill -9. Never throws; a full disk is told by {@link finish}. */
  journal(entry: Record<string, unknown>): void
  log(line: string): void
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
  const open = (name: string) => {
    const stream = createWriteStream(join(directory, name), { flags: 'a' })
    stream.on('error', (error) => problems.push(`${name}: ${error.message}`))
    return stream
  }
  const journal = open('journal.ndjson')
  const log = open('logs/kbench.log')
  return {
    directory,
    journal: (entry) => void journal.write(`${JSON.stringify(entry)}\n`),
    log: (line) => void log.write(`${new Date().toISOString()} ${line}\n`),
    async result(result) {
      const temporary = join(directory, `.result.json.${process.pid}`)
      try {
        await writeFile(temporary, `${JSON.stringify(result)}\n`)
        await rename(temporary, join(directory, 'result.json'))
      } catch (cause) {
        throw new KbenchError('environment', `cannot write ${join(directory, 'result.json')}: ${messageOf(cause)}`, {
          cause,
        })
      }
    },
    async finish() {
      await Promise.all(
        [journal, log].map(
          (stream) => new Promise<void>((resolve) => (stream.errored ? resolve() : stream.end(resolve))),
        ),
      )
      return problems
    },
  }
}

/** A frame as the journal keeps it: counts and latencies; the outcomes of single records stay in memory for the audit. */
export function journalFrame(variant: string, frame: Frame): Record<string, unknown> {
  const { worker, atNs, cells, errors, inFlight, utilisation } = frame
  return {
    type: 'frame',
    variant,
    worker,
    atNs,
    inFlight,
    utilisation: Math.round(utilisation * 1000) / 1000,
    errors,
    cells: cells.map(({ interval, events, latencies }) => ({
      interval,
      events,
      latencies: Object.fromEntries(
        Object.entries(latencies).map(([name, counts]) => [name, { ...counts, pairs: [...counts.pairs] }]),
      ),
    })),
  }
}

/** "20261121-093312-3broker-acks-all-4f2a": sorts by time, unique on this machine. */
export function createRunId(name: string, now: Date, random: number): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  const tail = Math.floor(random * 65_536)
    .toString(16)
    .padStart(4, '0')
  return `${stamp}-${name.slice(0, 40)}-${tail}`
}
