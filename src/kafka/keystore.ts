import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createRequire } from 'node:module'
import type Forge from 'node-forge'
import { KbenchError, messageOf } from '../base/errors.ts'
import { readBounded } from '../base/read-bounded.ts'

/** What a store of Java holds, as PEM. */
export interface Store {
  /** Certificates, those of a key's own chain first, the leaf at the front. */
  certificates: string[]
  /** Not encrypted; null = it holds none. */
  key: string | null
}

const require = createRequire(import.meta.url)
/** A bundle of every public authority has a quarter of that. */
const storeBytesAtMost = 1024 ** 2

/**
 * Reads a PEM or PKCS12 file; its first bytes decide which, not its name. Throws `environment` with the keytool line that converts it for
 * a JKS file, and for anything that cannot be read; never with a secret.
 */
export async function readStore(path: string, password: string | undefined): Promise<Store> {
  const bytes = await readBounded(path, storeBytesAtMost).catch((cause: unknown) => {
    throw new KbenchError('environment', `cannot read ${path}: ${messageOf(cause)}`, { cause })
  })
  if (bytes.length > 4 && bytes.readUInt32BE(0) === 0xfeed_feed) throw refuseJks(path)
  if (bytes[0] === 0x30) return pkcs12(path, bytes, password ?? '')
  const store = storeInPem(bytes.toString('utf8'))
  if (store.certificates.length > 0 || store.key !== null) return store
  throw new KbenchError('environment', `${path} is neither PEM nor PKCS12`)
}

function refuseJks(path: string): KbenchError {
  const target = path.replace(/\.jks$/, '').concat('.p12')
  return new KbenchError('environment', `${path} is a JKS store, which only Java reads`, {
    hint: `keytool -importkeystore -srckeystore ${path} -destkeystore ${target} -deststoretype PKCS12`,
  })
}

/** The blocks of a PEM text; a key stays encrypted where it is. */
export function storeInPem(text: string): Store {
  const blocks = text.match(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g) ?? []
  return {
    certificates: blocks.filter((block) => /^-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/.test(block)),
    key: blocks.find((block) => /^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(block)) ?? null,
  }
}

function pkcs12(path: string, bytes: Buffer, password: string): Store {
  const forge = require('node-forge') as typeof Forge
  const { asn1, pkcs12: reader, pki } = forge
  let store: Forge.pkcs12.Pkcs12Pfx
  try {
    store = reader.pkcs12FromAsn1(asn1.fromDer(bytes.toString('binary')), false, password)
  } catch (cause) {
    throw new KbenchError('environment', `${path} cannot be opened: ${messageOf(cause)}`, {
      cause,
      hint: 'is that the password of this store?',
    })
  }
  const bags = store.safeContents.flatMap(({ safeBags }) => safeBags)
  const pem = (label: string, tree: Forge.asn1.Asn1) =>
    `-----BEGIN ${label}-----\n${Buffer.from(asn1.toDer(tree).getBytes(), 'binary')
      .toString('base64')
      .replace(/(.{64})(?!$)/g, '$1\n')}\n-----END ${label}-----`
  // What it does not know, like keys of elliptic curves, it leaves as ASN.1.
  const certificates = bags
    .filter(({ type }) => type === pki.oids.certBag)
    .map(({ cert, asn1: raw }) => pem('CERTIFICATE', cert ? pki.certificateToAsn1(cert) : raw))
  const keys = bags
    .filter(({ type }) => type === pki.oids.keyBag || type === pki.oids.pkcs8ShroudedKeyBag)
    .map(({ key, asn1: raw }) => pem('PRIVATE KEY', key ? pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(key)) : raw))
  const key = keys[0] ?? null
  return { certificates: key === null ? certificates : chainFirst(certificates, key), key }
}

/** The certificate of the key, then its issuers, then the rest. */
function chainFirst(certificates: readonly string[], key: string): string[] {
  const privateKey = createPrivateKey(key)
  const left = certificates.map((text) => ({ text, x509: new X509Certificate(text) }))
  const chain: string[] = []
  let next = left.findIndex(({ x509 }) => x509.checkPrivateKey(privateKey))
  while (next >= 0) {
    const [{ text, x509 }] = left.splice(next, 1) as [(typeof left)[number]]
    chain.push(text)
    next = left.findIndex((other) => x509.checkIssued(other.x509))
  }
  return [...chain, ...left.map(({ text }) => text)]
}
