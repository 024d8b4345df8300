import { appendFileSync, writeFileSync } from 'node:fs'
import { KbenchError } from '../base/errors.ts'
import type { RunResult } from '../contracts/result.ts'
import type { RunSums } from '../judge/run-sums.ts'
import type { Recording } from '../recording/recording.ts'
import type { Progress, Tick } from '../runners/variant/progress.ts'
import { createMeasures } from './measures.ts'
import { createRowLines } from './ndjson.ts'
import { resultSoFar } from './state.ts'

/** What a run shows elsewhere than in its terminal. */
export interface OutputOptions {
  /** Port of the live page; 0 = any. */
  web?: number
  metrics?: { host: string; port: number }
  otlp?: string
  /** A line of JSON a second: into this file, or null = to stdout. */
  ndjson?: string | null
}

export interface RunAbout {
  runId: string
  name: string
  version: string
  /** Variants of the plan, in order. */
  variants: readonly string[]
  sums: RunSums
}

export interface Outputs extends AsyncDisposable {
  /** The progress of the run, and the outputs hear it too. */
  follow(progress: Progress): Progress
  /** What the run came to: the last state of the live page. */
  end(result: RunResult): void
}

/** Opens what was asked for, each in this process alone; `say` reports where it is, `warn` what fails later. Throws (environment) where a port or a file cannot be had. */
export async function openOutputs(
  options: OutputOptions,
  about: RunAbout,
  { say, warn }: { say: (line: string) => void; warn: (line: string) => void },
): Promise<Outputs> {
  const opened: AsyncDisposable[] = []
  const close = async () => {
    for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]()
  }
  const measures = createMeasures()
  let last: Tick | null = null
  let stage = 'starting'
  let running: Recording | null = null
  let ended: RunResult | null = null
  let rows: ReturnType<typeof createRowLines> | null = null
  try {
    const write = ndjsonWriter(options.ndjson)
    rows = write && createRowLines(write)
    if (options.metrics) {
      const { servePrometheus } = await import('./prometheus.ts')
      const server = await servePrometheus(measures, options.metrics)
      opened.push(server)
      const { host, port } = server
      say(`metrics  http://${host.includes(':') ? `[${host}]` : host}:${port}/metrics`)
    }
    if (options.otlp !== undefined) {
      const { exportOtlp } = await import('./otlp.ts')
      opened.push(exportOtlp(measures, options.otlp, about, warn))
    }
    if (options.web !== undefined) {
      const { serveWeb } = await import('./web.ts')
      const web = await serveWeb(options.web, () => {
        if (ended) return { result: ended, status: '', isOver: true }
        const result = resultSoFar(about.sums, running)
        return result && { result, status: statusText(stage, last, about.variants), isOver: false }
      })
      opened.push(web)
      say(`web      ${web.url}`)
    }
  } catch (error) {
    await close()
    throw error
  }
  return {
    follow: (progress) => ({
      log: (line) => progress.log(line),
      stage(name, detail) {
        stage = name
        progress.stage(name, detail)
      },
      tick(tick) {
        last = tick
        measures.tick(tick)
        rows?.tick(tick)
        progress.tick(tick)
      },
      revise(row) {
        measures.revise(row)
        rows?.revise(row)
        progress.revise?.(row)
      },
      recording(recording) {
        rows?.flush()
        running = recording
        progress.recording?.(recording)
      },
    }),
    end(result) {
      rows?.flush()
      ended = result
    },
    async [Symbol.asyncDispose]() {
      rows?.flush()
      await close()
    },
  }
}

/** "variant 2 of 16, node-rdkafka: measure, 12 s of load left". */
export function statusText(stage: string, tick: Tick | null, variants: readonly string[]): string {
  if (tick === null) return `Running: ${stage}`
  const at = variants.indexOf(tick.variant)
  const which = at < 0 ? '' : `variant ${at + 1} of ${variants.length}, `
  return `Running: ${which}${tick.variant}: ${tick.phase}, ${Math.round(tick.leftS)} s of load left`
}

function ndjsonWriter(target: string | null | undefined): ((line: string) => void) | null {
  if (target === undefined) return null
  if (target === null) return (line) => void process.stdout.write(`${line}\n`)
  try {
    writeFileSync(target, '')
  } catch (error) {
    throw new KbenchError('environment', `--out ndjson=${target}: cannot be written`, { cause: error })
  }
  return (line) => appendFileSync(target, `${line}\n`)
}
