import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Spill } from '../recording/history.ts'

/**
 * A file that has no name from its first moment on, so that nothing is left of it whatever happens to its process. Made at the first write.
 * Where it cannot be made or written to (a full disk), its user keeps the bytes.
 */
export function createSpill(directory: string): Spill & Disposable {
  let file: number | null = null
  let isClosed = false
  let size = 0

  function open(): number {
    const path = join(directory, `.spill-${process.pid}`)
    // 'wx+': follows no link.
    const opened = openSync(path, 'wx+', 0o600)
    unlinkSync(path)
    return opened
  }

  return {
    write(bytes) {
      if (isClosed) return null
      try {
        file ??= open()
        const at = size
        for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, at + done)
        size += bytes.length
        return at
      } catch {
        return null
      }
    },
    read(at, length) {
      const bytes = Buffer.alloc(length)
      for (let done = 0; done < length; ) {
        const read = file === null ? 0 : readSync(file, bytes, done, length - done, at + done)
        if (read === 0) throw new Error(`${length} bytes at ${at} of what was put aside cannot be read`)
        done += read
      }
      return bytes
    },
    [Symbol.dispose]() {
      isClosed = true
      if (file !== null) closeSync(file)
      file = null
    },
  }
}
