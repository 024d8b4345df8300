import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

// librdkafka built with AddressSanitizer and driven as in a run: what it says of ten million records is worth something only because it
// catches what is done wrong on purpose. KBENCH_MEMORY_RECORDS takes another number of records, KBENCH_ASAN_LIBRARY a library that is built.

const run = promisify(execFile)
const records = process.env.KBENCH_MEMORY_RECORDS ?? '10000000'
const script = fileURLToPath(new URL('./memory/process.js', import.meta.url))
const sources = join(dirname(createRequire(import.meta.url).resolve('node-rdkafka/package.json')), 'deps', 'librdkafka')
const cache = join(homedir(), '.cache', 'kbench', 'librdkafka-asan')
const library = process.env.KBENCH_ASAN_LIBRARY ?? join(cache, 'src', 'librdkafka.so.1')
const runtime = process.platform === 'linux' ? asanRuntime() : null
const skip = runtime === null && 'no gcc with libasan on this machine'

function asanRuntime(): string | null {
  try {
    const path = execFileSync('gcc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim()
    return path.includes('/') ? path : null
  } catch {
    return null
  }
}

/** Minutes, once. */
async function build(): Promise<void> {
  const folder = `${cache}-${process.pid}`
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(dirname(folder), { recursive: true })
  cpSync(sources, folder, { recursive: true })
  const flags = '-fsanitize=address -fno-omit-frame-pointer -O1'
  const env = { ...process.env, CFLAGS: flags, CXXFLAGS: flags, LDFLAGS: '-fsanitize=address' }
  const options = { cwd: folder, env, maxBuffer: 1 << 26 }
  await run('./configure', ['--disable-curl'], options)
  await run('make', ['-C', 'src', 'clean'], options)
  await run('make', ['-C', 'src', `-j${cpus().length}`, 'librdkafka.so.1'], options)
  rmSync(cache, { recursive: true, force: true })
  renameSync(folder, cache)
}

async function under(mode: string): Promise<{ code: number | string; stdout: string; stderr: string }> {
  const env = {
    ...process.env,
    LD_PRELOAD: runtime!,
    // What lives to the end is no leak here: the process ends with it.
    ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=0:exitcode=99',
  }
  const args = ['--expose-gc', script, mode, library, records]
  try {
    return { code: 0, ...(await run(process.execPath, args, { env, maxBuffer: 1 << 26 })) }
  } catch (error) {
    return error as { code: number | string; stdout: string; stderr: string }
  }
}

describe('memory, as AddressSanitizer sees it', { skip }, () => {
  before(async () => {
    if (!existsSync(library)) await build()
  })

  test('a buffer that nobody keeps is caught', async () => {
    const { code, stderr } = await under('unpinned')
    assert.equal(code, 99, stderr)
    assert.match(stderr, /ERROR: AddressSanitizer: heap-use-after-free/)
    assert.match(stderr, /rd_kafka_msg_new|rd_kafka_produce_batch/)
  })

  test('an event that is given back twice is caught', async () => {
    const { code, stderr } = await under('double-destroy')
    assert.equal(code, 99, stderr)
    assert.match(stderr, /ERROR: AddressSanitizer: (heap-use-after-free|attempting double-free)/)
  })

  test(`${records} records through the driver are clean, and all acknowledged`, async () => {
    const { code, stdout, stderr } = await under('clean')
    assert.doesNotMatch(stderr, /AddressSanitizer/)
    assert.equal(code, 0, stderr)
    assert.deepEqual(JSON.parse(stdout), { acked: Number(records), failed: [] })
  })
})
