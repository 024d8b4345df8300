import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { KbenchError } from '../../base/errors.ts'
import { packageRoot } from '../../base/root.ts'
import { interpolate } from './interpolate.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** One service of a layout, variables replaced. */
export interface Service {
  name: string
  image: string
  environment: Record<string, string>
  /** Ports published on the host. */
  ports: { host: number; container: number }[]
  /** null = the image's own. */
  command: readonly string[] | null
  /** Names of services. */
  dependsOn: readonly string[]
}

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])
const file = z.object({
  'x-kbench-client': z.record(z.string(), scalar).optional(),
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      profiles: z.array(z.string()).default([]),
      environment: z.union([z.record(z.string(), scalar), z.array(z.string())]).default({}),
      ports: z.array(z.union([z.string(), z.number()])).default([]),
      command: z.array(z.string()).nullable().default(null).catch(null),
      depends_on: z.union([z.array(z.string()), z.record(z.string(), z.unknown())]).default([]),
    }),
  ),
})

/** Path of compose/<layout>.yaml. */
export const layoutPath = (layout: string): string => join(packageRoot, 'compose', `${layout}.yaml`)

/** The text of compose/<layout>.yaml; a `profile` error with a suggestion when there is none. */
export async function readLayout(layout: string): Promise<string> {
  const folder = join(packageRoot, 'compose')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).map((name) => name.slice(0, -5))
  if (!names.includes(layout)) {
    throw new KbenchError('profile', `there is no layout "${layout}" in compose/`, {
      hint: `one of: ${names.join(', ')}`,
    })
  }
  return readFile(layoutPath(layout), 'utf8')
}

/** The variables `KBENCH_PORT_*` of a layout, which move its ports, with their defaults. */
export function portVariables(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/\$\{(KBENCH_PORT_[A-Z0-9_]+):-(\d+)/g)].map((match) => [match[1]!, match[2]!]),
  )
}

/**
 * The services of a compose file that `up` would start, variables replaced from `env`: those without a profile, and those of the profiles in
 * COMPOSE_PROFILES. Reads what kbench needs and leaves the rest to Compose.
 */
export function parseServices(text: string, env: Environment): Service[] {
  const wanted = (env.COMPOSE_PROFILES ?? '').split(',')
  return Object.entries(parseFile(text, env).services)
    .filter(
      ([, { profiles }]) => profiles.length === 0 || wanted.includes('*') || profiles.some((p) => wanted.includes(p)),
    )
    .map(([name, service]) => ({
      name,
      image: service.image,
      environment: environmentOf(service.environment),
      ports: service.ports.map(published).filter((port) => port !== null),
      command: service.command,
      dependsOn: Array.isArray(service.depends_on) ? service.depends_on : Object.keys(service.depends_on),
    }))
}

/** x-kbench-client: how clients connect, in the keys of a client.properties; null = without encryption and login. */
export function parseClient(text: string, env: Environment): Record<string, string> | null {
  const client = parseFile(text, env)['x-kbench-client']
  return client === undefined ? null : environmentOf(client)
}

function parseFile(text: string, env: Environment): z.infer<typeof file> {
  const parsed = file.safeParse(replaceAll(parse(text, { merge: true }), env))
  if (parsed.success) return parsed.data
  throw new KbenchError('environment', 'unreadable compose file', {
    details: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
  })
}

/** Compose replaces variables in values, not in keys. */
function replaceAll(value: unknown, env: Environment): unknown {
  if (typeof value === 'string') return interpolate(value, env)
  if (Array.isArray(value)) return value.map((item) => replaceAll(item, env))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaceAll(item, env)]))
}

function environmentOf(input: string[] | Record<string, z.infer<typeof scalar>>): Record<string, string> {
  const entries = Array.isArray(input)
    ? input.map((item) => [item.split('=', 1)[0]!, item.slice(item.indexOf('=') + 1)] as const)
    : Object.entries(input).map(([key, value]) => [key, String(value ?? '')] as const)
  return Object.fromEntries(entries)
}

/** "127.0.0.1:9092:9092/tcp" → its last two numbers; null when only the container's port is named. */
function published(port: string | number): { host: number; container: number } | null {
  const match = /(?:^|:)(\d+):(\d+)(?:\/tcp)?$/.exec(String(port))
  return match ? { host: Number(match[1]), container: Number(match[2]) } : null
}
