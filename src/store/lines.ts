import { createReadStream } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { constants, createGunzip } from 'node:zlib'
import { KbenchError } from '../base/errors.ts'

/** What a stored file may be, so that one that is damaged or hostile is refused within seconds. */
export interface LineLimits {
  /** Of one line: a frame of a wide run is some hundred kilobytes. */
  lineBytes: number
  /** Of the file, unpacked. */
  fileBytes: number
  lines: number
  /** Unpacked by packed, beyond the first `freeBytes`: recordings pack 3 to 50 times. */
  packedTimes: number
  freeBytes: number
}

export const lineLimits: LineLimits = {
  lineBytes: 64 * 1024 * 1024,
  fileBytes: 64 * 1024 ** 3,
  lines: 100_000_000,
  packedTimes: 200,
  freeBytes: 16 * 1024 * 1024,
}

export interface Line {
  text: string
  /** False for a last line without its end. */
  isWhole: boolean
}

/** The lines of a stream of bytes. Throws `usage` beyond the limits. */
export async function* linesOf(source: AsyncIterable<Buffer>, limits: LineLimits = lineLimits): AsyncGenerator<Line> {
  let rest: Buffer[] = []
  let length = 0
  let total = 0
  let lines = 0
  for await (const chunk of source) {
    total += chunk.length
    if (total > limits.fileBytes) throw new KbenchError('usage', `larger than ${limits.fileBytes} bytes`)
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      rest.push(chunk.subarray(from, end))
      if (++lines > limits.lines) throw new KbenchError('usage', `more than ${limits.lines} lines`)
      yield { text: Buffer.concat(rest).toString('utf8'), isWhole: true }
      rest = []
      length = 0
      from = end + 1
    }
    if (from === chunk.length) continue
    rest.push(chunk.subarray(from))
    length += chunk.length - from
    if (length > limits.lineBytes) throw new KbenchError('usage', `a line of more than ${limits.lineBytes} bytes`)
  }
  if (length > 0) yield { text: Buffer.concat(rest).toString('utf8'), isWhole: false }
}

/** True = a file of its own; false = nothing is there. Throws `usage` for links, folders and whatever else is no file. */
export async function isOwnFile(path: string, name: string): Promise<boolean> {
  const kind = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
    throw error
  })
  if (kind === null) return false
  if (kind.isFile()) return true
  const what = kind.isSymbolicLink() ? 'a symbolic link' : kind.isDirectory() ? 'a folder' : 'something else'
  throw new KbenchError('usage', `${name} is ${what}, not a file`)
}

/** The lines of a file. */
export function plainLines(path: string, limits?: LineLimits): AsyncGenerator<Line> {
  return linesOf(createReadStream(path), limits)
}

/** The lines of a file that gzip packed. Of one that is cut, all that is there comes before the error. */
export function packedLines(path: string, limits: LineLimits = lineLimits): AsyncGenerator<Line> {
  return linesOf(unpacked(path, limits), limits)
}

async function* unpacked(path: string, { packedTimes, freeBytes }: LineLimits): AsyncGenerator<Buffer> {
  const file = createReadStream(path)
  // Otherwise the end of a file that is cut would throw away what came before it.
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })
  file.on('error', (error) => gunzip.destroy(error))
  file.pipe(gunzip)
  let total = 0
  try {
    for await (const chunk of gunzip as Readable as AsyncIterable<Buffer>) {
      total += chunk.length
      if (total > freeBytes && total > packedTimes * file.bytesRead) {
        throw new KbenchError('usage', `it unpacks to more than ${packedTimes} times its size`)
      }
      yield chunk
    }
  } finally {
    gunzip.destroy()
    file.destroy()
  }
  if ((await lengthInTrailer(path)) !== total % 2 ** 32) throw new KbenchError('usage', 'the gzip stream is cut')
}

/** gzip ends with the length of what it packed, modulo 2³² (RFC 1952). */
async function lengthInTrailer(path: string): Promise<number | null> {
  const handle = await open(path)
  try {
    const { size } = await handle.stat()
    if (size < 18) return null
    const bytes = Buffer.alloc(4)
    await handle.read(bytes, 0, 4, size - 4)
    return bytes.readUInt32LE()
  } finally {
    await handle.close()
  }
}
