import type { Readable } from 'node:stream'
import type { NewRecord } from '../../operations/produce.ts'
import { linesOf } from '../../store/lines.ts'

/** Records that are under way together while the input is faster than the cluster. */
const mostAtOnce = 500
/** No broker takes a record of a line that is longer: the input may be of any length, a line is not. */
const lineBytes = 64 * 1024 * 1024
const none = Number.POSITIVE_INFINITY
const limits = { lineBytes, fileBytes: none, lines: none, packedTimes: none, freeBytes: none }

/**
 * One record per line, in batches of what has come so far. With a separator what is before it is the key; a line without it has no key.
 * `nullWord`: a value that stands for null (a tombstone). Throws `usage` for a line above 64 MiB.
 */
export async function* recordsIn(
  input: Readable,
  options: { keySeparator: string | null; nullWord: string | null; prompt: (() => void) | null },
): AsyncGenerator<NewRecord[]> {
  const waiting: NewRecord[] = []
  let wake = () => {}
  let resume = () => {}
  let isOver = false
  const read = async () => {
    for await (const { text } of linesOf(input as AsyncIterable<Buffer>, limits)) {
      waiting.push(recordOf(text.replace(/\r$/, ''), options.keySeparator, options.nullWord))
      wake()
      if (waiting.length >= mostAtOnce) await new Promise<void>((resolve) => (resume = resolve))
    }
  }
  let failure: unknown = null
  const reading = read()
    .catch((error: unknown) => (failure = error))
    .finally(() => {
      isOver = true
      wake()
    })
  try {
    while (true) {
      if (waiting.length > 0) {
        yield waiting.splice(0, mostAtOnce)
        resume()
        continue
      }
      if (isOver) break
      options.prompt?.()
      await new Promise<void>((resolve) => {
        wake = resolve
        if (waiting.length > 0 || isOver) resolve()
      })
    }
  } finally {
    // Whoever takes no more waits for no more either.
    if (!isOver) input.destroy()
  }
  await reading
  if (failure !== null) throw failure
}

export function recordOf(line: string, keySeparator: string | null, nullWord: string | null): NewRecord {
  const at = keySeparator === null ? -1 : line.indexOf(keySeparator)
  const value = at < 0 ? line : line.slice(at + keySeparator!.length)
  return {
    key: at < 0 ? null : Buffer.from(line.slice(0, at)),
    value: nullWord !== null && value === nullWord ? null : Buffer.from(value),
  }
}
