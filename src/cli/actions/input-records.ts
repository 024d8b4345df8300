import { createInterface } from 'node:readline'
import type { NewRecord } from '../../operations/produce.ts'

/** Records that are under way together while the input is faster than the cluster. */
const mostAtOnce = 500

/**
 * One record per line, in batches of what has come so far. With a separator what is before it is the key; a line without it has no key.
 * `nullWord`: a value that stands for null (a tombstone).
 */
export async function* recordsIn(
  input: NodeJS.ReadableStream,
  options: { keySeparator: string | null; nullWord: string | null; prompt: (() => void) | null },
): AsyncGenerator<NewRecord[]> {
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  const waiting: NewRecord[] = []
  let wake = () => {}
  let over = false
  lines.on('line', (line) => {
    waiting.push(recordOf(line, options.keySeparator, options.nullWord))
    if (waiting.length >= mostAtOnce) lines.pause()
    wake()
  })
  lines.on('close', () => {
    over = true
    wake()
  })
  while (true) {
    if (waiting.length > 0) {
      yield waiting.splice(0, mostAtOnce)
      lines.resume()
      continue
    }
    if (over) return
    options.prompt?.()
    await new Promise<void>((resolve) => {
      wake = resolve
      if (waiting.length > 0 || over) resolve()
    })
  }
}

export function recordOf(line: string, keySeparator: string | null, nullWord: string | null): NewRecord {
  const at = keySeparator === null ? -1 : line.indexOf(keySeparator)
  const value = at < 0 ? line : line.slice(at + keySeparator!.length)
  return {
    key: at < 0 ? null : Buffer.from(line.slice(0, at)),
    value: nullWord !== null && value === nullWord ? null : Buffer.from(value),
  }
}
