import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { defineCheck, lines } from './check.ts'
import type { DoctorJob } from './job.ts'

interface Found {
  /** Of this shell, which what it starts inherits; null = unlimited. */
  limit: number | null
  /** Of the process of kbench that has most open. */
  need: number
}

/** Of a process of Node.js before it has done anything, and of its libraries. */
const idle = 64
/** Connections to a broker that one client of a library has: one or two for data, one for its group. */
const perClient = 3

/** ulimit -n against the connections that the profile takes. */
export default defineCheck<Found>({
  id: 'open-files',
  subject: 'open files (ulimit -n)',
  of: 'machine',

  look: async (job) => ({ limit: await openFilesLimit(), need: neededFiles(job) }),

  judge({ limit, need }) {
    const { ok, warning, failure } = lines('open-files')
    const subject = 'open files (ulimit -n)'
    if (limit === null) return [ok(subject, 'no limit')]
    const text = `${limit}; one process needs about ${need}`
    const remedy = `ulimit -n ${2 ** Math.ceil(Math.log2(4 * need))}, before kbench is started`
    if (limit < need) return [failure(subject, text, remedy)]
    return [limit < 2 * need ? warning(subject, text, remedy) : ok(subject, text)]
  },
})

/** The soft limit of this process; null = there is none. Without a /proc (macOS) that of a shell that it starts, which is the same. */
export async function openFilesLimit(platform: NodeJS.Platform = process.platform): Promise<number | null> {
  if (platform === 'linux') return limitIn(await readFile('/proc/self/limits', 'utf8'))
  const { stdout } = await promisify(execFile)('sh', ['-c', 'ulimit -n'])
  const text = stdout.trim()
  return text === 'unlimited' ? null : Number(text)
}

/** The soft limit in /proc/self/limits. */
export function limitIn(text: string): number | null {
  const [, soft] = /^Max open files\s+(\S+)/m.exec(text) ?? []
  if (soft === undefined) throw new Error('/proc/self/limits has no line "Max open files"')
  return soft === 'unlimited' ? null : Number(soft)
}

/** All workers in one process, as clients that run in threads are; kbench's own process has pipes to them and samples every broker. Pure. */
export function neededFiles({ plans, target }: Pick<DoctorJob, 'plans' | 'target'>): number {
  const workers = Math.max(1, ...plans.map((plan) => plan.workers.length))
  const brokers = Math.max(3, target?.network.bootstrap.length ?? 0)
  return idle + workers * (perClient * brokers + 4)
}
