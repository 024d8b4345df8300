import { existsSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { packTar } from 'modern-tar'
import { addressIn } from '../../base/address.ts'
import { KbenchError, messageOf } from '../../base/errors.ts'
import { resolveReferences } from '../../base/references.ts'
import { isSecretKey } from '../../base/secret-keys.ts'
import { keepSecret, scrubbed, scrubbedData } from '../../base/secrets.ts'
import { formatBytes } from '../../base/units.ts'
import { readClientConfig } from '../../kafka/client-config.ts'
import { describeEnvironment } from '../../runners/run/environment.ts'
import { readJournal } from '../../store/journal.ts'
import { shownLine } from '../text/shown-line.ts'
import { type BundleFile, filesOfRun } from './bundle-files.ts'
import { findRun } from './read-result.ts'
import { writeNamedFile } from './write-file.ts'

export interface BundleOptions {
  results: string
  out?: string
  dryRun?: true
}

/** Lists what goes into the archive of a run, then writes it. Throws `usage` where there is no run, `environment` where it cannot be written. */
export async function writeBundle(run: string, { results, out, dryRun }: BundleOptions): Promise<void> {
  const inResults = join(results, run)
  const { directory } = await findRun(existsSync(run) || !existsSync(inResults) ? run : inResults)
  const id = basename(directory)
  const profile = await profileOf(directory)
  const unread = await learnSecrets(profile)
  const { files: found, left } = await filesOfRun(directory)
  const hide = hider(hostsIn(profile, found))
  const files = [
    ...found,
    { name: 'profile.json', kind: 'json', text: JSON.stringify(profile, null, 2) },
    { name: 'versions.json', kind: 'json', text: JSON.stringify(await describeEnvironment(), null, 2) },
    { name: 'doctor.txt', kind: 'text', text: await doctorOutput() },
  ].map((file) => ({ name: file.name, text: hide(cleaned(file as BundleFile)) }))

  const say = (line: string) => void process.stderr.write(shownLine(line))
  const width = Math.max(...files.map(({ name }) => name.length))
  for (const { name, text } of files) say(`${name.padEnd(width)}  ${formatBytes(Buffer.byteLength(text))}`)
  if (left.length > 0) say(`left out: ${left.join(', ')}`)
  for (const problem of unread) say(`kbench: ${problem}; secrets in it are found by their form alone`)
  if (dryRun) return
  const file = out ?? `${id}.tar.gz`
  const tar = await packTar(
    files.map(({ name, text }) => ({ header: { name: `${id}/${name}`, size: Buffer.byteLength(text) }, body: text })),
  )
  const packed = gzipSync(tar)
  await writeNamedFile(file, packed, 'environment')
  process.stdout.write(shownLine(file))
  say(`wrote ${file}, ${formatBytes(packed.byteLength)}; look at it before you send it: tar -tzf ${file}`)
}

/** What the run was begun with, from the journal: no references are resolved in it. */
async function profileOf(directory: string): Promise<unknown> {
  try {
    const { last } = await readJournal(directory)
    return last.profile
  } catch (error) {
    if (!(error instanceof KbenchError)) throw error
    return { note: `no profile: ${error.message}` }
  }
}

/** From now on every secret that this run may have had is replaced: of variables, of what its profile refers to, of its client.properties. */
async function learnSecrets(profile: unknown): Promise<string[]> {
  for (const [name, value] of Object.entries(process.env)) if (isSecretKey(name)) keepSecret(value)
  const unread: string[] = []
  const attempt = (what: string, read: Promise<unknown>) =>
    read.then(
      () => undefined,
      (error: unknown) => void unread.push(`${what} cannot be read (${messageOf(error)})`),
    )
  for (const [reference] of JSON.stringify(profile).matchAll(/\$\{(?:env|file):[^}"]+\}/g)) {
    await attempt(reference, resolveReferences(reference))
  }
  const config = at(profile, 'cluster', 'config')
  if (typeof config === 'string') await attempt(config, readClientConfig(config))
  return unread
}

/** Secrets by the names of settings where there are some, else by their form. */
function cleaned({ kind, text }: BundleFile): string {
  const data = (json: string, indent?: number): string => {
    try {
      return scrubbed(JSON.stringify(scrubbedData(JSON.parse(json)), null, indent))
    } catch {
      return scrubbed(json) // Torn, or no JSON.
    }
  }
  if (kind === 'text') return scrubbed(text)
  if (kind === 'json') return data(text, 2)
  return text
    .split('\n')
    .map((line) => (line === '' ? line : data(line)))
    .join('\n')
}

/** Hosts of the brokers, which may say whose they are. */
function hostsIn(profile: unknown, files: readonly BundleFile[]): string[] {
  const result = files.find(({ name }) => name === 'result.json')
  let brokers: unknown = null
  try {
    brokers = at(JSON.parse(result?.text ?? 'null'), 'cluster', 'brokers')
  } catch {
    // A torn result names none.
  }
  const named = Array.isArray(brokers) ? brokers.map((broker) => at(broker, 'host')) : []
  const bootstrap = at(profile, 'cluster', 'bootstrap')
  const first = Array.isArray(bootstrap) ? bootstrap.map((address) => addressIn(String(address)).host) : []
  const isOwn = (host: string) => /^(localhost|127\.[\d.]+|::1)$/.test(host)
  return [
    ...new Set([...named, ...first].filter((host) => typeof host === 'string' && host !== '' && !isOwn(host))),
  ] as string[]
}

/** Replaces hosts of brokers, this machine's name and the home folder. */
function hider(hosts: readonly string[]): (text: string) => string {
  const names: [string, string][] = [
    ...hosts.map((host, at): [string, string] => [host, `broker-${at + 1}`]),
    ...(homedir().length > 1 ? [[homedir(), '~'] as [string, string]] : []),
    ...(hostname().length > 3 && hostname() !== 'localhost' ? [[hostname(), 'this-machine'] as [string, string]] : []),
  ]
  // The longest first: one may be part of another.
  names.sort(([a], [b]) => b.length - a.length)
  const whole = (name: string) => new RegExp(`(?<![\\w.-])${name.replace(/[^\w]/g, '\\$&')}(?![\\w-])`, 'g')
  return (text) => names.reduce((rest, [name, by]) => rest.replace(whole(name), by), text)
}

async function doctorOutput(): Promise<string> {
  const { diagnose, table } = await import('../commands/doctor.ts')
  return table(await diagnose())
}

const at = (data: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>(
    (holder, key) =>
      typeof holder === 'object' && holder !== null ? (holder as Record<string, unknown>)[key] : undefined,
    data,
  )
