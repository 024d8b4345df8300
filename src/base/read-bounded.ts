import { open } from 'node:fs/promises'

const chunkBytes = 65_536

/**
 * The bytes of a file that a user names, or of a pipe (`<(…)` of a shell is one). Throws what the system says, and an Error for a folder, for a
 * device, which may never end, and for more than `bytesAtMost`.
 */
export async function readBounded(path: string, bytesAtMost: number): Promise<Buffer> {
  const handle = await open(path, 'r')
  try {
    const found = await handle.stat()
    if (found.isDirectory()) throw new Error('it is a folder')
    if (found.isCharacterDevice() || found.isBlockDevice()) throw new Error('it is a device')
    const chunks: Buffer[] = []
    for (let size = 0; ; ) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, null)
      if (bytesRead === 0) return Buffer.concat(chunks)
      size += bytesRead
      if (size > bytesAtMost) throw new Error(`it has more than ${bytesAtMost / 1024} KiB`)
      chunks.push(buffer.subarray(0, bytesRead))
    }
  } finally {
    await handle.close()
  }
}
