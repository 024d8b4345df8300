import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TestCertificates {
  folder: string
  ca: string
  /** Of another authority, which signed nothing. */
  otherCa: string
  server: Pair
  /** For other.example.com alone. */
  otherName: Pair
  expired: Pair
  client: Pair
}

export interface Pair {
  cert: string
  key: string
}

/** Certificates as tests need them, made by openssl; null = there is none here. Removed when the process ends. */
export function makeCertificates(): TestCertificates | null {
  const folder = mkdtempSync(join(tmpdir(), 'kbench-tls-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const authority = (name: string) =>
    openssl(
      'req',
      '-x509',
      ...key,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
      '-days',
      '10',
      '-subj',
      `/CN=${name}`,
    )
  const issue = (name: string, san: string, days: string): Pair => {
    openssl('req', '-new', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
    writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${san}\n`)
    const from = [
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-extfile',
      `${name}.ext`,
    ]
    openssl('x509', '-req', ...from, '-days', days, '-out', `${name}.pem`)
    return { cert: read(`${name}.pem`), key: read(`${name}.key`) }
  }
  try {
    authority('ca')
    authority('other-ca')
    const here = 'DNS:localhost,IP:127.0.0.1'
    return {
      folder,
      ca: read('ca.pem'),
      otherCa: read('other-ca.pem'),
      server: issue('server', here, '10'),
      otherName: issue('other-name', 'DNS:other.example.com', '10'),
      expired: issue('expired', here, '-1'),
      client: issue('client', 'DNS:client', '10'),
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
