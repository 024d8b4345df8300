import { parseAddress } from '../base/address.ts'
import { hasReference, holdsSecret, isReference, isSecretKey, loadsCode } from '../base/secret-keys.ts'
import type { Trust } from '../base/trust.ts'
import type { Finding } from './issues.ts'
import { isPrefix, type Path } from './paths.ts'

type Check = (path: Path, value: unknown) => string | null

/** Where the schema itself asks for references. */
const security: Path = ['cluster', 'security']
const secretHelp =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text a user writes
  'holds a secret, which would be stored with the result: write it as a reference, ${env:NAME} or ${file:path}'

/** What a profile's values could reveal or make kbench do, wherever they stand; of a key of the matrix the last part counts. */
export function checkTrust(data: unknown, { nativePlugins, untrusted }: Trust): Finding[] {
  const checks: Check[] = [
    secrets,
    onCommandLine(data),
    ...(nativePlugins ? [] : [code]),
    ...(untrusted ? [strange] : []),
  ]
  return [...leavesOf(data, [])].flatMap(([path, value]) => {
    const message = checks.map((check) => check(path, value)).find((found) => found !== null)
    return message == null ? [] : [{ path, of: 'key' as const, message }]
  })
}

function secrets(path: Path, value: unknown): string | null {
  if (isReference(value)) return null
  if (typeof value === 'string' && holdsSecret(value)) return secretHelp
  if ((isPrefix(security, path) && !path.includes('extensions')) || !isFree(path)) return null
  return path.some((key) => typeof key === 'string' && isSecretKey(lastOf(key))) ? secretHelp : null
}

/** A reference tool is a program of its own, and takes its settings as arguments, which every user of the machine can read. */
function onCommandLine(data: unknown): Check {
  const tool = (data as { reference?: unknown } | null)?.reference
  return (path, value) =>
    tool !== undefined && path[path.indexOf('clientConfig') + 1] === tool && isReference(value)
      ? 'would stand on the command line of the tool: log in by cluster.security'
      : null
}

function code(path: Path): string | null {
  const loads = isFree(path) && path.some((key) => typeof key === 'string' && loadsCode(lastOf(key)))
  return loads ? 'loads code into the client: --allow-native-plugins takes it' : null
}

/** Of a profile from anybody. */
function strange(path: Path, value: unknown): string | null {
  const refuse = (what: string) => `${what}, which --untrusted refuses`
  if (typeof value === 'string' && hasReference(value)) return refuse('reads a variable or a file')
  const key = String(path.at(-1))
  if (path.includes('tokenCommand') || key.endsWith('.cmd')) return refuse('runs a command')
  if (path[0] === 'faults' && key === 'use' && value === 'command') return refuse('runs commands')
  if (key === 'tokenFile' || (path[0] === 'cluster' && key === 'config')) return refuse('reads a file')
  if (path.includes('replay') && key === 'file') return refuse('reads a file')
  if (isFree(path) && /\.(location|paths?|file)$|^(ca|cert|key)$/.test(lastOf(key))) return refuse('reads a file')
  if (value === 'aws-iam') return refuse('uses the credentials of this machine')
  if (typeof value !== 'string') return null
  if (path.includes('tokenEndpoint'))
    return isLoopback(hostOf(value)) ? null : refuse('asks a host beyond this machine')
  if (!path.includes('bootstrap') && !path.includes('prometheus'))
    return isFree(path) ? servers(key, value, refuse) : null
  return isLoopback(parseAddress(value)?.host ?? '') ? null : refuse('is a host beyond this machine')
}

/** A client that is sent elsewhere by its own settings. */
function servers(key: string, value: string, refuse: (what: string) => string): string | null {
  if (!/(bootstrap\.servers|broker\.list|url|host|brokers)$/i.test(lastOf(key))) return null
  const hosts = value.split(',').map((each) => parseAddress(each.trim())?.host ?? hostOf(each))
  return hosts.every(isLoopback) ? null : refuse('is a host beyond this machine')
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '')
const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host)

/** Settings of clients, topics, brokers and faults, in names of their own, also where a matrix sets them. */
const isFree = (path: Path): boolean =>
  path.some((key) => key === 'clientConfig' || key === 'set' || key === 'extensions') ||
  (path[0] === 'topic' && path[1] === 'config') ||
  path[0] === 'faults' ||
  path.some((key) => typeof key === 'string' && /(^|\.)(clientConfig|topic\.config|faults)(\.|$)/.test(key))

/** "producers.clientConfig.kafkajs.ssl.key.password" → "ssl.key.password". */
const lastOf = (key: string): string => /(?:clientConfig\.[^.]+|topic\.config|faults\.\d+)\.(.+)$/.exec(key)?.[1] ?? key

function* leavesOf(value: unknown, path: Path): Generator<[Path, unknown]> {
  if (typeof value !== 'object' || value === null) {
    yield [path, value]
    return
  }
  const entries = Array.isArray(value) ? value.entries() : Object.entries(value)
  // What the program embeds itself is the file's business.
  for (const [key, inner] of entries) if (key !== 'csv') yield* leavesOf(inner, [...path, key])
}
