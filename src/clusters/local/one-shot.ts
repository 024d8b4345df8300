import { mkdirSync } from 'node:fs'
import { delimiter, dirname, isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { execa } from 'execa'
import { KbenchError } from '../../base/errors.ts'
import type { PreparedLayout } from '../shared/layout.ts'
import { type OneShot, secretsPath } from '../shared/one-shot.ts'
import { throwIfInterrupted } from '../shared/ready.ts'
import { localEnvironment } from './server-properties.ts'
import type { LocalSite } from './site.ts'
import type { KafkaRuntime } from './support.ts'

/** Runs what a layout does once, as a process of this machine: with this machine's addresses, Java and jars, and secrets in `folder`. */
export async function runOnce(
  service: OneShot,
  {
    layout,
    site,
    runtime,
    folder,
    signal,
  }: {
    layout: PreparedLayout
    site: LocalSite
    runtime: KafkaRuntime
    folder: string
    signal: AbortSignal
  },
): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const [file = '', ...args] = site.commandFor(layout.kafka[0]!.name, service.command)
  const result = await execa(file, args, {
    all: true,
    reject: false,
    stdin: 'ignore',
    cancelSignal: signal,
    timeout: 120_000,
    env: environmentOf(service, layout, site, runtime, folder),
  })
  throwIfInterrupted(signal)
  if (!result.failed) return
  throw new KbenchError(
    'environment',
    `${service.name} of layout ${layout.name} failed (${result.exitCode ?? result.code})`,
    {
      details: (result.all ?? result.shortMessage).trimEnd().split('\n').slice(-10),
      ...(result.exitCode === 127 ? { hint: 'it needs bash, and keytool, which comes with Java' } : {}),
    },
  )
}

function environmentOf(
  service: OneShot,
  layout: PreparedLayout,
  site: LocalSite,
  runtime: KafkaRuntime,
  folder: string,
) {
  const own = inFolder(localEnvironment(service, layout.kafka, site.addressOf), folder)
  // In network namespaces brokers have other addresses than the layout knows.
  const hosts = layout.brokers.map(({ name }) => site.clientAddress(name).host).filter((host) => host !== '127.0.0.1')
  const names = own.CERTIFICATE_NAMES
  const bin = isAbsolute(runtime.command) ? `${dirname(runtime.command)}${delimiter}` : ''
  return {
    ...own,
    ...(names === undefined ? {} : { CERTIFICATE_NAMES: [names, ...hosts.map((host) => `ip:${host}`)].join(',') }),
    ...(own.KAFKA_LIBS === undefined ? {} : { KAFKA_LIBS: runtime.jars.folder }),
    PATH: `${bin}${process.env.PATH ?? ''}`,
  }
}

/** Paths in the containers' volume of secrets, also as URLs, as they are on this machine. */
export function inFolder(environment: Readonly<Record<string, string>>, folder: string): Record<string, string> {
  const here = (value: string) =>
    value.replaceAll(`file://${secretsPath}`, pathToFileURL(folder).href).replaceAll(secretsPath, folder)
  return Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, here(value)]))
}
