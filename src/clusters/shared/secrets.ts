import { readFile } from 'node:fs/promises'
import { KbenchError } from '../../base/errors.ts'
import type { Security } from '../../contracts/api.ts'

/**
 * "${env:NAME}" → that variable, "${file:path}" → that file without its last line break; anything else is itself.
 * Throws `environment` that names the reference, never a value.
 */
export async function resolveSecret(text: string): Promise<string> {
  const [, kind, name = ''] = /^\$\{(env|file):([^}]+)\}$/.exec(text) ?? []
  if (kind === 'env') {
    const value = process.env[name]
    if (value === undefined) throw new KbenchError('environment', `the environment variable ${name} is not set`)
    return value
  }
  if (kind === 'file') {
    const value = await readFile(name, 'utf8').catch((cause: unknown) => {
      throw new KbenchError('environment', `cannot read the secret in ${name}`, { cause })
    })
    return value.replace(/\r?\n$/, '')
  }
  return text
}

/** The same security with every reference replaced. The result must not be printed or stored. */
export async function resolveSecurity(security: Security): Promise<Security> {
  const { ca, sasl, ...rest } = security
  return {
    ...rest,
    ...(ca === undefined ? {} : { ca: await resolveSecret(ca) }),
    ...(sasl && {
      sasl: {
        ...sasl,
        username: await resolveSecret(sasl.username),
        password: await resolveSecret(sasl.password),
      },
    }),
  }
}
