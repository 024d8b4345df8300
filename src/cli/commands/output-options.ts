import type { Command } from 'commander'
import { KbenchError } from '../../base/errors.ts'
import type { OutputOptions } from '../../live/outputs.ts'

/** What the options of {@link addOutputOptions} come to in a command. */
export interface OutputFlags {
  web?: number | true
  metrics?: { host: string; port: number }
  otlp?: string
  out?: { ndjson: string | null }
}

/** Adds --web, --metrics, --otlp and --out: where a run can be watched beside its terminal. */
export const addOutputOptions = (command: Command): Command =>
  command
    .option('--web [port]', 'serve the live report page on 127.0.0.1; its URL holds a token', portOption)
    .option('--metrics <host:port>', 'serve metrics of the load for Prometheus', addressOption)
    .option('--otlp <url>', 'send the same metrics by OTLP: http://localhost:4318/v1/metrics', urlOption)
    .option('--out <ndjson[=file]>', 'write a line of JSON per second to a file, or instead of the summary', outOption)

/** As the run's outputs take them. */
export const outputsOf = ({ web, metrics, otlp, out }: OutputFlags): OutputOptions => ({
  ...(web === undefined ? {} : { web: web === true ? 0 : web }),
  ...(metrics === undefined ? {} : { metrics }),
  ...(otlp === undefined ? {} : { otlp }),
  ...(out === undefined ? {} : { ndjson: out.ndjson }),
})

function portOf(text: string): number | null {
  return /^\d{1,5}$/.test(text) && Number(text) < 65_536 ? Number(text) : null
}

function portOption(text: string): number {
  const port = portOf(text)
  if (port !== null) return port
  throw new KbenchError('usage', `--web ${text}: expected a port, 0 for any that is free`)
}

function addressOption(text: string): { host: string; port: number } {
  const [, inBrackets, plain, port = ''] = /^(?:\[(.+)\]|([^:[\]]+)):(\d+)$/.exec(text) ?? []
  const host = inBrackets ?? plain
  const number = portOf(port)
  if (host !== undefined && number !== null) return { host, port: number }
  throw new KbenchError('usage', `--metrics ${text}: expected HOST:PORT, like 127.0.0.1:9464`)
}

function urlOption(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text
  throw new KbenchError('usage', `--otlp ${text}: expected a URL, like http://localhost:4318/v1/metrics`)
}

function outOption(text: string): { ndjson: string | null } {
  const [, , file] = /^ndjson(=(.+))?$/.exec(text) ?? [null, null, null]
  if (text === 'ndjson' || file) return { ndjson: file ?? null }
  throw new KbenchError('usage', `--out ${text}: expected ndjson, or ndjson=FILE`)
}
