import { lstat, open, readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../base/errors.ts'
import { lineLimits, packedLines, plainLines } from '../../store/lines.ts'
import { resultBytesAtMost } from '../../store/stored-text.ts'

export interface BundleFile {
  name: string
  text: string
  /** JSON, or a JSON a line: secrets are found by the names of settings, too. */
  kind: 'json' | 'lines' | 'text'
}

/** Of a log or a journal: its beginning and its end. */
const textAtMost = 1024 ** 2
const headLines = 50
const headBytesAtMost = 256 * 1024

/** What a run's folder has that helps to find a bug, as it is; and what is left out, a line each. */
export async function filesOfRun(directory: string): Promise<{ files: BundleFile[]; left: string[] }> {
  const files: BundleFile[] = []
  const left: string[] = []
  const add = async (name: string, kind: BundleFile['kind'], bytesAtMost: number) => {
    const text = await endsOf(join(directory, name), bytesAtMost)
    if (text !== null) files.push({ name, kind, text })
  }
  await add('result.json', 'json', resultBytesAtMost)
  await add('journal.ndjson', 'lines', textAtMost)
  await add('summary.txt', 'text', textAtMost)
  for (const name of await namesIn(join(directory, 'logs'))) await add(join('logs', name), 'text', textAtMost)
  for (const name of await namesIn(join(directory, 'recordings'))) {
    const path = join(directory, 'recordings', name)
    if (!/^\d+\.ndjson(\.gz)?$/.test(name) || !(await isFile(path))) continue
    const text = await headOf(path)
    files.push({ name: join('recordings', name.replace(/\.ndjson(\.gz)?$/, '.head.ndjson')), kind: 'lines', text })
    left.push(`recordings/${name} after its first ${headLines} lines`)
  }
  const others = (await namesIn(await realpath(directory))).filter(
    (name) => !['result.json', 'journal.ndjson', 'summary.txt', 'logs', 'recordings'].includes(name),
  )
  return { files, left: [...left, ...others] }
}

/** None of a folder that is a link: it may lead anywhere. */
async function namesIn(folder: string): Promise<string[]> {
  const found = await lstat(folder).catch(() => null)
  return found?.isDirectory() ? (await readdir(folder)).sort() : []
}

const isFile = async (path: string): Promise<boolean> => (await lstat(path).catch(() => null))?.isFile() ?? false

/** A plain file's text; of a long one its beginning and its end. Null where it is none: a link may lead anywhere. */
async function endsOf(path: string, bytesAtMost: number): Promise<string | null> {
  if (!(await isFile(path))) return null
  const handle = await open(path, 'r')
  try {
    const found = await handle.stat()
    if (found.size <= bytesAtMost) return await handle.readFile('utf8')
    const half = Math.floor(bytesAtMost / 2)
    const part = async (position: number) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(half), 0, half, position)
      return buffer.toString('utf8', 0, bytesRead)
    }
    const [head, tail] = [await part(0), await part(found.size - half)]
    // Whole lines: half of a secret is not found.
    const start = head.slice(0, head.lastIndexOf('\n') + 1)
    const end = tail.slice(tail.indexOf('\n') + 1)
    return `${start}… ${found.size - start.length - end.length} bytes left out …\n${end}`
  } finally {
    await handle.close()
  }
}

/** The first lines of a recording; one that is torn gives what can be read. */
async function headOf(path: string): Promise<string> {
  const limits = { ...lineLimits, lineBytes: headBytesAtMost }
  const lines: string[] = []
  let bytes = 0
  try {
    for await (const { text } of path.endsWith('.gz') ? packedLines(path, limits) : plainLines(path, limits)) {
      bytes += text.length
      if (bytes > headBytesAtMost) break
      lines.push(text)
      if (lines.length >= headLines) break
    }
  } catch (error) {
    lines.push(`(cannot be read further: ${messageOf(error)})`)
  }
  return `${lines.join('\n')}\n`
}
